"""What no single number of the catalogue may tell, on a larger draw from the smoke preset's tiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from support.project import changed

from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import KindCounts
from lensfinder.surveys.jpas.simulation.catalogue import Instrument, draw_catalogue
from lensfinder.surveys.jpas.simulation.sources import open_neighbours
from lensfinder.workspace.paths import SurveyPaths


@pytest.fixture(scope="module")
def drawn(paths: SurveyPaths, smoke_params: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts = KindCounts(lensed_quasar=900, quasar_near_galaxy=1500, quasar_alone=600)
    params = changed(smoke_params, {"jpas.counts.train": counts})
    instrument = Instrument.build(params, read_filters(paths.tables))
    populations = read_table(paths.galaxies), read_table(paths.quasars)
    return draw_catalogue(params, *populations, open_neighbours(paths, params), instrument)


@pytest.fixture(scope="module")
def by_kind(drawn: tuple[pd.DataFrame, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return dict(iter(drawn[0].groupby("kind")))


def auc(first: pd.Series, second: pd.Series) -> float:
    return float(mannwhitneyu(first, second).statistic) / (len(first) * len(second))


def test_total_magnitude_does_not_tell_lenses_from_pairs(by_kind: dict[str, pd.DataFrame]) -> None:
    """A parent population cut before magnification gave an AUC of 0.72."""
    lenses, pairs = (
        by_kind[kind]["quasar_r_mag_observed"] for kind in ("lensed_quasar", "quasar_near_galaxy")
    )
    assert abs(auc(lenses, pairs) - 0.5) < 0.05
    assert (lenses - by_kind["lensed_quasar"]["quasar_r_mag"]).min() < -2.5  # some are magnified tenfold


def test_position_angles_of_pairs_are_isotropic(by_kind: dict[str, pd.DataFrame]) -> None:
    """Redrawn until they fitted a square, 75 % of the widest lay within 15° of a diagonal."""
    pairs = by_kind["quasar_near_galaxy"]
    x = pairs["galaxy_x_arcsec"] - pairs["image_1_x_arcsec"]
    y = pairs["galaxy_y_arcsec"] - pairs["image_1_y_arcsec"]
    from_diagonal = np.abs(np.degrees(np.arctan2(y, x)) % 90 - 45)
    for some in (pairs["separation_arcsec"] > 3, pairs["separation_arcsec"] > 5.06):
        expected, error = 1 / 3, np.sqrt(2 / 9 / some.sum())
        assert (from_diagonal[some] < 15).mean() == pytest.approx(expected, abs=3.5 * error)


def test_every_kind_has_the_same_neighbours(by_kind: dict[str, pd.DataFrame]) -> None:
    of = by_kind["lensed_quasar"]
    for kind in ("quasar_near_galaxy", "quasar_alone"):
        other = by_kind[kind]
        for name in ("n_neighbours", "neighbour_r_mag"):
            first, second = of[name].dropna(), other[name].dropna()
            error = np.sqrt((len(first) + len(second) + 1) / (12 * len(first) * len(second)))
            assert auc(first, second) == pytest.approx(0.5, abs=3.5 * error), (kind, name)


def test_neighbours_are_as_many_as_counted_and_lie_anywhere(
    drawn: tuple[pd.DataFrame, pd.DataFrame], paths: SurveyPaths, smoke_params: Params
) -> None:
    catalogue, neighbours = drawn
    camera = smoke_params.jpas.observation
    side = camera.stamp_pixels * camera.pixel_scale_arcsec
    expected = open_neighbours(paths, smoke_params).density_arcsec2 * side**2
    error = np.sqrt(expected / len(catalogue))
    assert catalogue["n_neighbours"].mean() == pytest.approx(expected, abs=4 * error)
    at = neighbours[["x_arcsec", "y_arcsec"]].to_numpy()
    quadrant = np.unique(at > 0, axis=0, return_counts=True)[1] / len(at)
    assert quadrant == pytest.approx(0.25, abs=4 * np.sqrt(0.1875 / len(at)))
    # Their order is that of the objects, and none is anybody else's.
    owner = pd.Index(catalogue["object_id"]).get_indexer(neighbours["object_id"])
    assert (np.diff(owner) >= 0).all()
    assert owner.min() >= 0
