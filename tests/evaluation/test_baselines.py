"""Baselines learn what is there, each from its training part, and stop by the validation part."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from lensfinder.evaluation.baselines import PATIENCE_ROUNDS, ROUNDS_MAX, Learned, fit_baseline


def drawn(n: int, seed: int, direction: float = 1.0) -> Learned:
    """One number whose mean tells the classes apart by two of its standard deviations."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    return (20.0 + direction * 2.0 * label + rng.normal(size=n))[:, None], label


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_one_number_alone_is_the_score_in_the_direction_of_the_training_part(direction: float) -> None:
    probability = fit_baseline(drawn(2000, 1, direction), drawn(300, 2, direction), 0)
    number, label = drawn(5000, 3, direction)
    score = probability(number)
    # Two classes of equal weight and spread: the true probability is logistic in the number.
    truth = 1 / (1 + np.exp(-2.0 * (direction * (number[:, 0] - 20.0) - 1.0)))
    assert score == pytest.approx(truth, abs=0.05)
    assert (np.argsort(direction * number[:, 0]) == np.argsort(score)).all()
    assert roc_auc_score(label, score) == pytest.approx(0.921, abs=0.01)  # Φ(2/√2)


def ring(n: int, seed: int) -> Learned:
    """Two numbers; lenses lie within a circle that holds half of the objects."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, 2))
    return numbers, ((numbers**2).sum(axis=1) < 2 * np.log(2)).astype(int)


def test_several_numbers_are_learned_by_trees_whatever_their_shape() -> None:
    numbers, label = ring(1000, 3)
    probability = fit_baseline(ring(2000, 1), ring(500, 2), 7)
    assert roc_auc_score(label, probability(numbers)) > 0.98
    again = fit_baseline(ring(2000, 1), ring(500, 2), 7)
    assert (again(numbers) == probability(numbers)).all()


def test_trees_stop_where_the_validation_part_gains_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rounds = []

    class Watched(HistGradientBoostingClassifier):
        def predict_proba(self, numbers):  # type: ignore[no-untyped-def]
            rounds.append(self.n_iter_)
            return super().predict_proba(numbers)

    monkeypatch.setattr("sklearn.ensemble.HistGradientBoostingClassifier", Watched)
    numbers, label = ring(500, 2)
    for validation in ((numbers, label), (numbers, 1 - label)):
        fit_baseline(ring(2000, 1), validation, 0)(numbers)
    assert PATIENCE_ROUNDS < rounds[0] < ROUNDS_MAX
    # Where what was learned is wrong, the first rounds are the best.
    assert rounds[1] <= PATIENCE_ROUNDS + 1
