"""Measures against a count object by object, against scikit-learn's definitions, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from lensfinder.evaluation import measures
from lensfinder.evaluation.measure_table import MEASURES
from lensfinder.evaluation.measures import Confusion
from lensfinder.surveys.jpas.comparison import TALK_RESULTS

BETA = 0.03


def brute_confusion(label: np.ndarray, score: np.ndarray, threshold: float) -> tuple[int, int, int, int]:
    tp = fp = fn = tn = 0
    for truth, value in zip(label, score, strict=True):
        if value >= threshold:
            tp, fp = tp + int(truth == 1), fp + int(truth == 0)
        else:
            fn, tn = fn + int(truth == 1), tn + int(truth == 0)
    return tp, fp, fn, tn


def textbook_f_beta(tp: int, fp: int, fn: int) -> float:
    if tp == 0:
        return 0.0
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def rate(name: str, counts: Confusion) -> float:
    trials = MEASURES[name].trials
    assert trials is not None
    return float(measures.ratio(*trials(counts)))


# Few distinct scores, so that ties between and within the classes are the rule.
objects = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=60)


@given(objects, st.integers(-1, 13))
@settings(max_examples=150, deadline=None)
def test_confusion_equals_a_count_object_by_object(drawn: list[tuple[int, int]], cut: int) -> None:
    label, score = np.array(drawn).T
    ranking = measures.rank(label, score / 12)
    found = measures.confusion_at(ranking, measures.count(ranking), cut / 12)
    assert (found.tp, found.fp, found.fn, found.tn) == brute_confusion(label, score / 12, cut / 12)


@given(objects)
@settings(max_examples=150, deadline=None)
def test_best_f_beta_is_the_largest_and_has_the_highest_recall(drawn: list[tuple[int, int]]) -> None:
    label, score = np.array(drawn).T
    ranking = measures.rank(label, score)
    counts = measures.count(ranking)
    index = measures.best_f_beta_index(counts, BETA)
    found = measures.confusion_at_index(counts, index)
    if not label.any():
        assert np.isnan(found.f_beta(BETA))
        return
    tried = {}
    for threshold in np.unique(score):
        tp, fp, fn, _ = brute_confusion(label, score, threshold)
        tried[threshold] = (textbook_f_beta(tp, fp, fn), tp)
    best = max(value for value, _ in tried.values())
    assert float(found.f_beta(BETA)) == pytest.approx(best, abs=1e-12)
    assert int(found.tp) == max(tp for value, tp in tried.values() if value >= best * (1 - 1e-12))
    tp, fp, _, _ = brute_confusion(label, score, ranking.threshold[index])
    assert (tp, fp) == (int(found.tp), int(found.fp))


def test_equal_f_beta_takes_the_higher_recall() -> None:
    # With β² P = 9, (TP, FP) = (900, 0) and (1000, 1) have F_β ∝ 900/(9+900) and 1000/(9+1001): not equal;
    # equality needs TP₁ (9 + FP₂) = TP₂ (9 + FP₁): 900·10 = 1000·9.
    label = np.concatenate([np.ones(900), np.zeros(1), np.ones(100), np.zeros(500), np.ones(9000)])
    score = np.concatenate([np.full(900, 0.9), np.full(101, 0.8), np.full(500, 0.1), np.full(9000, 0.1)])
    ranking = measures.rank(label, score)
    counts = measures.count(ranking)
    values = measures.f_beta(counts.tp, counts.fp, 10_000, BETA)
    assert values[0] == pytest.approx(values[1], rel=1e-13)
    assert ranking.threshold[measures.best_f_beta_index(counts, BETA)] == 0.8


def test_beta_is_squared() -> None:
    # Pre = 0.9, Recall = 0.5: β² = 0.0009 gives 0.899353, β² = 0.03 would give 0.879.
    counts = Confusion.of(45, 5, 45, 100)
    assert float(counts.f_beta(BETA)) == pytest.approx(1.0009 * 0.45 / (0.0009 * 0.9 + 0.5))
    assert float(counts.f_beta(0.0)) == pytest.approx(0.9)


@given(objects)
@settings(max_examples=100, deadline=None)
def test_areas_agree_with_scikit_learn_whatever_the_ties(drawn: list[tuple[int, int]]) -> None:
    label, score = np.array(drawn).T
    if label.min() == label.max():
        return
    counts = measures.count(measures.rank(label, score))
    assert float(measures.roc_auc(counts)) == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    precision, brier = average_precision_score(label, score), brier_score_loss(label, score / 12)
    assert float(measures.average_precision(counts)) == pytest.approx(precision, abs=1e-12)
    assert float(measures.brier(label, score / 12)) == pytest.approx(brier, abs=1e-12)


def test_auc_by_hand_with_a_tie() -> None:
    # Lenses at 0.9 and 0.5, non-lenses at 0.5 and 0.1: pairs won 1 + 1 + ½ + 1 of 4.
    counts = measures.count(measures.rank(np.array([1, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.1])))
    assert float(measures.roc_auc(counts)) == 3.5 / 4


@given(objects, st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_recall_below_fp_equals_the_brute_force(drawn: list[tuple[int, int]], limit: int) -> None:
    label, score = np.array(drawn).T
    if not label.any():
        return
    allowed = [0.0]
    for threshold in np.unique(score):
        tp, fp, fn, _ = brute_confusion(label, score, threshold)
        if fp < limit:
            allowed.append(tp / (tp + fn))
    found = measures.recall_below_fp(measures.count(measures.rank(label, score)), limit)
    assert float(found) == pytest.approx(max(allowed))


def test_recall_at_zero_and_below_ten_false_positives() -> None:
    # From the top: 3 lenses, then alternately one non-lens and one lens.
    label = np.array([1, 1, 1] + [0, 1] * 20)
    counts = measures.count(measures.rank(label, -np.arange(label.size, dtype=float)))
    assert float(measures.recall_below_fp(counts, 1)) == 3 / 23
    # Nine false positives, nine lenses between them.
    assert float(measures.recall_below_fp(counts, 10)) == 12 / 23


def test_roc_step_function_keeps_the_step_that_lies_on_the_limit() -> None:
    label = np.array([1, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    counts = measures.count(measures.rank(label, np.linspace(1, 0, 10)))
    curve = measures.recall_at_fpr(counts, np.array([0.0, 1 / 7, 0.2, 2 / 7, 1.0]))
    assert curve == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1.0, 1.0])


@pytest.mark.parametrize(
    ("model", "rates", "f_beta"),
    [
        ("cube", [0.9908, 0.0046, 0.9908, 0.9939], 0.99083),
        ("pseudo_spectra", [0.9882, 0.0048, 0.9903, 0.9928], 0.99033),
    ],
)
def test_the_talks_table(model: str, rates: list[float], f_beta: float) -> None:
    talk = TALK_RESULTS[model]
    found = [rate(name, talk) for name in ("recall", "fpr", "precision", "accuracy")]
    assert found == pytest.approx(rates, abs=5e-5)
    assert float(talk.f_beta(BETA)) == pytest.approx(f_beta, abs=1e-5)
    assert int(talk.tp + talk.fp + talk.fn + talk.tn) == 12_721


def test_undefined_ratios_are_nan_and_not_zero() -> None:
    none_called = Confusion.of(0, 0, 5, 5)
    assert math.isnan(rate("precision", none_called))
    assert float(none_called.f_beta(BETA)) == 0.0
    no_lens = Confusion.of(0, 2, 0, 5)
    assert math.isnan(rate("recall", no_lens))
    assert math.isnan(no_lens.f_beta(BETA))
    counts = measures.count(measures.rank(np.zeros(4), np.arange(4.0)))
    assert math.isnan(measures.roc_auc(counts))
    assert math.isnan(measures.recall_below_fp(counts, 1))


@pytest.mark.parametrize(
    ("label", "score", "words"),
    [
        ([0, 1], [0.5, np.nan], "1 score"),
        ([0, 2], [0.5, 0.6], "neither 0 nor 1"),
        ([0, 1, 1], [0.5, 0.6], "shape"),
        ([], [], "n ≥ 1"),
    ],
)
def test_impossible_input_is_refused(label: list[int], score: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        measures.rank(np.array(label), np.array(score))
