"""How sure a mean over trainings is, where test objects and trainings both scatter.

Several trainings of a model with other seeds, its replicas, are measured on the same test objects. Replicas
and clusters of objects are two crossed random factors, as readers and cases are where many readers judge many
cases: the frame is that of Obuchowski & Rockette (1995, Commun. Stat. Simul. Comput. 24, 285) for readers
nested in tests, with the degrees of freedom of Hillis (2014, Stat. Med. 33, 330). Tests are models here,
readers replicas:

    Var(mean of R replicas) = MS/R + Cov2
    Var(difference of two means) = MS₁/R₁ + MS₂/R₂ + Cov2₁ + Cov2₂ − 2 Cov3

MS is the mean square of replicas about the mean of their model, pooled over the models of a comparison, so
that two to four replicas of each suffice. It holds the trainings' own scatter, and that of the objects as far
as each training has other difficulties. Cov2 and Cov3 are covariances over bootstrap draws of the clusters,
between two replicas of one model and of two, enlarged by G/(G − 1) for G clusters. The degrees of freedom of
the sum are Satterthwaite's, with G − 1 for the part of the objects.

Models are not equally good, and one near 1 scatters less: squares are pooled in units of p (1 − p), the
variance of a rate, and go back to each model's own.

All functions take any number of trailing axes, such as measures: values (R, ...) and draws (S, R, ...).
Measures lie between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from lensfinder.evaluation.intervals import clopper_pearson, rate_bound
from lensfinder.evaluation.measures import ratio
from lensfinder.typing import FloatArray

EQUAL_ATOL = 1e-12
"""Measures closer than this are equal: they come from counts, and differ only by rounding."""


@dataclass(frozen=True)
class TrainingScatter:
    """Mean square of replicas about the mean of their model, in units of p (1 − p), and degrees of freedom.

    Both of shape (...). Where no model has two replicas, freedom is 0 and the variance NaN: how trainings
    scatter is unknown.
    """

    variance: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class Estimate:
    """A mean over replicas, or the difference of two, and how sure it is; all of shape (...).

    Attributes
    ----------
    value, low, high
        With the ends of its interval.
    se, freedom
        Standard error, and its degrees of freedom (NaN where nothing scatters).
    objects_sd, training_sd
        Square roots of the two parts of the variance. A ``training_sd`` of NaN says that the scatter of
        trainings is unknown: the interval is then of the objects alone, for these very networks.
    p
        Two-sided, that a difference is zero: 1 where nothing scatters, NaN where the scatter of trainings is
        unknown, and of a mean.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    se: FloatArray
    freedom: FloatArray
    objects_sd: FloatArray
    training_sd: FloatArray
    p: FloatArray


def training_scatter(values: Sequence[FloatArray]) -> TrainingScatter:
    """Pool the scatter of trainings over models, each given by its replicas' values (R, ...).

    A model whose mean is 0 or 1 has no scatter to tell of, and is left out.
    """
    squares = freedom = np.zeros(np.shape(values[0])[1:])
    for of in values:
        unit = _unit(np.mean(of, axis=0))
        squares = squares + np.where(unit > 0, ratio(np.var(of, axis=0) * len(of), unit), 0.0)
        freedom = freedom + np.where(unit > 0, len(of) - 1.0, 0.0)
    return TrainingScatter(ratio(squares, freedom), freedom)


def mean_estimate(
    values: FloatArray,
    draws: FloatArray,
    clusters: int,
    scatter: TrainingScatter,
    level: float,
    independent: float | None = None,
) -> Estimate:
    """Mean of a model's replicas, with its interval.

    The interval is Clopper & Pearson's of a rate in p (1 − p)/V trials, V the variance, with the t quantile
    in the place of the normal one (Korn & Graubard 1998, Surv. Methodol. 24, 193): it stays within 0 and 1.

    Parameters
    ----------
    values
        Of every replica, (R, ...).
    draws
        The same on every bootstrap draw of clusters, (S, R, ...). Draws with NaN are left out.
    clusters
        How many clusters were drawn from.
    scatter
        Of the models that are compared, see :func:`training_scatter`.
    independent
        Number of independent objects, not more than were measured. They are the trials where nothing
        scatters, as where no replica makes any mistake: the interval is then a bound. The clusters if not
        given, which is cautious.
    """
    value, objects = np.mean(values, axis=0), _between_replicas(draws, clusters)
    training = _training(value, len(values), scatter)
    variance, freedom = _sum(objects, training, clusters, scatter)
    se, at = np.sqrt(variance), 0.5 + 0.5 * level
    fewer = (norm.ppf(at) / t.ppf(at, freedom)) ** 2
    still = clusters if independent is None else independent
    trials = np.where(se <= EQUAL_ATOL, still, ratio(_unit(value), variance) * fewer)
    low, high = clopper_pearson(value, trials, level)
    p = np.full(np.shape(value), np.nan)
    return Estimate(value, low, high, se, freedom, np.sqrt(objects), np.sqrt(training), p)


def difference_estimate(
    first: FloatArray,
    first_draws: FloatArray,
    second: FloatArray,
    second_draws: FloatArray,
    clusters: int,
    scatter: TrainingScatter,
    level: float,
    independent: float | None = None,
) -> Estimate:
    """Difference first − second of the means of two models' replicas, (R₁, ...) and (R₂, ...).

    Student's t interval, cut at −1 and 1. Both models must be measured on the same draws; other parameters
    are those of :func:`mean_estimate`. Where nothing scatters, as where no replica of either makes a mistake,
    the interval is the bound of a rate that was never seen among the independent objects, and holds zero.
    """
    means = np.mean(first, axis=0), np.mean(second, axis=0)
    value = np.asarray(means[0] - means[1])
    between_models = _covariance(first_draws.mean(axis=1), second_draws.mean(axis=1), clusters)
    of_each = _between_replicas(first_draws, clusters) + _between_replicas(second_draws, clusters)
    objects = np.maximum(of_each - 2 * between_models, 0.0)
    training = _training(means[0], len(first), scatter) + _training(means[1], len(second), scatter)
    variance, freedom = _sum(objects, training, clusters, scatter)
    se, at = np.sqrt(variance), 0.5 + 0.5 * level
    still = se <= EQUAL_ATOL
    unseen = rate_bound(clusters if independent is None else independent, level)
    half = np.where(still, np.abs(value) + unseen, t.ppf(at, freedom) * se)
    p = np.where(still, 1.0, 2 * t.sf(ratio(np.abs(value), se), freedom)) + 0.0 * training
    low, high = np.maximum(value - half, -1.0), np.minimum(value + half, 1.0)
    return Estimate(value, low, high, se, freedom, np.sqrt(objects), np.sqrt(training), p)


def _unit(value: FloatArray) -> FloatArray:
    """Variance p (1 − p) of a rate; 0 where it is 0 or 1 but for rounding."""
    unit = np.asarray(value * (1.0 - value))
    return np.where(unit <= EQUAL_ATOL, 0.0 * unit, unit)


def _training(value: FloatArray, replicas: int, scatter: TrainingScatter) -> FloatArray:
    unit = _unit(value)
    # A model whose replicas make no mistake has no scatter; of a single training one cannot say so.
    seen = (unit > 0) | (replicas == 1)
    return np.where(seen, scatter.variance * unit, 0.0 * unit) / replicas


def _sum(
    objects: FloatArray, training: FloatArray, clusters: int, scatter: TrainingScatter
) -> tuple[FloatArray, FloatArray]:
    """Variance of both parts, as far as known, and its degrees of freedom (Satterthwaite 1946)."""
    known = np.where(scatter.freedom > 0, training, 0.0)
    variance = objects + known
    freedom = ratio(known**2, scatter.freedom)
    uncertain = np.where(np.isnan(freedom), 0.0, freedom) + objects**2 / (clusters - 1)
    return variance, ratio(variance**2, uncertain)


def _between_replicas(draws: FloatArray, clusters: int) -> FloatArray:
    """Mean covariance (...) of two replicas, cut at 0; of a single replica its variance, which is more."""
    replicas, mean = draws.shape[1], draws.mean(axis=1)
    of_mean = _covariance(mean, mean, clusters)
    if replicas == 1:
        return of_mean
    of_one = _covariance(draws, draws, clusters).mean(axis=0)
    return np.asarray(np.maximum((replicas * of_mean - of_one) / (replicas - 1), 0.0))


def _covariance(first: FloatArray, second: FloatArray, clusters: int) -> FloatArray:
    """Covariance over the draws (S, ...) for which both are defined, enlarged by G/(G − 1)."""
    defined = ~(np.isnan(first) | np.isnan(second))
    n = defined.sum(axis=0)
    one, other = (
        np.where(defined, of - ratio(np.where(defined, of, 0.0).sum(axis=0), n), 0.0)
        for of in (first, second)
    )
    return ratio((one * other).sum(axis=0) * clusters, n * (clusters - 1))
