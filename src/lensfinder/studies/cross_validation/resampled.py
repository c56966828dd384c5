"""Means and differences over the folds of a cross-validation, whose networks share most of what they learned.

The folds' test objects differ, but any two training sets have most of their objects in common, so the folds'
results are correlated and an ordinary t-test finds differences where there are none. The corrected resampled
t-test (Nadeau & Bengio 2003, Machine Learning 52, 239) takes the correlation to be that part of the objects
which is held out; for repeated K-fold cross-validation see Bouckaert & Frank (2004, PAKDD, LNAI 3056, 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from lensfinder.typing import FloatArray

TEST_NAME = "corrected resampled t-test (Nadeau & Bengio 2003)"

EQUAL_ATOL = 1e-12
"""Measures closer than this are equal: they come from counts, and differ only by rounding."""


@dataclass(frozen=True)
class ResampledMean:
    """Mean over folds and how sure it is; all NaN where a fold's value is undefined.

    ``sd`` is the standard deviation of one fold's value, ``t`` and ``p`` (two-sided) test the mean against
    zero, ``low`` and ``high`` are the ends of its interval.
    """

    mean: float
    sd: float
    t: float
    p: float
    low: float
    high: float


def variance_factor(n_values: int, n_folds: int) -> float:
    """Variance of the mean of ``n_values`` folds' values, in units of the variance between them.

    1/J + n_test/n_train, and n_test/n_train is 1/(K − 1) for K folds.
    """
    return 1 / n_values + 1 / (n_folds - 1)


def resampled_mean(values: FloatArray, n_folds: int, level: float) -> ResampledMean:
    """Corrected resampled t-test, with J − 1 degrees of freedom, of the mean of all folds' values.

    Where every fold has the same value there is no variance to judge by: t, p and interval are undefined
    (NaN), but for values that are all zero, where t = 0 and p = 1.

    Parameters
    ----------
    values
        One per fold of every repeat, of shape (J,), J = folds × repeats ≥ 2.
    n_folds
        Folds of one repeat, at least 2.
    level
        Of the interval.
    """
    values = np.asarray(values, dtype=np.float64)
    if np.isnan(values).any():
        return ResampledMean(*[float("nan")] * 6)
    mean = float(values.mean())
    if np.ptp(values) <= EQUAL_ATOL:
        if abs(mean) <= EQUAL_ATOL:
            return ResampledMean(0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        return ResampledMean(mean, 0.0, *[float("nan")] * 4)
    sd = float(values.std(ddof=1))
    error = sd * variance_factor(values.size, n_folds) ** 0.5
    freedom = values.size - 1
    half = float(stats.t.ppf(0.5 + 0.5 * level, freedom)) * error
    t = mean / error
    return ResampledMean(mean, sd, t, float(2 * stats.t.sf(abs(t), freedom)), mean - half, mean + half)


def unpaired_half_width(first: FloatArray, second: FloatArray, n_folds: int, level: float) -> float:
    """Half the interval of the difference of two means over folds, (J,) each, that are not the same folds.

    The corrected variances of both means add up; J − 1 degrees of freedom, which is the cautious choice. NaN
    where neither has any variance, or a fold's value is undefined.
    """
    scatter = float(np.var(first, ddof=1) + np.var(second, ddof=1))
    if not scatter > EQUAL_ATOL**2:
        return float("nan")
    error = float(np.sqrt(variance_factor(len(first), n_folds) * scatter))
    return float(stats.t.ppf(0.5 + 0.5 * level, len(first) - 1)) * error
