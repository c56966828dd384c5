"""What networks read of an object of J-PAS: the whole cube, or its two pseudo-spectra."""

from __future__ import annotations

from lensfinder.datasets.representation import InputForm, Representation

CUBE_NETWORKS = {"cube_cnn": "lensfinder.networks.architectures:cube_cnn"}
PSEUDO_SPECTRA_NETWORKS = {"pseudo_spectra_cnn": "lensfinder.networks.architectures:pseudo_spectra_cnn"}

CUBE_SOFTENING_UJY = 0.1
"""Near the noise of a pixel of a cube."""

CUBE = Representation(
    "cube",
    (InputForm("cube", "datasets/jpas/images/cubes.npy", False, CUBE_SOFTENING_UJY),),
    CUBE_NETWORKS,
)
PSEUDO_SPECTRA = Representation(
    "pseudo_spectra",
    (InputForm("pseudo_spectra", "datasets/jpas/pseudo_spectra/pseudo_spectra.npy", True, 0.7),),
    PSEUDO_SPECTRA_NETWORKS,
)
REPRESENTATIONS = {of.name: of for of in (CUBE, PSEUDO_SPECTRA)}
