"""How pure a sample of candidates would be on the sky, where kinds of objects come in other numbers.

A test set holds as many lenses as one wants; the sky does not. Recall and false-positive rate are measured
kind by kind on the test objects, and the kinds are mixed as the simulation has them on the sky: FPR_sky =
Σ W_k FPR_k / Σ W_k over the kinds of non-lenses, with W_k the number of such objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lensfinder.evaluation.evaluated import Evaluated
from lensfinder.evaluation.intervals import (
    bootstrap,
    independent_objects,
    percentile_interval,
    rate_bound,
)
from lensfinder.evaluation.measure_table import FIXED, VALIDATION
from lensfinder.evaluation.measures import ratio
from lensfinder.evaluation.metrics import interval, plain
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, BoolArray, FloatArray


@dataclass(frozen=True)
class OnSky:
    """How many objects of the sky each test object stands for.

    Attributes
    ----------
    weight
        Of shape (n,), in ``unit``; the weights of a kind add up to its number on the sky.
    unit
        Of the weights, in words that follow a number.
    shared
        Names (n,) of what several objects may share, such as a galaxy, an array each; "" for nothing.
    """

    weight: FloatArray
    unit: str
    shared: Sequence[AnyArray] = ()


@dataclass(frozen=True)
class _Mix:
    """Kinds on the sky: which objects (kinds, n) are of each, its number, whether it is of lenses."""

    names: Sequence[str]
    member: BoolArray
    number: FloatArray
    lens: BoolArray
    independent: FloatArray


def sky_metrics(
    evaluated: Evaluated, kind: AnyArray, sky: OnSky, judging: Judging, seed: int
) -> dict[str, Any]:
    """Return recall, FPR and purity on the sky, at the fixed threshold and at the one chosen on validation.

    Intervals are the bootstrap's, over the draws of all other measures. No draw gives a false positive to a
    kind that has none: the lower end of purity and the upper end of FPR take each such kind at the upper
    bound of its rate, all at once.
    """
    mix = _mix(evaluated, np.asarray(kind, dtype=str), sky)
    thresholds = {FIXED: judging.threshold, VALIDATION: evaluated.validation_threshold}
    return {
        "unit": sky.unit,
        "kinds": {
            name: {"number": plain(mix.number[k]), "independent": plain(mix.independent[k])}
            for k, name in enumerate(mix.names)
        },
        **{
            point: _at(evaluated, mix, sky.weight, threshold, judging, seed)
            for point, threshold in thresholds.items()
        },
    }


def _mix(evaluated: Evaluated, kind: AnyArray, sky: OnSky) -> _Mix:
    names = [str(name) for name in np.unique(kind)]
    member = np.stack([kind == name for name in names])
    return _Mix(
        names,
        member,
        np.array([sky.weight[of].sum() for of in member]),
        np.array([bool(evaluated.test.label[of].any()) for of in member]),
        np.array([independent_objects(sky.weight[of], [names[of] for names in sky.shared]) for of in member]),
    )


def _at(
    evaluated: Evaluated, mix: _Mix, sky_weight: FloatArray, threshold: float, judging: Judging, seed: int
) -> dict[str, Any]:
    called = evaluated.test.score >= threshold
    of_kind = (mix.member * sky_weight).T

    def mixed(weight: FloatArray, unseen: float) -> dict[str, FloatArray]:
        rate = ratio((weight * called) @ of_kind, weight @ of_kind)
        lenses, others = (mix.number[which] for which in (mix.lens, ~mix.lens))
        true, false = rate[:, mix.lens] @ lenses, rate[:, ~mix.lens] @ others + unseen
        return {
            "recall": ratio(true, lenses.sum()),
            "fpr": ratio(false, others.sum()),
            "purity": ratio(true, true + false),
        }

    value = mixed(np.ones((1, called.size)), 0.0)
    none_called = [
        k
        for k in map(int, np.flatnonzero(~mix.lens))
        if not called[mix.member[k]].any() and mix.number[k] > 0
    ]
    bound = {mix.names[k]: float(rate_bound(mix.independent[k], judging.interval_level)) for k in none_called}
    unseen = sum(mix.number[k] * bound[mix.names[k]] for k in none_called)

    def statistic(weight: FloatArray) -> dict[str, FloatArray]:
        seen, worst = mixed(weight, 0.0), mixed(weight, unseen)
        return {**seen, **{f"{name}_worst": of for name, of in worst.items()}}

    draws = bootstrap(statistic, evaluated.groups, judging.bootstrap_samples, seed)
    found: dict[str, Any] = {}
    for name, of in value.items():
        worst = draws[f"{name}_worst"]
        low, high = (draws[name], worst) if name == "fpr" else (worst, draws[name])
        lowest, highest = (percentile_interval(ends, judging.interval_level) for ends in (low, high))
        found[name] = plain(of[0])
        found[f"{name}_interval"] = interval(lowest[0], highest[1], judging)
    return {**found, "fpr_bounds": {name: plain(of) for name, of in bound.items()}}
