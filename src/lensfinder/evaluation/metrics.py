"""One model's metrics: every measure with its intervals, at three operating points.

The operating points are the fixed threshold (keys without suffix), the threshold at which F_β is largest on
the test part itself (``*_at_f_beta``: optimistic, since chosen on the objects it is judged by) and the
threshold at which it is largest on the validation part (``*_at_validation_threshold``: what a survey could
have done). Bootstrap intervals of the second include the choice of the threshold, those of the third take it
as given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lensfinder.evaluation import intervals
from lensfinder.evaluation.evaluated import COUNTS, SUFFIXES, Judged
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, FloatArray

DIGITS = 8
"""Decimals of rates in a metrics file: far below any interval, above the bits that machines disagree on."""

THRESHOLDS = ("f_beta_threshold", "validation_threshold")


def metrics_of(
    judged: Judged, kind: AnyArray, judging: Judging, input_bytes_per_object: int, data_size_saving: float
) -> dict[str, Any]:
    """Content of a model's metrics file.

    Parameters
    ----------
    kind
        Kind of every test object, of shape (n,).
    input_bytes_per_object
        Size of what the network reads of one object.
    data_size_saving
        How many times less that is than all the survey has of it.
    """
    metrics: dict[str, Any] = {name: value_of(name, measured) for name, measured in judged.value.items()}
    metrics["n_test"] = len(judged.rows)
    metrics["validation_threshold"] = value_of("validation_threshold", judged.validation_threshold)
    metrics["input_bytes_per_object"] = int(input_bytes_per_object)
    metrics["data_size_saving"] = plain(data_size_saving)
    metrics["threshold"] = judging.threshold
    metrics["beta"] = judging.beta
    metrics["sky_lens_fraction"] = judging.sky_lens_fraction
    metrics["interval_unit"] = judged.groups.unit
    metrics["interval_groups"] = judged.groups.count
    for name, drawn in judged.draws.items():
        metrics[f"{name}_interval"] = bootstrap_interval(drawn, judging)
    for suffix in SUFFIXES:
        metrics.update(_wilson(judged.value, suffix, judging))
    metrics["called_lens_by_kind"] = called_by_kind(kind, judged.test.score, judging)
    return metrics


def _wilson(value: Mapping[str, FloatArray], suffix: str, judging: Judging) -> dict[str, Any]:
    tp, fp, fn, tn = (value[f"{name}{suffix}"] for name in COUNTS)
    trials = {
        "recall": (tp, tp + fn),
        "fpr": (fp, fp + tn),
        "precision": (tp, tp + fp),
        "accuracy": (tp + tn, tp + fp + fn + tn),
    }
    bounds = {name: intervals.wilson_interval(*pair, judging.interval_level) for name, pair in trials.items()}
    # The lowest purity goes with the lowest recall and the highest FPR: a box, wider than its level says.
    bounds["purity_on_sky"] = (
        intervals.purity_on_sky(bounds["recall"][0], bounds["fpr"][1], judging.sky_lens_fraction),
        intervals.purity_on_sky(bounds["recall"][1], bounds["fpr"][0], judging.sky_lens_fraction),
    )
    return {f"{name}{suffix}_wilson_interval": interval(*pair, judging) for name, pair in bounds.items()}


def called_by_kind(kind: AnyArray, score: FloatArray, judging: Judging) -> dict[str, Any]:
    """For each kind of object, how many there are and how many are called lenses at the fixed threshold."""
    table: dict[str, Any] = {}
    for name in np.unique(np.asarray(kind, dtype=str)):
        of_kind = score[kind == name]
        called = int((of_kind >= judging.threshold).sum())
        table[str(name)] = {
            "n": len(of_kind),
            "called_lens": called,
            "fraction": plain(called / len(of_kind)),
            "fraction_wilson_interval": interval(
                *intervals.wilson_interval(called, len(of_kind), judging.interval_level), judging
            ),
        }
    return table


def bootstrap_interval(draws: FloatArray, judging: Judging) -> dict[str, Any]:
    """Return the percentile interval of draws (samples,) as metrics files write it."""
    return interval(*intervals.percentile_interval(draws, judging.interval_level), judging)


def interval(low: FloatArray | float, high: FloatArray | float, judging: Judging) -> dict[str, Any]:
    """Return an interval as metrics files write it."""
    return {"low": plain(low), "high": plain(high), "level": judging.interval_level}


def value_of(name: str, value: FloatArray | float) -> float | int | None:
    """Python value of the measure ``name``; ``None`` where it is undefined.

    Counts are whole. Thresholds are given in full, so that ``score >= threshold`` selects the same objects
    again.
    """
    number = float(value)
    if np.isnan(number):
        return None
    if name.split("_at_")[0] in COUNTS:
        return int(number)
    return number if name in THRESHOLDS else plain(number)


def plain(value: FloatArray | float) -> float | None:
    """Python number with :data:`DIGITS` decimals, ``None`` for NaN."""
    number = float(value)
    return None if np.isnan(number) else round(number, DIGITS)
