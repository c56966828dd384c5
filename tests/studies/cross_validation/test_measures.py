"""Cross-validated models measured and compared in memory: identities, a planted difference, refusals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import binomtest
from support.project import PARAMS, changed

from lensfinder.errors import UserError
from lensfinder.evaluation import measures
from lensfinder.evaluation.evaluated import Part
from lensfinder.evaluation.intervals import Groups, rate_bound
from lensfinder.evaluation.measure_table import compared
from lensfinder.params import read_params
from lensfinder.studies.cross_validation.comparison import compare_cross_validated, leak_differences
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.measures import (
    CrossValidated,
    HeldOut,
    cross_validate,
    held_out_of,
    model_result,
)
from lensfinder.studies.cross_validation.resampled import Design, resampled_measure

JUDGING = changed(read_params(PARAMS).jpas.judging, {"interval_level": 0.9, "bootstrap_samples": 150})
TILES, PER_TILE, FOLDS = 24, 15, 3
N = TILES * PER_TILE
TILE = np.repeat(np.arange(TILES), PER_TILE)
LABEL = (np.random.default_rng(0).random(N) < 0.45).astype(np.int8)
TRAINING = {"n_train": 200, "n_validation": 40, "epochs": 9, "best_epoch": 5}


def by_tile(rows: pd.DataFrame) -> Groups:
    return Groups(rows["tile"].to_numpy(), "tile")


def folds_of_scores(scores: Sequence[np.ndarray], assigned: Sequence[np.ndarray]) -> list[HeldOut]:
    """One score for every object in each repeat, and the fold that held it out."""
    table = pd.DataFrame({"object_id": [f"o{i:03d}" for i in range(N)], "row": np.arange(N)})
    table = table.assign(label=LABEL, kind="k", tile=TILE)
    return [
        held_out(Fold(repeat, number), table.assign(score=score)[fold == number])
        for repeat, (score, fold) in enumerate(zip(scores, assigned, strict=True), start=1)
        for number in range(1, FOLDS + 1)
    ]


def held_out(fold: Fold, rows: pd.DataFrame, threshold: float = 0.4) -> HeldOut:
    return HeldOut(fold, rows.reset_index(drop=True), threshold, TRAINING)


def folds_of_one() -> list[HeldOut]:
    """One repeat of a model."""
    return folds_of_scores([noisy(1.0, 3)], ASSIGNED[:1])


def noisy(skill: float, seed: int) -> np.ndarray:
    odds = skill * (2 * LABEL - 1) + np.random.default_rng(seed).normal(size=N)
    return (1 / (1 + np.exp(-odds))).astype(np.float32)


ASSIGNED = [TILE % FOLDS + 1, (TILE // 2) % FOLDS + 1]


def validate(name: str, *scores: np.ndarray) -> CrossValidated:
    return validate_folds(name, folds_of_scores(scores, ASSIGNED[: len(scores)]))


def validate_folds(name: str, folds: Sequence[HeldOut]) -> CrossValidated:
    return cross_validate(name, folds, by_tile, JUDGING, seed=11)


def times_drawn() -> np.ndarray:
    """How often each bootstrap sample (rows) draws each tile (columns)."""
    rng = np.random.default_rng(np.random.SeedSequence(11, spawn_key=(0x6A756467,)))
    return rng.multinomial(TILES, np.full(TILES, 1 / TILES), size=JUDGING.bootstrap_samples)


def test_pooled_counts_are_the_sum_of_the_folds_and_each_object_counts_once() -> None:
    score = noisy(1.5, 1)
    result = model_result(validate("a", score, noisy(1.2, 2)), JUDGING, 8)
    first = [of for of in result["per_fold"] if of["repeat"] == 1]
    called = score >= 0.5
    assert [of["fold"] for of in first] == [1, 2, 3]
    for key, chosen in (
        ("tp", called & (LABEL == 1)),
        ("fp", called & (LABEL == 0)),
        ("fn", ~called & (LABEL == 1)),
        ("tn", ~called & (LABEL == 0)),
    ):
        assert result["pooled"][key] == sum(of[key] for of in first) == chosen.sum()
    assert sum(of["n_test"] for of in first) == N
    assert result["pooled"]["recall"] == pytest.approx((called & (LABEL == 1)).sum() / LABEL.sum(), abs=1e-8)
    bounds = result["pooled"]["recall_interval"]
    assert bounds["low"] < result["pooled"]["recall"] < bounds["high"]


def test_means_are_over_all_folds_of_all_repeats_with_the_corrected_interval() -> None:
    model = validate("a", noisy(1.5, 1), noisy(1.2, 2))
    result = model_result(model, JUDGING, 8)
    assert len(result["per_fold"]) == 2 * FOLDS
    auc = np.array([of["auc"] for of in result["per_fold"]])
    assert model.design == Design(N / FOLDS / TRAINING["n_train"], TILES)
    expected = resampled_measure(auc, model.design, 0.9)
    assert result["auc"] == pytest.approx(auc.mean(), abs=1e-7)
    assert result["auc_sd"] == pytest.approx(auc.std(ddof=1), abs=1e-7)
    assert result["auc_interval"]["low"] == pytest.approx(expected.low, abs=1e-7)
    assert result["auc_interval"]["high"] == pytest.approx(min(expected.high, 1.0), abs=1e-7)
    # Not a count, nor a threshold.
    for name in ("tp", "f_beta_threshold", "tp_at_f_beta"):
        assert name not in result
    assert {"recall", "brier", "recall_at_validation_threshold"} <= set(result)


def test_the_bootstrap_measures_what_a_literal_draw_of_tiles_measures() -> None:
    model = validate("a", noisy(1.0, 3))
    times = times_drawn()
    for sample in (0, 77):
        expected = []
        for of in model.folds:
            drawn = np.repeat(np.arange(len(of.rows)), times[sample][of.rows["tile"]])
            part = Part(of.rows["label"].to_numpy()[drawn], of.rows["score"].to_numpy(dtype=float)[drawn])
            expected.append(float(measures.roc_auc(measures.count(part.ranking))))
        assert model.draws["auc"][sample] == pytest.approx(np.mean(expected))


def test_a_fold_that_a_draw_leaves_without_lens_is_left_out() -> None:
    # All lenses of fold 1 lie in one tile.
    lone = (ASSIGNED[0] != 1) | (TILE == 0) | (LABEL == 0)
    folds = [held_out(of.fold, of.rows[lone[of.rows["row"]]]) for of in folds_of_one()]
    model = validate_folds("a", folds)
    assert np.isfinite(model.draws["recall"]).all()
    # A draw without that tile is the mean over the other two folds.
    times = times_drawn()
    sample = int(np.flatnonzero(times[:, 0] == 0)[0])
    recall = []
    for of in model.folds[1:]:
        weight = times[sample][of.rows["tile"]] * (of.rows["label"] == 1)
        recall.append(weight[of.rows["score"] >= 0.5].sum() / weight.sum())
    assert model.draws["recall"][sample] == pytest.approx(np.mean(recall))


def test_a_perfect_model_and_one_without_any_lens() -> None:
    result = model_result(validate("a", LABEL.astype(np.float32)), JUDGING, 8)
    assert result["recall"] == result["auc"] == 1.0
    assert result["recall_sd"] == 0.0
    # No scatter between folds, nothing to judge by: what may be missed in 24 tiles and was not.
    bound = float(rate_bound(TILES, 0.9))
    assert result["recall_interval"] == {"low": pytest.approx(1 - bound, abs=1e-7), "high": 1.0, "level": 0.9}
    assert result["recall_bootstrap_interval"] == {"low": 1.0, "high": 1.0, "level": 0.9}
    first, *others = folds_of_one()
    blind = held_out(first.fold, first.rows.assign(label=0), float("nan"))
    result = model_result(validate_folds("a", [blind, *others]), JUDGING, 8)
    assert result["recall"] is None
    assert result["recall_interval"]["low"] is None
    assert result["per_fold"][0]["recall"] is None
    assert result["per_fold"][0]["validation_threshold"] is None
    assert result["fpr"] is not None


def test_identical_models_do_not_differ() -> None:
    of = compare_cross_validated(validate("a", noisy(1.5, 1)), validate("b", noisy(1.5, 1)), JUDGING)
    for name in compared():
        key = f"{name}_difference"
        assert (of[key], of[f"{key}_sd"], of[f"{key}_t"], of[f"{key}_p"]) == (0.0, 0.0, 0.0, 1.0), name
        assert of[f"{key}_bootstrap_interval"] == {"low": 0.0, "high": 0.0, "level": 0.9}
        bound = pytest.approx(float(rate_bound(TILES, 0.9)), abs=1e-7)
        assert (-of[f"{key}_interval"]["low"], of[f"{key}_interval"]["high"]) == (bound, bound)
    assert of["mcnemar_p"] == 1.0
    assert of["both_correct"] + of["both_wrong"] == N


def test_the_order_flips_every_sign_and_nothing_else() -> None:
    one, two = validate("a", noisy(1.5, 1), noisy(1.5, 4)), validate("b", noisy(0.8, 2), noisy(0.8, 5))
    forth, back = (compare_cross_validated(*pair, JUDGING) for pair in ((one, two), (two, one)))
    for name in compared():
        key = f"{name}_difference"
        assert forth[key] == pytest.approx(-back[key], abs=1e-12)
        assert forth[f"{key}_t"] == pytest.approx(-back[f"{key}_t"])
        assert forth[f"{key}_p"] == pytest.approx(back[f"{key}_p"])
        for interval in ("interval", "bootstrap_interval"):
            ends = forth[f"{key}_{interval}"], back[f"{key}_{interval}"]
            assert ends[0]["low"] == pytest.approx(-ends[1]["high"], abs=2e-8)
    assert forth["only_first_correct"] == back["only_second_correct"]
    assert forth["mcnemar_p"] == back["mcnemar_p"]


def test_a_planted_difference_is_found_by_all_tests() -> None:
    scores = noisy(2.5, 1), noisy(0.5, 2)
    of = compare_cross_validated(validate("a", scores[0]), validate("b", scores[1]), JUDGING)
    assert of["accuracy_difference_interval"]["low"] > 0
    assert of["accuracy_difference_bootstrap_interval"]["low"] > 0
    assert of["accuracy_difference_p"] < 0.05
    assert of["fpr_difference_interval"]["high"] < 0
    right = [(score >= 0.5) == (LABEL == 1) for score in scores]
    only = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    assert (of["only_first_correct"], of["only_second_correct"]) == only
    assert of["mcnemar_p"] == pytest.approx(binomtest(only[0], sum(only)).pvalue, rel=1e-5)
    for part, chosen in (("lenses", LABEL == 1), ("non_lenses", LABEL == 0)):
        assert of[f"only_first_correct_{part}"] == (right[0] & ~right[1])[chosen].sum()
        assert of[f"only_second_correct_{part}"] == (right[1] & ~right[0])[chosen].sum()


def test_only_the_same_objects_in_the_same_folds_are_compared() -> None:
    one = validate("a", noisy(1.5, 1))
    other = validate_folds("b", folds_of_scores([noisy(1.0, 2)], [np.roll(ASSIGNED[0], PER_TILE)]))
    with pytest.raises(UserError, match="a and b: fold 1 of repeat 1 does not hold out the same objects"):
        compare_cross_validated(one, other, JUDGING)
    with pytest.raises(UserError, match="same folds"):
        compare_cross_validated(one, validate("b", noisy(1.0, 2), noisy(1.0, 3)), JUDGING)


def test_every_object_is_held_out_once_in_each_repeat() -> None:
    folds = folds_of_one()
    twice = held_out(folds[1].fold, folds[0].rows)
    with pytest.raises(UserError, match=r"a: two folds of repeat 1 hold out the same 120 object\(s\).*o000"):
        validate_folds("a", [folds[0], twice, folds[2]])
    lacking = folds_of_scores([noisy(1.0, 3)] * 2, ASSIGNED)[:-1]
    with pytest.raises(UserError, match="repeat 2 does not hold out the same objects"):
        validate_folds("a", lacking)


def test_the_threshold_comes_from_the_folds_own_validation_part() -> None:
    rows = folds_of_one()[0].rows
    validation = rows.assign(part="validation", label=[1, 0] * 60, score=[0.7, 0.6] * 60)
    of = held_out_of(Fold(1, 1), pd.concat([rows.assign(part="test"), validation]), TRAINING, JUDGING)
    assert of.validation_threshold == 0.7
    assert list(of.rows["object_id"]) == list(rows["object_id"])
    with pytest.raises(UserError, match="validation"):
        held_out_of(Fold(1, 1), rows.assign(part="test"), TRAINING, JUDGING)


def test_the_larger_share_held_out_counts_where_models_learn_from_other_numbers() -> None:
    folds = folds_of_scores([noisy(1.5, 1)], ASSIGNED[:1])
    fewer = [dataclasses.replace(of, training={**TRAINING, "n_train": 50}) for of in folds]
    one, other = validate("a", noisy(0.8, 2)), validate_folds("b", fewer)
    assert other.design.test_to_train == pytest.approx(N / FOLDS / 50)
    forth, back = compare_cross_validated(one, other, JUDGING), compare_cross_validated(other, one, JUDGING)
    assert forth["auc_difference_t"] == pytest.approx(-back["auc_difference_t"])
    difference = one.value["auc"] - other.value["auc"]
    error = difference.std(ddof=1) * np.sqrt(1 / FOLDS + N / FOLDS / 50)
    assert forth["auc_difference_t"] == pytest.approx(difference.mean() / error, rel=1e-5)


def test_what_a_leak_pretends_is_paired_on_objects_not_on_folds() -> None:
    honest = validate("a", noisy(1.0, 1))
    random = np.random.default_rng(8).permutation(np.arange(N) % FOLDS) + 1
    leaky = validate_folds("a", folds_of_scores([noisy(2.2, 1)], [random]))
    of = leak_differences(leaky, honest, JUDGING)
    assert of["recall_difference"] == pytest.approx(of["recall_leak"] - of["recall_tiles"], abs=2e-8)
    assert of["recall_difference_bootstrap_interval"]["low"] > 0
    width = [validated.value["recall"].var(ddof=1) for validated in (leaky, honest)]
    half = stats.t.ppf(0.95, FOLDS - 1) * np.sqrt((1 / FOLDS + N / FOLDS / TRAINING["n_train"]) * sum(width))
    bounds = of["recall_difference_interval"]
    assert bounds["high"] - of["recall_difference"] == pytest.approx(half, abs=2e-8)
    # The same scores, dealt to other folds: nearly nothing is left.
    same = validate_folds("a", folds_of_scores([noisy(1.0, 1)], [random]))
    bounds = leak_differences(same, honest, JUDGING)["accuracy_difference_bootstrap_interval"]
    assert -0.02 < bounds["low"] <= 0 <= bounds["high"] < 0.02
    hundred = leaky.objects.iloc[:50], leaky.objects.iloc[50:100]
    few = validate_folds("a", [held_out(Fold(1, i), rows) for i, rows in enumerate(hundred, start=1)])
    with pytest.raises(UserError, match="100 objects and folds of tiles 360"):
        leak_differences(few, honest, JUDGING)
