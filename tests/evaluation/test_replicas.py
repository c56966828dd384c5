"""Intervals of means over trainings: by hand, against each factor alone, calibrated, never certain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, norm, t

from lensfinder.evaluation.intervals import rate_bound
from lensfinder.evaluation.replicas import (
    TrainingScatter,
    difference_estimate,
    mean_estimate,
    training_scatter,
)

LEVEL = 0.95
CLUSTERS = 20
FIRST = np.array([0.90, 0.94, 0.92, 0.92])
SECOND = np.array([0.80, 0.84])


def draws_with(covariance: np.ndarray, at: np.ndarray, samples: int = 400) -> np.ndarray:
    """Draws (samples, R) about ``at`` whose covariance, enlarged for the clusters, is exactly this one."""
    white = np.random.default_rng(0).normal(size=(samples, at.size))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(white.T @ white / samples)).T
    return at + white @ np.linalg.cholesky(covariance * (CLUSTERS - 1) / CLUSTERS).T


def blocks() -> tuple[np.ndarray, np.ndarray]:
    """Draws of both models: variances 4e-4, covariances 2e-4 and 3e-4 within, 1e-4 between them."""
    covariance = np.full((6, 6), 1e-4)
    covariance[:4, :4], covariance[4:, 4:] = 2e-4, 3e-4
    np.fill_diagonal(covariance, 4e-4)
    drawn = draws_with(covariance, np.concatenate([FIRST, SECOND]))
    return drawn[:, :4], drawn[:, 4:]


def test_scatter_is_pooled_in_units_of_a_rates_variance() -> None:
    scatter = training_scatter([FIRST, SECOND])
    squares = 8e-4 / (0.92 * 0.08) + 8e-4 / (0.82 * 0.18)
    assert scatter.freedom == 4
    assert scatter.variance == pytest.approx(squares / 4)
    alone = training_scatter([FIRST, np.array([0.7]), np.ones(3)])  # these two have nothing to tell
    assert alone.freedom == 3
    assert alone.variance == pytest.approx(8e-4 / (0.92 * 0.08) / 3)


def test_variance_and_freedom_of_a_mean_are_those_of_the_definition() -> None:
    scatter = training_scatter([FIRST, SECOND])
    found = mean_estimate(FIRST, blocks()[0], CLUSTERS, scatter, LEVEL)
    training = float(scatter.variance) * 0.92 * 0.08 / 4
    variance = training + 2e-4
    freedom = variance**2 / (training**2 / 4 + 2e-4**2 / (CLUSTERS - 1))
    assert found.value == pytest.approx(0.92)
    assert found.objects_sd**2 == pytest.approx(2e-4)
    assert found.training_sd**2 == pytest.approx(training)
    assert found.se**2 == pytest.approx(variance)
    assert found.freedom == pytest.approx(freedom)
    trials = 0.92 * 0.08 / variance * (norm.ppf(0.975) / t.ppf(0.975, freedom)) ** 2
    assert found.low == pytest.approx(beta.ppf(0.025, 0.92 * trials, 0.08 * trials + 1))
    assert found.high == pytest.approx(beta.ppf(0.975, 0.92 * trials + 1, 0.08 * trials))


def test_variance_and_freedom_of_a_difference_are_those_of_the_definition() -> None:
    scatter = training_scatter([FIRST, SECOND])
    drawn = blocks()
    found = difference_estimate(FIRST, drawn[0], SECOND, drawn[1], CLUSTERS, scatter, LEVEL)
    training = float(scatter.variance) * (0.92 * 0.08 / 4 + 0.82 * 0.18 / 2)
    objects = 2e-4 + 3e-4 - 2 * 1e-4
    freedom = (training + objects) ** 2 / (training**2 / 4 + objects**2 / (CLUSTERS - 1))
    half = t.ppf(0.975, freedom) * np.sqrt(training + objects)
    assert found.freedom == pytest.approx(freedom)
    assert (found.low, found.high) == pytest.approx((0.1 - half, 0.1 + half))
    assert found.p == pytest.approx(2 * t.sf(0.1 / np.sqrt(training + objects), freedom))
    back = difference_estimate(SECOND, drawn[1], FIRST, drawn[0], CLUSTERS, scatter, LEVEL)
    assert (back.low, back.high, back.p) == pytest.approx((-found.high, -found.low, found.p))


def test_without_scatter_of_objects_it_is_the_t_test_of_the_trainings() -> None:
    values = np.array([0.5, 0.6, 0.55]), np.array([0.5, 0.4, 0.45])
    still = np.repeat(np.full((50, 1), 0.5), 3, axis=1)
    found = difference_estimate(values[0], still, values[1], still, CLUSTERS, training_scatter(values), LEVEL)
    assert found.freedom == pytest.approx(4)
    pooled = (np.var(values[0], ddof=1) + np.var(values[1], ddof=1)) / 2
    assert found.p == pytest.approx(2 * t.sf(0.1 / np.sqrt(pooled * 2 / 3), 4), rel=1e-6)


def test_of_one_training_each_nothing_is_resolved() -> None:
    first, second = np.array([0.9]), np.array([0.5])
    drawn = draws_with(np.eye(2) * 1e-6, np.array([0.9, 0.5]))
    scatter = training_scatter([first, second])
    found = difference_estimate(first, drawn[:, :1], second, drawn[:, 1:], CLUSTERS, scatter, LEVEL)
    assert np.isnan(found.training_sd)
    assert np.isnan(found.p)
    assert found.low > 0.39  # the interval of the objects, for these very networks
    mean = mean_estimate(first, drawn[:, :1], CLUSTERS, scatter, LEVEL)
    assert np.isnan(mean.training_sd)
    assert mean.freedom == pytest.approx(CLUSTERS - 1)
    perfect = np.ones(1), np.ones((50, 1))
    assert np.isnan(mean_estimate(*perfect, CLUSTERS, scatter, LEVEL).training_sd)
    assert np.isnan(difference_estimate(*perfect, *perfect, CLUSTERS, scatter, LEVEL).p)


def test_a_model_of_one_training_takes_the_scatter_of_the_others() -> None:
    single = np.array([0.7])
    scatter = training_scatter([FIRST, single])
    found = mean_estimate(single, np.full((50, 1), 0.7), CLUSTERS, scatter, LEVEL)
    assert found.training_sd**2 == pytest.approx(float(scatter.variance) * 0.21)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_without_any_mistake_the_interval_is_a_bound(rate: float) -> None:
    values, drawn = np.full(4, rate), np.full((50, 4), rate)
    scatter = training_scatter([values, FIRST])
    found = mean_estimate(values, drawn, CLUSTERS, scatter, LEVEL, independent=150.0)
    bound = float(rate_bound(150.0, LEVEL))
    assert (found.low, found.high) == pytest.approx((0.0, bound) if rate == 0 else (1 - bound, 1.0))
    cautious = mean_estimate(values, drawn, CLUSTERS, scatter, LEVEL)
    assert cautious.high - cautious.low == pytest.approx(float(rate_bound(CLUSTERS, LEVEL)))
    same = difference_estimate(values, drawn, values, drawn, CLUSTERS, scatter, LEVEL, independent=150.0)
    assert (same.low, same.high, same.p) == pytest.approx((-bound, bound, 1.0))


def test_rounding_is_no_scatter() -> None:
    values = 1 - np.array([0.0, 1.1e-16, 2.2e-16])
    drawn = 1 - 2e-16 * np.random.default_rng(0).integers(0, 2, (50, 3))
    found = mean_estimate(values, drawn, CLUSTERS, training_scatter([values]), LEVEL, independent=150.0)
    assert 1 - found.low == pytest.approx(float(rate_bound(150.0, LEVEL)))


def test_where_nothing_scatters_no_difference_is_certain() -> None:
    values = np.full(2, 0.5), np.ones(2)
    drawn = np.full((50, 2), 0.5), np.ones((50, 2))
    found = difference_estimate(
        values[0], drawn[0], values[1], drawn[1], CLUSTERS, training_scatter(values), LEVEL
    )
    assert found.low < 0 < found.high
    assert found.p == 1


def test_measures_lie_along_further_axes_and_undefined_draws_are_left_out() -> None:
    drawn = blocks()[0]
    stacked = np.stack([drawn, np.full_like(drawn, np.nan), drawn], axis=-1)
    stacked[::2, :, 2] = np.nan  # a draw without a lens has no recall
    values = np.stack([FIRST, np.full(4, np.nan), FIRST], axis=-1)
    scatter = training_scatter([values])
    found = mean_estimate(values, stacked, CLUSTERS, scatter, LEVEL)
    alone = [
        mean_estimate(FIRST, of, CLUSTERS, TrainingScatter(scatter.variance[0], scatter.freedom[0]), LEVEL)
        for of in (drawn, drawn[1::2])
    ]
    assert found.low[[0, 2]] == pytest.approx([float(of.low) for of in alone])
    assert np.isnan([found.value[1], found.low[1], found.high[1], found.se[1]]).all()


def test_intervals_cover_what_they_say() -> None:
    """Two crossed factors of equal weight in plain numbers, with two models of three replicas."""
    rng, studies, sd = np.random.default_rng(1), 2000, 0.02
    cluster = rng.normal(size=(studies, CLUSTERS, 1, 1))
    own = rng.normal(size=(studies, CLUSTERS, 2, 1))
    training = rng.normal(size=(studies, 1, 2, 3))
    of_cluster = 0.5 + sd * (training + CLUSTERS**0.5 * (cluster + own + 0.5 * rng.normal(size=own.shape)))
    of_cluster = of_cluster + sd * rng.normal(size=(studies, CLUSTERS, 2, 3))
    weight = rng.multinomial(CLUSTERS, np.full(CLUSTERS, 1 / CLUSTERS), size=500) / CLUSTERS
    values = np.moveaxis(of_cluster.mean(axis=1), 0, -1)  # (model, replica, study)
    drawn = np.einsum("sc,bcmr->smrb", weight, of_cluster)
    scatter = training_scatter([values[0], values[1]])
    assert (scatter.freedom == 4).all()
    mean = mean_estimate(values[0], drawn[:, 0], CLUSTERS, scatter, LEVEL)
    assert 0.935 < np.mean((mean.low < 0.5) & (mean.high > 0.5)) < 0.98
    difference = difference_estimate(values[0], drawn[:, 0], values[1], drawn[:, 1], CLUSTERS, scatter, LEVEL)
    assert 0.025 < np.mean(difference.p < 0.05) < 0.065
    agree = (difference.p < 1 - LEVEL) == ((difference.low > 0) | (difference.high < 0))
    assert agree.all()
