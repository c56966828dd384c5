"""What a comparison found, in words that follow from its numbers: how large, how sure, at what cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import first_is_better, resolved
from lensfinder.evaluation.measure_table import MEASURES, headlines


def verdict(
    comparison: Mapping[str, Any],
    metrics: tuple[Mapping[str, Any], Mapping[str, Any]],
    labels: tuple[str, str],
) -> str:
    """State the effect sizes of recall and FPR, whether any difference is resolved, and the saving in bytes.

    ``metrics`` are those of the two models, ``labels`` their names for the reader.
    """
    sentences = [
        f"Of {comparison['n_lenses']:,} lenses {_versus(comparison, metrics, labels, 'recall', 'finds')}.",
        f"Of {comparison['n_test'] - comparison['n_lenses']:,} non-lenses "
        f"{_versus(comparison, metrics, labels, 'fpr', 'wrongly calls a lens')}.",
        _certainty(comparison, labels),
    ]
    if "data_size_saving_memory" in comparison:
        sentences.append(
            f"With {labels[1]} an object takes {comparison['data_size_saving_memory']:.3g} times less memory "
            f"and {comparison['data_size_saving_disk']:.3g} times less disk than with {labels[0]}."
        )
    return " ".join(sentences)


def _versus(
    comparison: Mapping[str, Any],
    metrics: tuple[Mapping[str, Any], Mapping[str, Any]],
    labels: tuple[str, str],
    name: str,
    verb: str,
) -> str:
    values = [percent(of[name]) for of in metrics]
    text = f"{labels[0]} {verb} {values[0]} and {labels[1]} {values[1]}"
    difference = points(comparison, name)
    return f"{text}: a difference of {difference}" if difference else text


def _certainty(comparison: Mapping[str, Any], labels: tuple[str, str]) -> str:
    level = level_words(comparison["recall_difference_interval"])
    # Of ROC curves only: there is no other area.
    words = {name: MEASURES[name].words.removeprefix("ROC ") for name in headlines()}
    better = [name for name in words if resolved(comparison, name)]
    counts = (
        f"of the committees, objects right with {labels[0]} only: {comparison['only_first_correct']:,}, "
        f"with {labels[1]} only: {comparison['only_second_correct']:,}; "
        f"McNemar's exact p = {comparison['mcnemar_p']:.2g}, which knows nothing of other trainings"
    )
    if not better:
        return (
            f"No difference in {listed(list(words.values()))} is resolved (at {level}, Holm's correction): "
            "these objects and trainings do not tell the two models apart, which is not to say that they are "
            f"equal ({counts})."
        )
    favoured = [
        f"{words[name]} (better: {labels[int(not first_is_better(comparison, name))]})" for name in better
    ]
    return f"Resolved (at {level}, Holm's correction) is the difference in {listed(favoured)}; {counts}."


def level_words(bounds: Mapping[str, Any]) -> str:
    """Write the level of an interval."""
    return f"{100 * bounds['level']:.0f} %"


def percent(value: float | None) -> str:
    """Write a rate as per cent, with as many decimals as a test set of some thousands deserves."""
    return "undefined" if value is None else f"{100 * value:.2f} %"


def points(comparison: Mapping[str, Any], name: str) -> str:
    """Write a difference of rates in percentage points with its interval; empty if undefined."""
    value, bounds = comparison[f"{name}_difference"], comparison[f"{name}_difference_interval"]
    if value is None:
        return ""
    text = f"{signed_points(value)} percentage points"
    if bounds["low"] is None:
        return text
    low, high = signed_points(bounds["low"]), signed_points(bounds["high"])
    return f"{text} ({level_words(bounds)} interval {low} to {high})"


def signed_points(difference: float) -> str:
    """Write a difference of rates in percentage points, without the unit."""
    return (
        f"{100 * difference + 0.0:+.2f}".replace("-", "−").replace("+0.00", "0.00").replace("−0.00", "0.00")
    )


def listed(words: Sequence[str]) -> str:
    """Join words to "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
