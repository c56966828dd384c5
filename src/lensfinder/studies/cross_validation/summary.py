"""What a cross-validation found, in words that follow from the numbers of ``cv.json``.

First how large the differences are, then how sure, then what follows. A difference counts as resolved if the
interval of the corrected resampled t-test excludes zero; the other tests are set beside it, and where they
say something else the words say so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lensfinder.evaluation.comparison import excludes_zero, first_is_better
from lensfinder.evaluation.measure_table import MEASURES, headlines
from lensfinder.report.report import UNITS, difference
from lensfinder.report.verdict import level_words, listed, percent
from lensfinder.studies.cross_validation.question import CvQuestion


def verdict(result: Mapping[str, Any], question: CvQuestion, labels: Mapping[str, str]) -> str:
    """Say what ``cv.json`` holds: one comparison in full, several briefly, or each model where there is none.

    Parameters
    ----------
    labels
        What readers call each model.
    """
    comparisons = result["comparisons"]
    if not comparisons:
        found = [_one_model(result, name, labels[name]) for name in result["models"]]
        return " ".join([_design(result), *found, "There is no second model to compare with."])
    if len(comparisons) > 1:
        found = [f"{_pair(of, labels)}: {_brief(of, labels)}." for of in comparisons]
        return " ".join(
            [_design(result), *found, _several(comparisons), _answer(comparisons, question, labels)]
        )
    (of,) = comparisons
    return " ".join(
        [
            _design(result),
            *(_effect(result, of, labels, name) for name in headlines()),
            _mcnemar(of, labels),
            _conclusion(of, labels),
            *_disagreements(result, of),
            _answer(comparisons, question, labels),
        ]
    )


def leak_words(result: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Say how much better random folds make each model look than folds of tiles do."""
    sentences = [
        f"The same {result['n_objects']:,} objects and models, once with objects dealt to folds at random, "
        "so that training and held-out objects share galaxies and spectra, and once with folds of whole sky "
        "tiles."
    ]
    for name, of in result["leak"].items():
        parts = [_leak_of(of, measure) for measure in headlines()]
        sentences.append(f"{_capital(labels[name])}: {'; '.join(parts)}.")
    flattered = {
        labels[name]: [MEASURES[measure].words for measure in headlines() if _flatters(of, measure) == 1]
        for name, of in result["leak"].items()
    }
    found = [f"{label} in {listed(measures)}" for label, measures in flattered.items() if measures]
    sentences.append(
        f"The mistake flatters {listed(found)}."
        if found
        else "At this size no flattery is resolved, which is not to say that a random split is safe."
    )
    return " ".join(sentences)


def _design(result: Mapping[str, Any]) -> str:
    repeats = f", {result['repeats']} times" if result["repeats"] > 1 else ""
    return (
        f"Each of {result['n_objects']:,} objects ({result['n_lenses']:,} lenses) was held out by one of "
        f"{result['folds']} folds{repeats}; values are means over folds."
    )


def _answer(comparisons: Sequence[Mapping[str, Any]], question: CvQuestion, labels: Mapping[str, str]) -> str:
    apart = [of for of in comparisons if resolved(of)]
    if len(comparisons) == 1:
        found = "tells the two apart" if apart else "does not tell the two apart"
        measures = f" in {listed([MEASURES[name].words for name in resolved(apart[0])])}" if apart else ""
        return f"{question.asked} {found}{measures}."
    names = listed([labels[of["first"]] for of in apart]) if apart else "none of the others"
    caution = " (intervals not corrected for their number)" if apart else ""
    return f"{question.asked} tells {names} from {labels[comparisons[0]['second']]}{caution}."


def _one_model(result: Mapping[str, Any], name: str, label: str) -> str:
    of = result["models"][name]
    parts = [
        f"{MEASURES[measure].words} {written(measure, of[measure])} {_bounds(of, measure)}"
        for measure in headlines()
    ]
    return f"{_capital(label)}: {'; '.join(parts)}."


def written(measure: str, value: float | None) -> str:
    """Write a measure in a fold, or its mean."""
    return percent(value) if MEASURES[measure].percent or value is None else f"{value:.5f}"


def _bounds(of: Mapping[str, Any], measure: str) -> str:
    bounds = of[f"{measure}_interval"]
    if bounds["low"] is None:
        return "(no interval)"
    low, high = (written(measure, bounds[end]) for end in ("low", "high"))
    return f"({level_words(bounds)} interval {low} to {high})"


def _effect(result: Mapping[str, Any], of: Mapping[str, Any], labels: Mapping[str, str], measure: str) -> str:
    first, second = (result["models"][of[place]] for place in ("first", "second"))
    text = (
        f"{_capital(MEASURES[measure].words)}: {labels[of['first']]} {written(measure, first[measure])}, "
        f"{labels[of['second']]} {written(measure, second[measure])}"
    )
    key = f"{measure}_difference"
    if of[key] is None:
        return f"{text}; the difference is undefined in a fold."
    tested = "the same in every fold, so that there is no scatter to test it by"
    if of[f"{key}_t"] is not None:
        tested = f"t = {_signed(of[f'{key}_t'], 2)}, p = {of[f'{key}_p']:.2g}"
    boot = of[f"{key}_bootstrap_interval"]
    beside = ""
    if boot["low"] is not None:
        low, high = (_amount(boot[end], measure) for end in ("low", "high"))
        beside = f"; bootstrap over {UNITS[result['interval_unit']]} {low} to {high}"
    value = difference(of, measure) if of[f"{key}_t"] is not None else _amount(of[key], measure)
    return f"{text}, a difference of {value}, {tested}{beside}."


def _mcnemar(of: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    return (
        f"Of the held-out objects {of['only_first_correct']:,} are right with {labels[of['first']]} only, "
        f"{of['only_second_correct']:,} with {labels[of['second']]} only: McNemar's exact "
        f"p = {of['mcnemar_p']:.2g}."
    )


def _conclusion(of: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    level = level_words(of["recall_difference_interval"])
    better = resolved(of)
    if not better:
        return (
            f"Not resolved: no corrected {level} interval of a difference excludes zero, which is not to say "
            f"that the two are equal: {_excluded(of, headlines())}."
        )
    favoured = [f"{MEASURES[name].words} (better: {labels[_winner(of, name)]})" for name in better]
    open_ = [name for name in headlines() if name not in better]
    text = f"Resolved: the corrected {level} interval of the difference excludes zero in {listed(favoured)}."
    if not open_:
        return text
    names = listed([MEASURES[name].words for name in open_])
    return f"{text} No difference in {names} is resolved: {_excluded(of, open_)}."


def resolved(of: Mapping[str, Any], interval: str = "interval") -> list[str]:
    """Headline measures whose difference has an interval (``bootstrap_interval``: that) without zero."""
    return [name for name in headlines() if excludes_zero(of[f"{name}_difference_{interval}"])]


def _excluded(of: Mapping[str, Any], measures: Sequence[str]) -> str:
    parts = [
        f"{_at_most(of, name)} in {MEASURES[name].words}" for name in measures if of[f"{name}_difference_sd"]
    ]
    if not parts:
        return "nothing can be excluded, since the measures are undefined in a fold or the same in all"
    level = level_words(of["recall_difference_interval"])
    return f"differences beyond {listed(parts)} are excluded at {level}"


def _at_most(of: Mapping[str, Any], measure: str) -> str:
    bounds = of[f"{measure}_difference_interval"]
    largest = max(abs(bounds["low"]), abs(bounds["high"]))
    # Rounded up: what is said to be excluded must be.
    if MEASURES[measure].in_points:
        return f"{math.ceil(1e4 * largest - 1e-6) / 100:.2f} percentage points"
    return f"{math.ceil(1e5 * largest - 1e-6) / 1e5:.5f}"


def _disagreements(result: Mapping[str, Any], of: Mapping[str, Any]) -> list[str]:
    by_t, by_bootstrap = resolved(of), resolved(of, "bootstrap_interval")
    sentences = []
    only_bootstrap = [MEASURES[name].words for name in by_bootstrap if name not in by_t]
    only_t = [MEASURES[name].words for name in by_t if name not in by_bootstrap]
    unit = UNITS[result["interval_unit"]]
    if only_bootstrap:
        sentences.append(
            f"The tests disagree: the bootstrap over {unit}, which takes the trained networks as given, "
            f"excludes zero in {listed(only_bootstrap)}, the corrected t-test, which sees that other folds "
            "make other networks, does not."
        )
    if only_t:
        sentences.append(
            f"The tests disagree: the corrected t-test excludes zero in {listed(only_t)}, the bootstrap over "
            f"{unit} does not."
        )
    small = of["mcnemar_p"] < 1 - of["recall_difference_interval"]["level"]
    if small != ("accuracy" in by_t):
        what = "finds a difference" if small else "finds none"
        sentences.append(
            f"McNemar's test, which takes objects as independent and the networks as given, {what} in the "
            f"objects right and wrong, unlike the corrected t-test of the accuracy."
        )
    return sentences


def _pair(of: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    return f"{_capital(labels[of['first']])} − {labels[of['second']]}"


def _brief(of: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    better = resolved(of)
    if not better:
        return f"not resolved; {_excluded(of, headlines())}"
    parts = [
        f"{MEASURES[name].words} differs by {difference(of, name)}, p = {of[f'{name}_difference_p']:.2g}, "
        f"better with {labels[_winner(of, name)]}"
        for name in better
    ]
    return "; ".join(parts)


def _several(comparisons: Sequence[Mapping[str, Any]]) -> str:
    tests = len(comparisons) * len(headlines())
    level = comparisons[0]["recall_difference_interval"]["level"]
    return (
        f"Of {tests} intervals of {100 * level:.0f} %, about {tests * (1 - level):.1f} would exclude zero by "
        "chance if nothing differed."
    )


def _winner(of: Mapping[str, Any], measure: str) -> str:
    return str(of["first"] if first_is_better(of, measure) else of["second"])


def _leak_of(of: Mapping[str, Any], measure: str) -> str:
    if of[f"{measure}_difference"] is None:
        return f"{MEASURES[measure].words} is undefined in a fold"
    sign = {1: "looks better", -1: "looks worse", 0: "not resolved"}[_flatters(of, measure)]
    return f"{MEASURES[measure].words} {difference(of, measure)}, {sign}"


def _flatters(of: Mapping[str, Any], measure: str) -> int:
    """Return 1 where the leak makes a measure look better, −1 worse, 0 where that is not resolved.

    Both intervals must exclude zero: that of the scatter between trainings, and that of the objects.
    """
    key = f"{measure}_difference"
    if not all(excludes_zero(of[f"{key}_{kind}"]) for kind in ("interval", "bootstrap_interval")):
        return 0
    return 1 if first_is_better(of, measure) else -1


def _amount(value: float, measure: str) -> str:
    return _signed(100 * value, 2) if MEASURES[measure].in_points else _signed(value, 5)


def _signed(value: float, decimals: int) -> str:
    # Rounded first: no minus sign before a zero.
    return f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "−")


def _capital(text: str) -> str:
    # Names of models stay as they are written in params.yaml.
    return text if "_" in text else text[:1].upper() + text[1:]
