"""Two models judged on the same objects: does one find more, and could the difference be chance?

Every difference is first − second, with a paired bootstrap interval: both models are measured on the same
draws of tiles (or galaxies), so what the draws have in common cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.judging import intervals
from lensfinder.judging.evaluation import choose_threshold, groups_of, interval, measure, part_of, plain
from lensfinder.params import Judging
from lensfinder.typing import FloatArray

DIFFERENCES = (
    "recall",
    "fpr",
    "precision",
    "accuracy",
    "auc",
    "average_precision",
    "f_beta",
    "f_beta_at_validation_threshold",
    "tpr_at_0_fp",
    "tpr_at_10_fp",
    "brier",
)
OBJECT_COLUMNS = ["object_id", "row", "label", "part"]


def compare(
    first: tuple[str, pd.DataFrame],
    second: tuple[str, pd.DataFrame],
    catalogue: pd.DataFrame,
    judging: Judging,
    seed: int,
) -> dict[str, Any]:
    """Compare two models, each a name and its score table, at the fixed threshold and over all thresholds.

    Raises
    ------
    UserError
        If the two did not score the same objects in the same order.
    """
    (name_1, scores_1), (name_2, scores_2) = first, second
    if not scores_1[OBJECT_COLUMNS].equals(scores_2[OBJECT_COLUMNS]):
        raise UserError(f"{name_1} and {name_2} were not evaluated on the same objects; evaluate both again")
    rows, test_1 = part_of(scores_1, "test")
    _, test_2 = part_of(scores_2, "test")
    tests = (test_1, test_2)
    thresholds = [
        choose_threshold(part_of(scores, "validation")[1], judging.beta) for scores in (scores_1, scores_2)
    ]

    def statistic(weight: FloatArray | None) -> Mapping[str, FloatArray]:
        one, two = (measure(test, judging, at, weight) for test, at in zip(tests, thresholds, strict=True))
        return {name: one[name] - two[name] for name in DIFFERENCES}

    group, unit = groups_of(rows, catalogue)
    value = statistic(None)
    draws = intervals.bootstrap(statistic, group, judging.bootstrap_samples, seed)
    label = test_1.label == 1
    right_1, right_2 = ((test.score >= judging.threshold) == label for test in tests)
    only_1, only_2, p_value = intervals.mcnemar_exact(right_1, right_2)
    result: dict[str, Any] = {
        "first": name_1,
        "second": name_2,
        "n_test": len(rows),
        "n_lenses": int(label.sum()),
        "threshold": judging.threshold,
        "mcnemar_p": float(f"{p_value:.6g}"),
        "only_first_correct": only_1,
        "only_second_correct": only_2,
        "both_correct": int((right_1 & right_2).sum()),
        "both_wrong": int((~right_1 & ~right_2).sum()),
    }
    for part, chosen in (("lenses", label), ("non_lenses", ~label)):
        one, two, p_part = intervals.mcnemar_exact(right_1[chosen], right_2[chosen])
        result[f"mcnemar_p_{part}"] = float(f"{p_part:.6g}")
        result[f"only_first_correct_{part}"], result[f"only_second_correct_{part}"] = one, two
    for name in DIFFERENCES:
        result[f"{name}_difference"] = plain(value[name])
        result[f"{name}_difference_interval"] = interval(
            *intervals.percentile_interval(draws[name], judging.interval_level), judging
        )
    result["interval_unit"] = unit
    result["score_correlation"] = _rank_correlation(test_1.score, test_2.score)
    return result


def _rank_correlation(first: FloatArray, second: FloatArray) -> float | None:
    """Spearman's coefficient; ``None`` if a model gives all objects the same score."""
    one, two = (pd.Series(score).rank().to_numpy() for score in (first, second))
    if np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    return plain(float(np.corrcoef(one, two)[0, 1]))


def data_sizes(sizes: Mapping[str, Any], cube: str, pseudo_spectra: str) -> dict[str, Any]:
    """Size of both representations from the representation stage's ``sizes.json``, and what the second saves.

    Raises
    ------
    UserError
        If ``sizes`` lacks an entry.
    """
    try:
        return {
            "bytes_per_object_first": int(sizes[cube]["bytes_per_object_memory"]),
            "bytes_per_object_second": int(sizes[pseudo_spectra]["bytes_per_object_memory"]),
            "bytes_on_disk_first": int(sizes[cube]["bytes_total_disk"]),
            "bytes_on_disk_second": int(sizes[pseudo_spectra]["bytes_total_disk"]),
            "data_size_saving_memory": plain(sizes["saving_memory"]),
            "data_size_saving_disk": plain(sizes["saving_disk"]),
        }
    except KeyError as error:
        raise UserError(f"sizes.json: no entry {error}; run the represent stage again") from None
