"""What the false-positive rates on hard negatives mean, in words that follow from the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import excludes_zero
from lensfinder.report.page import markdown_table
from lensfinder.report.report import with_interval
from lensfinder.report.verdict import listed, percent, points
from lensfinder.studies.hard_negatives.measures import ALL

IMPOSTOR_NAMES = {
    "star_near_galaxy": "star near a galaxy",
    "two_stars": "two stars",
    "quasar_pair": "physical quasar pair",
    "ring_galaxy": "ring galaxy",
    "merger": "merger",
}
"""Kinds of hard negatives, as readers see them."""

ORDINARY_NAMES = {"quasar_near_galaxy": "quasar near a galaxy", "quasar_alone": "quasar alone"}
MEANINGFUL_OBJECTS = 100
"""Objects of a kind below which its interval is wider than most rates."""


def verdict(content: Mapping[str, Any]) -> str:
    """State each model's false-positive rate, what deceives it, and whether one model is deceived less."""
    sentences = [_deceived(model, content) for model in content["models"]]
    return " ".join([*sentences, _difference(content)])


def deceiving_kinds(model: str, content: Mapping[str, Any]) -> list[str]:
    """Kinds whose interval lies wholly above that of the ordinary negatives, the worst first."""
    ordinary = bounds(content["ordinary_negatives"][model][ALL])[1]
    rates = {kind: of for kind, of in content["models"][model].items() if kind != ALL}
    worse = [kind for kind, of in rates.items() if bounds(of)[0] > ordinary]
    return sorted(worse, key=lambda kind: -rates[kind]["fpr"])


def _deceived(model: str, content: Mapping[str, Any]) -> str:
    rates, ordinary = content["models"][model], content["ordinary_negatives"][model][ALL]
    text = (
        f"{model}, which finds {percent(content['recall'][model]['recall'])} of the test lenses, calls "
        f"{percent(rates[ALL]['fpr'])} of {rates[ALL]['n']:,} hard negatives a lens, against "
        f"{percent(ordinary['fpr'])} of the {ordinary['n']:,} ordinary negatives of the test part"
    )
    worse = deceiving_kinds(model, content)
    if not worse:
        return f"{text}; no kind is resolved to deceive it more often than those."
    named = [f"{IMPOSTOR_NAMES[kind]} ({percent(rates[kind]['fpr'])})" for kind in worse]
    return f"{text}; resolved to deceive it more often than those: {listed(named)}."


def _difference(content: Mapping[str, Any]) -> str:
    first, second = content["first"], content["second"]
    differences = content["differences"]
    overall = differences[ALL]
    text = f"Over all kinds the rate of {first} minus that of {second} is {points(overall, 'fpr')}"
    resolved = [
        kind for kind in IMPOSTOR_NAMES if excludes_zero(differences[kind]["fpr_difference_interval"])
    ]
    if not resolved:
        return f"{text}; of no kind alone is a difference of the two resolved."
    fewer = {
        model: [
            IMPOSTOR_NAMES[kind]
            for kind in resolved
            if (differences[kind]["fpr_difference"] < 0) == (model == first)
        ]
        for model in (first, second)
    }
    said = [f"{model} is deceived less by {listed(kinds)}" for model, kinds in fewer.items() if kinds]
    return f"{text}; {listed(said)}."


def rates_table(content: Mapping[str, Any]) -> str:
    """Rates of every kind and model, below them those of ordinary negatives and the recall."""
    models = content["models"]
    rows = [
        [words, f"{models[content['first']][kind]['n']:,}", *(_told(of[kind]) for of in models.values())]
        for kind, words in {**IMPOSTOR_NAMES, ALL: "**all hard negatives**"}.items()
    ]
    ordinary = content["ordinary_negatives"]
    rows += [
        [
            f"*{words}*",
            f"{ordinary[content['first']][kind]['n']:,}",
            *(_told(ordinary[m][kind]) for m in models),
        ]
        for kind, words in {**ORDINARY_NAMES, ALL: "all ordinary negatives"}.items()
        if kind in ordinary[content["first"]]
    ]
    rows.append(
        ["recall on the test lenses", "", *(with_interval(content["recall"][m], "recall") for m in models)]
    )
    return markdown_table(["kind", "objects", *models], rows)


def differences_table(content: Mapping[str, Any]) -> str:
    """Paired difference of the first two models for every kind."""
    rows = []
    for kind, words in {**IMPOSTOR_NAMES, ALL: "**all**"}.items():
        of = content["differences"][kind]
        rows.append(
            [
                words,
                points(of, "fpr"),
                f"{of['only_first_calls_lens']:,}",
                f"{of['only_second_calls_lens']:,}",
                f"{of['mcnemar_p']:.2g}",
            ]
        )
    first, second = content["first"], content["second"]
    header = [
        "kind",
        f"FPR, {first} − {second}",
        f"only {first} deceived",
        f"only {second} deceived",
        "McNemar's p",
    ]
    return markdown_table(header, rows)


def fainter_than_cut(kind: Sequence[str], mimic_r_mag: Sequence[float], limit: float) -> str:
    """Say how many rings and companions are fainter than any quasar that the models learned from."""
    counts = []
    for name in ("ring_galaxy", "merger"):
        of_kind = [r for k, r in zip(kind, mimic_r_mag, strict=True) if k == name]
        counts.append(f"{sum(r > limit for r in of_kind):,} of {len(of_kind):,} ({IMPOSTOR_NAMES[name]})")
    return (
        "Where stars or quasars stand for quasar images, together they pass the cut on the magnitude of all "
        f"images, r ≤ {limit:g}. Rings and companion galaxies have the light that galaxies have: "
        f"{listed(counts)} are fainter than that, and may deceive nobody for that reason alone."
    )


def _told(rate: Mapping[str, Any]) -> str:
    shown = {**rate, "fpr_interval": rate.get("fpr_interval", rate["fpr_wilson_interval"])}
    mark = "" if "fpr_interval" in rate else " †"
    told = with_interval(shown, "fpr")
    return told if told.endswith("†") else told + mark


def bounds(rate: Mapping[str, Any]) -> tuple[float, float]:
    """Return the bootstrap interval of a rate; Wilson's where no draw differs from another."""
    found = rate["fpr_interval"]
    if found["low"] is None or found["low"] == found["high"]:
        found = rate["fpr_wilson_interval"]
    return found["low"], found["high"]
