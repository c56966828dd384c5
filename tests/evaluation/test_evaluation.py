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
from lensfinder.evaluation.comparison import compare
from lensfinder.evaluation.evaluated import Evaluated, Part, choose_threshold, evaluate_scores, part_of
from lensfinder.evaluation.measure_table import MEASURES, Measure, Sample, compared
from lensfinder.evaluation.metrics import metrics_of
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
from lensfinder.typing import FloatArray
from lensfinder.workspace.jsonfiles import read_json, write_json

JUDGING = changed(read_params(PARAMS).jpas.judging, {"bootstrap_samples": 300})
CONTRACT = {
    *("tp", "fp", "fn", "tn", "n_test", "recall", "fpr", "precision", "accuracy", "f_beta"),
    *("f_beta_threshold", "auc", "average_precision", "tpr_at_0_fp", "tpr_at_10_fp", "brier"),
    *("input_bytes_per_object", "data_size_saving", "interval_unit"),
}


def score_table(n_test: int, spread: float, seed: int, tiles: int = 25) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of ``n_test`` + 400 validation objects, and the catalogue they come from."""
    rng = np.random.default_rng(11)
    n = n_test + 400
    label = rng.integers(0, 2, n).astype(np.int8)
    signal = 3.0 * (2 * label - 1) + rng.normal(size=n)
    noise = np.random.default_rng(seed).normal(size=n) * spread
    frame = pd.DataFrame(
        {
            "object_id": [f"o{i}" for i in range(n)],
            "row": np.arange(n),
            "label": label,
            "kind": np.where(label == 1, "lens", np.where(rng.random(n) < 0.5, "pair", "alone")),
            "tile": rng.integers(0, tiles, n).astype(np.int32),
            "galaxy_id": [f"g{i}" for i in rng.integers(0, n // 4, n)],
            "part": np.where(np.arange(n) < n_test, "test", "validation"),
            "score": (1 / (1 + np.exp(-signal - noise))).astype(np.float32),
        }
    )
    return frame, pd.DataFrame({"quasar_id": [f"q{i}" for i in rng.integers(0, n // 3, n)]})


Table = tuple[pd.DataFrame, pd.DataFrame]


def evaluated(table: Table, name: str = "a", seed: int = 5) -> Evaluated:
    scores, catalogue = table
    groups = JPAS.groups_of(scores[scores["part"] == "test"], catalogue)
    return evaluate_scores(name, scores, lambda rows: groups, JUDGING, seed)


def evaluate(table: Table, seed: int = 5) -> dict[str, Any]:
    of = evaluated(table, seed=seed)
    return metrics_of(of, of.rows["kind"].to_numpy(), JUDGING, 11200, 25.0)


def compared_pair(first: Table, second: Table) -> dict[str, Any]:
    return compare(evaluated(first), evaluated(second, "b"), JUDGING)


def test_metrics_have_every_key_of_the_contract_and_are_consistent() -> None:
    scores, _ = table = score_table(1500, 1.5, seed=1)
    metrics = evaluate(table)
    assert not CONTRACT - set(metrics)
    json.dumps(metrics, allow_nan=False)
    assert metrics["tp"] + metrics["fp"] + metrics["fn"] + metrics["tn"] == metrics["n_test"] == 1500
    assert isinstance(metrics["tp"], int)
    for rate in ("recall", "fpr", "precision", "accuracy"):
        for suffix in ("", "_at_f_beta", "_at_validation_threshold"):
            for kind in ("_interval", "_wilson_interval"):
                bounds = metrics[f"{rate}{suffix}{kind}"]
                assert set(bounds) == {"low", "high", "level"}
                if kind == "_wilson_interval":
                    assert bounds["low"] <= metrics[f"{rate}{suffix}"] <= bounds["high"]
    test = scores[scores["part"] == "test"]
    called = test["score"].astype(float) >= metrics["f_beta_threshold"]
    assert int((called & (test["label"] == 1)).sum()) == metrics["tp_at_f_beta"]
    assert int((called & (test["label"] == 0)).sum()) == metrics["fp_at_f_beta"]
    validation = scores[scores["part"] == "validation"]
    chosen = choose_threshold(Part(validation["label"].to_numpy(), validation["score"].to_numpy(float)), 0.03)
    assert metrics["validation_threshold"] == chosen
    assert metrics["f_beta"] >= metrics["f_beta_at_validation_threshold"]
    by_kind = metrics["called_lens_by_kind"].values()
    assert sum(kind["called_lens"] for kind in by_kind) == metrics["tp"] + metrics["fp"]


def test_intervals_hold_the_value_and_shrink_with_the_sample() -> None:
    widths = []
    for n in (600, 9600):
        metrics = evaluate(score_table(n, 1.5, seed=1))
        bounds = metrics["accuracy_interval"]
        assert bounds["low"] < metrics["accuracy"] < bounds["high"]
        widths.append(bounds["high"] - bounds["low"])
    assert 2.4 < widths[0] / widths[1] < 6.5  # four times, as far as 25 tiles can tell


def test_same_seed_same_metrics_and_few_tiles_go_by_galaxy() -> None:
    table = score_table(500, 1.5, seed=1, tiles=5)
    first = evaluate(table)
    assert first == evaluate(table)
    assert first != evaluate(table, seed=6)
    assert first["interval_unit"] == "galaxy"


def test_a_validation_part_without_lenses_gives_null_and_not_a_crash() -> None:
    scores, catalogue = score_table(500, 1.5, seed=1)
    scores.loc[scores["part"] == "validation", "label"] = 0
    metrics = evaluate((scores, catalogue))
    assert metrics["validation_threshold"] is None
    assert metrics["recall_at_validation_threshold"] is None
    assert metrics["recall_at_validation_threshold_interval"]["low"] is None
    json.dumps(metrics, allow_nan=False)


def test_an_empty_part_is_named() -> None:
    scores, catalogue = score_table(500, 1.5, seed=1)
    with pytest.raises(UserError, match="'validation'"):
        evaluate((scores[scores["part"] == "test"], catalogue))


def test_comparison_equals_the_difference_of_the_two_evaluations() -> None:
    first, second = score_table(2000, 1.0, seed=1), score_table(2000, 2.5, seed=2)
    result = compared_pair(first, second)
    one, two = evaluate(first), evaluate(second)
    for name in compared():
        assert result[f"{name}_difference"] == pytest.approx(one[name] - two[name], abs=2e-8)
    more_correct = result["only_first_correct"] - result["only_second_correct"]
    assert more_correct == pytest.approx(result["accuracy_difference"] * 2000, abs=1e-4)
    assert result["recall_difference_interval"]["low"] > 0
    assert result["mcnemar_p"] < 1e-3
    text = verdict(result, (one, two), ("model A", "model B"))
    assert "excludes zero" in text
    assert "better: model A" in text
    assert "better: model B" not in text
    reverse = verdict(compared_pair(second, first), (two, one), ("model B", "model A"))
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
    assert f"| Youden's J | {metrics['a']['youden']:.5f} [" in page
    for figure in (measures_with_intervals(metrics, "title"), differences(result, "title")):
        labels = [tick.get_text() for panel in figure.axes for tick in panel.get_yticklabels()]
        assert labels.count("Youden's J") == 1


def test_equal_models_are_not_told_apart() -> None:
    table = score_table(2000, 1.0, seed=1)
    result = compared_pair(table, table)
    assert result["mcnemar_p"] == 1.0
    assert result["auc_difference_interval"] == {"low": 0.0, "high": 0.0, "level": 0.95}
    metrics = evaluate(table)
    assert "does not tell the two models apart" in verdict(result, (metrics, metrics), ("A", "B"))


def test_pairing_makes_the_interval_of_a_difference_narrower_than_that_of_each_model() -> None:
    first, second = score_table(3000, 0.4, seed=1), score_table(3000, 0.6, seed=2)
    bounds = compared_pair(first, second)["brier_difference_interval"]
    alone = evaluate(first)["brier_interval"]
    assert bounds["high"] - bounds["low"] < alone["high"] - alone["low"]


def test_an_interval_without_width_gives_way_to_wilsons_in_the_report() -> None:
    scores, catalogue = score_table(800, 0.0, seed=1)
    scores["score"] = scores["label"].astype(np.float32)
    metrics = evaluate((scores, catalogue))
    assert metrics["fpr_interval"] == {"low": 0.0, "high": 0.0, "level": 0.95}
    words = with_interval(metrics, "fpr")
    assert words.startswith("0.00 % [0.00 %, 0.9")
    assert words.endswith("†")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
def test_a_network_that_says_the_same_of_all_can_still_be_drawn(score: float, tmp_path: Path) -> None:
    scores, catalogue = score_table(200, 1.0, seed=1)
    scores["score"] = np.float32(score)
    metrics = evaluate((scores, catalogue))
    rows, part = part_of(scores, "test")
    curve = f_beta_curve(tables.threshold_table(part, 0.03), metrics, "constant")
    save_figure(curve, tmp_path / "f_beta.png")
    save_figure(score_scatter(rows, rows, ("a", "b"), 0.5), tmp_path / "scores.png")


def test_models_scored_on_other_objects_are_not_compared() -> None:
    first, catalogue = score_table(500, 1.0, seed=1)
    other = first.iloc[::-1].reset_index(drop=True)
    with pytest.raises(UserError, match="a and b were not evaluated on the same objects"):
        compared_pair((first, catalogue), (other, catalogue))


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
    scores, _ = score_table(3000, 1.5, seed=1)
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
