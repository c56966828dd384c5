"""Scaling of fluxes before a network judges them.

A saved network begins with it, so that it takes what the arrays hold. Training normalises beside its steps,
before it augments: :mod:`.kernels` repeats this, compiled and to the last bits.

Pseudo-spectra are sums of un-normalised cubes; each of the images is scaled by itself. Of several arrays each
is scaled by itself, too.
"""

from __future__ import annotations

import keras

from lensfinder.datasets.representation import InputForm
from lensfinder.typing import AnyArray


def normalise(images: AnyArray | keras.KerasTensor, form: InputForm, normalisation: str) -> keras.KerasTensor:
    """Scale images to numbers of order one.

    Only operations of Keras itself: a file of a network that begins with them is read without this package.

    Parameters
    ----------
    images
        Flux in µJy, an array or an input of a network: of shape (..., y, x, bands), or (..., 1 or 2, bands,
        pixels) if ``form.pseudo_spectra``.
    form
        Form of the images.
    normalisation
        ``"per_band_max"``: each band divided by its maximum, which also removes the colours;
        ``"global_max"``: the image divided by its maximum over all bands; ``"asinh"``: asinh(flux /
        softening), the same for all objects, which keeps colours and brightness (Lupton et al. 1999, AJ 118,
        1406). A band or image whose maximum is ≤ 0 stays unscaled.

    Returns
    -------
    keras.KerasTensor
        float32, of the shape of ``images``.
    """
    flux = keras.ops.cast(images, "float32")
    if normalisation == "asinh":
        return keras.ops.arcsinh(flux / form.asinh_softening_ujy)
    if normalisation == "per_band_max":
        axes: tuple[int, ...] = (-1,) if form.pseudo_spectra else (-3, -2)
    else:
        axes = (-2, -1) if form.pseudo_spectra else (-3, -2, -1)
    maximum = keras.ops.max(flux, axis=axes, keepdims=True)
    # Where it is not a number, nothing becomes one.
    return flux * (1.0 / keras.ops.where(maximum <= 0.0, 1.0, maximum))
