"""Good folds pass the gate; broken in one way, they fail by what is meant for that, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.euclid_dataset import BLOCK, good_euclid_catalogue, small_euclid_params
from support.gate_dataset import check as apply
from support.gate_dataset import good_dataset, small_params
from support.project import changed

from lensfinder.datasets.table import write_table
from lensfinder.errors import CheckFailed, UserError
from lensfinder.gate.outcome import Finding, Outcome
from lensfinder.studies.cross_validation import CV, LEAK
from lensfinder.studies.cross_validation.euclid.tables import fold_tables as euclid_fold_tables
from lensfinder.studies.cross_validation.folds import Fold, held_out
from lensfinder.studies.cross_validation.jpas.tables import fold_tables as jpas_fold_tables
from lensfinder.studies.cross_validation.tables import FoldTables
from lensfinder.studies.cross_validation.validate import validate_folds
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS as EUCLID_CATALOGUE
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.selection import ASSESSABLE, assessable_set, training_sets
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.paths import StudyPaths

K = 3
FOLDS = [Fold(1, number) for number in range(1, K + 1)]
THIRD = FOLDS[2]
Splits = dict[Fold, pd.DataFrame]
PARAMS = changed(small_params(), {"jpas.cv.folds": (1, 2, 3), "jpas.split.validation_fraction": 0.5})
LEAKS = {f"{name}_in_one_part" for name in ("tile", "galaxy", "quasar")}


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    """135 objects in 15 tiles that are all alike: 4 lensed quasars, 3 pairs, 2 quasars alone."""
    return good_dataset().catalogue


def splits_by(catalogue: pd.DataFrame, number: np.ndarray) -> Splits:
    """Fold k holds out the objects of number k, and validates with those of the next number."""
    table = catalogue[["object_id", "label", "kind", "tile"]].assign(row=np.arange(len(catalogue)))
    splits = {}
    for fold in FOLDS:
        in_part = [number == fold.number, number == fold.number % K + 1]
        part = np.select(in_part, ["test", "validation"], "train")
        splits[fold] = table.assign(part=part)[list(SPLIT_COLUMNS)]
    return splits


@pytest.fixture(scope="module")
def by_tile(catalogue: pd.DataFrame) -> Splits:
    return splits_by(catalogue, (catalogue["tile"] % K + 1).to_numpy())


@pytest.fixture(scope="module")
def at_random(catalogue: pd.DataFrame) -> Splits:
    """Objects of each kind dealt like cards."""
    number = np.empty(len(catalogue), dtype=int)
    for kind in catalogue["kind"].unique():
        rows = np.flatnonzero(catalogue["kind"] == kind)
        number[np.random.default_rng(1).permutation(rows)] = np.arange(len(rows)) % K + 1
    return splits_by(catalogue, number)


def check(groups: FoldTables, catalogue: pd.DataFrame, good: FoldTables | None = None) -> Outcome:
    from lensfinder.studies.cross_validation.jpas.suites import fold_suites

    return apply("jpas-cv", fold_suites(PARAMS.jpas, catalogue), flat(groups), good and flat(good))


def flat(groups: FoldTables) -> dict[str, pd.DataFrame]:
    return {name: table for group in groups.values() for name, table in group.items()}


def failed_in(outcome: Outcome) -> dict[str, set[str]]:
    failed: dict[str, set[str]] = {}
    for finding in outcome.failed:
        failed.setdefault(finding.table.removeprefix("repeat_1-"), set()).add(finding.name)
    return failed


Break = Callable[[pd.DataFrame, Splits], None]
TWICE = {"repeat_1": {"times_held_out", "times_learned_from"}}


def rows_of(splits: Splits, part: str, kind: str) -> pd.Index:
    table = splits[THIRD]
    return table.index[(table["part"] == part) & (table["kind"] == kind)]


def exchanging(first: str, second: str, count: int, part: str) -> Break:
    """Objects of the first kind leave the part for training, others of the second kind come back."""

    def change(catalogue: pd.DataFrame, splits: Splits) -> None:
        leaving, coming = rows_of(splits, part, first)[:count], rows_of(splits, "train", second)[:count]
        splits[THIRD].loc[leaving, "part"] = "train"
        splits[THIRD].loc[coming, "part"] = part

    return change


def of_two_tiles(name: str, kind: str) -> Break:
    """Objects of one kind and two tiles share their galaxy or quasar."""

    def change(catalogue: pd.DataFrame, splits: Splits) -> None:
        of_kind = catalogue[catalogue["kind"] == kind]
        first, second = (of_kind.index[of_kind["tile"] == tile][0] for tile in (0, 1))
        catalogue.loc[first, name] = catalogue.loc[second, name]

    return change


def set_value(column: str, rows: object, value: object) -> Break:
    """Rows of the third fold, or a function that finds them, get a value."""

    def change(catalogue: pd.DataFrame, splits: Splits) -> None:
        splits[THIRD].loc[rows(splits) if callable(rows) else rows, column] = value

    return change


def rows_exchanged(catalogue: pd.DataFrame, splits: Splits) -> None:
    """Two quasars alone of one tile point to each other's row."""
    table = splits[THIRD]
    two = table.index[(table["tile"] == 4) & (table["kind"] == "quasar_alone")]
    table.loc[two, "row"] = table.loc[two, "row"].to_numpy()[::-1]


def tile_1(splits: Splits) -> pd.Series:
    return splits[THIRD]["tile"] == 1


def pair(splits: Splits) -> pd.Index:
    return rows_of(splits, "train", "quasar_near_galaxy")[:1]


def object_missing(catalogue: pd.DataFrame, splits: Splits) -> None:
    splits[THIRD] = splits[THIRD].drop(index=pair(splits)).reset_index(drop=True)


def object_twice(catalogue: pd.DataFrame, splits: Splits) -> None:
    splits[THIRD] = pd.concat([splits[THIRD], splits[THIRD].loc[pair(splits)]], ignore_index=True)


def unknown_part(catalogue: pd.DataFrame, splits: Splits) -> None:
    table = splits[THIRD]
    for kind in table["kind"].unique():  # one of each kind: what is left is hardly out of balance
        table.loc[rows_of(splits, "train", kind)[0], "part"] = "holdout"


def kinds_in_parts(kinds: Sequence[str], parts: Sequence[str]) -> set[str]:
    return {f"{kind}_in_{part}" for kind in kinds for part in parts}


BREAKS: dict[str, tuple[Break, dict[str, set[str]]]] = {
    "held out by two folds": (
        exchanging("lensed_quasar", "lensed_quasar", 1, "test"),
        {"fold_3": LEAKS, **TWICE},
    ),
    "unbalanced": (
        exchanging("lensed_quasar", "quasar_alone", 6, "test"),
        {
            "fold_3": LEAKS
            | {"balance_test", "balance_train"}
            | kinds_in_parts(("lensed_quasar", "quasar_alone"), ("test", "train")),
            **TWICE,
        },
    ),
    "unbalanced in kind alone": (
        exchanging("quasar_near_galaxy", "quasar_alone", 5, "validation"),
        {"fold_3": LEAKS | kinds_in_parts(("quasar_near_galaxy", "quasar_alone"), ("validation", "train"))},
    ),
    "galaxy of two tiles": (
        of_two_tiles("galaxy_id", "lensed_quasar"),
        {f"fold_{k}": {"galaxy_in_one_part"} for k in (1, 2, 3)},
    ),
    "quasar of two tiles": (
        of_two_tiles("quasar_id", "quasar_alone"),
        {f"fold_{k}": {"quasar_in_one_part"} for k in (1, 2, 3)},
    ),
    "other row": (rows_exchanged, {"fold_3": {"object_id_agrees"}}),
    "row nowhere": (
        set_value("row", 40, 10**6),
        {"fold_3": {"row_known", *(f"{name}_agrees" for name in ("object_id", "label", "kind", "tile"))}},
    ),
    "relabelled": (set_value("label", pair, 1), {"fold_3": {"label_agrees", "balance_train"}}),
    "object missing": (object_missing, {"fold_3": {"all_objects"}, "repeat_1": {"times_learned_from"}}),
    "object twice": (
        object_twice,
        {"fold_3": {"all_objects", "object_id_once"}, "repeat_1": {"times_learned_from"}},
    ),
    "more in validation": (set_value("part", tile_1, "validation"), {"fold_3": {"validation_fraction"}}),
    "more held out": (
        set_value("part", tile_1, "test"),
        {"fold_3": {"held_out_fraction", "validation_fraction"}, **TWICE},
    ),
    "unknown part": (unknown_part, {"fold_3": LEAKS | {"part_known"}}),
}


@pytest.mark.parametrize(("change", "expected"), BREAKS.values(), ids=BREAKS)
def test_each_fault_is_caught_by_what_is_meant_for_it(
    change: Break, expected: dict[str, set[str]], catalogue: pd.DataFrame, by_tile: Splits
) -> None:
    broken, splits = catalogue.copy(), deepcopy(by_tile)
    change(broken, splits)
    good = jpas_fold_tables(catalogue, by_tile)
    assert failed_in(check(jpas_fold_tables(broken, splits), broken, good)) == expected


def test_dealing_objects_at_random_breaks_what_keeps_leaks_out_and_nothing_else(
    catalogue: pd.DataFrame, at_random: Splits
) -> None:
    outcome = check(jpas_fold_tables(catalogue, at_random), catalogue)
    assert failed_in(outcome) == {f"fold_{number}": LEAKS for number in range(1, K + 1)}


def write_folds(root: Path, study: str, catalogue: pd.DataFrame, splits: Splits) -> StudyPaths:
    files = StudyPaths(JpasPaths(root), study)
    write_table(files.survey.catalogue, catalogue, CATALOGUE_COLUMNS)
    for fold, table in splits.items():
        write_table(files.splits_dir / f"{fold.key}.parquet", table, SPLIT_COLUMNS)
    return files


def outcomes(files: StudyPaths) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(files.validation_dir.glob("*"))}


def test_each_fold_has_an_outcome_of_its_own(
    catalogue: pd.DataFrame, by_tile: Splits, tmp_path: Path
) -> None:
    files = write_folds(tmp_path, CV.name, catalogue, by_tile)
    validate_folds(files.survey, PARAMS, CV.name)
    first = outcomes(files)
    assert list(first) == [*(f"repeat_1-fold_{number}.json" for number in (1, 2, 3)), "repeat_1.json"]
    third = json.loads(first["repeat_1-fold_3.json"])
    assert third["success"]
    assert third["n_rows"] == {THIRD.key: len(catalogue)}
    assert "expected_failures" not in third
    names = [finding["name"] for finding in third["expectations"]]
    assert len(names) == len(set(names)) > 20
    # An expectation that looked at nothing would hold of anything.
    assert [finding["name"] for finding in third["expectations"] if finding["n_checked"] == 0] == []
    # DVC caches them: the same folds must give the same bytes, wherever and whenever.
    assert not re.search(rb"\d{4}-\d\d-\d\d|\d{8}T\d{6}|" + str(tmp_path).encode(), b"".join(first.values()))
    assert (files.data_docs / "index.html").is_file()

    # An object that leaves one fold is named, and no outcome stays, of no fold.
    lost, kind = by_tile[THIRD][["object_id", "kind"]].iloc[0]
    write_table(files.splits_dir / f"{THIRD.key}.parquet", by_tile[THIRD].iloc[1:], SPLIT_COLUMNS)
    with pytest.raises(CheckFailed) as failure:
        validate_folds(files.survey, PARAMS, CV.name)
    message = str(failure.value)
    assert message.startswith("jpas-cv: 2 of ")
    assert "repeat_1-fold_3: all_objects" in message
    assert "repeat_1: times_learned_from" in message
    assert f"object_id = {lost}, kind = {kind}, tile = 0, times_learned_from = 1" in message
    assert outcomes(files) == {}


def test_the_gate_of_random_folds_expects_their_leaks(
    catalogue: pd.DataFrame, at_random: Splits, by_tile: Splits, tmp_path: Path
) -> None:
    files = write_folds(tmp_path, LEAK.name, catalogue, at_random)
    validate_folds(files.survey, PARAMS, LEAK.name)
    outcome = json.loads(outcomes(files)["repeat_1-fold_3.json"])
    assert outcome["success"]
    assert set(outcome["expected_failures"]) == LEAKS
    assert {one["name"] for one in outcome["expectations"] if not one["success"]} == LEAKS
    text = (files.data_docs / "index.html").read_text(encoding="utf-8")
    assert "must fail here, and do" in text

    write_folds(tmp_path, LEAK.name, catalogue, by_tile)
    with pytest.raises(CheckFailed) as failure:
        validate_folds(files.survey, PARAMS, LEAK.name)
    message = str(failure.value)
    assert message.startswith(f"jpas-cv_leak: {3 * K} of ")
    assert "repeat_1-fold_3: galaxy_in_one_part: expected to fail: all objects of one galaxy" in message
    assert outcomes(files) == {}


def test_a_check_that_breaks_is_no_leak_shown() -> None:
    broke = Finding("f", "tile_in_one_part", "", False, "the check itself failed: no column", None, None, ())
    leaks = replace(broke, observed=None, n_checked=9, n_unexpected=4)
    assert Outcome("jpas", {"f": 9}, (leaks,), ("tile_in_one_part",)).success
    assert Outcome("jpas", {"f": 9}, (broke,), ("tile_in_one_part",)).failed == (broke,)


def test_a_missing_fold_is_named(catalogue: pd.DataFrame, by_tile: Splits, tmp_path: Path) -> None:
    files = write_folds(tmp_path, CV.name, catalogue, by_tile)
    path = files.splits_dir / f"{THIRD.key}.parquet"
    path.unlink()
    with pytest.raises(UserError, match=re.escape(str(path))):
        validate_folds(files.survey, PARAMS, CV.name)


Sets = dict[Fold, dict[str, pd.DataFrame]]
FIRST, SECOND = FOLDS[:2]


# Two folds and two training sets, to save time.
FEW = {"euclid.cv.folds": (1, 2), "euclid.selection.training_n_pix_above": {"set_1": 350, "set_2": 20}}
EUCLID_PARAMS = changed(small_euclid_params(train=6 * len(BLOCK), test=2 * len(BLOCK)), FEW)


@pytest.fixture(scope="module")
def stamps() -> pd.DataFrame:
    return good_euclid_catalogue(EUCLID_PARAMS)


@pytest.fixture(scope="module")
def euclid_sets(stamps: pd.DataFrame) -> Sets:
    """Half of each block of stamps that are alike is held out by each fold."""
    values = ["kind", "mag_eff", "n_source_im", "n_pix_source"]
    alike = stamps.groupby(values, dropna=False).cumcount()
    selection = EUCLID_PARAMS.euclid.selection
    sets: Sets = {}
    for fold in (FIRST, SECOND):
        view = held_out(stamps, (alike % 2 + 1).to_numpy(), fold)
        sets[fold] = {**training_sets(view, selection, 1), ASSESSABLE: assessable_set(view, selection)}
    return sets


def check_euclid(stamps: pd.DataFrame, sets: Sets, good: Sets) -> Outcome:
    from lensfinder.studies.cross_validation.euclid.suites import fold_suites

    tables, unbroken = (flat(euclid_fold_tables(stamps, of)) for of in (sets, good))
    return apply("euclid-cv", fold_suites(EUCLID_PARAMS.euclid, stamps, tables), tables, unbroken)


def only_in_set_2(sets: Sets) -> pd.Index:
    """Lenses of the larger training set of the second fold that neither the smaller nor the control has."""
    table = sets[SECOND]["set_2"]
    others = pd.concat([sets[SECOND][name]["object_id"] for name in ("set_1", "control")])
    return table.index[(table["label"] == 1) & ~table["object_id"].isin(others)]


def held_out_lens_in_training(sets: Sets) -> None:
    """In the place of another, so that all sizes stay."""
    names = ["object_id", "row", "kind"]
    held = sets[SECOND][ASSESSABLE]
    lens = held[held["object_id"].isin(sets[FIRST]["set_2"]["object_id"]) & (held["label"] == 1)].iloc[0]
    sets[SECOND]["set_2"].loc[only_in_set_2(sets)[0], names] = lens[names]


def lens_lost_from_larger_set(sets: Sets) -> None:
    """In its place stands one that only the larger set has, twice."""
    names = ["object_id", "row", "kind"]
    table = sets[SECOND]["set_2"]
    of_set_1, of_control = (sets[SECOND][name]["object_id"] for name in ("set_1", "control"))
    found = table["object_id"].isin(of_set_1) & ~table["object_id"].isin(of_control)
    lost = table.index[found & (table["label"] == 1)][0]
    table.loc[lost, names] = table.loc[only_in_set_2(sets)[0], names]


def held_out_twice(sets: Sets) -> None:
    """A lens of the test alone, so that no training set has it."""
    held = sets[FIRST][ASSESSABLE]
    again = held[(held["label"] == 1) & ~held["object_id"].isin(sets[SECOND]["set_2"]["object_id"])].iloc[:1]
    sets[SECOND][ASSESSABLE] = pd.concat([sets[SECOND][ASSESSABLE], again], ignore_index=True)


def held_out_by_none(sets: Sets) -> None:
    held = sets[SECOND][ASSESSABLE]
    sets[SECOND][ASSESSABLE] = held.drop(index=held.index[held["label"] == 0][0]).reset_index(drop=True)


EUCLID_BREAKS: list[tuple[Callable[[Sets], None], dict[str, set[str]]]] = [
    (
        held_out_lens_in_training,
        {"fold_2-set_2": {"sample_known", "not_in_test"}, f"fold_2-{ASSESSABLE}": {"not_in_training"}},
    ),
    (lens_lost_from_larger_set, {"fold_2-set_1": {"in_set_2"}, "fold_2-set_2": {"object_id_once"}}),
    (held_out_twice, {"repeat_1": {"held_out_once"}}),
    (held_out_by_none, {"repeat_1": {"held_out_once"}}),
]


@pytest.mark.parametrize(
    ("change", "expected"), EUCLID_BREAKS, ids=lambda value: getattr(value, "__name__", "")
)
def test_each_fault_of_euclid_folds_is_caught(
    change: Callable[[Sets], None], expected: dict[str, set[str]], stamps: pd.DataFrame, euclid_sets: Sets
) -> None:
    broken = deepcopy(euclid_sets)
    change(broken)
    assert failed_in(check_euclid(stamps, broken, euclid_sets)) == expected


def test_euclid_folds_have_outcomes_too(stamps: pd.DataFrame, euclid_sets: Sets, tmp_path: Path) -> None:
    files = StudyPaths(EuclidPaths(tmp_path), CV.name)
    write_table(files.survey.catalogue, stamps, EUCLID_CATALOGUE)
    for fold, of_fold in euclid_sets.items():
        for name, table in of_fold.items():
            write_table(files.splits_dir / fold.key / f"{name}.parquet", table, SET_COLUMNS)
    validate_folds(files.survey, EUCLID_PARAMS, CV.name)
    assert list(outcomes(files)) == ["repeat_1-fold_1.json", "repeat_1-fold_2.json", "repeat_1.json"]
    outcome = json.loads(outcomes(files)["repeat_1-fold_2.json"])
    assert outcome["success"]
    names = ("set_1", "set_2", "control", ASSESSABLE, "held_out")
    assert list(outcome["n_rows"]) == [f"repeat_1-fold_2-{name}" for name in names]
    assert {finding["table"] for finding in outcome["expectations"]} == set(outcome["n_rows"])
