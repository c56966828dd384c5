"""The challenge's rules, and its catalogue in our columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.surveys.euclid.challenge.layout import drawn_for_test, own_catalogue, truth_known
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, CHALLENGE_COLUMNS, KINDS, TRUTH_COLUMNS

ARCSEC = np.pi / 180 / 3600


NAN = float("nan")
INF = float("inf")


def rows(**columns: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame({"ID": np.arange(len(columns["mag_eff"])), **columns})
    given = frame.reindex(columns=list(CHALLENGE_COLUMNS))
    return given.astype({name: float for name in CHALLENGE_COLUMNS if name != "ID"})


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


@pytest.mark.parametrize(
    ("truth", "known"),
    [
        # mag_eff, n_source_im, n_pix_source, n_sources
        ((9.25, 4, 400, 1), True),
        ((9.25, 4, 400, NAN), True),
        ((4.0, 0, 90, 1), True),  # magnified, but no image in the stamp
        ((NAN, 0, 0, 0), True),
        ((NAN, NAN, NAN, 0), True),
        ((-1, 0, 0, 0), True),  # whatever stands for the μ_eff of nothing
        ((NAN, 0, 0, NAN), True),
        ((0, 0, 0, NAN), True),
        ((NAN, 4, 400, 1), False),
        ((NAN, 4, 400, NAN), False),
        ((NAN, 0, 0, 1), False),
        ((9.25, NAN, 400, 1), False),
        ((9.25, 4, NAN, 1), False),
        ((NAN, NAN, NAN, 1), False),
        ((NAN, NAN, NAN, NAN), False),
        ((NAN, 0, NAN, NAN), False),
        ((INF, 4, 400, 1), False),
        ((9.25, INF, 400, 1), False),
        ((9.25, 4, INF, 1), False),
        ((9.25, 4, 400, INF), False),
        ((-9.25, 4, 400, 1), False),
        ((0, 4, 400, 1), False),
        ((9.25, -4, 400, 1), False),
        ((9.25, 4, -400, 1), False),
        ((9.25, 4, 400, -1), False),
        ((9.25, 4, 400, 0), False),
        ((NAN, 0, 400, 0), False),
        ((NAN, -1, -1, 0), False),
    ],
)
def test_unknown_and_impossible_truth_is_told_from_none(truth: tuple[float, ...], known: bool) -> None:
    names = ("mag_eff", "n_source_im", "n_pix_source", "n_sources")
    given = rows(**{name: [value] for name, value in zip(names, truth, strict=True)})
    assert truth_known(given).tolist() == [known]


def test_labels_kinds_and_theta_e(params: Params) -> None:
    given = rows(
        mag_eff=[1.6, 1.599, 1.0, NAN, 0.0, 4.0, 4.0],
        n_source_im=[1, 2, 1, 0, 0, 0, 3],
        n_pix_source=[21, 300, 90, 0, 0, 90, 20],
        n_sources=[1, 1, 1, 0, 0, 1, NAN],
        ein_area=[np.pi * (1.3 * ARCSEC) ** 2, NAN, 0.0, NAN, -1.0, NAN, NAN],
        source_flux=[1.5, 0, 0, 0, 0, 0, 0],
    )
    frame = own_catalogue(given, np.full(len(given), "test"), 2.0, params.euclid.selection)
    assert list(frame.columns) == list(CATALOGUE_COLUMNS)
    assert frame["label"].tolist() == [1, -1, 0, 0, 0, 0, 0]
    assert frame["label"].dtype == np.int8
    lensed, front, none = KINDS
    assert frame["kind"].tolist() == [lensed, lensed, front, none, none, lensed, lensed]
    assert np.isnan(frame["mag_eff"][4])  # no source has no magnification
    assert frame["theta_e_arcsec"][0] == pytest.approx(1.3)
    assert frame["theta_e_arcsec"][2] == 0
    assert frame["theta_e_arcsec"].isna().sum() == 5
    assert frame["source_flux"][0] == 3.0
    assert frame["object_id"][3] == "euclid-test-0000003"
    assert set(frame["origin"]) == {"imported"}
    unknown = [name for name in TRUTH_COLUMNS if name not in ("theta_e_arcsec", "deflector_type")]
    assert frame[unknown].isna().all().all()
    assert (frame["deflector_type"] == "").all()
