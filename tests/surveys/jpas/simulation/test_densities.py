"""Numbers a square degree: quasars as counted, chance pairs as geometry has them, lenses by optical depth."""

from __future__ import annotations

import numpy as np
import pytest

from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.surveys.jpas.simulation.densities import sky_densities
from lensfinder.surveys.jpas.simulation.sources import open_quasar_population
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import SurveyPaths


@pytest.fixture(scope="module")
def densities(paths: SurveyPaths) -> dict[str, float]:
    return read_json(paths.densities)


def test_chance_pairs_are_quasars_times_galaxies_in_the_ring(densities: dict[str, float]) -> None:
    """2.6 % of the quasars have one of the talk's 3,920 galaxies a deg² at 3 to 6 arcsec."""
    galaxies = densities["galaxies"] / 3600**2
    ring = galaxies * np.pi * (6.0**2 - 3.0**2)
    assert densities["quasar_near_galaxy"] == pytest.approx(densities["quasars"] * ring)
    assert densities["quasar_alone"] == pytest.approx(densities["quasars"] * (1 - galaxies * np.pi * 6.0**2))
    assert ring == pytest.approx(0.0257 * densities["galaxies"] / 3920, rel=0.01)


def test_quasars_are_as_many_as_counted(densities: dict[str, float]) -> None:
    """223 a deg² of r < 22.5 (Palanque-Delabrouille et al. 2016, table 7), few of them at z < 0.4 or > 4."""
    assert densities["quasars"] == pytest.approx(223, rel=0.15)


def test_lenses_are_as_rare_as_the_optical_depth(densities: dict[str, float]) -> None:
    """As many by area as the catalogue's own galaxies make: one quasar in thousands, not in hundreds."""
    assert 1e-5 < densities["lensed_quasar"] / densities["quasars"] < 1e-3


def test_the_same_populations_give_the_same_densities(paths: SurveyPaths, smoke_params: Params) -> None:
    galaxies, quasars = read_table(paths.galaxies), read_table(paths.quasars)
    population = open_quasar_population(paths.tables, smoke_params)
    again = sky_densities(smoke_params, galaxies, quasars, population)
    assert again == read_json(paths.densities)
