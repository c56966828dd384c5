"""Scaling of fluxes before a network sees them: the plain version, which :mod:`.kernels` repeats compiled.

Pseudo-spectra are sums of un-normalised cubes; each of the images is scaled by itself. Of several arrays each
is scaled by itself, too.
"""

from __future__ import annotations

import numpy as np

from lensfinder.datasets.representation import InputForm
from lensfinder.typing import AnyArray, Float32Array


def normalise(images: AnyArray, form: InputForm, normalisation: str) -> Float32Array:
    """Scale images to numbers of order one.

    Parameters
    ----------
    images
        Flux in µJy: of shape (..., y, x, bands), or (..., 1 or 2, bands, pixels) if
        ``form.pseudo_spectra``.
    form
        Form of the images.
    normalisation
        ``"per_band_max"``: each band divided by its maximum, which also removes the colours;
        ``"global_max"``: the image divided by its maximum over all bands; ``"asinh"``: asinh(flux /
        softening), the same for all objects, which keeps colours and brightness (Lupton et al. 1999, AJ 118,
        1406). A band or image whose maximum is ≤ 0 stays unscaled.
    """
    flux = np.asarray(images, dtype=np.float32)
    if normalisation == "asinh":
        stretched: Float32Array = np.arcsinh(flux / np.float32(form.asinh_softening_ujy))
        return stretched
    if normalisation == "per_band_max":
        axes: tuple[int, ...] = (-1,) if form.pseudo_spectra else (-3, -2)
    else:
        axes = (-2, -1) if form.pseudo_spectra else (-3, -2, -1)
    maximum = flux.max(axis=axes, keepdims=True)
    maximum[maximum <= 0] = 1
    scaled: Float32Array = np.divide(flux, maximum)
    return scaled
