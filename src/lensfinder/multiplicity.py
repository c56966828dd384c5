"""Several tests at once."""

from __future__ import annotations

import numpy as np

from lensfinder.typing import FloatArray


def holm(p: FloatArray) -> FloatArray:
    """Adjust p-values for their number (Holm 1979, Scand. J. Statist. 6, 65); NaN stay and do not count.

    Parameters
    ----------
    p
        Of shape (..., n), n tests at a time.
    """
    tests = np.count_nonzero(~np.isnan(p), axis=-1, keepdims=True)
    order = np.argsort(p, axis=-1)
    factor = np.maximum(tests - np.arange(p.shape[-1]), 1)
    ranked = np.minimum(np.maximum.accumulate(np.take_along_axis(p, order, -1) * factor, axis=-1), 1.0)
    adjusted = np.empty(p.shape)
    np.put_along_axis(adjusted, order, ranked, axis=-1)
    return adjusted
