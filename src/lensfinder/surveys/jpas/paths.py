"""Files that only the J-PAS track has."""

from __future__ import annotations

from dataclasses import dataclass

from lensfinder.surveys.jpas.representations import CUBE, PSEUDO_SPECTRA
from lensfinder.workspace.paths import At, SurveyPaths


@dataclass(frozen=True)
class JpasPaths(SurveyPaths):
    """Files of the J-PAS track."""

    survey: str = "jpas"

    galaxies = At("{root}/datasets/jpas/images/galaxies.parquet")
    """Galaxy population."""
    quasars = At("{root}/datasets/jpas/images/quasars.parquet")
    """Quasar population."""
    neighbours = At("{root}/datasets/jpas/images/neighbours.parquet")
    """Unrelated galaxies and stars in the stamps."""
    densities = At("{root}/datasets/jpas/images/densities.json")
    """How many objects of each kind a square degree of the sky holds."""
    cubes = At(f"{{root}}/{CUBE.forms[0].file}")
    """Images, ``(n, y, x, bands)``."""
    pseudo_spectra = At(f"{{root}}/{PSEUDO_SPECTRA.forms[0].file}")
    """Pseudo-spectra, ``(n, 2, bands, pixels)``."""
    sizes = At("{root}/datasets/jpas/pseudo_spectra/sizes.json")
    """Measured bytes of both representations, in memory and on disk."""
