"""The verdict follows from the numbers: resolved or not, agreeing or not, one model or many, the leak."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lensfinder.evaluation.measure_table import headlines
from lensfinder.params import read_params
from lensfinder.studies.cross_validation import summary
from lensfinder.studies.cross_validation.euclid.question import QUESTION as EUCLID
from lensfinder.studies.cross_validation.jpas.question import QUESTION as JPAS

LABELS = {"cube": "the cube", "pseudo_spectra": "the two pseudo-spectra"}
MEANS = {"recall": 0.98, "fpr": 0.01, "accuracy": 0.985, "auc": 0.999}


def interval(low: float | None, high: float | None) -> dict[str, Any]:
    return {"low": low, "high": high, "level": 0.95}


def comparison(first: str, second: str, **intervals: Any) -> dict[str, Any]:
    """By default each difference is 0 ± 0.0042; ``<measure>=(t interval, bootstrap interval)``."""
    of: dict[str, Any] = {"first": first, "second": second, "mcnemar_p": 0.4}
    of |= {"only_first_correct": 31, "only_second_correct": 24}
    for name in headlines():
        by_t, by_bootstrap = intervals.get(name, ((-0.0042, 0.0042), (-0.003, 0.003)))
        key = f"{name}_difference"
        of[key] = None if by_t[0] is None else 0.5 * (by_t[0] + by_t[1])
        of[f"{key}_t"], of[f"{key}_p"] = (None, None) if by_t[0] is None else (1.23, 0.28)
        of[f"{key}_sd"] = None if by_t[0] is None else 0.003
        of[f"{key}_interval"] = interval(*by_t)
        of[f"{key}_bootstrap_interval"] = interval(*by_bootstrap)
    return of


def result(*comparisons: dict[str, Any], models: tuple[str, ...] = tuple(LABELS)) -> dict[str, Any]:
    of = MEANS | {f"{name}_interval": interval(value - 0.01, value) for name, value in MEANS.items()}
    return {
        "folds": 5,
        "repeats": 1,
        "n_objects": 6400,
        "n_lenses": 3200,
        "interval_unit": "tile",
        "models": dict.fromkeys(models, of),
        "comparisons": list(comparisons),
    }


def verdict(changes: dict[str, Any] | None = None, **intervals: Any) -> str:
    """The verdict on the cube beside the pseudo-spectra."""
    of = comparison("cube", "pseudo_spectra", **intervals) | (changes or {})
    return summary.verdict(result(of), JPAS, LABELS)


def leak_words(**intervals: Any) -> str:
    of = comparison("cube", "cube", **intervals)
    return summary.leak_words(result() | {"leak": {"cube": of}}, {"cube": "the cube"})


def test_what_is_not_resolved_is_not_called_equal() -> None:
    words = verdict(recall=((-0.00371, 0.01121), (-0.001, 0.009)))
    assert "Not resolved: no corrected 95 % interval" in words
    assert "not to say that the two are equal" in words
    # Rounded up: 1.121 points are not excluded at 1.12.
    assert "differences beyond 1.13 percentage points in recall, 0.42 percentage points in false" in words
    assert "0.00420 in ROC AUC are excluded at 95 %" in words
    assert words.endswith("cross-validation does not tell the two apart.")
    assert "pending of checking results with proper cross-validation" in words
    assert "disagree" not in words
    assert "McNemar's test, which" not in words
    # Effect first, then certainty, then what follows.
    order = [words.index(part) for part in ("Recall: ", "t = +1.23, p = 0.28", "McNemar's", "Not resolved")]
    assert order == sorted(order)


def test_what_is_resolved_names_the_measure_and_the_better_model() -> None:
    words = verdict(recall=((0.001, 0.009), (0.002, 0.008)), fpr=((0.001, 0.003), (0.001, 0.003)))
    assert (
        "Resolved: the corrected 95 % interval of the difference excludes zero in recall (better: the cube) "
        "and false-positive rate (better: the two pseudo-spectra)."
    ) in words
    assert "No difference in accuracy and ROC AUC is resolved: differences beyond 0.42" in words
    assert words.endswith("cross-validation tells the two apart in recall and false-positive rate.")
    assert "Not resolved" not in words


def test_tests_that_disagree_are_named() -> None:
    words = verdict(auc=((-0.001, 0.003), (0.0005, 0.0015)), accuracy=((0.001, 0.002), (-0.001, 0.004)))
    assert re.search(r"disagree: the bootstrap over tiles, .* excludes zero in ROC AUC, the corrected", words)
    assert (
        "disagree: the corrected t-test excludes zero in accuracy, the bootstrap over tiles does not" in words
    )
    assert "McNemar's test, which takes objects as independent and the networks as given, finds none" in words
    assert "finds a difference" in verdict({"mcnemar_p": 0.001})


def test_undefined_measures_and_folds_that_all_agree() -> None:
    same = {"fpr_difference_t": None, "fpr_difference_p": None, "fpr_difference_sd": 0.0}
    words = verdict(same, recall=((None, None), (None, None)))
    assert "undefined in a fold" in words
    assert "the same in every fold, so that there is no scatter" in words
    # Neither of what is undefined nor of what does not scatter is anything excluded.
    assert "0.42 percentage points in accuracy and" in words
    for name in ("recall", "false-positive rate"):
        assert f"in {name}" not in words[words.index("Not resolved") :]
    still = {f"{name}_difference_sd": 0.0 for name in headlines()}
    assert "nothing can be excluded, since the measures are undefined in a fold or the same" in verdict(still)


def test_one_model_is_described_and_not_compared() -> None:
    words = summary.verdict(result(models=("cube",)), JPAS, {"cube": "the cube"})
    assert "The cube: recall 98.00 % (95 % interval 97.00 % to 98.00 %)" in words
    assert words.endswith("There is no second model to compare with.")
    assert "apart" not in words


def test_many_comparisons_are_brief_and_warn_of_chance() -> None:
    found = comparison("set_2", "set_1", recall=((-0.02, -0.01), (-0.02, -0.01)))
    labels = {name: name for name in ("set_1", "set_2", "set_3")}
    of = result(found, comparison("set_3", "set_1"), models=tuple(labels))
    words = summary.verdict(of, EUCLID, labels)
    assert "set_2 − set_1: recall differs by −1.50 percentage points" in words
    assert "better with set_1" in words
    assert "set_3 − set_1: not resolved; differences beyond" in words
    assert "Of 8 intervals of 95 %, about 0.4 would exclude zero by chance" in words
    assert words.endswith(
        "cross-validation tells set_2 from set_1 (intervals not corrected for their number)."
    )
    none = result(*[comparison(name, "set_1") for name in ("set_2", "set_3")], models=tuple(labels))
    assert summary.verdict(none, EUCLID, labels).endswith("tells none of the others from set_1.")


@pytest.mark.parametrize(
    ("by_t", "by_bootstrap", "words"),
    [
        ((0.01, 0.03), (0.01, 0.03), "+2.00 percentage points (95 % interval +1.00 to +3.00), looks better"),
        (
            (-0.03, -0.01),
            (-0.03, -0.01),
            "−2.00 percentage points (95 % interval −3.00 to −1.00), looks worse",
        ),
        ((-0.01, 0.01), (-0.01, 0.01), "0.00 percentage points (95 % interval −1.00 to +1.00), not resolved"),
        ((0.01, 0.03), (-0.01, 0.05), ""),
        ((-0.01, 0.05), (0.01, 0.03), ""),
    ],
)
def test_the_leak_flatters_only_where_both_intervals_resolve_that(
    by_t: tuple[float, float], by_bootstrap: tuple[float, float], words: str
) -> None:
    text = leak_words(recall=(by_t, by_bootstrap))
    assert (f"recall {words}" if words else "") in text
    flattered = "The mistake flatters the cube in recall." in text
    assert flattered == (min(by_t[0], by_bootstrap[0]) > 0)
    assert ("no flattery is resolved" in text) == (not flattered)
    text = leak_words(fpr=((-0.02, -0.01), (-0.02, -0.01)))
    assert "The mistake flatters the cube in false-positive rate." in text


def test_pairs_are_fixed_beforehand() -> None:
    params = read_params()
    jpas = params.jpas.models
    assert JPAS.pairs(jpas) == [("cube", "pseudo_spectra")]
    assert JPAS.pairs({"cube": jpas["cube"]}) == []
    more = {"cube": jpas["cube"], "wide": jpas["cube"], "pseudo_spectra": jpas["pseudo_spectra"]}
    assert JPAS.pairs(more) == [("cube", "pseudo_spectra")]
    assert JPAS.labels(more) == {"cube": "cube", "wide": "wide", "pseudo_spectra": "the two pseudo-spectra"}
    assert JPAS.labels(jpas) == LABELS
    sets = params.euclid.models
    assert EUCLID.pairs(sets) == [(name, "set_1") for name in sets if name != "set_1"]
    assert EUCLID.pairs({"set_3": sets["set_3"]}) == []
