"""The gate of the hard negatives passes a good set and names every way in which it can be bad."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import BANDS, InMemory, good_dataset, small_params
from support.impostors import PER_KIND, good_impostors
from support.project import changed

from lensfinder.gate.outcome import Outcome
from lensfinder.gate.run import Gate
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS
from lensfinder.studies.hard_negatives.suites import hard_negative_suites, hard_negative_tables
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra

Break = Callable[[pd.DataFrame, np.ndarray], None]
COUNTS = {f"jpas.hard_negatives.counts.{kind}": PER_KIND for kind in IMPOSTOR_KINDS}


def check(frame: pd.DataFrame, cubes: np.ndarray, scale: float = 1.0) -> Outcome:
    params = changed(small_params(), COUNTS)
    sums = InMemory(pseudo_spectra(np.nan_to_num(cubes)) * np.float16(scale))
    catalogue = good_dataset().catalogue
    tables = hard_negative_tables(frame, catalogue, InMemory(cubes), sums, seed=1)
    return Gate("jpas-hard_negatives").check(hard_negative_suites(params.jpas, BANDS), tables)


def test_a_good_set_passes() -> None:
    outcome = check(*good_impostors())
    assert outcome.success, outcome.failed
    assert outcome.n_rows == {"impostors": 25, "arrays": 2, "images": 25}


def test_pseudo_spectra_must_be_sums() -> None:
    failed = check(*good_impostors(), scale=1.05).failed
    assert {finding.name for finding in failed} == {"pseudo_spectra_are_sums"}


def _set(column: str, value: object) -> Break:
    def change(frame: pd.DataFrame, cubes: np.ndarray) -> None:
        frame.loc[3, column] = value

    return change


def _shared(column: str) -> Break:
    def share(frame: pd.DataFrame, cubes: np.ndarray) -> None:
        theirs = good_dataset().catalogue[column]
        frame.loc[3, column] = theirs[theirs != ""].iloc[0] if column != "tile" else int(theirs.iloc[0])

    return share


def _not_finite(frame: pd.DataFrame, cubes: np.ndarray) -> None:
    cubes[3, 1, 2, 3] = np.nan


@pytest.mark.parametrize(
    ("break_it", "failing"),
    [
        (_shared("galaxy_id"), {"galaxy_id_not_shared"}),
        (_shared("spectrum_id"), {"spectrum_id_not_shared"}),
        (_shared("object_id"), {"object_id_not_shared"}),
        (_shared("tile"), {"tile_not_shared"}),
        (_set("label", 1), {"label_zero"}),
        (_set("object_id", "jpas-hard_negative-0000004"), {"object_id_unique"}),
        (_set("kind", "comet"), {"kind_known", "count_star_near_galaxy"}),
        (_set("snr_median", np.nan), {"numbers_present"}),
        (_set("part_2_y_arcsec", -9.0), {"inside_stamp"}),
        (_set("mimic_r_mag", 23.0), {"magnitude_cut"}),
        (_not_finite, {"cubes_finite"}),
    ],
)
def test_what_is_wrong_is_named(break_it: Break, failing: set[str]) -> None:
    frame, cubes = good_impostors()
    break_it(frame, cubes)
    assert {finding.name for finding in check(frame, cubes).failed} == failing
