"""Scaling of fluxes before a network sees them: the plain version, which :mod:`.kernels` repeats compiled.

Pseudo-spectra are sums of un-normalised cubes; each of the two images is scaled by itself.
"""

from __future__ import annotations

import numpy as np

from lensfinder.typing import AnyArray, Float32Array

# Softening of the asinh stretch (Lupton et al. 1999, AJ 118, 1406), in µJy per pixel: near the noise of one
# pixel of a J-PAS band. A pseudo-spectrum sums 50 pixels, so its noise is √50 times larger.
ASINH_SOFTENING = {"cube": 0.1, "pseudo_spectra": 0.7}

_BAND_AXES = {"cube": (-3, -2), "pseudo_spectra": (-1,)}
_IMAGE_AXES = {"cube": (-3, -2, -1), "pseudo_spectra": (-2, -1)}


def normalise(images: AnyArray, representation: str, normalisation: str) -> Float32Array:
    """Scale images to numbers of order one.

    Parameters
    ----------
    images
        Flux in µJy: cubes of shape (..., y, x, bands) or pseudo-spectra of shape (..., 2, bands, pixels).
    representation
        ``"cube"`` or ``"pseudo_spectra"``.
    normalisation
        ``"per_band_max"``: each band divided by its maximum, which also removes the colours;
        ``"global_max"``: the image divided by its maximum over all bands; ``"asinh"``: asinh(flux /
        softening), the same for all objects, which keeps colours and brightness. A band or image whose
        maximum is ≤ 0 stays unscaled.
    """
    flux = np.asarray(images, dtype=np.float32)
    if normalisation == "asinh":
        stretched: Float32Array = np.arcsinh(flux / np.float32(ASINH_SOFTENING[representation]))
        return stretched
    axes = _BAND_AXES[representation] if normalisation == "per_band_max" else _IMAGE_AXES[representation]
    maximum = flux.max(axis=axes, keepdims=True)
    maximum[maximum <= 0] = 1
    scaled: Float32Array = np.divide(flux, maximum)
    return scaled
