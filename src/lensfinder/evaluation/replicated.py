"""A model that was trained several times, measured on the same test objects: each, and as a committee."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from lensfinder.errors import UserError
from lensfinder.evaluation.evaluated import Evaluated, evaluate_scores
from lensfinder.evaluation.intervals import Groups
from lensfinder.params import Judging
from lensfinder.typing import Float32Array, FloatArray

_NEAREST = 2.0**-24
"""Scores are kept so far from 0 and 1, between which single precision knows no other number."""


@dataclass(frozen=True)
class Replicated:
    """What the trainings of a model achieve on the test part.

    Attributes
    ----------
    name
        Of the model.
    single
        Each training, with the same objects and bootstrap draws.
    committee
        All together: the mean of their logits.
    by_chance
        Whether another training would be another model.
    """

    name: str
    single: Sequence[Evaluated]
    committee: Evaluated
    by_chance: bool = True

    def values(self, measure: str) -> FloatArray:
        """A measure of each training, of shape (R,)."""
        return np.array([float(of.value[measure]) for of in self.single])

    def mean(self, measure: str) -> float:
        """Mean of a measure over the trainings."""
        return float(self.values(measure).mean())

    def draws(self, measure: str) -> FloatArray:
        """A measure of each training on every bootstrap draw, of shape (samples, R)."""
        return np.stack([of.draws[measure] for of in self.single], axis=-1)


def evaluate_replicas(
    name: str,
    scores: Sequence[pd.DataFrame],
    groups_of: Callable[[pd.DataFrame], Groups],
    judging: Judging,
    seed: int,
) -> Replicated:
    """Measure a model by the score tables of its trainings, see :func:`.evaluated.evaluate_scores`.

    Raises
    ------
    UserError
        If a part is empty, or if the trainings did not score the same objects.
    """
    single = [
        evaluate_scores(f"{name} {number}", of, groups_of, judging, seed)
        for number, of in enumerate(scores, 1)
    ]
    together = evaluate_scores(name, committee_scores(name, scores), groups_of, judging, seed)
    return Replicated(name, single, together)


def evaluate_baseline(
    name: str,
    scores: pd.DataFrame,
    groups_of: Callable[[pd.DataFrame], Groups],
    judging: Judging,
    seed: int,
) -> Replicated:
    """Measure what learns without chance: trained again on the same objects it is the same."""
    evaluated = evaluate_scores(name, scores, groups_of, judging, seed)
    return Replicated(name, [evaluated], evaluated, by_chance=False)


def committee_scores(name: str, scores: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Score table of the mean of the trainings' logits.

    Raises
    ------
    UserError
        If the trainings did not score the same objects.
    """
    first, *others = scores
    for other in others:
        if not first["object_id"].equals(other["object_id"]):
            raise UserError(f"{name}: its trainings did not score the same objects; train it again")
    return first.assign(score=committee([of["score"].to_numpy() for of in scores]))


def committee(scores: Sequence[Float32Array]) -> Float32Array:
    """Probability of the mean of logits, of shape (n,), from the probabilities (n,) of each network."""
    each = np.clip(np.stack(scores).astype(np.float64), _NEAREST, 1 - _NEAREST)
    return np.asarray(expit(logit(each).mean(axis=0)), dtype=np.float32)
