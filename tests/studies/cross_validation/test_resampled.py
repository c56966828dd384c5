"""The corrected resampled t-test: by hand, against published numbers, calibrated where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lensfinder.evaluation.intervals import rate_bound
from lensfinder.studies.cross_validation.resampled import (
    Design,
    resampled_difference,
    resampled_measure,
    unpaired_difference,
    variance_factor,
)

LEVEL = 0.95
BOUND = float(rate_bound(40, LEVEL))


def folds(k: int) -> Design:
    """All objects that a fold does not hold out are learned from."""
    return Design(1 / (k - 1), 40)


def test_five_folds_by_hand() -> None:
    # Mean 0.02, squared deviations 0, 1, 1, 4, 4 (× 1e-4), s² = 2.5e-4; (1/5 + 1/4) s² = 1.125e-4.
    found = resampled_difference(np.array([0.02, 0.01, 0.03, 0.0, 0.04]), folds(5), LEVEL)
    assert found.mean == pytest.approx(0.02)
    assert found.sd == pytest.approx(np.sqrt(2.5e-4))
    assert found.t == pytest.approx(0.02 / np.sqrt(1.125e-4))
    # Quantile of Student's t with 4 degrees of freedom from printed tables.
    assert found.high - found.mean == pytest.approx(2.776 * np.sqrt(1.125e-4), rel=2e-4)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)
    # t = 1.8856: the tables' 0.1 and 0.2 (two-sided) stand at 2.132 and 1.533.
    assert 0.1 < found.p < 0.2


def test_it_is_the_plain_test_with_a_larger_error() -> None:
    values = np.random.default_rng(2).normal(0.3, 1.0, 12)
    plain = stats.ttest_1samp(values, 0.0)
    found = resampled_difference(values, folds(4), LEVEL)
    enlarged = np.sqrt((1 / 12 + 1 / 3) / (1 / 12))
    assert found.t == pytest.approx(plain.statistic / enlarged)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(plain.statistic) / enlarged, 11))


def test_a_published_example() -> None:
    # scikit-learn, "Statistical comparison of models using grid search" (1.x): ten times ten folds of 100
    # objects; uncorrected t = 2.611, corrected t = 0.750 with one-sided p = 0.227.
    values = np.random.default_rng(0).normal(size=100)
    values = (values - values.mean()) / values.std(ddof=1) + 2.611 / 10
    assert stats.ttest_1samp(values, 0.0).statistic == pytest.approx(2.611)
    found = resampled_difference(values, folds(10), LEVEL)
    assert found.t == pytest.approx(0.750, abs=5e-4)
    assert found.p / 2 == pytest.approx(0.227, abs=5e-4)


def test_factor_of_other_packages() -> None:
    # R's MachineShop (t.test.PerformanceDiff): s²/J times 1 + T K/(K − 1), for K folds repeated T times.
    for k, t in ((5, 1), (10, 1), (5, 4)):
        assert variance_factor(k * t, 1 / (k - 1)) == pytest.approx((1 + t * k / (k - 1)) / (k * t))


def test_objects_that_early_stopping_sees_are_not_learned_from() -> None:
    # Five folds, a fifth of the rest for validation: 0.2/0.64, and not 0.2/0.8.
    values = np.array([0.02, 0.01, 0.03, 0.0, 0.04])
    found = resampled_difference(values, Design(0.2 / 0.64, 40), LEVEL)
    assert found.t == pytest.approx(0.02 / np.sqrt((1 / 5 + 0.3125) * 2.5e-4))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.0, 0.0], (0.0, 0.0, 0.0, 1.0, -BOUND, BOUND)),
        ([-0.1, -0.1, -0.1 + 1e-16], (-0.1, 0.0, np.nan, np.nan, -0.2 - BOUND, BOUND)),
        ([0.3 - 0.1, 0.2, 0.5 - 0.3], (0.2, 0.0, np.nan, np.nan, -BOUND, 0.4 + BOUND)),
        ([0.1, np.nan, 0.2], (np.nan,) * 6),
    ],
)
def test_without_scatter_no_difference_is_certain(values: list[float], expected: tuple[float, ...]) -> None:
    found = resampled_difference(np.array(values), folds(3), LEVEL)
    got = (found.mean, found.sd, found.t, found.p, found.low, found.high)
    assert got == pytest.approx(expected, nan_ok=True)
    unpaired = unpaired_difference(np.array(values) + 0.5, np.full(3, 0.5), (folds(3),) * 2, LEVEL)
    assert (unpaired.low, unpaired.high) == pytest.approx(expected[-2:], nan_ok=True)


def test_a_measure_that_no_fold_misses_has_a_bound_and_others_are_cut() -> None:
    perfect = resampled_measure(np.ones(5), folds(5), LEVEL)
    assert (perfect.mean, perfect.sd, perfect.low, perfect.high) == pytest.approx((1, 0, 1 - BOUND, 1))
    assert resampled_measure(np.zeros(5), folds(5), LEVEL).high == pytest.approx(BOUND)
    same = resampled_measure(np.full(5, 0.7), folds(5), LEVEL)
    assert 0.5 < same.low < 0.6
    assert 0.8 < same.high < 0.9
    high = resampled_measure(np.array([0.9, 1.0, 1.0, 1.0, 1.0]), folds(5), LEVEL)
    assert 0.8 < high.low < 0.98
    assert high.high == 1
    assert np.isnan(resampled_measure(np.array([0.9, np.nan]), folds(2), LEVEL).low)


def rejections(differences: np.ndarray, n_folds: int) -> tuple[float, float]:
    """Fraction of experiments (rows) in which the corrected and the plain test find a difference at 5 %."""
    corrected = [resampled_difference(row, folds(n_folds), LEVEL).p < 0.05 for row in differences]
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = stats.ttest_1samp(differences, 0.0, axis=1).pvalue < 0.05
    return float(np.mean(corrected)), float(np.mean(plain))


def cross_validated_learners(experiments: int, n: int, n_folds: int, repeats: int) -> np.ndarray:
    """Differences in accuracy, fold by fold, of two learners that are equally good by construction.

    Both put an object to the nearer of the two class means, in five features each of their own.
    """
    rng = np.random.default_rng(5)
    features, folds = 5, n_folds * repeats
    label = np.arange(n) % 2
    x = rng.normal(size=(experiments, n, 2, features)) + 0.35 * (2 * label - 1)[None, :, None, None]
    result = np.empty((experiments, folds))
    for repeat in range(repeats):
        order = rng.permuted(np.tile(np.arange(n), (experiments, 1)), axis=1)
        for fold in range(n_folds):
            held = np.zeros((experiments, n), dtype=bool)
            np.put_along_axis(held, order[:, fold::n_folds], True, axis=1)
            means = []
            for one in (0, 1):
                weight = (~held & (label == one)).astype(float)
                weight /= weight.sum(axis=1, keepdims=True)
                means.append(np.einsum("en,enlf->elf", weight, x)[:, None])
            nearer = ((x - means[1]) ** 2).sum(-1) < ((x - means[0]) ** 2).sum(-1)
            right = (nearer == (label == 1)[None, :, None]) & held[..., None]
            accuracy = right.sum(axis=1) / held.sum(axis=1)[:, None]
            result[:, repeat * n_folds + fold] = accuracy[:, 0] - accuracy[:, 1]
    return result


def test_it_is_calibrated_where_the_plain_test_is_not() -> None:
    # Folds correlated as the correction supposes, by the share that is held out: exact for normal values.
    rng = np.random.default_rng(7)
    for n_folds, repeats in ((5, 1), (5, 4)):
        rho, folds = 1 / n_folds, n_folds * repeats
        common = rng.normal(size=(1000, 1)) * np.sqrt(rho)
        corrected, plain = rejections(common + rng.normal(size=(1000, folds)) * np.sqrt(1 - rho), n_folds)
        # Three times the binomial scatter of 1000 experiments.
        assert corrected == pytest.approx(0.05, abs=0.021)
        # The plain error is too small by √(1 + J ρ/(1 − ρ)): 14 % and 40 % instead of 5 %.
        shrunk = stats.t.ppf(0.975, folds - 1) / np.sqrt(1 + folds * rho / (1 - rho))
        assert plain == pytest.approx(2 * stats.t.sf(shrunk, folds - 1), abs=0.046)


def test_it_holds_for_learners_that_share_their_training_objects() -> None:
    corrected, plain = rejections(cross_validated_learners(400, 100, 5, 4), 5)
    assert corrected < 0.08
    assert plain > 0.25
