"""The challenge's units and rules, and its catalogue in our columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.surveys.euclid.challenge.layout import (
    PixelUnit,
    background_noise,
    drawn_for_test,
    own_catalogue,
    pixel_unit,
)
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, CHALLENGE_COLUMNS, KINDS, TRUTH_COLUMNS

ARCSEC = np.pi / 180 / 3600


def own(params: Params, **columns: list[float]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"ID": np.arange(n), **columns}).reindex(columns=list(CHALLENGE_COLUMNS))
    given = frame.astype({name: float for name in CHALLENGE_COLUMNS if name != "ID"})
    return own_catalogue(given, np.full(n, "test"), 2.0, params.euclid.selection)


def test_background_noise_ignores_galaxy_and_sky() -> None:
    rng = np.random.default_rng(1)
    stamp = rng.normal(7e-11, 3e-12, (200, 200))
    stamp[80:120, 80:120] += 1e-9
    stamp[:30, :30] += 1e-9  # a neighbour in the corner
    assert background_noise(stamp) == pytest.approx(3e-12, rel=0.06)


def test_maggies_are_exact_and_other_units_follow_from_the_noise() -> None:
    maggy = pixel_unit("maggy", [1.0], 5.0)
    assert (maggy.ujy, maggy.zero_point_mag) == (3631e6, 0.0)
    other = pixel_unit("", [1e-12, 2e-12, 9e-12], 0.002)
    assert other == PixelUnit("", pytest.approx(1e9), "background noise")
    assert other.zero_point_mag == pytest.approx(-2.5 * np.log10(1e9 / 3631e6))


def test_noise_free_images_are_refused() -> None:
    with pytest.raises(UserError, match="no noise"):
        pixel_unit("", [0.0, 0.0, 1.0], 0.002)


def test_test_sample_depends_on_number_and_seed_alone() -> None:
    numbers = np.arange(200_001, 200_501)
    chosen = drawn_for_test(numbers, 0.3, seed=5)
    assert chosen.sum() == 150
    shuffle = np.random.default_rng(0).permutation(500)
    assert np.array_equal(drawn_for_test(numbers[shuffle], 0.3, seed=5), chosen[shuffle])
    assert not np.array_equal(drawn_for_test(numbers, 0.3, seed=6), chosen)
    # Not by the order of the numbers either: both halves give their share.
    assert 50 < chosen[:250].sum() < 100


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.99, 1.0, 1.5, float("nan")])
def test_a_fraction_that_empties_a_sample_is_refused(fraction: float) -> None:
    with pytest.raises(UserError, match="leaves a sample empty"):
        drawn_for_test(np.arange(20), fraction, seed=1)


def test_labels_kinds_and_theta_e(params: Params) -> None:
    nan = float("nan")
    frame = own(
        params,
        mag_eff=[1.6, 1.599, 1.0, nan, 0.0, 4.0, 4.0, 4.0],
        n_source_im=[1, 2, 1, 0, 0, 0, 3, nan],
        n_pix_source=[21, 300, 90, 0, 0, 90, 20, 90],
        n_sources=[1, 1, 1, 0, 0, 1, nan, 1],
        ein_area=[np.pi * (1.3 * ARCSEC) ** 2, nan, 0.0, nan, -1.0, nan, nan, nan],
        source_flux=[1.5, 0, 0, 0, 0, 0, 0, 0],
    )
    assert list(frame.columns) == list(CATALOGUE_COLUMNS)
    assert frame["label"].tolist() == [1, -1, 0, 0, 0, 0, 0, 0]
    assert frame["label"].dtype == np.int8
    lensed, front, none = KINDS
    assert frame["kind"].tolist() == [lensed, lensed, front, none, none, *[lensed] * 3]
    assert np.isnan(frame["mag_eff"][4])  # no source has no magnification
    assert frame["theta_e_arcsec"][0] == pytest.approx(1.3)
    assert frame["theta_e_arcsec"][2] == 0
    assert frame["theta_e_arcsec"].isna().sum() == 6
    assert frame["source_flux"][0] == 3.0
    assert frame["object_id"][3] == "euclid-test-0000003"
    assert set(frame["origin"]) == {"imported"}
    unknown = [name for name in TRUTH_COLUMNS if name not in ("theta_e_arcsec", "deflector_type")]
    assert frame[unknown].isna().all().all()
    assert (frame["deflector_type"] == "").all()
