"""What a network must beat, and whether it does, in words that follow from the numbers of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lensfinder.evaluation.measure_table import MEASURES, headlines
from lensfinder.report.page import Section, markdown_table
from lensfinder.report.report import difference, with_interval
from lensfinder.report.verdict import level_words, listed

DECISIVE = "auc"
"""Measure by which a network beats a baseline: it needs no threshold, and no calibration."""

Against = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Comparisons, network − baseline, by model and by baseline."""


def baselines_verdict(against: Against) -> str:
    """Name the networks that do not beat a baseline, or say shortly that all do.

    A network beats a baseline if the interval of the difference of their areas lies wholly above zero.
    """
    words, baselines = MEASURES[DECISIVE].words, list(next(iter(against.values())))
    failures = []
    for baseline in baselines:
        failed: dict[str, list[str]] = {"worse than": [], "not shown to beat": []}
        for model, of in against.items():
            low, high = (of[baseline][f"{DECISIVE}_difference_interval"][end] for end in ("low", "high"))
            if low is None or low <= 0:
                state = "worse than" if high is not None and high < 0 else "not shown to beat"
                failed[state].append(f"{model} ({_short(of[baseline])})")
        failures += [
            f"{state} {_plain(baseline)}: {listed(models)}" for state, models in failed.items() if models
        ]
    if not failures:
        return f"In {words} every network beats {listed([_plain(name) for name in baselines])}."
    level = level_words(next(iter(against.values()))[baselines[0]][f"{DECISIVE}_difference_interval"])
    return f"In {words} (difference and its {level} interval), {'; '.join(failures)}."


def baselines_section(
    measured: Mapping[str, Mapping[str, Mapping[str, Any]]],
    metrics: Mapping[str, Mapping[str, Any]],
    trained_on: Mapping[str, str],
    against: Against,
) -> Section:
    """Set networks and baselines side by side, and give the paired differences.

    Parameters
    ----------
    measured
        Metrics of baselines, by training set and baseline.
    metrics
        Metrics of networks, by model; ``trained_on`` is the training set of each.
    """
    names = headlines()
    rows = []
    for of_set, baselines in measured.items():
        networks = {model: of for model, of in metrics.items() if trained_on[model] == of_set}
        for name, of in {**{_plain(name): of for name, of in baselines.items()}, **networks}.items():
            rows.append([of_set, name, *(with_interval(of, measure) for measure in names)])
    titles = [MEASURES[name].title for name in names]
    differences = [
        [f"{model} − {_plain(baseline)}", *(difference(of, name) for name in names)]
        for model, baselines in against.items()
        for baseline, of in baselines.items()
    ]
    return Section(
        "What a network must beat",
        "Baselines learn from numbers of each object's images, on the same training and validation "
        "parts as the networks; one number alone by logistic regression, several by boosted trees.\n\n"
        f"{markdown_table(['trained on', '', *titles], rows)}\n"
        "Differences, on the same objects and the same bootstrap draws:\n\n"
        f"{markdown_table(['pair', *titles], differences)}",
    )


def _short(of: Mapping[str, Any]) -> str:
    value, bounds = of[f"{DECISIVE}_difference"], of[f"{DECISIVE}_difference_interval"]
    if value is None or bounds["low"] is None:
        return "undefined"
    return f"{value:+.4f} [{bounds['low']:+.4f}, {bounds['high']:+.4f}]".replace("-", "−")


def _plain(name: str) -> str:
    return name.replace("_", " ")
