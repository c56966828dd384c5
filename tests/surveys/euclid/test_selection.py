"""Rules at their boundaries, and sets that are nested, balanced and a matter of the objects alone."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.euclid_dataset import good_euclid_catalogue, small_euclid_params

from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, SET_COLUMNS
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.selection import assessable_labels, assessable_set, training_sets
from lensfinder.surveys.euclid.selection_counts import TALK_LENSES, selection_counts

PARAMS = small_euclid_params()
SELECTION = PARAMS.euclid.selection
SETS = tuple(TALK_LENSES)
Sets = dict[str, pd.DataFrame]
BELOW_4, BELOW_1_6, ABOVE_1 = np.nextafter(4.0, 0), np.nextafter(1.6, 0), np.nextafter(1.0, 2)
NAN = np.nan


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    return good_euclid_catalogue(PARAMS)


@pytest.fixture(scope="module")
def sets(catalogue: pd.DataFrame) -> Sets:
    return training_sets(catalogue, SELECTION, seed=3)


@pytest.mark.parametrize(
    ("mag_eff", "n_im", "n_pix", "label"),
    [
        (NAN, 0, 0, 0),
        (NAN, 3, 400, 0),
        (0.7, 1, 400, 0),
        (1.0, 1, 400, 0),
        (ABOVE_1, 1, 400, -1),
        (BELOW_1_6, 2, 400, -1),
        (1.6, 2, 21, 1),
        (1.6, 2, 20, 0),
        (1.6, 0, 400, 0),
        (50.0, 1, 21, 1),
        (50.0, NAN, 400, 0),
        (50.0, 2, NAN, 0),
    ],
)
def test_label_at_the_boundaries(mag_eff: float, n_im: float, n_pix: float, label: int) -> None:
    stamp = pd.DataFrame({"mag_eff": [mag_eff], "n_source_im": [n_im], "n_pix_source": [n_pix]})
    assert assessable_labels(stamp, SELECTION).tolist() == [label]
    assert assessable_labels(stamp, SELECTION).dtype == np.int8


@pytest.mark.parametrize(
    ("mag_eff", "n_im", "n_pix", "in_sets"),
    [
        (4.0, 1, 351, SETS),
        (BELOW_4, 3, 351, ()),
        (4.0, 0, 351, ()),
        (NAN, 3, 351, ()),
        (4.0, NAN, 351, ()),
        (4.0, 1, NAN, ()),
        (9.0, 3, 350, SETS[1:]),
        (9.0, 3, 300, SETS[2:]),
        (9.0, 3, 200, SETS[3:]),
        (9.0, 3, 100, SETS[4:]),
        (9.0, 3, 50, SETS[5:]),
        (9.0, 3, 21, SETS[5:]),
        (9.0, 3, 20, ()),
    ],
)
def test_training_lens_at_the_boundaries(
    mag_eff: float,
    n_im: float,
    n_pix: float,
    in_sets: tuple[str, ...],
    catalogue: pd.DataFrame,
) -> None:
    changed = catalogue.copy()
    changed.loc[0, ["mag_eff", "n_source_im", "n_pix_source"]] = [mag_eff, n_im, n_pix]
    sets = training_sets(changed, SELECTION, seed=3)
    lens_in = tuple(name for name in SETS if 0 in set(sets[name].loc[sets[name]["label"] == 1, "row"]))
    assert lens_in == in_sets


def test_sets_are_nested_balanced_and_of_the_training_sample(catalogue: pd.DataFrame, sets: Sets) -> None:
    assert list(sets) == [*SETS, "control"]
    for name, table in sets.items():
        assert list(table.columns) == list(SET_COLUMNS)
        assert table["row"].is_monotonic_increasing
        assert (catalogue["object_id"].to_numpy()[table["row"]] == table["object_id"]).all()
        assert (catalogue["sample"].to_numpy()[table["row"]] == "train").all()
        assert (catalogue["label"].to_numpy()[table["row"]] == table["label"]).all()
        counts = table.groupby(["label", "part"]).size()
        assert counts[0].to_dict() == counts[1].to_dict(), name
        assert counts[1]["validation"] == pytest.approx(0.2 * len(table) / 2, abs=0.5)
    for inner, outer in [*pairwise(SETS), ("control", "set_6")]:
        larger = sets[outer].set_index("object_id")
        same = larger.reindex(sets[inner]["object_id"]).reset_index()[list(SET_COLUMNS)]
        pd.testing.assert_frame_equal(same, sets[inner], check_dtype=False)


def test_control_has_the_size_of_set_1_and_lenses_of_all_sets(catalogue: pd.DataFrame, sets: Sets) -> None:
    control, first = sets["control"], sets["set_1"]
    assert control.groupby(["label", "part"]).size().equals(first.groupby(["label", "part"]).size())
    n_pix = catalogue["n_pix_source"].to_numpy()[control.loc[control["label"] == 1, "row"]]
    assert n_pix.min() < 350 < n_pix.max()


def test_sets_depend_on_the_seed_and_on_the_objects_but_not_on_their_order(
    catalogue: pd.DataFrame, sets: Sets
) -> None:
    shuffled = catalogue.sample(frac=1, random_state=5, ignore_index=True)
    again = training_sets(shuffled, SELECTION, seed=3)
    other = training_sets(catalogue, SELECTION, seed=4)
    for name, table in sets.items():
        names = table.drop(columns="row").sort_values("object_id", ignore_index=True)
        reordered = again[name].drop(columns="row").sort_values("object_id", ignore_index=True)
        pd.testing.assert_frame_equal(names, reordered)
        assert not other[name].equals(table)


def test_parts_hold_the_balance_at_any_size_and_fraction(catalogue: pd.DataFrame) -> None:
    for fraction in (0.1, 0.33, 0.5):
        chosen = SELECTION.model_copy(update={"validation_fraction": fraction})
        for drop in (0, 1, 4):
            for table in training_sets(catalogue.iloc[drop:], chosen, seed=1).values():
                parts = table.groupby("part")["label"].agg(["mean", "size"])
                assert (parts["mean"] == 0.5).all()
                assert parts.loc["validation", "size"] == pytest.approx(fraction * len(table), abs=1)


def test_assessable_is_all_of_the_test_sample_but_what_is_left_out(catalogue: pd.DataFrame) -> None:
    table = assessable_set(catalogue, SELECTION)
    test = catalogue[catalogue["sample"] == "test"]
    left_out = test[(test["mag_eff"] > 1) & (test["mag_eff"] < 1.6)]
    assert set(table["object_id"]) == set(test["object_id"]) - set(left_out["object_id"])
    assert len(left_out) > 0
    assert set(table["part"]) == {"test"}
    assert (catalogue["label"].to_numpy()[table["row"]] == table["label"]).all()


def test_too_few_of_a_class_are_named_with_set_counts_and_parameter(catalogue: pd.DataFrame) -> None:
    few = SELECTION.model_copy(update={"training_n_pix_above": {"set_1": 350, "set_2": 20}})
    bright = catalogue["n_pix_source"] > 350
    two_left = catalogue[~bright | (bright.cumsum() <= 2)]
    with pytest.raises(UserError, match=r"set_1: 2 of .* n_pix > 350.*training_n_pix_above\.set_1"):
        training_sets(two_left, few, seed=1)
    no_sources = catalogue[catalogue["kind"] == "lensed_source"]
    with pytest.raises(UserError, match=r"set_1: 25 lenses, but 15 non-lenses.*lensed_fraction"):
        training_sets(no_sources, SELECTION, seed=1)
    with pytest.raises(UserError, match=r"assessable_1: 0 lenses and 54 non-lenses.*euclid\.counts\.test"):
        assessable_set(catalogue.assign(n_source_im=0), SELECTION)


def test_counts_stand_beside_the_talks(catalogue: pd.DataFrame, sets: Sets) -> None:
    counts = selection_counts(catalogue, sets, assessable_set(catalogue, SELECTION), level=0.95)
    assert list(counts) == [*SETS, "control", "assessable_1", "left_out"]
    first = counts["set_1"]
    assert first["count"] == first["non_lenses"] == 25
    assert (first["train"], first["validation"]) == (40, 10)
    assert first["scaled_to_100000"] == pytest.approx(25 / 150 * 100_000)
    assert first["ratio_to_talk"] == pytest.approx(25 / 150 * 100_000 / 9441)
    interval = first["scaled_interval"]
    # Wilson's interval of 25 of 150 at 95 %, with z = 1.959964.
    centre, half = (25 + 1.92073) / 153.84146, 1.959964 / 153.84146 * np.sqrt(25 * 125 / 150 + 0.960365)
    assert interval["low"] == pytest.approx(1e5 * (centre - half), rel=1e-5)
    assert interval["high"] == pytest.approx(1e5 * (centre + half), rel=1e-5)
    assert counts["control"]["talk"] is counts["control"]["ratio_to_talk"] is None
    assert counts["assessable_1"]["count"] + counts["left_out"]["count"] == 60
    assert counts["assessable_1"]["talk"] + counts["left_out"]["talk"] == 100_000


def test_stage_writes_all_sets_anew_and_prints_the_counts(
    catalogue: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = EuclidPaths(tmp_path)
    write_table(paths.catalogue, catalogue, CATALOGUE_COLUMNS)
    leftover = PARTS.files(paths.splits, "set_7")[0]
    leftover.parent.mkdir(parents=True)
    leftover.write_text("of other parameters")
    PARTS.make(paths, PARAMS)
    names = {path.stem for path in leftover.parent.iterdir()}
    assert names == {*SETS, "control", "assessable_1"}
    expected = training_sets(catalogue, SELECTION, PARAMS.seed)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(
            read_table(PARTS.files(paths.splits, name)[0], SET_COLUMNS), table, check_dtype=False
        )
    counts = json.loads(paths.selection.read_text())
    assert counts["set_6"]["count"] == 50
    printed = capsys.readouterr().out
    assert "15,771" in printed
    assert "33,333" in printed
    first = leftover.with_name("set_1.parquet").read_bytes()
    PARTS.make(paths, PARAMS)
    assert leftover.with_name("set_1.parquet").read_bytes() == first
