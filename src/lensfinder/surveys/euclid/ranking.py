"""Which training set is best: models of nested sets ranked, set beside set, and against a control.

The control was trained on the largest set, cut at random to the size of the smallest: against the smallest
set it shows what the selection does, against the largest what the number of examples does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import resolved
from lensfinder.evaluation.measure_table import MEASURES

HEADLINE = ("f_beta", "recall", "auc")
"""Measures by which the question is answered."""

RANKED = (*HEADLINE, "fpr")
"""Measures by which models are ranked, and differences called resolved or not."""


def rank_models(
    metrics: Mapping[str, Mapping[str, Any]], measure: str, pairs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Models by a measure, the best first, undefined ones last, equal ones in the order given.

    Parameters
    ----------
    metrics
        Of the models, by name.
    pairs
        Comparisons of any two of them, of which is known whether they are resolved.

    Returns
    -------
    Entries with ``model, value, interval``; those after the first also ``resolved_from_best``.
    """

    def badness(name: str) -> tuple[bool, float]:
        value = metrics[name][measure]
        if value is None:
            return True, 0.0
        return False, value if MEASURES[measure].lower_is_better else -value

    best, *others = sorted(metrics, key=badness)
    of_pair = {frozenset((of["first"], of["second"])): of for of in pairs}
    return [
        _entry(best, metrics, measure),
        *(
            _entry(name, metrics, measure)
            | {"resolved_from_best": resolved(of_pair[frozenset((best, name))], measure)}
            for name in others
        ),
    ]


def best_of(ranking: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """First model of a ranking, and from which of the others it is resolved."""
    best, *others = ranking
    return {
        **best,
        "resolved_from": [of["model"] for of in others if of["resolved_from_best"]],
        "not_resolved_from": [of["model"] for of in others if not of["resolved_from_best"]],
    }


def _entry(name: str, metrics: Mapping[str, Mapping[str, Any]], measure: str) -> dict[str, Any]:
    return {
        "model": name,
        "value": metrics[name][measure],
        "interval": metrics[name][f"{measure}_interval"],
    }
