"""A model's metrics, a comparison's, and the words they are put in."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.project import PARAMS, changed

from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.errors import CheckFailed, UserError
from lensfinder.evaluation import tables
from lensfinder.evaluation.comparison import compare, resolve, resolved, scatters_of
from lensfinder.evaluation.evaluated import Part, choose_threshold, part_of
from lensfinder.evaluation.measure_table import COUNTS, MEASURES, Measure, Sample, compared, headlines
from lensfinder.evaluation.metrics import metrics_of, summary_of
from lensfinder.evaluation.replicated import (
    Replicated,
    committee_scores,
    evaluate_baseline,
    evaluate_replicas,
)
from lensfinder.figures.atlas import mistakes, spread_examples
from lensfinder.figures.colours import colour_image
from lensfinder.figures.comparison import differences, measures_with_intervals, score_scatter
from lensfinder.figures.curves import f_beta_curve
from lensfinder.figures.style import save_figure
from lensfinder.params import read_params
from lensfinder.report.report import ReportText, report_sections, with_interval
from lensfinder.report.verdict import verdict
from lensfinder.surveys.jpas.columns import COLUMNS
from lensfinder.surveys.jpas.objects import OBJECTS as JPAS
from lensfinder.tracking.contents import measures_of
from lensfinder.typing import FloatArray
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.provenance import flatten

JUDGING = changed(read_params(PARAMS).jpas.judging, {"bootstrap_samples": 300})
CONTRACT = {
    *("tp", "fp", "fn", "tn", "n_test", "recall", "fpr", "precision", "accuracy", "f_beta"),
    *("f_beta_threshold", "auc", "average_precision", "tpr_at_0_fp", "tpr_at_10_fp", "brier"),
    "interval_unit",
}


TRAININGS = 3


def score_table(n_test: int, spread: float, seed: int, tiles: int = 25) -> Table:
    """Scores of ``n_test`` + 400 validation objects by each training, and the catalogue they come from."""
    rng = np.random.default_rng(11)
    n = n_test + 400
    label = rng.integers(0, 2, n).astype(np.int8)
    signal = 3.0 * (2 * label - 1) + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "object_id": [f"o{i}" for i in range(n)],
            "row": np.arange(n),
            "label": label,
            "kind": np.where(label == 1, "lens", np.where(rng.random(n) < 0.5, "pair", "alone")),
            "tile": rng.integers(0, tiles, n).astype(np.int32),
            "galaxy_id": [f"g{i}" for i in rng.integers(0, n // 4, n)],
            "part": np.where(np.arange(n) < n_test, "test", "validation"),
        }
    )
    noise = np.random.default_rng(seed).normal(size=(TRAININGS, n)) * spread
    scores = (1 / (1 + np.exp(-signal - noise))).astype(np.float32)
    catalogue = pd.DataFrame({"quasar_id": [f"q{i}" for i in rng.integers(0, n // 3, n)]})
    return [frame.assign(score=of) for of in scores], catalogue


Table = tuple[list[pd.DataFrame], pd.DataFrame]


def trained(table: Table, name: str = "a", seed: int = 5) -> Replicated:
    scores, catalogue = table
    return evaluate_replicas(name, scores, lambda rows: JPAS.groups_of(rows, catalogue), JUDGING, seed)


def evaluate(table: Table, seed: int = 5) -> dict[str, Any]:
    of = trained(table, seed=seed)
    return metrics_of(of, of.committee.rows["kind"].to_numpy(), scatters_of([of]), JUDGING)


def compared_pair(first: Table, second: Table) -> dict[str, Any]:
    models = trained(first), trained(second, "b")
    result = compare(*models, scatters_of(models), JUDGING)
    resolve([result], JUDGING.interval_level)
    return result


def test_metrics_have_every_key_of_the_contract_and_are_consistent() -> None:
    scores, _ = table = score_table(1500, 1.5, seed=1)
    metrics = evaluate(table)
    json.dumps(metrics, allow_nan=False)
    committee = metrics["committee"]
    assert not CONTRACT - set(committee)
    assert (
        committee["tp"] + committee["fp"] + committee["fn"] + committee["tn"] == committee["n_test"] == 1500
    )
    assert isinstance(committee["tp"], int)
    for rate in ("recall", "fpr", "precision", "accuracy"):
        for suffix in ("", "_at_f_beta", "_at_validation_threshold"):
            for kind in ("_interval", "_wilson_interval"):
                bounds = committee[f"{rate}{suffix}{kind}"]
                assert set(bounds) == {"low", "high", "level"}
                if kind == "_wilson_interval":
                    assert bounds["low"] <= committee[f"{rate}{suffix}"] <= bounds["high"]
    together = committee_scores("a", scores)
    test = together[together["part"] == "test"]
    called = test["score"].astype(float) >= committee["f_beta_threshold"]
    assert int((called & (test["label"] == 1)).sum()) == committee["tp_at_f_beta"]
    assert int((called & (test["label"] == 0)).sum()) == committee["fp_at_f_beta"]
    validation = together[together["part"] == "validation"]
    chosen = choose_threshold(Part(validation["label"].to_numpy(), validation["score"].to_numpy(float)), 0.03)
    assert committee["validation_threshold"] == chosen
    assert committee["f_beta"] >= committee["f_beta_at_validation_threshold"]
    by_kind = committee["called_lens_by_kind"].values()
    assert sum(kind["called_lens"] for kind in by_kind) == committee["tp"] + committee["fp"]


def test_a_models_measures_are_the_means_of_its_trainings() -> None:
    scores, _ = table = score_table(1500, 1.5, seed=1)
    metrics = evaluate(table)
    assert (metrics["replicas"], metrics["n_test"], len(metrics["single"])) == (TRAININGS, 1500, TRAININGS)
    recalls = []
    for of, single in zip(scores, metrics["single"], strict=True):
        lenses = of[(of["part"] == "test") & (of["label"] == 1)]
        recalls.append((lenses["score"] >= 0.5).mean())
        assert single["recall"] == pytest.approx(recalls[-1], abs=1e-8)
    assert len(set(recalls)) > 1
    assert metrics["recall"] == pytest.approx(np.mean(recalls), abs=1e-8)
    for key in (*COUNTS, *compared()):
        mean = np.mean([of[key] for of in metrics["single"]])
        assert metrics[key] == pytest.approx(mean, abs=2e-8)
    assert metrics["recall_training_sd"] > 0
    assert metrics["recall_objects_sd"] > 0
    # Three alike make no mistake that one does not make: the committee is another thing.
    assert metrics["committee"]["auc"] > metrics["auc"]


def test_one_looks_at_a_dozen_numbers_and_a_list_of_runs_shows_no_more_than_forty() -> None:
    metrics = evaluate(score_table(600, 1.5, seed=1)) | {"data_size_saving": 25.0}
    summary = flatten(summary_of(metrics))
    assert 10 <= len(summary) <= 15
    assert (summary["recall"], summary["committee.recall"]) == (
        metrics["recall"],
        metrics["committee"]["recall"],
    )
    shown = measures_of({key: metrics[key] for key in metrics["shown"]})
    assert {"replicas", "tp", "recall", "auc", "interval/recall_low", "interval/recall_high"} <= set(shown)
    assert len(shown) <= 40


def test_intervals_hold_the_value_and_shrink_with_the_sample() -> None:
    widths = []
    for n in (600, 9600):
        metrics = evaluate(score_table(n, 1.5, seed=1))
        for of in (metrics, metrics["committee"]):
            bounds = of["accuracy_interval"]
            assert bounds["low"] < of["accuracy"] < bounds["high"]
        widths.append(bounds["high"] - bounds["low"])
    assert 2.4 < widths[0] / widths[1] < 6.5  # four times, as far as 25 tiles can tell


def test_same_seed_same_metrics_and_few_tiles_go_by_galaxy() -> None:
    table = score_table(500, 1.5, seed=1, tiles=5)
    first = evaluate(table)
    assert first == evaluate(table)
    assert first != evaluate(table, seed=6)
    assert first["interval_unit"] == first["committee"]["interval_unit"] == "galaxy"


def test_a_validation_part_without_lenses_gives_null_and_not_a_crash() -> None:
    scores, catalogue = score_table(500, 1.5, seed=1)
    for of in scores:
        of.loc[of["part"] == "validation", "label"] = 0
    metrics = evaluate((scores, catalogue))
    assert metrics["committee"]["validation_threshold"] is None
    for of in (metrics, metrics["committee"]):
        assert of["recall_at_validation_threshold"] is None
        assert of["recall_at_validation_threshold_interval"]["low"] is None
    json.dumps(metrics, allow_nan=False)


def test_an_empty_part_is_named() -> None:
    scores, catalogue = score_table(500, 1.5, seed=1)
    with pytest.raises(UserError, match="'validation'"):
        evaluate(([of[of["part"] == "test"] for of in scores], catalogue))


def test_comparison_equals_the_difference_of_the_two_evaluations() -> None:
    first, second = score_table(2000, 1.0, seed=1), score_table(2000, 2.5, seed=2)
    result = compared_pair(first, second)
    one, two = evaluate(first), evaluate(second)
    for name in compared():
        assert result[f"{name}_difference"] == pytest.approx(one[name] - two[name], abs=2e-8)
    more_correct = result["only_first_correct"] - result["only_second_correct"]
    of_committees = one["committee"]["accuracy"] - two["committee"]["accuracy"]
    assert more_correct == pytest.approx(of_committees * 2000, abs=1e-4)
    assert result["recall_difference_interval"]["low"] > 0
    assert resolved(result, "recall")
    assert result["mcnemar_p"] < 1e-3
    text = verdict(result, (one, two), ("model A", "model B"))
    assert "Resolved (at 95 %, Holm's correction) is the difference in recall (better: model A)" in text
    assert "better: model B" not in text
    reverse = verdict(compared_pair(second, first), (two, one), ("model B", "model A"))
    assert "better: model A" in reverse
    assert "better: model B" not in reverse


def test_a_measure_is_one_entry_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def youden(of: Sample) -> FloatArray:
        curve = of.counts.tp / of.counts.positives[..., None] - of.counts.fp / of.counts.negatives[..., None]
        return np.asarray(curve.max(axis=-1))

    monkeypatch.setitem(MEASURES, "youden", Measure("youden", youden, title="Youden's J"))
    first, second = score_table(600, 1.0, seed=1), score_table(600, 2.5, seed=2)
    metrics = {"a": evaluate(first), "b": evaluate(second)}
    bounds = metrics["a"]["youden_interval"]
    assert bounds["low"] < metrics["a"]["youden"] < bounds["high"]
    result = compared_pair(first, second)
    difference = metrics["a"]["youden"] - metrics["b"]["youden"]
    assert result["youden_difference"] == pytest.approx(difference, abs=2e-8)
    assert result["youden_difference_interval"]["low"] > 0
    text = ReportText("title", "objects", "verdict", "compared", {}, "note", (), "intervals")
    page = "".join(section.text for section in report_sections(text, metrics, ()))
    assert page.count(" Youden's J |") == 1
    for of in (metrics["a"], metrics["a"]["committee"]):
        assert f"| {with_interval(of, 'youden')} |" in page
    for figure in (measures_with_intervals(metrics, "title"), differences(result, "title")):
        labels = [tick.get_text() for panel in figure.axes for tick in panel.get_yticklabels()]
        assert labels.count("Youden's J") == 1


def test_equal_models_are_not_told_apart() -> None:
    table = score_table(2000, 1.0, seed=1)
    result = compared_pair(table, table)
    assert result["mcnemar_p"] == 1.0
    assert result["auc_difference"] == 0.0
    assert result["auc_difference_p"] == 1.0
    # The next training of each would be another one.
    assert result["auc_difference_interval"]["low"] < 0 < result["auc_difference_interval"]["high"]
    assert result["resolved"] == []
    metrics = evaluate(table)
    text = verdict(result, (metrics, metrics), ("A", "B"))
    assert "No difference in recall, false-positive rate, accuracy and AUC is resolved" in text
    assert "do not tell the two models apart" in text


def with_p(*p: float | None) -> dict[str, Any]:
    return {f"{name}_difference_p": of for name, of in zip(headlines(), p, strict=True)}


def test_what_is_resolved_is_corrected_for_all_that_is_looked_at() -> None:
    # Twelve are asked: 12 · 0.004 = 0.048 and 11 · 0.0046 = 0.0506.
    comparisons = [with_p(0.5, 0.004, 0.9, 1.0), with_p(0.3, 0.0046, 0.2, 0.1), with_p(0.6, 0.7, 0.8, 0.4)]
    resolve(comparisons, 0.95)
    assert [of["resolved"] for of in comparisons] == [["fpr"], [], []]
    # Alone, or asked of this measure only, the second is resolved too.
    resolve(comparisons[1:2], 0.95)
    assert resolved(comparisons[1], "fpr")
    resolve(comparisons, 0.95, ["fpr"])
    assert [of["resolved"] for of in comparisons] == [["fpr"], ["fpr"], []]
    # What is undefined does not count.
    unknown = with_p(None, None, None, None)
    resolve([unknown, some := with_p(0.04, None, None, None)], 0.95)
    assert (unknown["resolved"], some["resolved"]) == ([], ["recall"])
    resolve([unknown], 0.95)
    assert unknown["resolved"] == []


def test_a_planted_difference_is_resolved_and_none_where_there_is_none() -> None:
    equal = [
        compared_pair(score_table(800, 1.5, seed), score_table(800, 1.5, seed + 100)) for seed in range(8)
    ]
    planted = compared_pair(score_table(800, 1.5, 1), score_table(800, 4.0, 101))
    resolve([*equal, planted], JUDGING.interval_level)
    assert [of["resolved"] for of in equal] == [[]] * 8
    assert planted["resolved"] == headlines()


def test_of_single_trainings_nothing_is_resolved_however_far_apart() -> None:
    first, second = score_table(800, 1.0, seed=1), score_table(800, 4.0, seed=2)
    result = compared_pair(*((of[:1], catalogue) for of, catalogue in (first, second)))
    assert result["accuracy_difference_interval"]["low"] > 0  # of these very networks
    assert result["accuracy_difference_training_sd"] is None
    assert result["resolved"] == []


def test_what_learns_without_chance_needs_no_second_training() -> None:
    tables = score_table(800, 1.0, seed=1), score_table(800, 4.0, seed=2)
    one, other = (
        evaluate_baseline(name, scores[0], lambda rows, of=of: JPAS.groups_of(rows, of), JUDGING, 5)
        for name, (scores, of) in zip("ab", tables, strict=True)
    )
    result = compare(one, other, scatters_of([one, other]), JUDGING)
    assert result["accuracy_difference_training_sd"] == 0.0
    resolve([result], JUDGING.interval_level)
    assert resolved(result, "accuracy")


def test_pairing_makes_the_objects_part_of_a_difference_smaller_than_that_of_each_model() -> None:
    first, second = score_table(3000, 0.4, seed=1), score_table(3000, 0.6, seed=2)
    paired = compared_pair(first, second)["brier_difference_objects_sd"]
    assert 0 < paired < min(evaluate(of)["brier_objects_sd"] for of in (first, second))


def test_where_nobody_errs_intervals_are_bounds_and_a_committees_gives_way_to_wilsons() -> None:
    scores, catalogue = score_table(800, 0.0, seed=1)
    for of in scores:
        of["score"] = of["label"].astype(np.float32)
    metrics = evaluate((scores, catalogue))
    bounds = metrics["fpr_interval"]
    assert bounds["low"] == 0.0 < bounds["high"] < 0.2
    assert not with_interval(metrics, "fpr").endswith("†")
    assert metrics["committee"]["fpr_interval"] == {"low": 0.0, "high": 0.0, "level": 0.95}
    words = with_interval(metrics["committee"], "fpr")
    assert words.startswith("0.00 % [0.00 %, 0.9")
    assert words.endswith("†")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
def test_a_network_that_says_the_same_of_all_can_still_be_drawn(score: float, tmp_path: Path) -> None:
    scores, catalogue = score_table(200, 1.0, seed=1)
    for of in scores:
        of["score"] = np.float32(score)
    metrics = evaluate((scores, catalogue))
    rows, part = part_of(scores[0], "test")
    curve = f_beta_curve(tables.threshold_table(part, 0.03), metrics["committee"], "constant")
    save_figure(curve, tmp_path / "f_beta.png")
    save_figure(score_scatter(rows, rows, ("a", "b"), 0.5), tmp_path / "scores.png")


def test_models_scored_on_other_objects_are_not_compared() -> None:
    first, catalogue = score_table(500, 1.0, seed=1)
    other = [of.iloc[::-1].reset_index(drop=True) for of in first]
    with pytest.raises(UserError, match="a and b were not evaluated on the same objects"):
        compared_pair((first, catalogue), (other, catalogue))
    with pytest.raises(UserError, match="a: its trainings did not score the same objects"):
        evaluate(([first[0], other[1]], catalogue))


def test_completeness_by_hand() -> None:
    value = np.array([1.0, 1.5, 2.0, 2.5, 3.0, np.nan, 9.0])
    found = np.array([True, False, True, True, False, True, True])
    table = tables.completeness(value, found, np.array([1.0, 2.0, 3.0, 4.0]), 0.95)
    assert table["n"].tolist() == [2, 2, 1]
    assert table["found"].tolist() == [1, 2, 0]
    assert table["completeness"].tolist() == [0.5, 1.0, 0.0]
    assert table["median"].tolist() == [1.25, 2.25, 3.0]
    closed = tables.completeness(value, found, np.array([1.0, 3.0]), 0.95)
    assert closed["n"].tolist() == [5]
    empty = tables.completeness(value, found, np.array([5.0, 6.0]), 0.95)
    assert np.isnan(empty["completeness"]).all()


def test_reliability_by_hand() -> None:
    label, score = np.array([0, 1, 1, 1]), np.array([0.05, 0.95, 0.95, 1.0])
    table = tables.reliability_table(label, score, 10, 0.95)
    assert table["n"].tolist() == [1] + [0] * 8 + [3]
    assert table["lens_fraction"].iloc[-1] == 1.0
    assert table["score_mean"].iloc[-1] == pytest.approx(2.9 / 3)
    assert np.isnan(table["lens_fraction"].iloc[4])


def test_roc_table_loses_no_corner_and_stays_small() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 20_000)
    part = Part(label, np.round(rng.normal(size=label.size) + label, 3))
    table = tables.roc_table(part)
    assert len(table) <= tables.POINTS_MAX
    assert table[["fpr", "tpr"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    small = Part(np.array([1, 1, 1, 0, 1, 0, 0]), np.arange(7.0)[::-1] / 7)
    corners = np.array([[0, 0], [0, 0.75], [1 / 3, 0.75], [1 / 3, 1], [1, 1]])
    assert tables.roc_table(small)[["fpr", "tpr"]].to_numpy() == pytest.approx(corners)


def test_threshold_table_holds_the_best_f_beta() -> None:
    scores = score_table(3000, 1.5, seed=1)[0][0]
    part = Part(scores["label"].to_numpy(), scores["score"].to_numpy(float))
    table = tables.threshold_table(part, 0.03)
    assert len(table) <= tables.POINTS_MAX + 1
    chosen = table.loc[table["threshold"] == choose_threshold(part, 0.03), "f_beta"]
    assert table["f_beta"].max() == chosen.iloc[0]


def test_the_atlas_holds_every_mistake_worst_first() -> None:
    rows = pd.DataFrame({"label": [1, 0, 1, 1, 0, 0], "score": [0.4, 0.6, 0.1, 0.5, 0.9, 0.2]})
    missed, false = mistakes(rows, 0.5)
    assert missed.tolist() == [2, 0]
    assert false.tolist() == [4, 1]
    assert spread_examples(rows, np.array([5.0, 4, 3, 2, 1, np.nan]), 3).tolist() == [4, 2, 5]


def test_colours_follow_wavelength_and_north_is_not_turned() -> None:
    wavelength = np.linspace(3600, 10000, 56)
    cube = np.random.default_rng(0).normal(0, 0.01, (20, 20, 56))
    cube[5, 5, wavelength > 7200] += 5
    cube[15, 15, wavelength < 5400] += 5
    image = colour_image(cube.astype(np.float16), wavelength)
    assert image.shape == (20, 20, 3)
    assert 0 <= image.min() <= image.max() <= 1
    assert image[5, 5].argmax() == 0
    assert image[15, 15].argmax() == 2
    assert np.isfinite(colour_image(np.zeros((20, 20, 56)), wavelength)).all()


def test_scores_must_be_probabilities_and_splits_must_fit_the_catalogue() -> None:
    catalogue = pd.DataFrame({"object_id": ["a", "b", "c"], "galaxy_id": ["g", "", "g"]})
    splits = pd.DataFrame({"object_id": ["c", "a", "b"], "row": [2, 0, 1], "label": [1, 0, 0]})
    splits = splits.assign(kind="k", tile=0, part=["test", "train", "validation"])
    columns = COLUMNS.scores
    objects = objects_to_score(splits, catalogue, columns)
    assert objects["object_id"].tolist() == ["b", "c"]
    assert objects["galaxy_id"].tolist() == ["", "g"]
    assert with_scores(objects, np.array([0.1, 0.9]))["score"].dtype == np.float32
    for wrong in (np.nan, 1.5, -0.1):
        with pytest.raises(CheckFailed, match=r"1 of 2 scores.*first: c"):
            with_scores(objects, np.array([0.1, wrong]))
    with pytest.raises(UserError, match="differ from the catalogue"):
        objects_to_score(splits.assign(row=[1, 0, 2]), catalogue, columns)
    with pytest.raises(UserError, match="row 7"):
        objects_to_score(splits.assign(row=[7, 0, 1]), catalogue, columns)


def test_json_files_keep_order_refuse_nan_and_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.json"
    content = {"b": 1, "a": {"low": 0.25, "high": None}}
    write_json(path, copy.deepcopy(content))
    assert path.read_text() == '{\n  "b": 1,\n  "a": {\n    "low": 0.25,\n    "high": null\n  }\n}\n'
    assert list(read_json(path)) == ["b", "a"]
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"x": float("nan")})
    assert read_json(path) == content
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]
    path.write_text("{")
    with pytest.raises(UserError, match=r"a\.json: not valid JSON"):
        read_json(path)
    path.write_text("[]")
    with pytest.raises(UserError, match="expected an object"):
        read_json(path)
    with pytest.raises(UserError, match=r"b\.json: no such file"):
        read_json(tmp_path / "b.json")
