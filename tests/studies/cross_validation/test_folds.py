"""Folds: every object held out once, nothing shared by tiles, and the leak of random folds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.project import changed, lay_out_params

from lensfinder.errors import UserError
from lensfinder.params import Params, read_params
from lensfinder.studies.cross_validation.folds import (
    Fold,
    assign_folds,
    fold_seed,
    fold_splits,
    folds_of,
    held_out,
)
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.jpas.params import KINDS
from lensfinder.surveys.jpas.simulation.catalogue import object_id
from lensfinder.surveys.jpas.simulation.layout import lay_out

TILES, PER_TILE = 40, 30
SHARED = ("tile", "galaxy_id", "quasar_id")


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    """1,200 objects; in each tile eight galaxies and ten spectra serve thirty of them."""
    rng = np.random.default_rng(5)
    tile = np.repeat(np.arange(100, 100 + TILES), PER_TILE)
    kind = rng.permuted(np.tile(np.repeat(KINDS, (15, 10, 5)), TILES))
    galaxy, quasar = rng.integers(0, 8, tile.size), rng.integers(0, 10, tile.size)
    return pd.DataFrame(
        {
            "object_id": [f"jpas-train-{i:07d}" for i in range(tile.size)],
            "sample": np.where(tile % 5 == 0, "test", "train"),
            "tile": tile,
            "kind": kind,
            "label": (kind == "lensed_quasar").astype(int),
            "galaxy_id": [f"gal-{t}-{g}" for t, g in zip(tile, galaxy, strict=True)],
            "quasar_id": [f"qso-{t}-{s}" for t, s in zip(tile, quasar, strict=True)],
        }
    )


def shared_by_held_out(catalogue: pd.DataFrame, splits: pd.DataFrame, name: str) -> set[str]:
    """Members that are in the held-out part and in what is learned from."""
    values = catalogue[name].to_numpy()[splits["row"].to_numpy()]
    test = splits["part"].to_numpy() == "test"
    return set(values[test]) & set(values[~test])


def all_splits(catalogue: pd.DataFrame, at_random: bool, repeat: int = 1) -> list[pd.DataFrame]:
    numbers = assign_folds(catalogue, 5, repeat, seed=3, at_random=at_random)
    folds = [Fold(repeat, number) for number in range(1, 6)]
    return [fold_splits(held_out(catalogue, numbers, fold), fold, 0.2, 3, at_random) for fold in folds]


@pytest.mark.parametrize("name", SHARED)
def test_no_tile_galaxy_or_quasar_of_a_held_out_fold_is_learned_from(
    catalogue: pd.DataFrame, name: str
) -> None:
    for splits in all_splits(catalogue, at_random=False):
        assert not shared_by_held_out(catalogue, splits, name)


@pytest.mark.parametrize("name", SHARED)
def test_random_folds_leak(catalogue: pd.DataFrame, name: str) -> None:
    for splits in all_splits(catalogue, at_random=True):
        assert len(shared_by_held_out(catalogue, splits, name)) > 0.3 * catalogue[name].nunique()


@pytest.mark.parametrize("at_random", [False, True])
def test_every_object_is_held_out_once_and_in_one_part(catalogue: pd.DataFrame, at_random: bool) -> None:
    splits = all_splits(catalogue, at_random)
    held = pd.concat([table[table["part"] == "test"] for table in splits])
    assert sorted(held["object_id"]) == sorted(catalogue["object_id"])
    for table in splits:
        assert list(table["object_id"]) == list(catalogue["object_id"])
        assert set(table["part"]) == {"train", "validation", "test"}


@pytest.mark.parametrize("at_random", [False, True])
def test_parts_have_their_sizes_and_balance(catalogue: pd.DataFrame, at_random: bool) -> None:
    for table in all_splits(catalogue, at_random):
        sizes = table["part"].value_counts(normalize=True)
        assert sizes["test"] == pytest.approx(0.2, abs=0.026)  # a tile is 0.025
        assert sizes["validation"] == pytest.approx(0.16, abs=0.026)
        assert table.groupby("part")["label"].mean().to_numpy() == pytest.approx(0.5, abs=0.06)


def test_repeats_cut_along_other_lines(catalogue: pd.DataFrame) -> None:
    first, second = (assign_folds(catalogue, 5, repeat, seed=3) for repeat in (1, 2))
    assert (first == assign_folds(catalogue, 5, 1, seed=3)).all()
    assert (first == second).mean() < 0.4


def test_random_folds_do_not_depend_on_the_order_of_rows(catalogue: pd.DataFrame) -> None:
    shuffled = catalogue.sample(frac=1, random_state=1)
    numbers = pd.Series(assign_folds(catalogue, 5, 1, 3, at_random=True), catalogue.index)
    of_shuffled = pd.Series(assign_folds(shuffled, 5, 1, 3, at_random=True), shuffled.index)
    assert numbers.equals(of_shuffled.sort_index())


def test_without_tiles_objects_are_dealt_kind_by_kind(catalogue: pd.DataFrame) -> None:
    numbers = assign_folds(catalogue.drop(columns="tile"), 5, 1, seed=3)
    counts = pd.crosstab(numbers, catalogue["kind"])
    assert (counts.max() - counts.min()).max() <= 1


def test_each_fold_has_a_seed_of_its_own() -> None:
    folds = folds_of(CrossValidation(folds=(1, 2, 3), repeats=(1, 2), models=("cube",)))
    assert [fold.key for fold in folds[:2]] == ["repeat_1-fold_1", "repeat_1-fold_2"]
    assert len({fold_seed(1, fold) for fold in folds} | {fold_seed(2, fold) for fold in folds}) == 12


def test_more_folds_than_tiles(catalogue: pd.DataFrame) -> None:
    with pytest.raises(UserError, match="3 tile"):
        assign_folds(catalogue[catalogue["tile"] < 103], 5, 1, seed=3)


@pytest.fixture(scope="module")
def talk_params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """Parameters of preset talk."""
    return read_params(lay_out_params(tmp_path_factory.mktemp("talk"), "talk"))


@pytest.mark.parametrize("seed", [20260917, 1, 2])
@pytest.mark.parametrize("repeat", [1, 2])
def test_folds_of_the_talks_size_are_balanced_though_its_samples_are_not(
    talk_params: Params, seed: int, repeat: int
) -> None:
    """44 % of the training sample's objects are lensed, 33 % of the test sample's: each fold has the mean."""
    params = changed(talk_params, {"seed": seed})
    samples = [
        pd.DataFrame(
            {"object_id": [object_id(sample, i) for i in range(of.kind.size)], "tile": of.tile}
        ).assign(kind=of.kind, label=(of.kind == "lensed_quasar").astype(int))
        for sample, of in lay_out(params).items()
    ]
    catalogue = pd.concat(samples, ignore_index=True)
    tolerance, whole = params.jpas.gate.balance_tolerance, catalogue["kind"].value_counts(normalize=True)
    numbers = assign_folds(catalogue, 5, repeat, seed)
    for number in range(1, 6):
        fold = Fold(repeat, number)
        table = fold_splits(held_out(catalogue, numbers, fold), fold, 0.2, seed)
        for _, part in table.groupby("part"):
            found = part["kind"].value_counts(normalize=True)
            assert (found - whole).abs().max() < tolerance
        sizes = table["part"].value_counts(normalize=True)
        assert abs(sizes["test"] - 0.2) < params.jpas.gate.size_tolerance
        assert abs(sizes["validation"] / (1 - sizes["test"]) - 0.2) < params.jpas.gate.size_tolerance
