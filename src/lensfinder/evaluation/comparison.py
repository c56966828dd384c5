"""Two models measured on the same objects: does one find more, and could the difference be chance?

Every difference is first − second, of the means over each model's trainings. Its interval holds the scatter
of test objects, in which both models share the draws, and that of training again; see :mod:`.replicas`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals
from lensfinder.evaluation.measure_table import MEASURES, averaged, compared, headlines
from lensfinder.evaluation.metrics import estimated, plain
from lensfinder.evaluation.replicas import (
    NO_SCATTER,
    TrainingScatter,
    difference_estimate,
    training_scatter,
)
from lensfinder.evaluation.replicated import Replicated
from lensfinder.multiplicity import holm
from lensfinder.params import Judging
from lensfinder.typing import BoolArray, FloatArray

OBJECT_COLUMNS = ["object_id", "row", "label"]

Scatters = Mapping[str, TrainingScatter]
"""How trainings scatter, by measure."""


def scatters_of(models: Collection[Replicated]) -> Scatters:
    """Return how the trainings of models scatter about the mean of their model, in each measure.

    Of what learns without chance they do not.
    """
    by_chance = [of for of in models if of.by_chance]
    if not by_chance:
        return dict.fromkeys(averaged(), NO_SCATTER)
    return {name: training_scatter([of.values(name) for of in by_chance]) for name in averaged()}


def compare(first: Replicated, second: Replicated, scatters: Scatters, judging: Judging) -> dict[str, Any]:
    """Compare two models at the fixed threshold and over all thresholds.

    Returns
    -------
    Differences of all compared measures, each with interval, p and both standard deviations; McNemar's test
    of the two committees; none is called resolved before :func:`resolve` was asked.

    Raises
    ------
    UserError
        If the two did not score the same test objects in the same order.
    """
    one, other = first.committee, second.committee
    objects_1, objects_2 = (of.rows[OBJECT_COLUMNS].reset_index(drop=True) for of in (one, other))
    if not objects_1.equals(objects_2):
        raise UserError(
            f"{first.name} and {second.name} were not evaluated on the same objects; evaluate both again"
        )
    label = one.test.label == 1
    right_1, right_2 = ((of.test.score >= judging.threshold) == label for of in (one, other))
    result: dict[str, Any] = {
        "first": first.name,
        "second": second.name,
        "n_test": len(label),
        "n_lenses": int(label.sum()),
        "threshold": judging.threshold,
        **mcnemar_results(label, right_1, right_2),
    }
    for name in compared():
        result |= difference_of(first, second, name, scatters, judging)
    result["interval_unit"] = one.groups.unit
    result["score_correlation"] = _rank_correlation(one.test.score, other.test.score)
    return result


def difference_of(
    first: Replicated, second: Replicated, measure: str, scatters: Scatters, judging: Judging
) -> dict[str, Any]:
    """Difference of a measure, as metrics files write it."""
    estimate = difference_estimate(
        first.values(measure),
        first.draws(measure),
        second.values(measure),
        second.draws(measure),
        first.committee.groups.count,
        scatters[measure],
        judging.interval_level,
        by_chance=(first.by_chance, second.by_chance),
    )
    key = f"{measure}_difference"
    return {**estimated(key, estimate, judging), f"{key}_p": plain(estimate.p)}


def resolve(
    comparisons: Sequence[dict[str, Any]], level: float, measures: Sequence[str] | None = None
) -> None:
    """Say in each of the comparisons which differences are resolved, when all are looked at together.

    A difference of one of ``measures`` (the headlines) is resolved if its p, by Holm's correction over these
    measures and all comparisons, is below 1 − level.
    """
    names = headlines() if measures is None else measures
    asked = [(of, name) for of in comparisons for name in names if of[f"{name}_difference_p"] is not None]
    adjusted = holm(np.array([of[f"{name}_difference_p"] for of, name in asked]))
    for of in comparisons:
        of["resolved"] = []
    for (of, name), p in zip(asked, adjusted, strict=True):
        if p < 1 - level:
            of["resolved"].append(name)


def resolved(comparison: Mapping[str, Any], name: str) -> bool:
    """Whether a difference is resolved, see :func:`resolve`."""
    return name in comparison["resolved"]


def mcnemar_results(label: BoolArray, right_1: BoolArray, right_2: BoolArray) -> dict[str, Any]:
    """McNemar's exact test of two models that are right or wrong on the same objects, each of shape (n,).

    Returns
    -------
    ``mcnemar_p``, and the numbers of objects that only one, both or none has right; the test and the first
    two also of lenses and of non-lenses alone.
    """
    result: dict[str, Any] = {}
    for part, chosen in (("", np.ones_like(label)), ("_lenses", label), ("_non_lenses", ~label)):
        only_1, only_2, p_value = intervals.mcnemar_exact(right_1[chosen], right_2[chosen])
        result[f"mcnemar_p{part}"] = float(f"{p_value:.6g}")
        result[f"only_first_correct{part}"], result[f"only_second_correct{part}"] = only_1, only_2
        if not part:
            result["both_correct"] = int((right_1 & right_2).sum())
            result["both_wrong"] = int((~right_1 & ~right_2).sum())
    return result


def excludes_zero(bounds: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference, as metrics files write it, does not hold zero."""
    return bounds["low"] is not None and (bounds["low"] > 0 or bounds["high"] < 0)


def first_is_better(comparison: Mapping[str, Any], measure: str) -> bool:
    """Whether the first of two models has the better value of a measure."""
    return bool((comparison[f"{measure}_difference"] > 0) != MEASURES[measure].lower_is_better)


def _rank_correlation(first: FloatArray, second: FloatArray) -> float | None:
    """Spearman's coefficient; ``None`` if a model gives all objects the same score."""
    one, two = (pd.Series(score).rank().to_numpy() for score in (first, second))
    if np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    return plain(float(np.corrcoef(one, two)[0, 1]))


def data_sizes(sizes: Mapping[str, Any], first: str, second: str) -> dict[str, Any]:
    """Size of both representations from the representation stage's ``sizes.json``, and what the second saves.

    Raises
    ------
    UserError
        If ``sizes`` lacks an entry.
    """
    try:
        return {
            "bytes_per_object_first": int(sizes[first]["bytes_per_object_memory"]),
            "bytes_per_object_second": int(sizes[second]["bytes_per_object_memory"]),
            "bytes_on_disk_first": int(sizes[first]["bytes_total_disk"]),
            "bytes_on_disk_second": int(sizes[second]["bytes_total_disk"]),
            "data_size_saving_memory": plain(sizes["saving_memory"]),
            "data_size_saving_disk": plain(sizes["saving_disk"]),
        }
    except KeyError as error:
        raise UserError(f"sizes.json: no entry {error}; run the represent stage again") from None
