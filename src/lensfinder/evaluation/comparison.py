"""Two models measured on the same objects: does one find more, and could the difference be chance?

Every difference is first − second, with a paired bootstrap interval: both models are measured on the same
draws of test objects (or of groups of them), so what the draws have in common cancels. The scatter between
trainings with other seeds is in none of these intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals
from lensfinder.evaluation.evaluated import Evaluated
from lensfinder.evaluation.measure_table import MEASURES, compared
from lensfinder.evaluation.metrics import bootstrap_interval, plain
from lensfinder.params import Judging
from lensfinder.typing import BoolArray, FloatArray

OBJECT_COLUMNS = ["object_id", "row", "label"]


def compare(first: Evaluated, second: Evaluated, judging: Judging) -> dict[str, Any]:
    """Compare two models at the fixed threshold and over all thresholds.

    Raises
    ------
    UserError
        If the two did not score the same test objects in the same order.
    """
    objects_1, objects_2 = (of.rows[OBJECT_COLUMNS].reset_index(drop=True) for of in (first, second))
    if not objects_1.equals(objects_2):
        raise UserError(
            f"{first.name} and {second.name} were not evaluated on the same objects; evaluate both again"
        )
    label = first.test.label == 1
    right_1, right_2 = ((of.test.score >= judging.threshold) == label for of in (first, second))
    result: dict[str, Any] = {
        "first": first.name,
        "second": second.name,
        "n_test": len(label),
        "n_lenses": int(label.sum()),
        "threshold": judging.threshold,
        **mcnemar_results(label, right_1, right_2),
    }
    for name in compared():
        value, bounds = paired_difference(first, second, name, judging)
        result[f"{name}_difference"], result[f"{name}_difference_interval"] = value, bounds
    result["interval_unit"] = first.groups.unit
    result["score_correlation"] = _rank_correlation(first.test.score, second.test.score)
    return result


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


def paired_difference(
    first: Evaluated, second: Evaluated, measure: str, judging: Judging
) -> tuple[float | None, dict[str, Any]]:
    """Difference of a measure, first − second, with its paired bootstrap interval."""
    drawn = first.draws[measure] - second.draws[measure]
    return plain(first.value[measure] - second.value[measure]), bootstrap_interval(drawn, judging)


def excludes_zero(bounds: Mapping[str, Any]) -> bool:
    """Whether a difference is resolved: its interval, as metrics files write it, does not hold zero."""
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
