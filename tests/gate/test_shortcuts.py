"""What one number is worth alone: against its definition, and what is refused and what is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lensfinder.gate.shortcuts import Gated, clustered_auc, p_value, shortcuts_table

OBJECTS, TILES = 1200, 60
NAMES = ("honest", "other", "tiled")


def population(seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Numbers that tell nothing, labels, and tiles; in ``tiled`` a tile's objects are much alike."""
    rng = np.random.default_rng(seed)
    tile = rng.integers(0, TILES, OBJECTS)
    # Some tiles have more lenses than others, as where galaxies are massive.
    label = (rng.random(OBJECTS) < rng.uniform(0.2, 0.8, TILES)[tile]).astype(int)
    numbers = pd.DataFrame(
        {
            "honest": rng.normal(size=OBJECTS),
            "other": rng.poisson(1.0, OBJECTS),
            "tiled": rng.normal(size=TILES)[tile] + 0.5 * rng.normal(size=OBJECTS),
        }
    )
    return numbers, label, tile


def test_auc_and_variance_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    value, positive = rng.integers(0, 9, 50).astype(float), rng.random(50) < 0.4
    cluster = rng.integers(0, 12, 50)
    above = np.sign(value[positive][:, None] - value[~positive]) / 2 + 0.5
    auc, variance, n_clusters = clustered_auc(value, positive, cluster)
    assert auc == pytest.approx(above.mean())
    assert n_clusters == np.unique(cluster).size
    of_positive, of_negative = above.mean(axis=1) - auc, above.mean(axis=0) - auc
    m, n, k = positive.sum(), (~positive).sum(), n_clusters
    sums = [
        [centred[cluster[members] == one].sum() for one in np.unique(cluster)]
        for members, centred in ((positive, of_positive), (~positive, of_negative))
    ]
    k_1, k_0 = (np.unique(cluster[members]).size for members in (positive, ~positive))
    expected = k_1 / (k_1 - 1) * np.square(sums[0]).sum() / m**2
    expected += k_0 / (k_0 - 1) * np.square(sums[1]).sum() / n**2
    expected += 2 * k / (k - 1) * np.multiply(*sums).sum() / (m * n)
    assert variance == pytest.approx(expected)


def test_honest_numbers_are_refused_as_rarely_as_said() -> None:
    """At 10 % here, so that a few hundred populations tell; also where tiles differ much."""
    gated = [Gated(name, name) for name in NAMES]
    refused = [
        (shortcuts_table(numbers, label, np.zeros(OBJECTS), tile, gated)["p_holm"] < 0.1).any()
        for numbers, label, tile in map(population, range(300))
    ]
    assert 0.04 < np.mean(refused) < 0.16


def test_two_samples_with_other_fractions_of_lenses_tell_nothing() -> None:
    numbers, label, tile = population(1)
    sample = (tile < TILES / 3).astype(int)
    rng = np.random.default_rng(2)
    label = (rng.random(OBJECTS) < np.where(sample == 1, 0.1, 0.6)).astype(int)
    shifted = pd.DataFrame({"row": np.arange(OBJECTS) + 10**6 * sample, **numbers})
    gated = [Gated("row", "row")]
    assert shortcuts_table(shifted, label, sample, tile, gated)["p_holm"][0] > 0.01
    assert shortcuts_table(shifted, label, np.zeros(OBJECTS), tile, gated)["p_holm"][0] < 1e-6


def test_table_has_gated_numbers_first_then_the_most_telling() -> None:
    numbers, label, tile = population(3)
    nothing = np.full(OBJECTS, np.nan)
    numbers = numbers.assign(
        strong=label + numbers["honest"], weak=0.2 * label + numbers["honest"], nothing=nothing
    )
    numbers["of_negatives"] = np.where(label == 0, 1.0, np.nan)
    gated = [Gated("weak", "weak", 0.2), Gated("of_negatives", "one class"), Gated("nothing", "none")]
    table = shortcuts_table(numbers, label, np.zeros(OBJECTS), tile, gated).set_index("number")
    assert set(table.index[:2]) == {"weak", "of_negatives"}
    assert list(table["gated"]) == [True] * 2 + [False] * 4
    assert table.index[2] == "strong"
    assert "nothing" not in table.index
    assert table.loc["weak", "p_holm"] == 1  # within its tolerance
    assert table.loc["of_negatives", "p_holm"] == 0  # one class alone has it
    assert table["p_holm"][2:].isna().all()


def test_p_values() -> None:
    assert p_value(0.5, 0.01, 30, 0.0) == 1
    assert p_value(0.5204, 0.01, 30, 0.0) == pytest.approx(0.05, abs=0.001)  # t of 30 degrees: 2.042
    assert p_value(0.4596, 0.01, 30, 0.02) == pytest.approx(0.05, abs=0.001)
    assert p_value(1.0, 0.0, 30, 0.0) == 0
    assert p_value(0.7, np.nan, 0, 0.0) == 1
