"""Tables behind the figures, which ``dvc plots`` draws too: curves, reliability, completeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lensfinder.evaluation import measures
from lensfinder.evaluation.evaluated import Evaluated, Part
from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, BoolArray, FloatArray

POINTS_MAX = 500
"""Rows of a curve's table: more cannot be seen."""

LENSES_PER_BIN, BINS_MAX = 60, 8
"""Of completeness: with fewer lenses in a bin its interval is wide, with more bins the figure is full."""


@dataclass(frozen=True)
class Axis:
    """A quantity of the catalogue against which completeness is drawn; ``label`` has the unit."""

    column: str
    label: str
    log: bool = False


def roc_table(part: Part) -> pd.DataFrame:
    """``fpr, tpr, threshold`` from (0, 0) to (1, 1), at most :data:`POINTS_MAX` corners of the curve."""
    counts = measures.count(part.ranking)
    fp, tp = np.append(0, counts.fp), np.append(0, counts.tp)
    threshold = np.append(np.inf, part.ranking.threshold)
    # Of points on one straight line only the ends are needed.
    bend = np.ones(fp.size, dtype=bool)
    bend[1:-1] = np.diff(fp)[:-1] * np.diff(tp)[1:] != np.diff(fp)[1:] * np.diff(tp)[:-1]
    keep = _thinned(np.flatnonzero(bend))
    return pd.DataFrame(
        {
            "fpr": measures.ratio(fp[keep], counts.negatives),
            "tpr": measures.ratio(tp[keep], counts.positives),
            "threshold": np.minimum(threshold[keep], 1.0),
        }
    )


def threshold_table(part: Part, beta: float) -> pd.DataFrame:
    """``threshold, f_beta, precision, recall, tp, fp`` at distinct scores, the best F_β always among them."""
    counts = measures.count(part.ranking)
    best = int(measures.best_f_beta_index(counts, beta))
    keep = np.union1d(_thinned(np.arange(counts.tp.size)), [best])
    tp, fp = counts.tp[keep], counts.fp[keep]
    return pd.DataFrame(
        {
            "threshold": part.ranking.threshold[keep],
            "f_beta": measures.f_beta(tp, fp, counts.positives, beta),
            "precision": measures.ratio(tp, tp + fp),
            "recall": measures.ratio(tp, counts.positives),
            "tp": tp.astype(np.int64),
            "fp": fp.astype(np.int64),
        }
    )


def _thinned(index: AnyArray) -> AnyArray:
    if index.size <= POINTS_MAX:
        return index
    # Denser at both ends, where the counts of false positives and of missed lenses are small.
    place = 0.5 * (1 - np.cos(np.linspace(0, np.pi, POINTS_MAX)))
    return np.asarray(index[np.unique(np.rint(place * (index.size - 1)).astype(np.int64))])


def reliability_table(label: AnyArray, score: AnyArray, bins: int, level: float) -> pd.DataFrame:
    """Part of lenses in each bin of score: ``low, high, n, score_mean, lens_fraction``, Wilson's interval."""
    score = np.asarray(score, dtype=np.float64)
    place = np.minimum((score * bins).astype(np.int64), bins - 1)
    n = np.bincount(place, minlength=bins)
    lenses = np.bincount(place, weights=label, minlength=bins)
    low, high = wilson_interval(lenses, n, level)
    edges = np.linspace(0, 1, bins + 1)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n": n,
            "score_mean": measures.ratio(np.bincount(place, weights=score, minlength=bins), n),
            "lens_fraction": measures.ratio(lenses, n),
            "interval_low": low,
            "interval_high": high,
        }
    )


def completeness(value: FloatArray, found: BoolArray, edges: FloatArray, level: float) -> pd.DataFrame:
    """Part of the lenses that is found in each bin of a quantity (NaN: in no bin).

    Bins are half open, the last one closed. Columns ``low, high, median, n, found, completeness`` and
    Wilson's interval; of an empty bin all but the first are NaN or 0.
    """
    value, found = np.asarray(value, dtype=np.float64), np.asarray(found, dtype=bool)
    bins = edges.size - 1
    inside = (value >= edges[0]) & (value <= edges[-1])
    value, found = value[inside], found[inside]
    place = np.minimum(np.searchsorted(edges, value, side="right") - 1, bins - 1)
    n = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=found, minlength=bins).astype(np.int64)
    low, high = wilson_interval(hits, n, level)
    medians = [float(np.median(value[place == b])) if n[b] else np.nan for b in range(bins)]
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "median": medians,
            "n": n,
            "found": hits,
            "completeness": measures.ratio(hits, n),
            "interval_low": low,
            "interval_high": high,
        }
    )


def quantile_edges(value: FloatArray, bins: int) -> FloatArray:
    """Edges of at most ``bins`` bins that hold equally many values (NaN left out); at least one bin."""
    value = np.asarray(value, dtype=np.float64)
    value = value[np.isfinite(value)]
    if value.size == 0:
        return np.array([0.0, 1.0])
    edges = np.unique(np.quantile(value, np.linspace(0, 1, bins + 1)))
    return edges if edges.size > 1 else np.array([edges[0], edges[0] + 1.0])


def completeness_tables(
    of: Evaluated, catalogue: pd.DataFrame, axes: Sequence[Axis], judging: Judging
) -> pd.DataFrame:
    """Completeness of a model's test lenses along every axis; column ``quantity`` names the axis."""
    lens = of.test.label == 1
    lenses = catalogue.iloc[of.rows["row"].to_numpy()[lens]]
    found = of.test.score[lens] >= judging.threshold
    bins = int(np.clip(len(lenses) // LENSES_PER_BIN, 2, BINS_MAX))
    tables = []
    for axis in axes:
        value = lenses[axis.column].to_numpy(dtype=np.float64)
        table = completeness(value, found, quantile_edges(value, bins), judging.interval_level)
        table.insert(0, "quantity", axis.column)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def confusion_table(label: AnyArray, score: AnyArray, threshold: float) -> pd.DataFrame:
    """``actual, predicted`` of every object, the form that DVC's confusion template counts."""
    names = np.array(["non-lens", "lens"])
    return pd.DataFrame(
        {
            "actual": names[np.asarray(label, dtype=np.int64)],
            "predicted": names[(np.asarray(score, dtype=np.float64) >= threshold).astype(np.int64)],
        }
    )
