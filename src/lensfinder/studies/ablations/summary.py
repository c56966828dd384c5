"""What the ablations show, in words that follow from the numbers of ``ablations.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import resolved
from lensfinder.evaluation.measure_table import MEASURES
from lensfinder.params import Model
from lensfinder.report.page import Section, markdown_table
from lensfinder.report.report import COUNTS_TITLE, counts_words, groups_words, with_interval
from lensfinder.report.verdict import level_words, listed, points, signed_points
from lensfinder.studies.ablations.measures import (
    AUGMENTATION,
    BETTER,
    DECIDING,
    INFORMATION,
    MIXED,
    NORMALISATION,
    OPEN,
    WORSE,
)

PARTS = {
    "one_pseudo_spectrum": "one pseudo-spectrum alone",
    "colours": "colours alone (56 fluxes, no morphology)",
    "white": "morphology alone (one white image, no colours)",
}
"""What is left of the cube, by representation."""

_TAKEN = {
    "one_pseudo_spectrum": "both directions",
    "colours": "morphology",
    "white": "what differs from band to band",
}
"""What is not, by representation."""

TITLES = {
    INFORMATION: "Which information is needed",
    NORMALISATION: "Which normalisation",
    AUGMENTATION: "Free rotations and zooms",
}

_NOISY = (
    "\nColours are sums over whole stamps and carry the noise of all their sky: what fluxes in an "
    "aperture around the light would tell is not tested.\n"
)

_ANSWERS = {
    WORSE: "no, worse than",
    OPEN: "perhaps; this test set does not tell it from",
    BETTER: "yes, better than",
    MIXED: "better and worse, depending on the measure, than",
}

_CONCLUSIONS = {
    WORSE: "worse",
    BETTER: "better",
    OPEN: "not resolved, which is not to say that they are equal",
    MIXED: "better by one measure and worse by the other",
}

SHOWN = ("recall", "fpr", "accuracy", "auc")
"""Measures in tables and in the figure."""


def verdict(content: Mapping[str, Any], definitions: Mapping[str, Model]) -> str:
    """Answer whether a part of the cube suffices, part by part, and conclude what is needed."""
    answers, outcomes = [], {}
    for representation, words in PARTS.items():
        pairs = _pairs_of(content, representation, definitions)
        if not pairs:
            continue
        outcomes[representation] = {of["outcome"] for of in pairs}
        answers.append(f"{words}: {'; '.join(_answer(of) for of in pairs)}")
    if not answers:
        return "No ablation takes information away: params.yaml names none with less than the cube has."
    said = ". ".join(one[0].upper() + one[1:] for one in answers)
    level = level_words(next(iter(content["comparisons"].values()))["auc_difference_interval"])
    return (
        f"Does a part of the light suffice? {said if said.endswith('.') else f'{said}.'} "
        f"{_needed(outcomes)} (Better or worse: the difference in accuracy or ROC AUC is resolved at "
        f"{level}, by Holm's correction over all comparisons.)"
    )


def sections(content: Mapping[str, Any], definitions: Mapping[str, Model]) -> list[Section]:
    """One section for each question that was asked: differences in a table, outcomes in words."""
    found = []
    for question, title in TITLES.items():
        pairs = [of for of in content["comparisons"].values() if of["question"] == question]
        if pairs:
            lines = "".join(f"- {_outcome(of, definitions)}\n" for of in pairs)
            summed = any(definitions[of["first"]].representation == "colours" for of in pairs)
            found.append(Section(title, f"{_table(pairs)}\n{lines}{_NOISY if summed else ''}"))
    return found


def measures_table(content: Mapping[str, Any]) -> str:
    """Every model in a row: counts, main measures with their intervals, and size of its input."""
    rows = []
    for name, of in content["measures"].items():
        saving = of["data_size_saving"]
        size = f"{of['input_bytes_per_object']:,}" + (f" ({saving:,.4g} times less)" if saving > 1 else "")
        rows.append([name, counts_words(of), *(with_interval(of, measure) for measure in SHOWN), size])
    header = ["", COUNTS_TITLE, *(MEASURES[name].words for name in SHOWN), "bytes an object"]
    return markdown_table(header, rows)


def interval_words(content: Mapping[str, Any]) -> str:
    """Say what the intervals are, and what is not in them."""
    replicas = next(iter(content["measures"].values()))["replicas"]
    return (
        f"Measures are means over {replicas} trainings of each model. Intervals hold the scatter of the test "
        f"part's {groups_words(content)} and that of training again, which is pooled over all models; what "
        "all models find hard cancels in a difference. A difference is called resolved only if it "
        f"stands out when all {len(content['comparisons'])} comparisons are looked at together (Holm's "
        "correction). McNemar's exact test (p) is of the committees, the trainings of a model together: it "
        "takes objects as independent, and knows nothing of other trainings."
    )


def _pairs_of(
    content: Mapping[str, Any], representation: str, definitions: Mapping[str, Model]
) -> list[Mapping[str, Any]]:
    return [
        of
        for of in content["comparisons"].values()
        if of["question"] == INFORMATION and definitions[of["first"]].representation == representation
    ]


def _answer(of: Mapping[str, Any]) -> str:
    told = [name for name in DECIDING if resolved(of, name)] or list(DECIDING)
    measures = [f"{MEASURES[name].words} {points(of, name) or 'undefined'}" for name in told]
    return f"{_ANSWERS[of['outcome']]} {of['second']}, {listed(measures)}"


def _needed(outcomes: Mapping[str, set[str]]) -> str:
    """What follows: which information is needed, and which is not shown to be."""
    needed = [_TAKEN[name] for name, of in outcomes.items() if of == {WORSE}]
    open_ = [_TAKEN[name] for name, of in outcomes.items() if of != {WORSE}]
    sentences = []
    if needed:
        sentences.append(f"These models are worse without {listed(needed)}.")
    if open_:
        sentences.append(f"That they need {listed(open_)} is not shown.")
    return " ".join(sentences)


def _outcome(of: Mapping[str, Any], definitions: Mapping[str, Model]) -> str:
    name = of["first"]
    what = PARTS.get(definitions[name].representation)
    named = f"**{name}**, {what}," if what else f"**{name}**"
    measures = [MEASURES[name].words for name in SHOWN if resolved(of, name)]
    which = f" Resolved in {listed(measures)}." if measures else ""
    return f"{named} against {of['second']}: {_CONCLUSIONS[of['outcome']]}.{which}"


def _table(pairs: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            f"{of['first']} − {of['second']}",
            *(_brief(of, measure) for measure in SHOWN),
            f"{of['only_first_correct']:,} : {of['only_second_correct']:,} (p = {of['mcnemar_p']:.2g})",
        ]
        for of in pairs
    ]
    words = [MEASURES[name].words for name in SHOWN]
    header = ["percentage points", *words, "right with the first only : with the second only"]
    return markdown_table(header, rows)


def _brief(of: Mapping[str, Any], measure: str) -> str:
    value, bounds = of[f"{measure}_difference"], of[f"{measure}_difference_interval"]
    if value is None or bounds["low"] is None:
        return "undefined"
    low, high = signed_points(bounds["low"]), signed_points(bounds["high"])
    return f"{signed_points(value)} [{low}, {high}]"
