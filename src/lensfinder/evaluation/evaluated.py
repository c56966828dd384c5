"""One model measured on the test part, and on every bootstrap draw of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals, measures
from lensfinder.evaluation.intervals import Groups
from lensfinder.evaluation.measures import Confusion, Counts, Ranking
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, FloatArray

RATES = ("recall", "fpr", "precision", "accuracy")
COUNTS = ("tp", "fp", "fn", "tn")
SUFFIXES = ("", "_at_f_beta", "_at_validation_threshold")
CURVE_FPR = np.concatenate([[0.0], np.geomspace(1e-5, 1.0, 101)])
"""False-positive rates at which the ROC curve gets its band."""

_CURVE = "roc"


@dataclass(frozen=True)
class Part:
    """Labels and scores (n,) of one part's objects, ranked once."""

    label: AnyArray
    score: FloatArray
    ranking: Ranking = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranking", measures.rank(self.label, self.score))


@dataclass(frozen=True)
class Judged:
    """What a model achieves on the test part.

    Attributes
    ----------
    name
        Of the model.
    rows
        Its score table's rows of the test part.
    test
        Their labels and scores.
    groups
        What the bootstrap drew.
    validation_threshold
        Threshold chosen on the validation part; NaN if that has no lens.
    value
        Measures by name, see :func:`measure`.
    draws
        The same on every draw, each of shape (samples,). Models that are judged on the same objects with the
        same seed have the same draws, and are compared draw by draw.
    curve_draws
        Recall (samples, k) at :data:`CURVE_FPR`.
    """

    name: str
    rows: pd.DataFrame
    test: Part
    groups: Groups
    validation_threshold: float
    value: Mapping[str, FloatArray]
    draws: Mapping[str, FloatArray]
    curve_draws: FloatArray

    def roc_band(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Bootstrap band (k,) of the ROC curve at :data:`CURVE_FPR`."""
        return intervals.percentile_interval(self.curve_draws, level)


def judge(name: str, scores: pd.DataFrame, groups: Groups, judging: Judging, seed: int) -> Judged:
    """Measure one model.

    Parameters
    ----------
    scores
        ``object_id, row, label, kind, part, score`` of the validation and the test part.
    groups
        Groups of the test part's rows.
    seed
        Of the bootstrap; the same for all models of a survey, so that their intervals rest on the same draws.

    Raises
    ------
    UserError
        If a part is empty.
    """
    rows, test = part_of(scores, "test")
    threshold = choose_threshold(part_of(scores, "validation")[1], judging.beta)

    def statistic(weight: FloatArray | None) -> dict[str, FloatArray]:
        counts = measures.count(test.ranking, weight)
        return {
            **_measure_counts(test, counts, judging, threshold, weight),
            _CURVE: measures.recall_at_fpr(counts, CURVE_FPR),
        }

    draws = intervals.bootstrap(statistic, groups, judging.bootstrap_samples, seed)
    curve = draws.pop(_CURVE)
    return Judged(name, rows, test, groups, threshold, measure(test, judging, threshold), draws, curve)


def measure(
    part: Part, judging: Judging, validation_threshold: float, weight: FloatArray | None = None
) -> dict[str, FloatArray]:
    """All measures of one part; with ``weight`` (samples, n), of as many weighted versions of it.

    ``validation_threshold`` may be NaN, if no threshold could be chosen: what needs it is NaN then.
    """
    counts = measures.count(part.ranking, weight)
    return _measure_counts(part, counts, judging, validation_threshold, weight)


def _measure_counts(
    part: Part, counts: Counts, judging: Judging, validation_threshold: float, weight: FloatArray | None
) -> dict[str, FloatArray]:
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
