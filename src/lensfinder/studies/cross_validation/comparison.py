"""Two cross-validated models on the same folds, and one model on folds of two kinds.

All differences are first − second. Over folds they are paired fold by fold (corrected resampled t-test), over
objects by the bootstrap, whose draws both models share, and by McNemar's exact test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lensfinder.errors import UserError
from lensfinder.evaluation.comparison import OBJECT_COLUMNS, mcnemar_results
from lensfinder.evaluation.measure_table import compared
from lensfinder.evaluation.metrics import bootstrap_interval, interval, plain
from lensfinder.params import Judging
from lensfinder.studies.cross_validation.measures import POOLED_REPEAT, CrossValidated
from lensfinder.studies.cross_validation.resampled import (
    Design,
    resampled_difference,
    unpaired_difference,
)
from lensfinder.typing import BoolArray


def compare_cross_validated(
    first: CrossValidated, second: CrossValidated, judging: Judging
) -> dict[str, Any]:
    """Compare two models fold by fold and object by object.

    Returns
    -------
    For each measure ``<measure>_difference``, and with that name before them ``_sd``, ``_interval``, ``_t``
    and ``_p`` (corrected resampled t-test; ``None`` where all folds differ by the same amount, and the
    interval is a bound that holds zero) and
    ``_bootstrap_interval``; McNemar's test on the objects of the first repeat.

    Raises
    ------
    UserError
        If the two did not hold out the same objects in the same folds.
    """
    _check_same_folds(first, second)
    result: dict[str, Any] = {
        "first": first.name,
        "second": second.name,
        "n_objects": len(first.objects),
        "n_lenses": int((first.objects["label"] == 1).sum()),
    }
    # Models may learn from other numbers of the same folds' objects: the larger share is the cautious one.
    shares = first.design.test_to_train, second.design.test_to_train
    design = Design(max(shares), first.design.independent)
    for name in compared():
        difference = first.value[name] - second.value[name]
        mean = resampled_difference(difference, design, judging.interval_level)
        key = f"{name}_difference"
        result[key], result[f"{key}_sd"] = plain(mean.mean), plain(mean.sd)
        result[f"{key}_interval"] = interval(mean.low, mean.high, judging)
        result[f"{key}_t"] = plain(mean.t)
        result[f"{key}_p"] = None if np.isnan(mean.p) else float(f"{mean.p:.6g}")
        drawn = first.draws[name] - second.draws[name]
        result[f"{key}_bootstrap_interval"] = bootstrap_interval(drawn, judging)
    label = first.objects["label"].to_numpy() == 1
    right = [_right(of, label, judging.threshold) for of in (first, second)]
    return {**result, "mcnemar_repeat": POOLED_REPEAT, **mcnemar_results(label, right[0], right[1])}


def leak_differences(leaky: CrossValidated, honest: CrossValidated, judging: Judging) -> dict[str, Any]:
    """How much better a model seems with folds that leak than with folds of tiles, on the same objects.

    The folds are not the same, so nothing is paired but the objects, in the bootstrap, which takes the
    networks as they are. That other trainings would differ too is in the interval of the unpaired corrected
    t-test: the variances of both means add up.

    Returns
    -------
    Of each measure both means (``<measure>_leak``, ``<measure>_tiles``) and their difference leak − tiles
    with both intervals, ``_interval`` (corrected t) and ``_bootstrap_interval``.

    Raises
    ------
    UserError
        If the two did not hold out the same objects.
    """
    if not leaky.objects[OBJECT_COLUMNS].equals(honest.objects[OBJECT_COLUMNS]):
        raise UserError(
            f"{leaky.name}: random folds hold out {len(leaky.objects):,} objects and folds of tiles "
            f"{len(honest.objects):,}, and they are not the same; run both cross-validations again"
        )
    result: dict[str, Any] = {}
    designs = leaky.design, honest.design
    for name in compared():
        values = leaky.value[name], honest.value[name]
        result[f"{name}_leak"], result[f"{name}_tiles"] = (plain(of.mean()) for of in values)
        key = f"{name}_difference"
        found = unpaired_difference(*values, designs, judging.interval_level)
        result[key] = plain(found.mean)
        result[f"{key}_interval"] = interval(found.low, found.high, judging)
        drawn = leaky.draws[name] - honest.draws[name]
        result[f"{key}_bootstrap_interval"] = bootstrap_interval(drawn, judging)
    return result


def _check_same_folds(first: CrossValidated, second: CrossValidated) -> None:
    folds = [{of.fold: of.rows[OBJECT_COLUMNS] for of in model.folds} for model in (first, second)]
    if list(folds[0]) != list(folds[1]):
        raise UserError(f"{first.name} and {second.name} do not have the same folds; judge both again")
    for fold, rows in folds[0].items():
        if not rows.equals(folds[1][fold]):
            raise UserError(
                f"{first.name} and {second.name}: fold {fold.number} of repeat {fold.repeat} does not hold "
                "out the same objects for both; train it again for both"
            )


def _right(of: CrossValidated, label: BoolArray, threshold: float) -> BoolArray:
    right: BoolArray = (of.objects["score"].to_numpy(dtype=np.float64) >= threshold) == label
    return right
