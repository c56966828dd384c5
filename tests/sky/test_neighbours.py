"""Neighbours are as many, as bright and as red as what is counted on the sky."""

from __future__ import annotations

import numpy as np
import pytest
from support.project import CATALOGS, PARAMS

from lensfinder.params import read_params
from lensfinder.sky.neighbours import NeighbourPopulation, galaxies_brighter, stars_brighter
from lensfinder.sky.passbands import ab_magnitude
from lensfinder.sky.tables import read_filter_set, read_galaxy_templates

PARAMETERS = read_params(PARAMS).jpas.neighbours


@pytest.fixture(scope="module")
def population() -> NeighbourPopulation:
    filters = read_filter_set(CATALOGS / "jpas_filters.ecsv")
    return NeighbourPopulation(PARAMETERS, filters, read_galaxy_templates())


def test_galaxy_counts_add_up_to_those_published() -> None:
    """Sums of the table of Driver et al. 2016, in which a bin is half a magnitude around its place."""
    published = {20.0: 1280, 21.0: 3580, 22.0: 8600, 22.5: 13100, 23.0: 20100}
    counted = galaxies_brighter(np.array(list(published)))
    assert counted / np.array(list(published.values())) == pytest.approx(1.0, abs=0.1)


def test_star_counts_are_those_published() -> None:
    """Bahcall & Soneira 1980 between the table's places: 4000 a deg² to R = 23 (Groenewegen et al. 2002)."""
    assert stars_brighter(np.array([18.6, 22.6])) == pytest.approx([949.0, 3688.0])
    assert stars_brighter(np.array([23.0])) == pytest.approx(4000, rel=0.15)


def test_density_and_magnitudes_follow_the_counts(population: NeighbourPopulation) -> None:
    drawn = population.draw(4000, np.random.default_rng(1))
    limits = PARAMETERS.r_mag
    ends, middle = np.array([limits.low, limits.high]), np.array([23.0])
    total = 0.0
    for kind, brighter in (("galaxy", galaxies_brighter), ("star", stars_brighter)):
        low, high = brighter(ends)
        of = drawn.loc[drawn["type"] == kind, "r_mag"]
        expected = float((brighter(middle)[0] - low) / (high - low))
        error = np.sqrt(expected * (1 - expected) / len(of))
        assert (of < 23.0).mean() == pytest.approx(expected, abs=4 * error), kind
        assert of.between(*ends).all()
        total += high - low
    assert population.density_arcsec2 == pytest.approx(total / 3600**2)
    assert (drawn["type"] == "star").mean() == pytest.approx(np.ptp(stars_brighter(ends)) / total, abs=0.02)


def test_light_and_shapes_are_those_of_the_kind(population: NeighbourPopulation) -> None:
    drawn = population.draw(800, np.random.default_rng(2))
    star = drawn["type"] == "star"
    assert drawn.loc[star, "star_g_i"].between(PARAMETERS.star_g_i.low, PARAMETERS.star_g_i.high).all()
    assert drawn.loc[star, ["z", "r_eff_arcsec"]].isna().all().all()
    assert (drawn.loc[~star, ["z", "r_eff_arcsec", "axis_ratio"]] > 0).all().all()
    near_r = ab_magnitude(drawn[["flux_J0620"]].to_numpy())[:, 0]
    assert np.median(np.abs(near_r - drawn["r_mag"])) < 0.15
    assert population.draw(0, np.random.default_rng(3)).empty
