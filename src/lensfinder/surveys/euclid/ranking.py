"""Which training set is best: models of nested sets ranked, set beside set, and against a control.

The control was trained on the largest set, cut at random to the size of the smallest: against the smallest
set it shows what the selection does, against the largest what the number of examples does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from lensfinder.evaluation.comparison import compare, excludes_zero, paired_difference
from lensfinder.evaluation.evaluated import Judged
from lensfinder.evaluation.metrics import bootstrap_interval, plain
from lensfinder.params import Judging

HEADLINE = ("f_beta", "recall", "auc")
"""Measures by which the question is answered."""

RANKED = (
    *HEADLINE,
    "fpr",
    "average_precision",
    "f_beta_at_validation_threshold",
    "tpr_at_10_fp",
)
LOWER_IS_BETTER = ("fpr",)


def rank_models(models: Sequence[Judged], measure: str, judging: Judging) -> list[dict[str, Any]]:
    """Models by a measure, the best first, undefined ones last, equal ones in the order given.

    Each entry has ``model, value, interval``; those after the first also ``difference_to_best``, with its
    paired interval, and ``resolved_from_best``, whether that interval excludes zero.
    """

    def badness(of: Judged) -> tuple[bool, float]:
        value = plain(of.value[measure])
        if value is None:
            return True, 0.0
        return False, value if measure in LOWER_IS_BETTER else -value

    best, *others = sorted(models, key=badness)
    ranking = [_entry(best, measure, judging)]
    for of in others:
        difference, bounds = paired_difference(of, best, measure, judging)
        ranking.append(
            {
                **_entry(of, measure, judging),
                "difference_to_best": difference,
                "difference_to_best_interval": bounds,
                "resolved_from_best": excludes_zero(bounds),
            }
        )
    return ranking


def best_of(ranking: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """First model of a ranking, and from which of the others it is resolved."""
    best, *others = ranking
    return {
        **best,
        "resolved_from": [of["model"] for of in others if of["resolved_from_best"]],
        "not_resolved_from": [of["model"] for of in others if not of["resolved_from_best"]],
    }


def neighbours(models: Sequence[Judged], judging: Judging) -> list[dict[str, Any]]:
    """Each model against the next one, see :func:`.comparison.compare`."""
    return [compare(one, two, judging) for one, two in pairwise(models)]


def control_experiment(
    control: Judged, smallest: Judged, largest: Judged, judging: Judging
) -> dict[str, dict[str, Any]]:
    """Return both comparisons of the control: ``selection`` and ``sample_size``."""
    return {
        "selection": compare(control, smallest, judging),
        "sample_size": compare(control, largest, judging),
    }


def _entry(of: Judged, measure: str, judging: Judging) -> dict[str, Any]:
    interval = bootstrap_interval(of.draws[measure], judging)
    return {"model": of.name, "value": plain(of.value[measure]), "interval": interval}
