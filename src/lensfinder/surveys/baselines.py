"""What a network must beat: baselines that learn from numbers of an object's images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from lensfinder.sky.passbands import ab_magnitude
from lensfinder.typing import AnyArray, FloatArray

ImageNumbers: TypeAlias = Callable[[Sequence[AnyArray]], FloatArray]
"""Images of n objects, as the survey's reference representation has them, each array of shape (n, ...) → k
numbers of each object, finite, of shape (n, k). They see the images and nothing of the catalogue."""

Baselines: TypeAlias = Mapping[str, ImageNumbers]
"""By the name of a baseline the numbers that it learns from; what learns them is
:func:`lensfinder.evaluation.baselines.fit_baseline`."""

FAINTEST_UJY = 1e-3
"""Fluxes below this count as this one, AB magnitude 31.4: noise may leave none at all."""


def total_magnitude(image: AnyArray) -> FloatArray:
    """AB magnitude (n, 1) of all light in images (n, y, x) in µJy."""
    flux = image.sum(axis=(1, 2), dtype=np.float64)
    return ab_magnitude(np.maximum(flux, FAINTEST_UJY))[:, None]
