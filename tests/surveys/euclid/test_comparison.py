"""The Euclid track's evaluation and comparison on a small made-up survey, with made-up scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.euclid_evaluation import MODELS, REPLICAS, SETS, make_euclid
from support.gate_dataset import small_params

from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.evaluation.comparison import compare, resolve, scatters_of
from lensfinder.evaluation.intervals import object_groups
from lensfinder.evaluation.metrics import metrics_of
from lensfinder.evaluation.replicated import Replicated, evaluate_replicas
from lensfinder.figures.atlas import MISTAKES_MAX, WORST_MAX, shown_mistakes
from lensfinder.figures.colours import SHOWN_VIS_PIXELS, stamp_image
from lensfinder.stages.baselines import learn_baselines
from lensfinder.stages.compare import compare_models
from lensfinder.stages.evaluate import evaluate_models
from lensfinder.surveys.comparison import Results
from lensfinder.surveys.euclid.comparison import EuclidComparison
from lensfinder.surveys.euclid.ranking import RANKED, best_of, rank_models
from lensfinder.surveys.euclid.summary import control_words
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import SurveyPaths

PARAMS = small_params()
JUDGING = PARAMS.euclid.judging
EUCLID = survey_of("euclid").objects


@pytest.fixture(scope="module")
def compared_survey(tmp_path_factory: pytest.TempPathFactory) -> SurveyPaths:
    """All models through the stages, but for a network."""
    paths = make_euclid(tmp_path_factory.mktemp("euclid"), n_test=100)
    evaluate_models(paths, PARAMS)
    learn_baselines(paths, PARAMS)
    compare_models(paths, PARAMS)
    return paths


@pytest.mark.slow
def test_one_model_is_evaluated_like_those_of_jpas(compared_survey: SurveyPaths) -> None:
    model = compared_survey.model("set_1")
    metrics = read_json(model.measures)
    assert (metrics["replicas"], len(metrics["single"])) == (REPLICAS, REPLICAS)
    assert metrics["data_size_saving"] == 1.0
    assert metrics["input_bytes_per_object"] == 2 * (200 * 200 + 3 * 66 * 66)
    assert (metrics["interval_unit"], metrics["interval_groups"]) == ("object", metrics["n_test"])
    catalogue = read_table(compared_survey.catalogue)
    test = catalogue[(catalogue["sample"] == "test") & (catalogue["label"] >= 0)]
    assert metrics["n_test"] == len(test) < (catalogue["sample"] == "test").sum()
    committee = metrics["committee"]
    kinds = committee["called_lens_by_kind"]
    assert kinds["lens"]["n"] == committee["tp"] + committee["fn"] == int(test["label"].sum())
    assert sum(of["called_lens"] for name, of in kinds.items() if name != "lens") == committee["fp"]
    scores = pd.read_parquet(model.scores)
    assert list(scores) == ["object_id", "row", "label", "kind", "part", "score"]
    figures = {path.stem for path in model.figures.iterdir()}
    assert {f"atlas_{kind}" for kind in EUCLID.kind_names} | {"atlas_mistakes_01", "completeness"} <= figures
    completeness = pd.read_csv(model.plots / "completeness.csv")
    assert {"n_pix_source", "mag_eff", "theta_e_arcsec", "arc_snr"} <= set(completeness["quantity"])


@pytest.mark.slow
def test_comparison_ranks_pairs_and_controls_as_the_metrics_say(compared_survey: SurveyPaths) -> None:
    comparison = read_json(compared_survey.comparison)
    metrics = {name: read_json(compared_survey.model(name).measures) for name in MODELS}
    for measure, ranking in comparison["ranking"].items():
        assert {of["model"] for of in ranking} == set(SETS)
        values = [metrics[of["model"]][measure] for of in ranking]
        assert [of["value"] for of in ranking] == values
        assert values == sorted(values, reverse=measure != "fpr")
        assert all(of["interval"] == metrics[of["model"]][f"{measure}_interval"] for of in ranking)
        best = comparison["best"][measure]
        assert best["model"] == ranking[0]["model"]
        assert {*best["resolved_from"], *best["not_resolved_from"]} == set(SETS) - {best["model"]}
    pairs = [(of["first"], of["second"]) for of in comparison["neighbours"]]
    assert pairs == list(pairwise(SETS))
    control = comparison["control"]
    assert (control["selection"]["first"], control["selection"]["second"]) == ("control", "set_1")
    assert (control["sample_size"]["first"], control["sample_size"]["second"]) == ("control", "set_6")
    for of in (*comparison["neighbours"], control["selection"], control["sample_size"]):
        expected = metrics[of["first"]]["auc"] - metrics[of["second"]]["auc"]
        assert of["auc_difference"] == pytest.approx(expected, abs=2e-8)
    baselines = read_json(compared_survey.baselines)
    assert set(baselines) == set(comparison["baselines"]) == set(MODELS)
    for name, pairs in comparison["baselines"].items():
        for baseline, of in pairs.items():
            expected = metrics[name]["auc"] - baselines[name][baseline]["auc"]
            assert of["auc_difference"] == pytest.approx(expected, abs=2e-8)
    assert comparison["sets"]["set_3"]["n_pix_above"] == 200
    assert comparison["sets"]["control"]["n_pix_above"] == 20
    assert comparison["sets"]["set_3"]["talk"] == 9441


@pytest.mark.slow
def test_report_names_every_model_and_holds_no_time(compared_survey: SurveyPaths) -> None:
    report = (compared_survey.report_dir / "report.md").read_text()
    page = (compared_survey.report_dir / "report.html").read_text()
    comparison = read_json(compared_survey.comparison)
    assert f"By F_β {comparison['best']['f_beta']['model']} is best" in report
    assert comparison["control"]["words"] in report
    assert "numbers mean nothing" in report
    for name in MODELS:
        of = read_json(compared_survey.model(name).measures)["committee"]
        assert f"| {name}, committee | {of['tp']:,} / {of['fp']:,} / {of['fn']:,} / {of['tn']:,} |" in report
        assert f"| {name}, mean of {REPLICAS} | " in report
    assert "dvc repro --single-item --force evaluate-euclid" in report
    assert page.count("<table>") == 10
    assert "On the sky" in report
    assert page.count('src="data:image/png;base64,') == report.count("](figures/") == 6
    assert str(compared_survey.root) not in report + page
    assert not re.search(r"\d s\b", report)


def trained_as(name: str, signal: float, n: int = 600) -> Replicated:
    """A model whose trainings score shared noise, a little of their own, and ``signal`` where a lens is."""
    rng = np.random.default_rng(0)
    label, shared = rng.integers(0, 2, n).astype(np.int8), rng.normal(size=n)
    part = np.where(np.arange(n) < n - 100, "test", "validation")
    frame = {"object_id": np.arange(n).astype(str), "row": np.arange(n), "label": label, "part": part}
    each = [shared + 0.1 * rng.normal(size=n) + signal * (label - 0.5) for _ in range(3)]
    scores = [pd.DataFrame({**frame, "score": (1 / (1 + np.exp(-of))).astype(np.float32)}) for of in each]
    return evaluate_replicas(name, scores, lambda rows: object_groups(len(rows)), JUDGING, 3)


def measured(models: Sequence[Replicated]) -> dict[str, dict[str, Any]]:
    """Metrics of models by name."""
    scatters = scatters_of(models)
    kind = np.where(models[0].committee.test.label == 1, "lens", "non_lens")
    return {of.name: metrics_of(of, kind, scatters, JUDGING) for of in models}


def pairs_of(models: Sequence[Replicated]) -> list[dict[str, Any]]:
    """Compare each model with each, all looked at together."""
    scatters = scatters_of(models)
    pairs = [compare(*pair, scatters, JUDGING) for pair in combinations(models, 2)]
    resolve(pairs, JUDGING.interval_level, RANKED)
    return pairs


def test_ranking_knows_which_way_is_better_and_what_is_resolved() -> None:
    models = [trained_as("poor", 1.0), trained_as("good", 4.0), trained_as("twin", 4.0)]
    metrics, pairs = measured(models), pairs_of(models)
    for measure in ("auc", "recall", "fpr"):
        ranking = rank_models(metrics, measure, pairs)
        assert [of["model"] for of in ranking] == ["good", "twin", "poor"]
        assert ranking[0] == {
            "model": "good",
            "value": metrics["good"][measure],
            "interval": metrics["good"][f"{measure}_interval"],
        }
        best = best_of(ranking)
        assert (best["resolved_from"], best["not_resolved_from"]) == (["poor"], ["twin"])
    # What is undefined is last, and resolved from nothing.
    undefined = {**metrics, "good": {**metrics["good"], "auc": None}}
    unknown = [{**of, "resolved": []} for of in pairs]
    last = rank_models(undefined, "auc", unknown)[-1]
    assert (last["model"], last["value"], last["resolved_from_best"]) == ("good", None, False)


def test_control_words_follow_from_the_numbers() -> None:
    models = [trained_as("control", 4.0), trained_as("set_1", 1.0), trained_as("set_6", 4.0)]
    selection, size, _ = pairs_of(models)
    words = control_words(selection, size)
    selection, size = words.split("Number of examples")
    assert "recall differs by +" in selection
    assert "false-positive rate differs by −" in selection
    assert selection.count("better with control") == selection.count("differs")
    assert "better with set_1" not in words
    assert "no difference in F_β, recall, ROC AUC and false-positive rate is resolved" in size


def test_a_set_that_was_not_counted_is_named() -> None:
    models = {name: trained_as(name, 2.0) for name in MODELS}
    scatters, metrics = scatters_of(models.values()), measured(list(models.values()))
    results = Results(PARAMS, pd.DataFrame(), models, scatters, metrics, {}, {"set_1": {}})
    with pytest.raises(UserError, match=r"selection\.json: no entry 'set_2'"):
        EuclidComparison().compare(results)


def test_stamps_are_coloured_by_band_in_place_and_in_any_unit() -> None:
    rng = np.random.default_rng(0)
    vis, nisp = rng.normal(0, 1, (200, 200, 1)), rng.normal(0, 3, (66, 66, 3))
    # Row 70 of VIS is 29.5 pixels below the centre, as is row 22.7 of NISP, and row 30 of what is shown.
    vis[68:73, 68:73] += 100
    nisp[22:24, 22:24] += 50
    vis[128:133, 128:133] += 20
    nisp[42:44, 42:44] += (500, 1000, 3000)
    image = stamp_image(vis, nisp)
    assert image.shape == (SHOWN_VIS_PIXELS, SHOWN_VIS_PIXELS, 3)
    assert 0 <= image.min() <= image.max() <= 1
    assert image[30, 30].argmax() == 2
    assert image[90, 90].argmax() == 0
    assert image[30, 90].max() < 0.3
    assert stamp_image(1e-10 * vis, 1e-10 * nisp) == pytest.approx(image, abs=1e-9)
    assert (stamp_image(np.zeros((200, 200, 1)), np.zeros((66, 66, 3))) == 0).all()


def test_too_many_mistakes_give_way_to_the_worst_of_both_sorts() -> None:
    missed, false = np.arange(1000, 1000 + MISTAKES_MAX), np.arange(5)
    shown, words = shown_mistakes(missed[:-5], false, 0.5)
    assert shown.tolist() == [*missed[:-5], *false]
    assert "every mistake" in words
    shown, words = shown_mistakes(missed, false, 0.5)
    assert shown.tolist() == [*missed[:WORST_MAX], *false]
    assert f"{WORST_MAX} worst of {MISTAKES_MAX} missed lenses, then the 5 worst of 5 false" in words
