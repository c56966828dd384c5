"""The report on the models of one survey, and how measures are written in every report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lensfinder.evaluation.measure_table import COUNTS, MEASURES, Measure, compared, headlines
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
            "Means over the trainings of each model, in brackets their "
            f"{level_words(one['recall_interval'])} interval: it holds the scatter of the test part's "
            f"{groups_words(one)} and that of training again. A committee is the trainings of a model "
            "together, the mean of their logits; its interval knows the objects' scatter alone.\n\n"
            f"{models_tables(metrics, text.talk)}\n{text.talk_note}",
        ),
        *beside,
        *text.sections,
    ]


def reading_section(text: ReportText) -> Section:
    """Say how to read the intervals."""
    return Section(
        "How to read the intervals",
        f"{text.intervals} Trainings differ by initial weights, order and augmentation; how much, is learned "
        "from the trainings of all models together (Obuchowski & Rockette 1995, Hillis 2014). A difference "
        "is called resolved only if it stands out from both scatters when all that are shown are looked at "
        "together (Holm's correction). The maximum of F_β is chosen on the test objects themselves, F_β at "
        "the threshold chosen on validation is not.",
    )


def models_tables(metrics: Mapping[str, Mapping[str, Any]], talk: Mapping[str, Confusion]) -> str:
    """Tables with a row a model and one its committee, then what was published: headlines, then the rest."""
    rows, heads = rows_of(metrics), headlines()
    rest = [key for key in compared() if key not in heads]
    others = [[name, *(with_interval(of, key) for key in rest)] for name, of in rows.items()]
    return (
        f"{measures_table(rows, talk, heads)}\n"
        f"{markdown_table(['', *(MEASURES[key].title for key in rest)], others)}"
    )


def rows_of(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return what has a row in tables, by its title: every model, and its committee."""
    rows: dict[str, Mapping[str, Any]] = {}
    for name, of in metrics.items():
        rows |= {f"{name}, mean of {of['replicas']}": of, f"{name}, committee": of["committee"]}
    return rows


def measures_table(
    rows: Mapping[str, Mapping[str, Any]], talk: Mapping[str, Confusion], names: Sequence[str]
) -> str:
    """Table of counts and measures, a row each of ``rows``, then of published confusions."""
    found = [
        [name, counts_words(of), *(with_interval(of, key) for key in names)] for name, of in rows.items()
    ]
    published = [
        [
            f"talk: {name}",
            " / ".join(f"{getattr(of, key):,.0f}" for key in COUNTS),
            *(rate_of(of, MEASURES[key]) for key in names),
        ]
        for name, of in talk.items()
    ]
    header = ["", COUNTS_TITLE, *(MEASURES[key].title for key in names)]
    return markdown_table(header, [*found, *published])


def counts_words(of: Mapping[str, Any]) -> str:
    """Write the counts of a confusion, as :data:`COUNTS_TITLE` names them; means are no whole numbers."""
    return " / ".join(f"{of[key]:,.1f}" if isinstance(of[key], float) else f"{of[key]:,}" for key in COUNTS)


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
