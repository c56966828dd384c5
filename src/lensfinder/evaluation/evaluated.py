"""One model measured on the test part, and on every bootstrap draw of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals, measures
from lensfinder.evaluation.intervals import Groups
from lensfinder.evaluation.measure_table import SUFFIXES, Sample, measured
from lensfinder.evaluation.measures import Counts, Ranking
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, FloatArray

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
class Evaluated:
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
        The same on every draw, each of shape (samples,). Models that are measured on the same objects
        with the same seed have the same draws, and are compared draw by draw.
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


def evaluate_scores(
    name: str,
    scores: pd.DataFrame,
    groups_of: Callable[[pd.DataFrame], Groups],
    judging: Judging,
    seed: int,
) -> Evaluated:
    """Measure one model.

    Parameters
    ----------
    scores
        ``object_id, row, label, kind, part, score`` of the validation and the test part.
    groups_of
        From rows of a score table, what the bootstrap draws.
    seed
        Of the bootstrap; the same for all models of a survey, so that their intervals rest on the same draws.

    Raises
    ------
    UserError
        If a part is empty.
    """
    rows, test = part_of(scores, "test")
    groups = groups_of(rows)
    threshold = choose_threshold(part_of(scores, "validation")[1], judging.beta)

    def statistic(weight: FloatArray) -> dict[str, FloatArray]:
        counts = measures.count(test.ranking, weight)
        return {
            **measure(test, judging, threshold, weight, counts),
            _CURVE: measures.recall_at_fpr(counts, CURVE_FPR),
        }

    draws = intervals.bootstrap(statistic, groups, judging.bootstrap_samples, seed)
    curve = draws.pop(_CURVE)
    return Evaluated(name, rows, test, groups, threshold, measure(test, judging, threshold), draws, curve)


def measure(
    part: Part,
    judging: Judging,
    validation_threshold: float,
    weight: FloatArray | None = None,
    counts: Counts | None = None,
) -> dict[str, FloatArray]:
    """All measures of one part; with ``weight`` (samples, n), of as many weighted versions of it.

    ``validation_threshold`` may be NaN, if no threshold could be chosen: what needs it is NaN then.
    ``counts`` are those of ``weight``, if they are known.
    """
    counts = counts or measures.count(part.ranking, weight)
    sample = Sample(part, weight, counts, measures.best_f_beta_index(counts, judging.beta))
    # Where there is no lens no threshold is best, and there are no counts at it.
    best = measures.confusion_at_index(counts, sample.best).where(counts.positives > 0)
    fixed, validation = (
        measures.confusion_at(part.ranking, counts, threshold)
        for threshold in (judging.threshold, validation_threshold)
    )
    points = dict(zip(SUFFIXES, (fixed, best, None, best, validation), strict=True))
    return {
        key: of.function(points[point], judging) if points[point] else of.function(sample)
        for key, point, of in measured()
    }


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
