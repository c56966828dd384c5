"""Measures of a binary classifier, from labels and scores.

Everything derives from one sorted pass: objects ranked by falling score, and the cumulative counts of true
and false positives at every *distinct* score. The counts may be weighted, with any number of leading axes, so
that the same code measures one test set and, with integer weights, thousands of bootstrap samples of it.

An undefined ratio (0/0) is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lensfinder.typing import AnyArray, BoolArray, FloatArray, IntArray

TIE_RTOL = 1e-12
"""Values of F_β closer than this are equal: they come from counts, and differ only by rounding."""


def ratio(numerator: AnyArray | float, denominator: AnyArray | float) -> FloatArray:
    """Return ``numerator / denominator``, NaN where the denominator is 0."""
    bottom = np.asarray(denominator, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(bottom == 0, np.nan, np.asarray(numerator) / bottom), dtype=np.float64)


@dataclass(frozen=True)
class Confusion:
    """Counts of true and false positives and negatives; scalars or arrays of one shape."""

    tp: FloatArray
    fp: FloatArray
    fn: FloatArray
    tn: FloatArray

    @classmethod
    def of(cls, tp: float, fp: float, fn: float, tn: float) -> Confusion:
        """Build from plain numbers."""
        return cls(*(np.asarray(count, dtype=np.float64) for count in (tp, fp, fn, tn)))

    def where(self, defined: BoolArray) -> Confusion:
        """Counts with NaN where ``defined`` (...) is false."""
        return Confusion(*(np.where(defined, of, np.nan) for of in (self.tp, self.fp, self.fn, self.tn)))

    def f_beta(self, beta: float) -> FloatArray:
        """F_β of these counts, see :func:`f_beta`."""
        return f_beta(self.tp, self.fp, self.tp + self.fn, beta)


@dataclass(frozen=True)
class Ranking:
    """Objects by falling score.

    ``order`` (n,) sorts the objects, ``positive`` (n,) are their labels in that order, ``threshold`` (m,) the
    distinct scores, falling, and ``last`` (m,) the position of the last object with each of them.
    """

    order: IntArray
    positive: BoolArray
    threshold: FloatArray
    last: IntArray


@dataclass(frozen=True)
class Counts:
    """True and false positives (..., m) with p ≥ each distinct score, and the totals (...)."""

    tp: FloatArray
    fp: FloatArray
    positives: FloatArray
    negatives: FloatArray


def rank(label: AnyArray, score: AnyArray) -> Ranking:
    """Rank objects with labels 0 or 1 and finite scores, both of shape (n,), n ≥ 1.

    Raises
    ------
    ValueError
        If shapes differ, nothing is given, a label is neither 0 nor 1, or a score is not finite.
    """
    label = np.asarray(label)
    values = np.asarray(score, dtype=np.float64)
    if label.ndim != 1 or label.shape != values.shape or label.size == 0:
        raise ValueError(
            f"label and score must be of one shape (n,), n ≥ 1; got {label.shape} and {values.shape}"
        )
    if not np.isin(label, (0, 1)).all():
        raise ValueError("a label is neither 0 nor 1")
    if not np.isfinite(values).all():
        raise ValueError(f"{int((~np.isfinite(values)).sum())} score(s) are not finite")
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
    return Ranking(order, label[order] == 1, ranked[last], last)


def count(ranking: Ranking, weight: AnyArray | None = None) -> Counts:
    """Count at every distinct score; ``weight`` is (..., n) in the objects' original order, or one each."""
    if weight is None:
        weight = np.ones(ranking.order.size)
    ranked = np.take(np.asarray(weight, dtype=np.float64), ranking.order, axis=-1)
    called = np.cumsum(ranked, axis=-1)
    found = np.cumsum(ranked * ranking.positive, axis=-1)
    positives, total = found[..., -1], called[..., -1]
    tp = found[..., ranking.last]
    return Counts(tp, called[..., ranking.last] - tp, positives, total - positives)


def confusion_at(ranking: Ranking, counts: Counts, threshold: float) -> Confusion:
    """Counts when every object with a score ≥ ``threshold`` is called a lens (NaN threshold: NaN counts)."""
    if np.isnan(threshold):
        nothing = np.full_like(counts.positives, np.nan)
        return Confusion(nothing, nothing, nothing, nothing)
    called = int(np.searchsorted(-ranking.threshold, -threshold, side="right"))
    return confusion_at_index(counts, np.full(counts.positives.shape, called - 1))


def confusion_at_index(counts: Counts, index: IntArray) -> Confusion:
    """Counts at the distinct score ``index`` (...); −1 stands for a threshold above every score."""
    tp, fp = (_pick(of, index) for of in (counts.tp, counts.fp))
    return Confusion(tp, fp, counts.positives - tp, counts.negatives - fp)


def _pick(values: FloatArray, index: IntArray) -> FloatArray:
    index = np.asarray(index)
    picked = np.take_along_axis(values, np.maximum(index, 0)[..., None], axis=-1)[..., 0]
    return np.where(index < 0, 0.0, picked)


def f_beta(
    tp: AnyArray | float, fp: AnyArray | float, positives: AnyArray | float, beta: float
) -> FloatArray:
    """F_β = (1+β²) Pre·Recall / (β² Pre + Recall), written with counts: (1+β²) TP / (β² P + TP + FP).

    The form with counts is defined (0) where no true positive is found; NaN where there is none to find.
    """
    tp, positives = np.asarray(tp, dtype=np.float64), np.asarray(positives, dtype=np.float64)
    value = ratio((1 + beta**2) * tp, beta**2 * positives + tp + fp)
    return np.where(positives == 0, np.nan, value)


def best_f_beta_index(counts: Counts, beta: float) -> IntArray:
    """Index (...) of the distinct score with the largest F_β; of equal ones, that with the higher recall."""
    value = f_beta(counts.tp, counts.fp, counts.positives[..., None], beta)
    best = value >= value.max(axis=-1, keepdims=True) * (1 - TIE_RTOL)
    # argmax takes the first of equals: of thresholds between which no (weighted) object lies, the highest.
    return np.asarray(np.where(best, counts.tp, -1.0).argmax(axis=-1))


def roc_auc(counts: Counts) -> FloatArray:
    """Area under the ROC curve: the chance that a lens scores above a non-lens, ties counting one half."""
    rise = counts.tp - 0.5 * np.diff(counts.tp, axis=-1, prepend=0.0)
    area = np.sum(np.diff(counts.fp, axis=-1, prepend=0.0) * rise, axis=-1)
    return ratio(area, counts.positives * counts.negatives)


def average_precision(counts: Counts) -> FloatArray:
    """Σ (R_k − R_{k−1}) Pre_k over the distinct scores: precision averaged over recall, not interpolated."""
    called = counts.tp + counts.fp
    precision = np.divide(counts.tp, called, out=np.zeros_like(called), where=called > 0)
    return ratio(np.sum(np.diff(counts.tp, axis=-1, prepend=0.0) * precision, axis=-1), counts.positives)


def recall_below_fp(counts: Counts, limit: float) -> FloatArray:
    """Highest recall (...) with fewer than ``limit`` false positives (Metcalf et al. 2019, A&A 625, A119)."""
    allowed = np.count_nonzero(counts.fp < limit, axis=-1)
    return ratio(_pick(counts.tp, np.asarray(allowed) - 1), counts.positives)


def recall_at_fpr(counts: Counts, fpr: FloatArray) -> FloatArray:
    """ROC curve as a step function: highest recall (..., k) with a false-positive rate ≤ ``fpr`` (k,)."""
    tp, fp = np.atleast_2d(counts.tp), np.atleast_2d(counts.fp)
    limit = np.atleast_1d(counts.negatives)[:, None] * fpr
    curve = np.empty_like(limit)
    for row in range(len(tp)):
        # The limit's own rounding must not lose the step that lies exactly on it.
        allowed = np.searchsorted(fp[row], limit[row] * (1 + 1e-12), side="right")
        curve[row] = np.where(allowed > 0, tp[row, allowed - 1], 0.0)
    return ratio(curve.reshape(*counts.positives.shape, fpr.size), counts.positives[..., None])


def brier(label: AnyArray, score: AnyArray, weight: AnyArray | None = None) -> FloatArray:
    """Brier score: mean of (score − label)²; ``weight`` (..., n) as in :func:`count`."""
    error = (np.asarray(score, dtype=np.float64) - label) ** 2
    if weight is None:
        return np.asarray(error.mean())
    weight = np.asarray(weight, dtype=np.float64)
    return ratio(weight @ error, weight.sum(axis=-1))
