"""Means and differences over the folds of a cross-validation, whose networks share most of what they learned.

The folds' test objects differ, but any two training sets have most of their objects in common, so the folds'
results are correlated and an ordinary t-test finds differences where there are none. The corrected resampled
t-test (Nadeau & Bengio 2003, Machine Learning 52, 239) takes the correlation to be n_test/(n_test + n_train);
for repeated K-fold cross-validation see Bouckaert & Frank (2004, PAKDD, LNAI 3056, 3). Objects that are
neither learned from nor held out, such as those that early stopping sees, are in neither number.

Where all folds agree there is no scatter to judge by. The interval is then a bound, from how often a thing
may happen that was never seen among the independent objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from lensfinder.evaluation.intervals import clopper_pearson, rate_bound
from lensfinder.typing import FloatArray

TEST_NAME = "corrected resampled t-test (Nadeau & Bengio 2003)"

EQUAL_ATOL = 1e-12
"""Measures closer than this are equal: they come from counts, and differ only by rounding."""


@dataclass(frozen=True)
class Design:
    """What intervals of means over folds depend on, besides the folds' values.

    Attributes
    ----------
    test_to_train
        n_test/n_train of a fold, with n_train the objects that were learned from.
    independent
        Number of independent objects, of which bounds speak.
    """

    test_to_train: float
    independent: int


@dataclass(frozen=True)
class Resampled:
    """Mean over folds, or a difference, and how sure it is; all NaN where a fold's value is undefined.

    ``sd`` is the standard deviation of one fold's value, ``t`` and ``p`` (two-sided) test the mean against
    zero, ``low`` and ``high`` are the ends of its interval. Where nothing scatters ``sd`` is 0, ``t`` and
    ``p`` are NaN, or 0 and 1 for a mean of zero.
    """

    mean: float
    sd: float
    t: float
    p: float
    low: float
    high: float


_UNDEFINED = Resampled(*[float("nan")] * 6)


def variance_factor(n_values: int, test_to_train: float) -> float:
    """Variance of the mean of ``n_values`` folds' values, in units of the variance between them.

    1/J + n_test/n_train.
    """
    return 1 / n_values + test_to_train


def resampled_measure(values: FloatArray, design: Design, level: float) -> Resampled:
    """Mean over folds of a measure between 0 and 1, where its interval is cut.

    Where all folds agree, as where no fold makes a mistake, the interval is Clopper & Pearson's of a rate of
    that value among the independent objects.

    Parameters
    ----------
    values
        One per fold of every repeat, of shape (J,), J = folds × repeats ≥ 2.
    """
    if np.isnan(values).any():
        return _UNDEFINED
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    if sd <= EQUAL_ATOL:
        low, high = map(float, clopper_pearson(mean, design.independent, level))
        return Resampled(mean, 0.0, float("nan"), float("nan"), low, high)
    of = _judged(mean, sd, sd**2 * variance_factor(len(values), design.test_to_train), len(values), level)
    return Resampled(mean, sd, of.t, of.p, max(of.low, 0.0), min(of.high, 1.0))


def resampled_difference(values: FloatArray, design: Design, level: float) -> Resampled:
    """Corrected resampled t-test, with J − 1 degrees of freedom, of the folds' differences (J,).

    Where all folds differ by the same amount the interval holds zero: it is as wide as that amount and the
    bound of a rate that was never seen among the independent objects together.
    """
    if np.isnan(values).any():
        return _UNDEFINED
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    if sd <= EQUAL_ATOL:
        return _without_scatter(mean, design, level)
    return _judged(mean, sd, sd**2 * variance_factor(len(values), design.test_to_train), len(values), level)


def unpaired_difference(
    first: FloatArray, second: FloatArray, designs: tuple[Design, Design], level: float
) -> Resampled:
    """Difference of two means over folds, (J,) each, that are not the same folds.

    The corrected variances of both means add up; J − 1 degrees of freedom, which is the cautious choice.
    """
    if np.isnan(first).any() or np.isnan(second).any():
        return _UNDEFINED
    mean = float(np.mean(first) - np.mean(second))
    spread = [float(np.var(of, ddof=1)) for of in (first, second)]
    sd = float(np.sqrt(sum(spread)))
    if sd <= EQUAL_ATOL:
        return _without_scatter(mean, designs[1], level)
    variance = sum(
        of * variance_factor(len(first), design.test_to_train)
        for of, design in zip(spread, designs, strict=True)
    )
    return _judged(mean, sd, variance, len(first), level)


def _without_scatter(mean: float, design: Design, level: float) -> Resampled:
    half = abs(mean) + float(rate_bound(design.independent, level))
    zero = abs(mean) <= EQUAL_ATOL
    t, p = (0.0, 1.0) if zero else (float("nan"), float("nan"))
    return Resampled(0.0 if zero else mean, 0.0, t, p, max(mean - half, -1.0), min(mean + half, 1.0))


def _judged(mean: float, sd: float, variance: float, n_values: int, level: float) -> Resampled:
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.5 + 0.5 * level, n_values - 1)) * error
    t = mean / error
    return Resampled(mean, sd, t, float(2 * stats.t.sf(abs(t), n_values - 1)), mean - half, mean + half)
