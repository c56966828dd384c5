"""What a survey would find: recall, false positives and purity with as many objects as the sky has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lensfinder.evaluation.measure_table import FIXED, MEASURES, VALIDATION
from lensfinder.report.page import Section, markdown_table
from lensfinder.report.verdict import level_words, listed

_ROWS = {"purity": "purity", "recall": MEASURES["recall"].title, "fpr": MEASURES["fpr"].title}
_POINTS = {FIXED: "", VALIDATION: ", threshold chosen on validation"}


def on_sky_section(metrics: Mapping[str, Mapping[str, Any]], kind_names: Mapping[str, str]) -> list[Section]:
    """Say how pure a sample would be on the sky; no section where the survey does not know."""
    known = {name: of["on_sky"] for name, of in metrics.items() if "on_sky" in of}
    if not known:
        return []
    one = next(iter(known.values()))
    numbers = listed(
        [f"{kind_names.get(kind, kind)} {of['number']:.3g}" for kind, of in one["kinds"].items()]
    )
    rows = [
        [f"{title}{where}", *(_cell(of[point], name) for of in known.values())]
        for point, where in _POINTS.items()
        for name, title in _ROWS.items()
    ]
    return [
        Section(
            "On the sky",
            f"Kinds of objects come in other numbers there than in the test set: {numbers} {one['unit']}, as "
            f"the simulation has them. With these, and {level_words(one[FIXED]['purity_interval'])} "
            "intervals:\n\n"
            f"{markdown_table(['', *known], rows)}\n"
            f"{_bounds_words(known, kind_names)}"
            "What else the sky holds that the simulation does not is not in these numbers.",
        )
    ]


def _cell(of: Mapping[str, Any], name: str) -> str:
    value, bounds = of[name], of[f"{name}_interval"]
    if value is None or bounds["low"] is None:
        return "undefined"
    return f"{value:.3%} [{bounds['low']:.3%}, {bounds['high']:.3%}]".replace("%", " %")


def _bounds_words(known: Mapping[str, Mapping[str, Any]], kind_names: Mapping[str, str]) -> str:
    rows = [
        f"{kind_names.get(kind, kind)}{where}, at most {bound:.2%}: {name}".replace("%", " %")
        for point, where in _POINTS.items()
        for name, of in known.items()
        for kind, bound in of[point]["fpr_bounds"].items()
    ]
    if not rows:
        return ""
    # Models for which the same is true stand together.
    models: dict[str, list[str]] = {}
    for row in rows:
        words, _, name = row.rpartition(": ")
        models.setdefault(words, []).append(name)
    bounds = "; ".join(f"{words} ({listed(names)})" for words, names in models.items())
    return (
        "Of some kinds no test object is called a lens: there the intervals reach as far as the upper "
        f"Clopper–Pearson bound of the rate allows. {bounds[0].upper()}{bounds[1:]}. "
    )
