"""One model's metrics: every measure with its intervals, at three operating points.

The operating points are the fixed threshold (keys without suffix), the threshold at which F_β is largest on
the test part itself (``*_at_f_beta``: optimistic, since chosen on the objects it is judged by) and the
threshold at which it is largest on the validation part (``*_at_validation_threshold``: what a survey could
have done). Bootstrap intervals of the second include the choice of the threshold, those of the third take it
as given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.judging import intervals, measures
from lensfinder.judging.measures import Confusion, Ranking
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, FloatArray, IntArray

DIGITS = 8
"""Decimals of rates in a metrics file: far below any interval, above the bits that machines disagree on."""

RATES = ("recall", "fpr", "precision", "accuracy")
COUNTS = ("tp", "fp", "fn", "tn")
THRESHOLDS = ("f_beta_threshold", "validation_threshold")
SUFFIXES = ("", "_at_f_beta", "_at_validation_threshold")
CURVE_FPR = np.concatenate([[0.0], np.geomspace(1e-5, 1.0, 101)])
"""False-positive rates at which the ROC curve gets its band."""


@dataclass(frozen=True)
class Part:
    """Labels and scores (n,) of one part's objects, ranked once."""

    label: AnyArray
    score: FloatArray
    ranking: Ranking = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranking", measures.rank(self.label, self.score))


def measure(
    part: Part, judging: Judging, validation_threshold: float, weight: FloatArray | None = None
) -> dict[str, FloatArray]:
    """All measures of one part; with ``weight`` (samples, n), of as many weighted versions of it.

    ``validation_threshold`` may be NaN, if no threshold could be chosen: what needs it is NaN then.
    """
    counts = measures.count(part.ranking, weight)
    best = measures.best_f_beta_index(counts, judging.beta)
    points = (
        measures.confusion_at(part.ranking, counts, judging.threshold),
        # Where there is no lens no threshold is best, and there are no counts at it.
        measures.confusion_at_index(counts, best).where(counts.positives > 0),
        measures.confusion_at(part.ranking, counts, validation_threshold),
    )
    return {
        **_point(points[0], "", judging),
        "f_beta": points[1].f_beta(judging.beta),
        "f_beta_threshold": np.where(counts.positives == 0, np.nan, part.ranking.threshold[best]),
        "auc": measures.roc_auc(counts),
        "average_precision": measures.average_precision(counts),
        "tpr_at_0_fp": measures.recall_below_fp(counts, 1),
        "tpr_at_10_fp": measures.recall_below_fp(counts, 10),
        "brier": measures.brier(part.label, part.score, weight),
        **_point(points[1], SUFFIXES[1], judging),
        **_point(points[2], SUFFIXES[2], judging),
        f"f_beta{SUFFIXES[2]}": points[2].f_beta(judging.beta),
    }


def _point(confusion: Confusion, suffix: str, judging: Judging) -> dict[str, FloatArray]:
    named = {f"{name}{suffix}": getattr(confusion, name) for name in (*COUNTS, *RATES)}
    sky = intervals.purity_on_sky(confusion.recall, confusion.fpr, judging.sky_lens_fraction)
    return {**named, f"purity_on_sky{suffix}": sky}


def choose_threshold(validation: Part, beta: float) -> float:
    """Threshold at which F_β is largest on the validation part; NaN if that has no lens."""
    counts = measures.count(validation.ranking)
    if counts.positives == 0:
        return float("nan")
    return float(validation.ranking.threshold[measures.best_f_beta_index(counts, beta)])


def part_of(scores: pd.DataFrame, part: str) -> tuple[pd.DataFrame, Part]:
    """Rows of one part, and their labels and scores.

    Raises
    ------
    UserError
        If the part is empty.
    """
    rows = scores[scores["part"] == part]
    if rows.empty:
        raise UserError(f"the scores hold no object of part {part!r}: nothing can be measured")
    return rows, Part(rows["label"].to_numpy(), rows["score"].to_numpy(dtype=np.float64))


def groups_of(rows: pd.DataFrame, catalogue: pd.DataFrame) -> tuple[IntArray, str]:
    """Groups of the bootstrap for rows of a score table, see :func:`intervals.resampling_groups`."""
    spectrum = catalogue["spectrum_id"].to_numpy()[rows["row"].to_numpy()]
    return intervals.resampling_groups(rows["tile"].to_numpy(), rows["galaxy_id"].to_numpy(), spectrum)


def evaluate(
    scores: pd.DataFrame,
    catalogue: pd.DataFrame,
    judging: Judging,
    seed: int,
    input_bytes_per_object: int,
    data_size_saving: float,
) -> dict[str, Any]:
    """Measure one model: the content of its metrics file.

    Parameters
    ----------
    scores
        ``object_id, row, label, kind, tile, galaxy_id, part, score`` of the validation and the test part.
    catalogue
        The survey's catalogue, whose row ``row`` is the object; gives ``spectrum_id``.
    seed
        Of the bootstrap; the same for all models of a survey, so that their intervals rest on the same draws.

    Raises
    ------
    UserError
        If a part is empty, or the test part cannot be resampled.
    """
    rows, test = part_of(scores, "test")
    validation_threshold = choose_threshold(part_of(scores, "validation")[1], judging.beta)
    group, unit = groups_of(rows, catalogue)

    def statistic(weight: FloatArray) -> Mapping[str, FloatArray]:
        return measure(test, judging, validation_threshold, weight)

    value = measure(test, judging, validation_threshold)
    draws = intervals.bootstrap(statistic, group, judging.bootstrap_samples, seed)
    metrics: dict[str, Any] = {name: value_of(name, measured) for name, measured in value.items()}
    metrics["n_test"] = len(rows)
    metrics["validation_threshold"] = value_of("validation_threshold", validation_threshold)
    metrics["input_bytes_per_object"] = int(input_bytes_per_object)
    metrics["data_size_saving"] = plain(data_size_saving)
    metrics["threshold"] = judging.threshold
    metrics["beta"] = judging.beta
    metrics["sky_lens_fraction"] = judging.sky_lens_fraction
    metrics["interval_unit"] = unit
    metrics["interval_groups"] = int(group.max()) + 1
    for name, drawn in draws.items():
        metrics[f"{name}_interval"] = interval(
            *intervals.percentile_interval(drawn, judging.interval_level), judging
        )
    for suffix in SUFFIXES:
        metrics.update(_wilson(value, suffix, judging))
    metrics["called_lens_by_kind"] = called_by_kind(rows, judging)
    return metrics


def roc_band(
    rows: pd.DataFrame, test: Part, catalogue: pd.DataFrame, judging: Judging, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Bootstrap band (k,) of the ROC curve at :data:`CURVE_FPR`."""

    def statistic(weight: FloatArray) -> Mapping[str, FloatArray]:
        return {"curve": measures.recall_at_fpr(measures.count(test.ranking, weight), CURVE_FPR)}

    draws = intervals.bootstrap(statistic, groups_of(rows, catalogue)[0], judging.bootstrap_samples, seed)
    return intervals.percentile_interval(draws["curve"], judging.interval_level)


def _wilson(value: Mapping[str, FloatArray], suffix: str, judging: Judging) -> dict[str, Any]:
    tp, fp, fn, tn = (value[f"{name}{suffix}"] for name in COUNTS)
    trials = {
        "recall": (tp, tp + fn),
        "fpr": (fp, fp + tn),
        "precision": (tp, tp + fp),
        "accuracy": (tp + tn, tp + fp + fn + tn),
    }
    bounds = {name: intervals.wilson_interval(*pair, judging.interval_level) for name, pair in trials.items()}
    # The lowest purity goes with the lowest recall and the highest FPR: a box, wider than its level says.
    bounds["purity_on_sky"] = (
        intervals.purity_on_sky(bounds["recall"][0], bounds["fpr"][1], judging.sky_lens_fraction),
        intervals.purity_on_sky(bounds["recall"][1], bounds["fpr"][0], judging.sky_lens_fraction),
    )
    return {f"{name}{suffix}_wilson_interval": interval(*pair, judging) for name, pair in bounds.items()}


def called_by_kind(rows: pd.DataFrame, judging: Judging) -> dict[str, Any]:
    """For each kind of object, how many there are and how many are called lenses at the fixed threshold."""
    table: dict[str, Any] = {}
    for kind, of_kind in rows.groupby("kind", sort=True):
        called = int((of_kind["score"].to_numpy(dtype=np.float64) >= judging.threshold).sum())
        table[str(kind)] = {
            "n": len(of_kind),
            "called_lens": called,
            "fraction": plain(called / len(of_kind)),
            "fraction_wilson_interval": interval(
                *intervals.wilson_interval(called, len(of_kind), judging.interval_level), judging
            ),
        }
    return table


def interval(low: FloatArray | float, high: FloatArray | float, judging: Judging) -> dict[str, Any]:
    """Return an interval as metrics files write it."""
    return {"low": plain(low), "high": plain(high), "level": judging.interval_level}


def value_of(name: str, value: FloatArray | float) -> float | int | None:
    """Python value of the measure ``name``; ``None`` where it is undefined.

    Counts are whole. Thresholds are given in full, so that ``score >= threshold`` selects the same objects
    again.
    """
    number = float(value)
    if np.isnan(number):
        return None
    if name.split("_at_")[0] in COUNTS:
        return int(number)
    return number if name in THRESHOLDS else plain(number)


def plain(value: FloatArray | float) -> float | None:
    """Python number with :data:`DIGITS` decimals, ``None`` for NaN."""
    number = float(value)
    return None if np.isnan(number) else round(number, DIGITS)
