"""Which training set is best, in words that follow from the numbers of ``comparison.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import first_is_better, resolved
from lensfinder.evaluation.measure_table import MEASURES
from lensfinder.report.page import markdown_table
from lensfinder.report.report import difference, with_interval
from lensfinder.report.verdict import listed
from lensfinder.surveys.euclid.ranking import HEADLINE, RANKED


def verdict(comparison: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """Answer the question by each of the headline measures, then say what the control shows."""
    best = {measure: comparison["best"][measure] for measure in HEADLINE}
    winners = {of["model"] for of in best.values()}
    sentences = [_best_words(measure, of, metrics[of["model"]]) for measure, of in best.items()]
    if len(winners) == 1:
        sentences.append(f"All three name {winners.pop()}.")
    elif not any(of["resolved_from"] for of in best.values()):
        sentences.append("This test set does not tell the training sets apart.")
    else:
        sentences.append("The three do not name the same set.")
    return " ".join([*sentences, comparison["control"]["words"]])


def _best_words(measure: str, best: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    beside = f" at a false-positive rate of {with_interval(metrics, 'fpr')}" if measure == "recall" else ""
    words = (
        f"By {MEASURES[measure].words} {best['model']} is best ({with_interval(metrics, measure)}{beside})"
    )
    parts = [
        f"{state} {listed(best[key])}"
        for state, key in (("resolved from", "resolved_from"), ("not resolved from", "not_resolved_from"))
        if best[key]
    ]
    return f"{words}: {', '.join(parts)}." if parts else f"{words}."


def control_words(selection: Mapping[str, Any], sample_size: Mapping[str, Any]) -> str:
    """Say in what the control differs from both ends, see :meth:`.comparison.EuclidComparison.compare`."""
    return (
        f"{_effect('Selection, at equal size', selection)} "
        f"{_effect('Number of examples, at equal selection', sample_size)}"
    )


def _effect(cause: str, comparison: Mapping[str, Any]) -> str:
    first, second = comparison["first"], comparison["second"]
    found = [name for name in RANKED if resolved(comparison, name)]
    open_ = [MEASURES[name].words for name in RANKED if name not in found]
    parts = [
        f"{MEASURES[name].words} differs by {difference(comparison, name)}, better with "
        f"{first if first_is_better(comparison, name) else second}"
        for name in found
    ]
    if open_:
        parts.append(f"no difference in {listed(open_)} is resolved")
    return f"{cause} ({first} − {second}): {'; '.join(parts)}."


def ranking_table(comparison: Mapping[str, Any]) -> str:
    """For each measure the models from best to worst, in brackets those not resolved from the best."""
    rows = []
    for measure, ranking in comparison["ranking"].items():
        best, *others = ranking
        names = [of["model"] if of["resolved_from_best"] else f"({of['model']})" for of in others]
        rows.append([MEASURES[measure].title, f"**{best['model']}**", *names])
    places = [str(place) for place in range(1, len(rows[0]))]
    return markdown_table(["measure", *places], rows)


def differences_table(comparisons: Sequence[Mapping[str, Any]]) -> str:
    """Table of paired differences in percentage points, a row a pair; bold where they are resolved."""
    rows = [
        [
            f"{of['first']} − {of['second']}",
            *(_points(of, name) for name in RANKED),
            f"{of['mcnemar_p']:.2g}",
        ]
        for of in comparisons
    ]
    return markdown_table(["pair", *(MEASURES[name].words for name in RANKED), "McNemar's p"], rows)


def _points(comparison: Mapping[str, Any], name: str) -> str:
    value, bounds = comparison[f"{name}_difference"], comparison[f"{name}_difference_interval"]
    if value is None or bounds["low"] is None:
        return "undefined"
    value, low, high = (
        f"{100 * x + 0.0:+.3f}".replace("-", "−") for x in (value, bounds["low"], bounds["high"])
    )
    text = f"{value} [{low}, {high}]"
    return f"**{text}**" if resolved(comparison, name) else text


def sets_table(comparison: Mapping[str, Any], epochs: Mapping[str, Sequence[int]]) -> str:
    """What each model was trained on, beside the talk's counts."""
    rows = [
        [
            name,
            f"{of['n_pix_above']}",
            *("" if of[key] is None else f"{of[key]:,.0f}" for key in ("count", "scaled_to_100000", "talk")),
            ", ".join(map(str, epochs[name])),
        ]
        for name, of in comparison["sets"].items()
    ]
    header = ["trained on", "n_pix >", "lenses", "of 100,000 stamps", "talk", "epochs"]
    return markdown_table(header, rows)
