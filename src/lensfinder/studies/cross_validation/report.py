"""Sections of the report of a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lensfinder.evaluation.measure_table import MEASURES, headlines
from lensfinder.report.page import Section, markdown_table
from lensfinder.report.report import (
    COUNTS_TITLE,
    UNITS,
    counts_words,
    difference,
    groups_words,
    mcnemar_words,
    measure_rows,
    measures_table,
)
from lensfinder.report.verdict import level_words
from lensfinder.studies.cross_validation.question import CvQuestion
from lensfinder.studies.cross_validation.summary import written


def cv_sections(result: Mapping[str, Any], question: CvQuestion) -> list[Section]:
    """Sections above the figures; ``result`` is the content of the metrics file."""
    return [
        Section("What was done", _design(result, question)),
        Section("Means over folds", _means(result)),
        *(
            Section(f"Is the difference real? {of['first']} − {of['second']}", _comparison(result, of))
            for of in result["comparisons"]
        ),
        *([Section("What the mistake costs", _leak(result))] if "leak" in result else []),
        Section("Out-of-fold counts", _pooled(result, question)),
        Section("Every fold", "\n".join(_folds(name, of) for name, of in result["models"].items())),
    ]


def _design(result: Mapping[str, Any], question: CvQuestion) -> str:
    random, several = "leak" in result, result["repeats"] > 1
    unions = "objects dealt at random, the usual mistake" if random else f"unions of {question.fold}"
    repeats = f" The cut was made {result['repeats']} times, along other lines." if several else ""
    return (
        f"{result['n_objects']:,} {question.objects} were cut into {result['folds']} folds, {unions}; each "
        "fold was held out by networks trained on the others, and early stopping saw a validation part cut "
        f"from these others.{repeats} All models saw the same folds. An object is called a lens at "
        f"p ≥ {result['threshold']:g}."
    )


def _means(result: Mapping[str, Any]) -> str:
    models = result["models"]
    rows = measure_rows(lambda name: [_mean(of, name) for of in models.values()], next(iter(models.values())))
    rows.append(
        ["bytes an object, in memory", *(f"{of['input_bytes_per_object']:,}" for of in models.values())]
    )
    return (
        f"Mean ± standard deviation between folds; in brackets the corrected {_level(result)} interval of "
        "the mean.\n\n"
        f"{markdown_table(['', *models], rows)}"
    )


def _mean(of: Mapping[str, Any], name: str) -> str:
    if of[name] is None:
        return "undefined in a fold"
    bounds = of[f"{name}_interval"]
    numbers = (of[name], of[f"{name}_sd"], bounds["low"], bounds["high"])
    value, sd, low, high = (written(name, number) for number in numbers)
    return f"{value} ± {sd} [{low}, {high}]"


def _comparison(result: Mapping[str, Any], of: Mapping[str, Any]) -> str:
    rows = measure_rows(lambda name: _difference_cells(of, name), of, "_difference")
    header = ["measure", "mean difference", "sd between folds", "t", "p", "bootstrap interval"]
    repeat = f" (of repeat {of['mcnemar_repeat']})" if result["repeats"] > 1 else ""
    return (
        f"{of['first']} − {of['second']}, fold by fold: {result['test']}. Beside it the bootstrap over "
        f"{groups_words(result)}, both models on the same draws.\n\n"
        f"{markdown_table(header, rows)}\n"
        f"McNemar's exact test on the out-of-fold predictions{repeat} at p ≥ {result['threshold']:g}: only "
        f"{of['first']} has {of['only_first_correct']:,} objects right, only {of['second']} "
        f"{of['only_second_correct']:,}; {mcnemar_words(of)}. Both have {of['both_correct']:,} right and "
        f"{of['both_wrong']:,} wrong."
    )


def _difference_cells(of: Mapping[str, Any], name: str) -> list[str]:
    key = f"{name}_difference"
    if of[key] is None:
        return ["undefined in a fold", "", "", "", ""]
    points = MEASURES[name].in_points
    if of[f"{key}_t"] is None:
        return [f"{of[key]:+.5f} in every fold", "0", "", "", ""]
    sd = f"{100 * of[f'{key}_sd']:.2f}" if points else f"{of[f'{key}_sd']:.5f}"
    t = f"{of[f'{key}_t']:.2f}".replace("-", "−")
    bounds = of[f"{key}_bootstrap_interval"]
    boot = "undefined"
    if bounds["low"] is not None:
        boot = " to ".join(
            (f"{100 * bounds[end]:+.2f}" if points else f"{bounds[end]:+.5f}").replace("-", "−")
            for end in ("low", "high")
        )
    return [difference(of, name), sd, t, f"{of[f'{key}_p']:.2g}", boot]


def _leak(result: Mapping[str, Any]) -> str:
    leak = result["leak"]
    rows = measure_rows(
        lambda name: [difference(of, name) for of in leak.values()],
        next(iter(leak.values())),
        "_difference",
    )
    return (
        "Random folds − folds of sky tiles, the mean over folds of each, on the same objects; intervals of "
        "the corrected t-test, in which the scatter of both trainings is. The figure has those of the "
        f"bootstrap over {groups_words(result)} beside them.\n\n"
        f"{markdown_table(['measure', *leak], rows)}"
    )


def _pooled(result: Mapping[str, Any], question: CvQuestion) -> str:
    pooled = {name: of["pooled"] for name, of in result["models"].items()}
    repeat = " of the first repeat" if result["repeats"] > 1 else ""
    return (
        f"Every object once{repeat}, judged by the network that never saw it; in brackets the "
        f"{_level(result)} bootstrap interval (†: Wilson's, where no draw differs from another).\n\n"
        f"{measures_table(pooled, question.talk)}\n{question.talk_note}"
    )


def _folds(name: str, of: Mapping[str, Any]) -> str:
    rows = [
        [
            f"{fold['repeat']}-{fold['fold']}",
            f"{fold['n_train']:,} + {fold['n_validation']:,}",
            f"{fold['n_test']:,} ({fold['n_lenses']:,})",
            f"{fold['epochs']} ({fold['best_epoch']})",
            counts_words(fold),
            *(written(measure, fold[measure]) for measure in headlines()),
        ]
        for fold in of["per_fold"]
    ]
    header = [
        f"{name}: repeat-fold",
        "training + validation",
        "held out (lenses)",
        "epochs (best)",
        COUNTS_TITLE,
        *(MEASURES[measure].short for measure in headlines()),
    ]
    return markdown_table(header, rows)


def reading_section(result: Mapping[str, Any]) -> Section:
    """Say how to read the intervals."""
    shared = (
        ""
        if result["interval_unit"] == "object"
        else " One galaxy and one quasar spectrum serve several objects, so McNemar's test, which takes "
        "objects as independent, is a little too sure."
    )
    return Section(
        "How to read the intervals",
        "**Corrected interval, t and p**: from the scatter between folds, which holds that of test objects, "
        "of training sets and of initial weights. Networks of different folds learned from mostly the same "
        "objects; an ordinary t-test ignores that and finds differences where there are none, so the "
        "variance is enlarged by the number of objects held out over that of the objects learned from "
        f"({result['test']}; Bouckaert & Frank 2004 for repeats). With few folds the interval is wide: that "
        "is what a few trainings can say. Where all folds agree there is nothing to judge by: the interval "
        "is then the Clopper–Pearson bound of what was never seen in as many independent "
        f"{UNITS[result['interval_unit']]}. "
        f"**Bootstrap over {UNITS[result['interval_unit']]}**: the scatter of test objects only, for these "
        "very networks. **McNemar**: whether the two models' mistakes on the same objects could be a "
        f"coin's.{shared} Each interval and p stands for itself: of several, one may exclude zero by chance. "
        "The maximum of F_β is chosen on the held-out objects themselves, the line below it is not.",
    )


def _level(result: Mapping[str, Any]) -> str:
    one = next(iter(result["models"].values()))
    return level_words(one["recall_interval"])
