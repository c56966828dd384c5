"""The report of one page: Markdown beside its figures, and HTML with the figures inside, to be mailed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lensfinder.judging.measures import Confusion
from lensfinder.judging.report_template import STYLE, TEMPLATE
from lensfinder.judging.verdict import percent, points

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


@dataclass(frozen=True)
class Report:
    """Everything the report says; ``models`` are the names in ``metrics``, the first two those compared.

    ``talk`` holds published confusions by model, ``figures`` pairs of path relative to the report and
    caption, ``commands`` pairs of claim and command, ``training`` what is known of each model's training, in
    words.
    """

    title: str
    labels: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, Any]]
    comparison: Mapping[str, Any]
    verdict: str
    talk: Mapping[str, Confusion]
    talk_source: str
    figures: Sequence[tuple[str, str]]
    commands: Sequence[tuple[str, str]]
    training: Mapping[str, str]
    setting: str


def markdown_report(report: Report) -> str:
    """Write the report as Markdown; the same report is always the same text."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=False, autoescape=False)
    models = list(report.metrics)
    one = report.metrics[models[0]]
    c = report.comparison
    tiles = one["interval_unit"] == "tile"
    plural = "tiles" if tiles else "groups (a galaxy, or a spectrum where there is none)"
    text = environment.from_string(TEMPLATE).render(
        report=report,
        c=c,
        models=models,
        columns=[*models, *report.talk],
        first=c["first"],
        second=c["second"],
        n_test=f"{c['n_test']:,}",
        n_lenses=f"{c['n_lenses']:,}",
        threshold=f"{c['threshold']:g}",
        level=f"{100 * one['recall_interval']['level']:.0f} %",
        groups=f"{one['interval_groups']:,} {plural}",
        plural=plural,
        sky_ratio=f"{1 / one['sky_lens_fraction']:,.0f}",
        table=_table(report),
        differences=[(words, _difference(c, name)) for name, words in ROWS if f"{name}_difference" in c],
        **{f"p_{key}": f"{c[name]:.2g}" for key, name in _P_VALUES.items()},
    )
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\|\n\n(?=\|)", "|\n", text)).rstrip() + "\n"


_P_VALUES = {"all": "mcnemar_p", "lenses": "mcnemar_p_lenses", "non_lenses": "mcnemar_p_non_lenses"}


def _table(report: Report) -> list[list[str]]:
    counts = ["TP / FP / FN / TN"]
    counts += [
        " / ".join(f"{of[key]:,}" for key in ("tp", "fp", "fn", "tn")) for of in report.metrics.values()
    ]
    counts += [f"{t.tp:,.0f} / {t.fp:,.0f} / {t.fn:,.0f} / {t.tn:,.0f}" for t in report.talk.values()]
    rows = [counts]
    for name, words in ROWS:
        ours = [_with_interval(of, name) for of in report.metrics.values()]
        theirs = [percent(float(getattr(t, name))) if name in TALK_ROWS else "" for t in report.talk.values()]
        rows.append([words, *ours, *theirs])
    chosen = [
        "undefined"
        if of["f_beta_threshold"] is None
        else f"p ≥ {of['f_beta_threshold']:.6g}: TP {of['tp_at_f_beta']:,}, FP {of['fp_at_f_beta']:,}"
        for of in report.metrics.values()
    ]
    rows.append(["threshold of that maximum", *chosen, *("" for _ in report.talk)])
    return rows


def _with_interval(metrics: Mapping[str, Any], name: str) -> str:
    value, bounds, mark = metrics[name], metrics[f"{name}_interval"], ""
    if value is None or bounds["low"] is None:
        return "undefined"
    # Without a single error every bootstrap draw is alike, and its interval says nothing.
    if bounds["low"] == bounds["high"] and f"{name}_wilson_interval" in metrics:
        bounds, mark = metrics[f"{name}_wilson_interval"], " †"
    form = "{:.4f}" if name == "brier" else "{:.2%}" if name in (*TALK_ROWS, "purity_on_sky") else "{:.5f}"
    low, high = form.format(bounds["low"]), form.format(bounds["high"])
    return f"{form.format(value)} [{low}, {high}]{mark}".replace("%", " %")


def _difference(comparison: Mapping[str, Any], name: str) -> str:
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
