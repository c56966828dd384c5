"""The report of one page: Markdown beside its figures, and HTML with the figures inside, to be mailed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lensfinder.evaluation.measures import Confusion
from lensfinder.report.template import STYLE, TEMPLATE
from lensfinder.report.verdict import percent, points

ROWS = (
    ("recall", "recall (TPR)"),
    ("fpr", "false-positive rate"),
    ("precision", "precision"),
    ("accuracy", "accuracy"),
    ("auc", "ROC AUC"),
    ("average_precision", "average precision"),
    ("f_beta", "F_β, maximum over the threshold"),
    ("f_beta_at_validation_threshold", "F_β at the threshold chosen on validation"),
    ("tpr_at_0_fp", "recall with no false positive"),
    ("tpr_at_10_fp", "recall with fewer than 10 false positives"),
    ("brier", "Brier score"),
    ("purity_on_sky", "purity on the sky"),
)
TALK_ROWS = ("recall", "fpr", "precision", "accuracy")


UNITS = {
    "tile": "tiles",
    "galaxy": "groups (a galaxy, or a spectrum where there is none)",
    "object": "objects",
}
"""What the bootstrap drew, by the unit of its groups, in the plural."""


@dataclass(frozen=True)
class Section:
    """A heading and the Markdown below it."""

    title: str
    text: str


@dataclass(frozen=True)
class ReportWords:
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


@dataclass(frozen=True)
class Report:
    """Everything the report says; ``metrics`` by model, in the order shown.

    ``figures`` holds pairs of path relative to the report and caption, ``commands`` pairs of claim and
    command, ``setting`` what was run.
    """

    words: ReportWords
    metrics: Mapping[str, Mapping[str, Any]]
    setting: str
    figures: Sequence[tuple[str, str]]
    commands: Sequence[tuple[str, str]]


def markdown_report(report: Report) -> str:
    """Write the report as Markdown; the same report is always the same text."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=False, autoescape=False)
    one = next(iter(report.metrics.values()))
    text = environment.from_string(TEMPLATE).render(
        report=report,
        words=report.words,
        threshold=f"{one['threshold']:g}",
        level=f"{100 * one['recall_interval']['level']:.0f} %",
        groups=f"{one['interval_groups']:,} {UNITS[one['interval_unit']]}",
        sky_ratio=f"{1 / one['sky_lens_fraction']:,.0f}",
        measures=_measures(report),
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown, ending with a line break."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _measures(report: Report) -> str:
    talk = report.words.talk
    counts = ["TP / FP / FN / TN"]
    counts += [
        " / ".join(f"{of[key]:,}" for key in ("tp", "fp", "fn", "tn")) for of in report.metrics.values()
    ]
    counts += [f"{t.tp:,.0f} / {t.fp:,.0f} / {t.fn:,.0f} / {t.tn:,.0f}" for t in talk.values()]
    rows = [counts]
    for name, words in ROWS:
        ours = [with_interval(of, name) for of in report.metrics.values()]
        theirs = [percent(float(getattr(t, name))) if name in TALK_ROWS else "" for t in talk.values()]
        rows.append([words, *ours, *theirs])
    chosen = [
        "undefined"
        if of["f_beta_threshold"] is None
        else f"p ≥ {of['f_beta_threshold']:.6g}: TP {of['tp_at_f_beta']:,}, FP {of['fp_at_f_beta']:,}"
        for of in report.metrics.values()
    ]
    rows.append(["threshold of that maximum", *chosen, *("" for _ in talk)])
    return markdown_table(["", *report.metrics, *(f"talk: {name}" for name in talk)], rows)


def with_interval(metrics: Mapping[str, Any], name: str) -> str:
    """Write a measure and its interval, in brackets."""
    value, bounds, mark = metrics[name], metrics[f"{name}_interval"], ""
    if value is None or bounds["low"] is None:
        return "undefined"
    # Without a single error every bootstrap draw is alike, and its interval says nothing.
    if bounds["low"] == bounds["high"] and f"{name}_wilson_interval" in metrics:
        bounds, mark = metrics[f"{name}_wilson_interval"], " †"
    form = "{:.4f}" if name == "brier" else "{:.2%}" if name in (*TALK_ROWS, "purity_on_sky") else "{:.5f}"
    low, high = form.format(bounds["low"]), form.format(bounds["high"])
    return f"{form.format(value)} [{low}, {high}]{mark}".replace("%", " %")


def difference(comparison: Mapping[str, Any], name: str) -> str:
    """Write a difference of two models with its interval."""
    value, bounds = comparison[f"{name}_difference"], comparison[f"{name}_difference_interval"]
    if value is None or bounds["low"] is None:
        return "undefined"
    if name in (*TALK_ROWS, "tpr_at_0_fp", "tpr_at_10_fp"):
        return points(comparison, name)
    level, low, high = bounds["level"], bounds["low"], bounds["high"]
    return f"{value:+.5f} ({100 * level:.0f} % interval {low:+.5f} to {high:+.5f})".replace("-", "−")


def html_report(markdown_text: str, title: str, folder: Path) -> str:
    """Turn the Markdown into one HTML file with the images of ``folder`` inside."""
    import markdown

    body = markdown.markdown(markdown_text, extensions=["tables"], output_format="html")

    def inlined(match: re.Match[str]) -> str:
        encoded = base64.b64encode((folder / match.group(1)).read_bytes()).decode("ascii")
        return f'src="data:image/png;base64,{encoded}"'

    body = re.sub(r'src="([^":]+\.png)"', inlined, body)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>\n{STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
