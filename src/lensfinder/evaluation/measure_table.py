"""Every measure of a model, one entry each: how it is computed, which way is better, how it is written.

What is measured, compared, reported and drawn is read off :data:`MEASURES`: a new measure is one more entry.
Reports and figures show measures in the order of the table; metrics files go by operating points first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lensfinder.evaluation import intervals, measures
from lensfinder.evaluation.measures import Confusion, Counts
from lensfinder.params import Judging
from lensfinder.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from lensfinder.evaluation.evaluated import Part

COUNTS = ("tp", "fp", "fn", "tn")
DIGITS = 8
"""Decimals of rates in a metrics file: far below any interval, above the bits that machines disagree on."""

FIXED, MAXIMUM, OVERALL, BEST, VALIDATION = "fixed", "maximum", "overall", "best", "validation"
SUFFIXES = {FIXED: "", MAXIMUM: "", OVERALL: "", BEST: "_at_f_beta", VALIDATION: "_at_validation_threshold"}
"""How keys of metrics files end at each operating point, in the order of these files: the fixed threshold,
the maximum of F_β, no one threshold, where F_β has its maximum, and the threshold chosen on validation."""

Pair = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Sample:
    """A part of the objects, or weighted versions of it.

    ``counts`` are those of ``weight`` (..., n), without it of each object once; ``best`` (...) is the index
    of their largest F_β.
    """

    part: Part
    weight: FloatArray | None
    counts: Counts
    best: IntArray


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name
        Key in metrics files, less the suffix of the operating point.
    function
        Value (...) from the confusion at an operating point and the parameters of judging; of a measure that
        belongs to no one threshold, from a :class:`Sample`.
    at
        Operating points; reports and comparisons speak of the first.
    trials, wilson
        Of a rate successes and trials, and Wilson's interval, where there is one.
    title, words, label, short
        In the rows of reports (without a title it has none), in sentences, in figures, and where there is
        little room; the title or the words where nothing else is given.
    compared, drawn, headline
        Whether models are compared by it, or by its mean over several test parts, whether figures of such
        measures show it, and whether verdicts speak of it.
    percent, in_points, digits
        Whether it is written in per cent, and a difference in percentage points; else its decimals.
    stored
        From its value the number in metrics files.
    """

    name: str
    function: Callable[..., FloatArray]
    at: tuple[str, ...] = (OVERALL,)
    trials: Callable[[Confusion], Pair] | None = None
    wilson: Callable[[Confusion, Judging], Pair] | None = None
    title: str = ""
    words: str = ""
    label: str = ""
    short: str = ""
    lower_is_better: bool = False
    compared: bool = True
    drawn: bool = True
    headline: bool = False
    percent: bool = False
    in_points: bool = False
    digits: int = 5
    stored: Callable[[float], float | int] = lambda number: round(number, DIGITS)

    def __post_init__(self) -> None:
        words = self.words or self.title
        for name in ("words", "label", "short"):
            object.__setattr__(self, name, getattr(self, name) or words)

    @property
    def key(self) -> str:
        """Key in metrics files at the first operating point."""
        return f"{self.name}{SUFFIXES[self.at[0]]}"


_EACH = (FIXED, BEST, VALIDATION)


def _rate(name: str, trials: Callable[[Confusion], Pair], **facts: Any) -> Measure:
    return Measure(
        name,
        lambda of, _: measures.ratio(*trials(of)),
        _EACH,
        trials=trials,
        wilson=lambda of, judging: intervals.wilson_interval(*trials(of), judging.interval_level),
        percent=True,
        in_points=True,
        **facts,
    )


def _recall(of: Confusion) -> Pair:
    return of.tp, of.tp + of.fn


def _fpr(of: Confusion) -> Pair:
    return of.fp, of.fp + of.tn


def _best_threshold(of: Sample) -> FloatArray:
    return np.where(of.counts.positives == 0, np.nan, of.part.ranking.threshold[of.best])


MEASURES: dict[str, Measure] = {
    of.key: of
    for of in (
        *(
            Measure(name, lambda of, _, name=name: getattr(of, name), _EACH, stored=int, compared=False)
            for name in COUNTS
        ),
        _rate("recall", _recall, title="recall (TPR)", words="recall", headline=True),
        _rate("fpr", _fpr, title="false-positive rate", short="FPR", lower_is_better=True, headline=True),
        _rate("precision", lambda of: (of.tp, of.tp + of.fp), title="precision"),
        _rate(
            "accuracy",
            lambda of: (of.tp + of.tn, of.tp + of.fp + of.fn + of.tn),
            title="accuracy",
            headline=True,
        ),
        # In full, so that score >= threshold selects the same objects again.
        Measure("f_beta_threshold", _best_threshold, stored=float, compared=False),
        Measure("auc", lambda of: measures.roc_auc(of.counts), title="ROC AUC", short="AUC", headline=True),
        Measure(
            "average_precision", lambda of: measures.average_precision(of.counts), title="average precision"
        ),
        Measure(
            "f_beta",
            lambda of, judging: of.f_beta(judging.beta),
            (MAXIMUM,),
            title="F_β, maximum over the threshold",
            words="F_β",
            label="F$_β$ (maximum)",
        ),
        Measure(
            "f_beta",
            lambda of, judging: of.f_beta(judging.beta),
            (VALIDATION,),
            title="F_β at the threshold chosen on validation",
            label="F$_β$ (validation threshold)",
        ),
        *(
            Measure(
                f"tpr_at_{name}_fp",
                lambda of, below=below: measures.recall_below_fp(of.counts, below),
                title=f"recall with {words}",
                label=f"recall, {brief}",
                in_points=True,
            )
            for name, below, words, brief in (
                (0, 1, "no false positive", "no false positive"),
                (10, 10, "fewer than 10 false positives", "< 10 false positives"),
            )
        ),
        Measure(
            "brier",
            lambda of: measures.brier(of.part.label, of.part.score, of.weight),
            title="Brier score",
            lower_is_better=True,
            drawn=False,
            digits=4,
        ),
    )
}
"""All measures by their keys."""


def measured() -> list[tuple[str, str, Measure]]:
    """Key, operating point and measure of all that a metrics file holds, in its order."""
    return [
        (f"{of.name}{suffix}", point, of)
        for point, suffix in SUFFIXES.items()
        for of in MEASURES.values()
        if point in of.at
    ]


def averaged() -> list[str]:
    """Measures, at every operating point, whose mean over trainings or folds means something."""
    return [key for key, _, of in measured() if of.compared]


def compared() -> list[str]:
    """Measures by which models are compared."""
    return [key for key, of in MEASURES.items() if of.compared]


def drawn() -> list[str]:
    """Measures in figures."""
    return [key for key in compared() if MEASURES[key].drawn]


def headlines() -> list[str]:
    """Measures that verdicts speak of."""
    return [key for key, of in MEASURES.items() if of.headline]
