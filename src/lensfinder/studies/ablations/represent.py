"""Study ``ablations``: the arrays that its networks read, parts of what a cube says.

All are sums of the un-normalised cube, as the pseudo-spectra are. A sum takes the noise of all pixels in it
along: colours in particular are as noisy as 50 × 50 pixels of sky make them, not as an aperture that follows
the light would have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lensfinder.params import Params
from lensfinder.studies.ablations.representations import ABLATED
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra
from lensfinder.surveys.jpas.represent import write_of_cubes
from lensfinder.typing import AnyArray


def colours(cubes: AnyArray) -> AnyArray:
    """Sum cubes (n, y, x, bands) over y and x: fluxes without morphology, as cubes of one pixel.

    Returns
    -------
    float16 of shape (n, 1, 1, bands); sums in float32.
    """
    fluxes: AnyArray = cubes.sum(axis=(1, 2), keepdims=True, dtype=np.float32)
    return fluxes.astype(np.float16)


def white(cubes: AnyArray) -> AnyArray:
    """Sum cubes (n, y, x, bands) over the bands: morphology without colours, as cubes of one band.

    Returns
    -------
    float16 of shape (n, y, x, 1); sums in float32.
    """
    images: AnyArray = cubes.sum(axis=3, keepdims=True, dtype=np.float32)
    return images.astype(np.float16)


def one_pseudo_spectrum(cubes: AnyArray) -> AnyArray:
    """Sum float16 cubes (n, y, x, bands) along y: the first of the two pseudo-spectra, (n, 1, bands, x)."""
    return pseudo_spectra(cubes)[:, :1]


ABLATED_OF_CUBES: Mapping[str, Callable[[AnyArray], AnyArray]] = {
    "one_pseudo_spectrum": one_pseudo_spectrum,
    "white": white,
    "colours": colours,
}
"""What each representation of the study makes of float16 cubes (n, y, x, bands)."""


def represent_ablations(paths: JpasPaths, params: Params) -> None:
    """Write one array for each of :data:`.representations.ABLATED`; row i belongs to row i of the catalogue.

    Raises
    ------
    UserError
        If there are no cubes.
    """
    made = {of.files(paths.root)[0]: ABLATED_OF_CUBES[name] for name, of in ABLATED.items()}
    write_of_cubes(paths, params, made, "ablations: parts of the cubes")
