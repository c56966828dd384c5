"""The report of a cross-validation: one page, Markdown beside its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lensfinder.report.report import (
    ROWS,
    TALK_ROWS,
    UNITS,
    Section,
    difference,
    markdown_table,
    with_interval,
)
from lensfinder.report.verdict import percent
from lensfinder.studies.cross_validation.questions import CvContest

COUNTS_ROW = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True)
class CvReport:
    """Everything the report says.

    ``result`` is the content of the metrics file, ``setting`` what was run; ``figures`` holds pairs of path
    relative to the report and caption, ``commands`` pairs of claim and command.
    """

    title: str
    setting: str
    result: Mapping[str, Any]
    contest: CvContest
    figures: Sequence[tuple[str, str]]
    commands: Sequence[tuple[str, str]]


def markdown_cv_report(report: CvReport) -> str:
    """Write the report as Markdown; the same report is always the same text."""
    result, contest = report.result, report.contest
    sections = [
        Section("What was done", _design(result, contest)),
        Section("Means over folds", _means(result)),
        *(
            Section(f"Is the difference real? {of['first']} − {of['second']}", _comparison(result, of))
            for of in result["comparisons"]
        ),
        *([Section("What the mistake costs", _leak(result))] if "leak" in result else []),
        Section("Out-of-fold counts", _pooled(result, contest)),
        Section("Every fold", "\n".join(_folds(name, of) for name, of in result["models"].items())),
        Section("Figures", "\n\n".join(f"![{words}]({path})\n\n*{words}*" for path, words in report.figures)),
        Section("How to read the intervals", _reading(result)),
        Section(
            "How to get each number again",
            markdown_table(["claim", "command"], [[claim, f"`{run}`"] for claim, run in report.commands]),
        ),
    ]
    head = f"# {report.title}\n\n{report.setting}\n\n> {result['verdict']}\n"
    return head + "".join(f"\n## {of.title}\n\n{of.text.rstrip()}\n" for of in sections)


def _design(result: Mapping[str, Any], contest: CvContest) -> str:
    random, several = "leak" in result, result["repeats"] > 1
    unions = "objects dealt at random, the usual mistake" if random else f"unions of {contest.fold}"
    repeats = f" The cut was made {result['repeats']} times, along other lines." if several else ""
    return (
        f"{result['n_objects']:,} {contest.objects} were cut into {result['folds']} folds, {unions}; each "
        "fold was held out by networks trained on the others, and early stopping saw a validation part cut "
        f"from these others.{repeats} All models saw the same folds. An object is called a lens at "
        f"p ≥ {result['threshold']:g}."
    )


def _means(result: Mapping[str, Any]) -> str:
    models = result["models"]
    rows = [
        [words, *(_mean(of, name) for of in models.values())]
        for name, words in ROWS
        if name in next(iter(models.values()))
    ]
    rows.append(
        ["bytes an object, in memory", *(f"{of['input_bytes_per_object']:,}" for of in models.values())]
    )
    level = _level(result)
    return (
        f"Mean ± standard deviation between folds; in brackets the corrected {level} interval of the "
        "mean.\n\n"
        f"{markdown_table(['', *models], rows)}"
    )


def _mean(of: Mapping[str, Any], name: str) -> str:
    if of[name] is None:
        return "undefined in a fold"
    bounds = of[f"{name}_interval"]
    if bounds["low"] is None:
        return f"{_write(name, of[name])}, the same in every fold"
    numbers = (of[name], of[f"{name}_sd"], bounds["low"], bounds["high"])
    value, sd, low, high = (_write(name, number) for number in numbers)
    return f"{value} ± {sd} [{low}, {high}]"


def _write(name: str, value: float) -> str:
    return percent(value) if name in TALK_ROWS else f"{value:.5f}"


def _comparison(result: Mapping[str, Any], of: Mapping[str, Any]) -> str:
    rows = [[words, *_difference_cells(of, name)] for name, words in ROWS if f"{name}_difference" in of]
    header = ["measure", "mean difference", "sd between folds", "t", "p", "bootstrap interval"]
    p_all, p_lenses, p_non_lenses = (
        f"{of[name]:.2g}" for name in ("mcnemar_p", "mcnemar_p_lenses", "mcnemar_p_non_lenses")
    )
    repeat = f" (of repeat {of['mcnemar_repeat']})" if result["repeats"] > 1 else ""
    return (
        f"{of['first']} − {of['second']}, fold by fold: {result['test']}. Beside it the bootstrap over "
        f"{result['interval_groups']:,} {UNITS[result['interval_unit']]}, both models on the same draws.\n\n"
        f"{markdown_table(header, rows)}\n"
        f"McNemar's exact test on the out-of-fold predictions{repeat} at p ≥ {result['threshold']:g}: only "
        f"{of['first']} has {of['only_first_correct']:,} objects right, only {of['second']} "
        f"{of['only_second_correct']:,}; p = {p_all} (lenses alone {p_lenses}, non-lenses alone "
        f"{p_non_lenses}). Both have {of['both_correct']:,} right and {of['both_wrong']:,} wrong."
    )


def _difference_cells(of: Mapping[str, Any], name: str) -> list[str]:
    key = f"{name}_difference"
    if of[key] is None:
        return ["undefined in a fold", "", "", "", ""]
    points = name in (*TALK_ROWS, "tpr_at_0_fp", "tpr_at_10_fp")
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
    names = list(result["leak"])
    rows = [
        [words, *(difference(of, name) for of in result["leak"].values())]
        for name, words in ROWS
        if f"{name}_difference" in result["leak"][names[0]]
    ]
    return (
        "Random folds − folds of sky tiles, the mean over folds of each, on the same objects; intervals of "
        "the corrected t-test, in which the scatter of both trainings is. The figure has those of the "
        f"bootstrap over {result['interval_groups']:,} {UNITS[result['interval_unit']]} beside them.\n\n"
        f"{markdown_table(['measure', *names], rows)}"
    )


def _pooled(result: Mapping[str, Any], contest: CvContest) -> str:
    pooled = {name: of["pooled"] for name, of in result["models"].items()}
    rows = [
        [
            "TP / FP / FN / TN",
            *(" / ".join(f"{of[key]:,}" for key in COUNTS_ROW) for of in pooled.values()),
            *(" / ".join(f"{getattr(of, key):,.0f}" for key in COUNTS_ROW) for of in contest.talk.values()),
        ]
    ]
    titles = dict(ROWS)
    for name in TALK_ROWS:
        theirs = [percent(float(getattr(of, name))) for of in contest.talk.values()]
        rows.append([titles[name], *(with_interval(of, name) for of in pooled.values()), *theirs])
    purity = [with_interval(of, "purity_on_sky") for of in pooled.values()]
    rows.append([titles["purity_on_sky"], *purity, *("" for _ in contest.talk)])
    header = ["", *pooled, *(f"talk: {name}" for name in contest.talk)]
    repeat = " of the first repeat" if result["repeats"] > 1 else ""
    return (
        f"Every object once{repeat}, judged by the network that never saw it; in brackets the "
        f"{_level(result)} bootstrap interval (†: Wilson's, where no draw differs from another).\n\n"
        f"{markdown_table(header, rows)}\n{contest.talk_note}"
    )


def _folds(name: str, of: Mapping[str, Any]) -> str:
    rows = [
        [
            f"{fold['repeat']}-{fold['fold']}",
            f"{fold['n_train']:,} + {fold['n_validation']:,}",
            f"{fold['n_test']:,} ({fold['n_lenses']:,})",
            f"{fold['epochs']} ({fold['best_epoch']})",
            " / ".join(f"{fold[key]:,}" for key in COUNTS_ROW),
            *(percent(fold[measure]) for measure in ("recall", "fpr", "accuracy")),
            "undefined" if fold["auc"] is None else f"{fold['auc']:.5f}",
        ]
        for fold in of["per_fold"]
    ]
    header = [
        f"{name}: repeat-fold",
        "training + validation",
        "held out (lenses)",
        "epochs (best)",
        "TP / FP / FN / TN",
        "recall",
        "FPR",
        "accuracy",
        "AUC",
    ]
    return markdown_table(header, rows)


def _reading(result: Mapping[str, Any]) -> str:
    shared = (
        ""
        if result["interval_unit"] == "object"
        else " One galaxy and one quasar spectrum serve several objects, so McNemar's test, which takes "
        "objects as independent, is a little too sure."
    )
    return (
        "**Corrected interval, t and p**: from the scatter between folds, which holds that of test objects, "
        "of training sets and of initial weights. Networks of different folds learned from mostly the same "
        "objects; an ordinary t-test ignores that and finds differences where there are none, so the "
        f"variance is enlarged by the share of objects held out ({result['test']}; Bouckaert & Frank 2004 "
        "for repeats). With few folds the interval is wide: that is what a few trainings can say. "
        f"**Bootstrap over {UNITS[result['interval_unit']]}**: the scatter of test objects only, for these "
        "very networks. **McNemar**: whether the two models' mistakes on the same objects could be a "
        f"coin's.{shared} Each interval and p stands for itself: of several, one may exclude zero by chance. "
        "The maximum of F_β is chosen on the held-out objects themselves, the line below it is not."
    )


def _level(result: Mapping[str, Any]) -> str:
    one = next(iter(result["models"].values()))
    return f"{100 * one['recall_interval']['level']:.0f} %"
