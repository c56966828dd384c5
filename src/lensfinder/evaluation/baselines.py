"""Classifiers that learn from numbers of an object: what a network must beat to be worth its price.

One number is a score by itself: logistic regression finds its direction and calibrates it, and the ranking of
the objects stays that of the number. Several numbers are learned by boosted trees, which stop where the
validation part stops to gain, as networks do.
"""

from __future__ import annotations

from collections.abc import Callable

from threadpoolctl import threadpool_limits

from lensfinder.typing import AnyArray, FloatArray

ROUNDS_MAX, PATIENCE_ROUNDS, LEARNING_RATE = 1000, 20, 0.05
"""Of the boosting; stopping comes long before the last round."""

Learned = tuple[AnyArray, AnyArray]
"""Numbers (n, k) and labels (n,) of one part."""


def fit_baseline(train: Learned, validation: Learned, seed: int) -> Callable[[AnyArray], FloatArray]:
    """Learn from k numbers of the objects in the training part.

    Returns
    -------
    What makes of numbers (n, k) the probabilities (n,) of being a lens.
    """
    numbers, label = train
    if numbers.shape[1] == 1:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(numbers, label)
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            learning_rate=LEARNING_RATE,
            max_iter=ROUNDS_MAX,
            early_stopping=True,
            n_iter_no_change=PATIENCE_ROUNDS,
            random_state=seed,
        )
        # Rounds are short: on a busy machine threads that wait for one another burn several times the time.
        with threadpool_limits(1):
            model.fit(numbers, label, X_val=validation[0], y_val=validation[1])

    def probability(of: AnyArray) -> FloatArray:
        with threadpool_limits(1):
            return model.predict_proba(of)[:, 1]  # type: ignore[no-any-return]

    return probability
