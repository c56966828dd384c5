"""What only ablations read: parts of what the cubes say, see :mod:`.represent`."""

from __future__ import annotations

from lensfinder.datasets.representation import InputForm, Representation
from lensfinder.surveys.jpas.representations import CUBE_NETWORKS, PSEUDO_SPECTRA_NETWORKS
from lensfinder.surveys.jpas.representations import REPRESENTATIONS as OF_SURVEY

_FOLDER = "datasets/ablations/jpas/images"

ABLATED = {
    of.name: of
    for of in (
        Representation(
            "one_pseudo_spectrum",
            (InputForm("one_pseudo_spectrum", f"{_FOLDER}/one_pseudo_spectrum.npy", True, 0.7),),
            PSEUDO_SPECTRA_NETWORKS,
        ),
        Representation("white", (InputForm("white", f"{_FOLDER}/white.npy", False, 0.75),), CUBE_NETWORKS),
        Representation(
            "colours",
            (InputForm("colours", f"{_FOLDER}/colours.npy", False, 5.0),),
            CUBE_NETWORKS,
            extended=False,
        ),
    )
}
"""Sums of n pixels have √n times the softening of a cube."""

REPRESENTATIONS = {**OF_SURVEY, **ABLATED}
"""All that a network of the study may read."""
