"""The report on the models of one survey, and how measures are written in every report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lensfinder.evaluation.measure_table import COUNTS, MEASURES, Measure, compared
from lensfinder.evaluation.measures import Confusion, ratio
from lensfinder.report.page import Section, markdown_table
from lensfinder.report.verdict import level_words, percent, points

UNITS = {
    "tile": "tiles",
    "galaxy": "groups (a galaxy, or a quasar where there is none)",
    "object": "objects",
}
"""What the bootstrap drew, by the unit of its groups, in the plural."""

COUNTS_TITLE = "TP / FP / FN / TN"


@dataclass(frozen=True)
class ReportText:
    """What the report of one survey says.

    Attributes
    ----------
    objects
        What the models were trained and tested on, in a few words that follow a number of objects.
    compared
        Sentences on the test objects.
    talk
        Published confusions, by model; may be empty.
    talk_note
        What the talk's numbers are, or that it gives none.
    sections
        Between the measures and the figures.
    intervals
        What the bootstrap draws and why, and what the other intervals assume.
    """

    title: str
    objects: str
    verdict: str
    compared: str
    talk: Mapping[str, Confusion]
    talk_note: str
    sections: Sequence[Section]
    intervals: str


def report_sections(
    text: ReportText, metrics: Mapping[str, Mapping[str, Any]], beside: Sequence[Section]
) -> list[Section]:
    """Sections above the figures; ``metrics`` by model, in the order shown, ``beside`` what follows these."""
    one = next(iter(metrics.values()))
    return [
        Section(
            "What was compared",
            f"{text.compared} An object\n"
            f"is called a lens at p ≥ {one['threshold']:g}; recall, false-positive rate, precision, accuracy "
            "and McNemar's test are at this threshold.",
        ),
        Section(
            "Measures",
            f"In brackets: {level_words(one['recall_interval'])} bootstrap interval over the test part's "
            f"{groups_words(one)}; †: Wilson's, where no draw differs from another.\n\n"
            f"{measures_table(metrics, text.talk, [_chosen_thresholds(metrics, text.talk)])}\n"
            f"{text.talk_note}",
        ),
        *beside,
        *text.sections,
    ]


def reading_section(text: ReportText) -> Section:
    """Say how to read the intervals."""
    return Section(
        "How to read the intervals",
        f"{text.intervals} Each interval stands for itself: of several, one may exclude zero by chance. "
        "Where a model makes no mistake at all, the bootstrap interval has no width, and\n"
        "Wilson's stands in its place (†). The maximum of F_β is chosen on the test objects themselves, the "
        "line below it is not. The spread between\n"
        "trainings with other seeds is not in any of these intervals.",
    )


def measures_table(
    metrics: Mapping[str, Mapping[str, Any]],
    talk: Mapping[str, Confusion],
    last: Sequence[Sequence[str]] = (),
) -> str:
    """Table of counts and measures of every model, then of published confusions; ``last`` are more rows."""
    counts = [
        *(counts_words(of) for of in metrics.values()),
        *(" / ".join(f"{getattr(of, key):,.0f}" for key in COUNTS) for of in talk.values()),
    ]
    rows = measure_rows(
        lambda name: [
            *(with_interval(of, name) for of in metrics.values()),
            *(rate_of(of, MEASURES[name]) for of in talk.values()),
        ],
        next(iter(metrics.values())),
    )
    header = ["", *metrics, *(f"talk: {name}" for name in talk)]
    return markdown_table(header, [[COUNTS_TITLE, *counts], *rows, *last])


def _chosen_thresholds(metrics: Mapping[str, Mapping[str, Any]], talk: Mapping[str, Confusion]) -> list[str]:
    chosen = [
        "undefined"
        if of["f_beta_threshold"] is None
        else f"p ≥ {of['f_beta_threshold']:.6g}: TP {of['tp_at_f_beta']:,}, FP {of['fp_at_f_beta']:,}"
        for of in metrics.values()
    ]
    return ["threshold of that maximum", *chosen, *("" for _ in talk)]


def counts_words(of: Mapping[str, Any]) -> str:
    """Write the counts of a confusion, as :data:`COUNTS_TITLE` names them."""
    return " / ".join(f"{of[key]:,}" for key in COUNTS)


def groups_words(of: Mapping[str, Any]) -> str:
    """Write how many groups of which kind the bootstrap drew."""
    return f"{of['interval_groups']:,} {UNITS[of['interval_unit']]}"


def measure_rows(
    cells: Callable[[str], Sequence[str]], among: Mapping[str, Any], suffix: str = ""
) -> list[list[str]]:
    """Rows of a table of measures, those of which ``among`` has the key with this suffix."""
    return [[MEASURES[key].title, *cells(key)] for key in compared() if f"{key}{suffix}" in among]


def mcnemar_words(comparison: Mapping[str, Any]) -> str:
    """Write McNemar's p of all objects, and of lenses and non-lenses alone."""
    p_all, lenses, non_lenses = (
        f"{comparison[f'mcnemar_p{of}']:.2g}" for of in ("", "_lenses", "_non_lenses")
    )
    return f"p = {p_all} (lenses alone {lenses}, non-lenses alone {non_lenses})"


def rate_of(counts: Confusion, measure: Measure) -> str:
    """Write a rate of published counts; empty if the measure is no rate."""
    return percent(float(ratio(*measure.trials(counts)))) if measure.trials else ""


def with_interval(metrics: Mapping[str, Any], name: str) -> str:
    """Write a measure and its interval, in brackets."""
    value, bounds, mark = metrics[name], metrics[f"{name}_interval"], ""
    if value is None or bounds["low"] is None:
        return "undefined"
    # Without a single error every bootstrap draw is alike, and its interval says nothing.
    if bounds["low"] == bounds["high"] and f"{name}_wilson_interval" in metrics:
        bounds, mark = metrics[f"{name}_wilson_interval"], " †"
    form = "{:.2%}" if MEASURES[name].percent else f"{{:.{MEASURES[name].digits}f}}"
    low, high = form.format(bounds["low"]), form.format(bounds["high"])
    return f"{form.format(value)} [{low}, {high}]{mark}".replace("%", " %")


def difference(comparison: Mapping[str, Any], name: str) -> str:
    """Write a difference of two models with its interval."""
    value, bounds = comparison[f"{name}_difference"], comparison[f"{name}_difference_interval"]
    if value is None or bounds["low"] is None:
        return "undefined"
    if MEASURES[name].in_points:
        return points(comparison, name)
    low, high = bounds["low"], bounds["high"]
    return f"{value:+.5f} ({level_words(bounds)} interval {low:+.5f} to {high:+.5f})".replace("-", "−")
