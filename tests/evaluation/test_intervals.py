"""The bootstrap by weights equals a literal resample; Wilson and McNemar against independent values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from support.project import PARAMS

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals, measures
from lensfinder.evaluation.evaluated import Part, measure
from lensfinder.evaluation.intervals import Groups
from lensfinder.params import read_params

JUDGING = read_params(PARAMS).jpas.judging
RATES = np.array([0.0, 0.5, 1.0])


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(2, 6))
@settings(max_examples=80, deadline=None)
def test_weights_measure_what_a_literal_resample_measures(seed: int, n: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    label, score = rng.integers(0, 2, n), rng.integers(0, 11, n) / 10
    group = rng.integers(0, groups, n)
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size=3)[:, group]
    weighted = measure(Part(label, score), JUDGING, 0.3, drawn.astype(float))
    for row, times in enumerate(drawn):
        literal = np.repeat(np.arange(n), times)
        if literal.size == 0:
            continue
        expected = measure(Part(label[literal], score[literal]), JUDGING, 0.3)
        for name, value in expected.items():
            assert weighted[name][row] == pytest.approx(float(value), abs=1e-12, nan_ok=True), name
        curve = measures.recall_at_fpr(measures.count(Part(label, score).ranking, drawn), RATES)
        counts = measures.count(Part(label[literal], score[literal]).ranking)
        assert curve[row] == pytest.approx(measures.recall_at_fpr(counts, RATES), nan_ok=True)


def test_bootstrap_draws_whole_groups_whatever_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups(np.repeat(np.arange(25), 4), "tile")

    def sums(weight: np.ndarray) -> dict[str, np.ndarray]:
        assert (weight.reshape(-1, 25, 4).std(axis=-1) == 0).all()
        assert (weight.sum(axis=-1) == 100).all()
        return {"square": (weight * np.arange(100) ** 2).sum(axis=-1)}

    whole = intervals.bootstrap(sums, groups, 150, seed=3)["square"]
    monkeypatch.setattr(intervals, "_WEIGHTS_PER_CHUNK", 700)
    assert (intervals.bootstrap(sums, groups, 150, seed=3)["square"] == whole).all()
    assert (intervals.bootstrap(sums, groups, 150, seed=4)["square"] != whole).any()


def test_objects_are_drawn_as_a_multinomial_whatever_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    def weights(weight: np.ndarray) -> dict[str, np.ndarray]:
        return {"weight": weight}

    drawn = intervals.bootstrap(weights, intervals.object_groups(400), 500, seed=3)["weight"]
    assert (drawn.sum(axis=-1) == 400).all()
    # Variance 1 − 1/n, and the share of objects that are not drawn, (1 − 1/n)ⁿ.
    assert drawn.var() == pytest.approx(1 - 1 / 400, rel=0.02)
    assert (drawn == 0).mean() == pytest.approx((1 - 1 / 400) ** 400, rel=0.01)
    monkeypatch.setattr(intervals, "_WEIGHTS_PER_CHUNK", 2900)
    assert (intervals.bootstrap(weights, intervals.object_groups(400), 500, seed=3)["weight"] == drawn).all()


def test_bootstrap_by_groups_sees_that_members_of_a_group_are_alike() -> None:
    # 40 groups of 25 equal objects: their mean is five times less certain than that of 1,000 values.
    rng = np.random.default_rng(0)
    value = np.repeat(rng.normal(size=40), 25)

    def mean(weight: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": (weight * value).sum(axis=-1) / weight.sum(axis=-1)}

    of_25 = Groups(np.repeat(np.arange(40), 25), "galaxy")
    grouped = intervals.bootstrap(mean, of_25, 2000, seed=1)["mean"].std()
    alone = intervals.bootstrap(mean, intervals.object_groups(1000), 2000, seed=1)["mean"].std()
    assert grouped == pytest.approx(value.std() / np.sqrt(40), rel=0.08)
    assert grouped / alone == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (4212, 4251), (39, 8470), (10, 10), (1, 3)])
def test_wilson_interval_agrees_with_scipy(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    low, high = intervals.wilson_interval(hits, n, 0.95)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_interval_of_no_trials_is_undefined() -> None:
    assert np.isnan(intervals.wilson_interval(0, 0, 0.95)).all()


def test_mcnemar_by_hand() -> None:
    # 1 against 5 discordant objects: 2·(C(6,0) + C(6,1))/2⁶ = 14/64.
    first = np.array([1] * 1 + [0] * 5 + [1] * 30 + [0] * 4, dtype=bool)
    second = np.array([0] * 1 + [1] * 5 + [1] * 30 + [0] * 4, dtype=bool)
    assert intervals.mcnemar_exact(first, second) == (1, 5, pytest.approx(14 / 64))
    assert intervals.mcnemar_exact(first, first) == (0, 0, 1.0)


def test_percentile_interval_leaves_undefined_draws_out() -> None:
    draws = np.stack([np.append(np.arange(101.0), np.nan), np.full(102, np.nan)], axis=1)
    low, high = intervals.percentile_interval(draws, 0.9)
    assert (low[0], high[0]) == pytest.approx((5, 95))
    assert np.isnan([low[1], high[1]]).all()


def test_groups_are_tiles_if_there_are_enough_and_else_galaxies() -> None:
    tile = np.arange(20)
    galaxy = np.array(["a", "a", "", "", ""] * 4)
    quasar = np.array(["1", "2", "2", "3", "3"] * 4)
    assert intervals.sky_groups(tile, galaxy, quasar).unit == "tile"
    groups = intervals.sky_groups(np.zeros(5), galaxy[:5], quasar[:5])
    assert groups.unit == "galaxy"
    assert groups.of.tolist() == [0, 0, 1, 2, 2]
    assert groups.count == 3
    with pytest.raises(UserError, match="one galaxy"):
        intervals.sky_groups(np.zeros(3), np.array(["a"] * 3), np.array(["1"] * 3))
    with pytest.raises(UserError, match=r"1 object"):
        intervals.object_groups(1)
