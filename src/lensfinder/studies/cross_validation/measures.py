"""One model cross-validated: every fold measured on its own, and what the mean over folds is worth.

Scores of different networks are never ranked together: AUC and the like are computed fold by fold and
averaged. Only counts at the fixed threshold are pooled, over the folds of the first repeat, in which every
object is held out once.

The bootstrap draws groups of the whole catalogue, and measures every fold on its own objects among them. It
knows how the test objects scatter but takes the networks as they are; the corrected resampled t interval
(:mod:`.resampled`) sees both, in a few folds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals
from lensfinder.evaluation.evaluated import Part, choose_threshold, measure, part_of
from lensfinder.evaluation.intervals import Groups
from lensfinder.evaluation.measure_table import COUNTS, FIXED, MEASURES, measured
from lensfinder.evaluation.measures import Confusion, ratio
from lensfinder.evaluation.metrics import bootstrap_interval, interval, plain, value_of, wilson_interval
from lensfinder.params import Judging
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.resampled import Design, resampled_measure
from lensfinder.typing import FloatArray, IntArray

TRAINING_KEYS = ("n_train", "n_validation", "epochs", "best_epoch")
"""What is told of the training of each fold."""

POOLED_REPEAT = 1
"""Repeat whose folds' counts are added up."""

_POOLED = "pooled_"


@dataclass(frozen=True)
class HeldOut:
    """What a fold's network says of the objects that it never saw.

    Attributes
    ----------
    rows
        Rows of the score table, of the held-out objects only.
    validation_threshold
        Threshold chosen on the fold's own validation part; NaN if that has no lens.
    training
        :data:`TRAINING_KEYS` of the fold's training.
    """

    fold: Fold
    rows: pd.DataFrame
    validation_threshold: float
    training: Mapping[str, int]


@dataclass(frozen=True)
class CrossValidated:
    """A model measured on all folds.

    Attributes
    ----------
    folds
        In their order.
    value
        Each measure of :func:`~lensfinder.evaluation.evaluated.measure` on every fold, of shape (J,).
    objects
        Rows of all held-out objects, with the scores of the first repeat, in the catalogue's order.
    groups
        What the bootstrap drew of ``objects``.
    draws
        Mean over folds of each of :func:`averaged` measures on every draw, of shape (samples,); folds that a
        draw leaves without a measure are left out. Models with the same objects have the same draws.
    pooled, pooled_draws
        Counts of the first repeat, every object once; on every draw, each of shape (samples,).
    """

    name: str
    folds: Sequence[HeldOut]
    value: Mapping[str, FloatArray]
    objects: pd.DataFrame
    groups: Groups
    draws: Mapping[str, FloatArray]
    pooled: Confusion
    pooled_draws: Confusion

    @property
    def design(self) -> Design:
        """What intervals of means over the folds depend on.

        Objects of a group are not independent, and measures of one class rest on the groups that hold it.
        """
        shares = [len(of.rows) / of.training["n_train"] for of in self.folds]
        lens = self.objects["label"].to_numpy() == 1
        groups = [np.unique(self.groups.of[chosen]).size for chosen in (lens, ~lens)]
        return Design(float(np.mean(shares)), max(min(groups), 1))

    @property
    def n_folds(self) -> int:
        """Folds of one repeat."""
        return max(of.fold.number for of in self.folds)

    @property
    def n_repeats(self) -> int:
        """How often the catalogue was cut into folds."""
        return max(of.fold.repeat for of in self.folds)


def averaged() -> list[str]:
    """Return those measures of which a mean over folds means something: not counts and thresholds."""
    return [key for key, _, of in measured() if of.compared]


def held_out_of(fold: Fold, scores: pd.DataFrame, training: Mapping[str, int], judging: Judging) -> HeldOut:
    """Take the held-out objects of a fold from its score table, and choose the threshold on validation.

    Raises
    ------
    UserError
        If the table lacks a part.
    """
    rows, _ = part_of(scores, "test")
    threshold = choose_threshold(part_of(scores, "validation")[1], judging.beta)
    return HeldOut(fold, rows.drop(columns="part").reset_index(drop=True), threshold, training)


def cross_validate(
    name: str,
    folds: Sequence[HeldOut],
    groups_of: Callable[[pd.DataFrame], Groups],
    judging: Judging,
    seed: int,
) -> CrossValidated:
    """Measure a model on all of its folds.

    Parameters
    ----------
    groups_of
        From rows of a score table, what the bootstrap draws.
    seed
        Of the bootstrap; the same for all models, so that their intervals rest on the same draws.

    Raises
    ------
    UserError
        If the folds of a repeat do not hold out every object once.
    """
    objects = _held_out_once(name, folds)
    groups = groups_of(objects)
    position = [np.searchsorted(objects["row"], of.rows["row"]) for of in folds]
    parts = [Part(of.rows["label"].to_numpy(), of.rows["score"].to_numpy(dtype=np.float64)) for of in folds]
    values = [measure(part, judging, of.validation_threshold) for part, of in zip(parts, folds, strict=True)]
    value = {key: np.array([float(of[key]) for of in values]) for key in values[0]}
    pooled = np.array([of.fold.repeat == POOLED_REPEAT for of in folds])

    def statistic(weight: FloatArray) -> dict[str, FloatArray]:
        drawn = [
            measure(part, judging, of.validation_threshold, weight[:, columns])
            for part, of, columns in zip(parts, folds, position, strict=True)
        ]
        stacked = {key: np.stack([of[key] for of in drawn], axis=-1) for key in value}
        means = {key: _mean_of_defined(stacked[key]) for key in averaged()}
        return {**means, **{f"{_POOLED}{key}": stacked[key][:, pooled].sum(axis=-1) for key in COUNTS}}

    draws = intervals.bootstrap(statistic, groups, judging.bootstrap_samples, seed)
    return CrossValidated(
        name,
        folds,
        value,
        objects,
        groups,
        draws,
        Confusion(*(value[key][pooled].sum() for key in COUNTS)),
        Confusion(*(draws.pop(f"{_POOLED}{key}") for key in COUNTS)),
    )


def model_result(of: CrossValidated, judging: Judging, input_bytes_per_object: int) -> dict[str, Any]:
    """Return what ``cv.json`` says of a model: each fold, means over folds, pooled counts.

    Intervals of means (``<measure>_interval``) are those of the corrected resampled t-test, see
    :func:`.resampled.resampled_measure`; ``<measure>_bootstrap_interval`` are those of the bootstrap.
    """
    result: dict[str, Any] = {"per_fold": [_fold_result(of, index) for index in range(len(of.folds))]}
    for name in averaged():
        mean = resampled_measure(of.value[name], of.design, judging.interval_level)
        result[name], result[f"{name}_sd"] = plain(mean.mean), plain(mean.sd)
        result[f"{name}_interval"] = interval(mean.low, mean.high, judging)
        result[f"{name}_bootstrap_interval"] = bootstrap_interval(of.draws[name], judging)
    result["pooled"] = _pooled_result(of, judging)
    result["input_bytes_per_object"] = int(input_bytes_per_object)
    return result


def _fold_result(of: CrossValidated, index: int) -> dict[str, Any]:
    held_out = of.folds[index]
    return {
        "repeat": held_out.fold.repeat,
        "fold": held_out.fold.number,
        "n_test": len(held_out.rows),
        "n_lenses": int((held_out.rows["label"] == 1).sum()),
        **{key: int(held_out.training[key]) for key in TRAINING_KEYS},
        "validation_threshold": value_of(MEASURES["f_beta_threshold"], held_out.validation_threshold),
        **{key: value_of(one, of.value[key][index]) for key, _, one in measured()},
    }


def _pooled_result(of: CrossValidated, judging: Judging) -> dict[str, Any]:
    counts = of.pooled
    result: dict[str, Any] = {"repeat": POOLED_REPEAT}
    result.update({key: int(getattr(counts, key)) for key in COUNTS})
    for key, one in MEASURES.items():
        if FIXED not in one.at or key in COUNTS:
            continue
        result[key] = plain(one.function(counts, judging))
        result[f"{key}_interval"] = bootstrap_interval(one.function(of.pooled_draws, judging), judging)
        if one.trials:
            result[f"{key}_wilson_interval"] = wilson_interval(*one.trials(counts), judging)
    return result


def _held_out_once(name: str, folds: Sequence[HeldOut]) -> pd.DataFrame:
    """Rows of the first repeat in the catalogue's order; all repeats must hold out the same objects once."""
    rows: dict[int, IntArray] = {}
    for repeat in sorted({of.fold.repeat for of in folds}):
        pooled = pd.concat([of.rows for of in folds if of.fold.repeat == repeat], ignore_index=True)
        twice = pooled.loc[pooled["row"].duplicated(), "object_id"]
        if len(twice):
            raise UserError(
                f"{name}: two folds of repeat {repeat} hold out the same {len(twice)} object(s) (first: "
                f"{twice.iloc[0]}); make the folds and all that follows again"
            )
        rows[repeat] = np.sort(pooled["row"].to_numpy())
        if not np.array_equal(rows[repeat], next(iter(rows.values()))):
            raise UserError(
                f"{name}: repeat {repeat} does not hold out the same objects as the first; make the folds "
                "and all that follows again"
            )
        if repeat == POOLED_REPEAT:
            objects = pooled.sort_values("row", ignore_index=True)
    return objects


def _mean_of_defined(values: FloatArray) -> FloatArray:
    """Mean over the last axis of what is not NaN; NaN where all is."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))
