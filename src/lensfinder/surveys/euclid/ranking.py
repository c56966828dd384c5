"""Which training set is best: models of nested sets ranked, set beside set, and against a control.

The control was trained on the largest set, cut at random to the size of the smallest: against the smallest
set it shows what the selection does, against the largest what the number of examples does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import excludes_zero, paired_difference
from lensfinder.evaluation.evaluated import Evaluated
from lensfinder.evaluation.measure_table import MEASURES
from lensfinder.evaluation.metrics import bootstrap_interval, plain
from lensfinder.params import Judging

HEADLINE = ("f_beta", "recall", "auc")
"""Measures by which the question is answered."""

RANKED = (*HEADLINE, "fpr", "average_precision", "f_beta_at_validation_threshold", "tpr_at_10_fp")


def rank_models(models: Sequence[Evaluated], measure: str, judging: Judging) -> list[dict[str, Any]]:
    """Models by a measure, the best first, undefined ones last, equal ones in the order given.

    Each entry has ``model, value, interval``; those after the first also ``difference_to_best``, with its
    paired interval, and ``resolved_from_best``, whether that interval excludes zero.
    """

    def badness(of: Evaluated) -> tuple[bool, float]:
        value = plain(of.value[measure])
        if value is None:
            return True, 0.0
        return False, value if MEASURES[measure].lower_is_better else -value

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


def _entry(of: Evaluated, measure: str, judging: Judging) -> dict[str, Any]:
    interval = bootstrap_interval(of.draws[measure], judging)
    return {"model": of.name, "value": plain(of.value[measure]), "interval": interval}
