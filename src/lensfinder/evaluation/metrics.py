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
from lensfinder.evaluation.evaluated import Evaluated
from lensfinder.evaluation.measure_table import (
    COUNTS,
    DIGITS,
    MEASURES,
    SUFFIXES,
    Measure,
    compared,
    headlines,
    measured,
)
from lensfinder.evaluation.measures import Confusion
from lensfinder.evaluation.replicas import Estimate, TrainingScatter, mean_estimate
from lensfinder.evaluation.replicated import Replicated
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, FloatArray


def metrics_of(
    model: Replicated, kind: AnyArray, scatters: Mapping[str, TrainingScatter], judging: Judging
) -> dict[str, Any]:
    """All measures of a model, means over its trainings, with intervals; of the committee; of each training.

    Parameters
    ----------
    kind
        Kind of every test object, of shape (n,).
    scatters
        How trainings scatter, by measure; pooled over the models that are compared.
    """
    of_committee = model.committee
    metrics: dict[str, Any] = {"replicas": len(model.single), "n_test": len(of_committee.rows)}
    for key, _, of in measured():
        if of.compared:
            estimate = mean_estimate(
                model.values(key),
                model.draws(key),
                of_committee.groups.count,
                scatters[key],
                judging.interval_level,
            )
            metrics |= estimated(key, estimate, judging)
        elif key in COUNTS:
            metrics[key] = plain(model.mean(key))
    # MLflow's list of runs shows some forty numbers.
    metrics["shown"] = ["replicas", "n_test", "data_size_saving", *COUNTS, *compared()]
    metrics["shown"] += [f"{name}_interval" for name in headlines()]
    metrics["threshold"] = judging.threshold
    metrics["beta"] = judging.beta
    metrics["interval_unit"] = of_committee.groups.unit
    metrics["interval_groups"] = of_committee.groups.count
    metrics["committee"] = single_metrics(of_committee, kind, judging)
    metrics["single"] = [
        {key: value_of(of, each.value[key]) for key, _, of in measured()} for each in model.single
    ]
    return metrics


def single_metrics(evaluated: Evaluated, kind: AnyArray, judging: Judging) -> dict[str, Any]:
    """Measures of one training, or of one committee, with intervals of the test objects alone."""
    value = evaluated.value
    metrics: dict[str, Any] = {key: value_of(of, value[key]) for key, _, of in measured()}
    metrics["n_test"] = len(evaluated.rows)
    metrics["validation_threshold"] = value_of(MEASURES["f_beta_threshold"], evaluated.validation_threshold)
    metrics["threshold"] = judging.threshold
    metrics["beta"] = judging.beta
    metrics["interval_unit"] = evaluated.groups.unit
    metrics["interval_groups"] = evaluated.groups.count
    for name, drawn in evaluated.draws.items():
        metrics[f"{name}_interval"] = bootstrap_interval(drawn, judging)
    for key, point, of in measured():
        if of.wilson:
            counts = Confusion(*(value[f"{name}{SUFFIXES[point]}"] for name in COUNTS))
            metrics[f"{key}_wilson_interval"] = interval(*of.wilson(counts, judging), judging)
    metrics["called_lens_by_kind"] = called_by_kind(kind, evaluated.test.score, judging)
    return metrics


def summary_of(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The dozen numbers of :func:`metrics_of` that one looks at, as ``dvc metrics show`` prints them."""
    committee = {key: metrics["committee"][key] for key in (*COUNTS, *headlines())}
    means = {key: metrics[key] for key in (*headlines(), "f_beta", "tpr_at_10_fp")}
    return {"replicas": metrics["replicas"], **means, "committee": committee}


def estimated(key: str, estimate: Estimate, judging: Judging) -> dict[str, Any]:
    """Return a value with its interval and where that comes from, as metrics files write it."""
    return {
        key: plain(estimate.value),
        f"{key}_interval": interval(estimate.low, estimate.high, judging),
        f"{key}_objects_sd": plain(estimate.objects_sd),
        f"{key}_training_sd": plain(estimate.training_sd),
    }


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
            "fraction_wilson_interval": wilson_interval(called, len(of_kind), judging),
        }
    return table


def bootstrap_interval(draws: FloatArray, judging: Judging) -> dict[str, Any]:
    """Return the percentile interval of draws (samples,) as metrics files write it."""
    return interval(*intervals.percentile_interval(draws, judging.interval_level), judging)


def wilson_interval(
    successes: FloatArray | float, trials: FloatArray | float, judging: Judging
) -> dict[str, Any]:
    """Return Wilson's interval of a rate as metrics files write it."""
    return interval(*intervals.wilson_interval(successes, trials, judging.interval_level), judging)


def interval(low: FloatArray | float, high: FloatArray | float, judging: Judging) -> dict[str, Any]:
    """Return an interval as metrics files write it."""
    return {"low": plain(low), "high": plain(high), "level": judging.interval_level}


def value_of(of: Measure, value: FloatArray | float) -> float | int | None:
    """Python value of a measure; ``None`` where it is undefined."""
    number = float(value)
    return None if np.isnan(number) else of.stored(number)


def plain(value: FloatArray | float) -> float | None:
    """Python number with :data:`DIGITS` decimals, ``None`` for NaN."""
    number = float(value)
    return None if np.isnan(number) else round(number, DIGITS)
