from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lensfinder.datasets.splits import group_tiles, split_catalogue
from lensfinder.errors import UserError


def test_groups_hold_size_and_class_balance() -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson([40, 25, 12], size=(100, 3)).astype(float)
    fractions = np.array([0.8, 0.2])
    groups = group_tiles(counts, fractions, rng)
    for group, fraction in enumerate(fractions):
        share = counts[groups == group].sum(axis=0) / counts.sum(axis=0)
        assert share == pytest.approx(fraction, abs=0.03)


def test_folds_are_equal() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson([40, 25, 12], size=(100, 3)).astype(float)
    groups = group_tiles(counts, np.full(5, 0.2), rng)
    share = np.array([counts[groups == g].sum(axis=0) for g in range(5)]) / counts.sum(axis=0)
    assert share == pytest.approx(np.full((5, 3), 0.2), abs=0.02)


def test_too_few_tiles() -> None:
    with pytest.raises(UserError, match=r"1 tile.*2 parts"):
        group_tiles(np.ones((1, 3)), np.array([0.5, 0.5]), np.random.default_rng(0))


def test_split_of_a_catalogue_is_a_union_of_tiles_and_repeats() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    tile = rng.integers(0, 50, n)
    kind = rng.choice(["lensed_quasar", "quasar_alone"], n)
    catalogue = pd.DataFrame(
        {
            "object_id": [f"o{i}" for i in range(n)],
            "sample": np.where(tile < 10, "test", "train"),
            "tile": tile,
            "kind": kind,
            "label": (kind == "lensed_quasar").astype(int),
        }
    )
    splits = split_catalogue(catalogue, 0.2, seed=5)
    assert (splits.groupby("tile")["part"].nunique() == 1).all()
    assert set(splits.loc[splits["part"] == "test", "tile"]) == set(range(10))
    pd.testing.assert_frame_equal(splits, split_catalogue(catalogue, 0.2, seed=5))
    assert not splits.equals(split_catalogue(catalogue, 0.2, seed=6))
