"""The stages ``evaluate`` and ``compare`` on a small made-up survey, with made-up scores for a network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import PIXELS, small_params
from support.project import digests
from support.survey_evaluation import REPLICAS, make_survey

from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.stages.baselines import learn_baselines
from lensfinder.stages.compare import compare_models
from lensfinder.stages.evaluate import evaluate_models
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import SurveyPaths
from lensfinder.workspace.provenance import flatten

PARAMS = small_params()
MODELS = ("cube", "pseudo_spectra")
OUTPUTS = ("evaluation", "metrics", "reports")


def run(paths: SurveyPaths) -> None:
    evaluate_models(paths, PARAMS)
    learn_baselines(paths, PARAMS)
    compare_models(paths, PARAMS)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[SurveyPaths, dict[str, str]]:
    paths = make_survey(tmp_path_factory.mktemp("survey"))
    run(paths)
    return paths, digests(paths.root, *OUTPUTS)


@pytest.mark.slow
def test_everything_the_contract_names_is_written(judged) -> None:  # type: ignore[no-untyped-def]
    paths, made = judged
    for name in MODELS:
        folder = f"evaluation/jpas/{name}"
        both = ("roc", "f_beta", "reliability", "completeness")
        figures = (*both, "confusion_matrix", "loss", "atlas_mistakes_01")
        expected = {f"metrics/jpas/{name}.json", f"metrics/jpas/measures/{name}.json"}
        expected |= {f"{folder}/scores.parquet"}
        expected |= {f"{folder}/figures/{figure}.png" for figure in figures}
        expected |= {f"{folder}/plots/{table}.csv" for table in (*both, "confusion")}
        assert not expected - set(made)
        scores = read_table(paths.model(name).scores, survey_of("jpas").columns.scores)
        assert set(scores["part"]) == {"validation", "test"}
        metrics = json.loads(paths.model(name).measures.read_text())
        assert (metrics["replicas"], len(metrics["single"])) == (REPLICAS, REPLICAS)
        predicted = pd.read_csv(paths.model(name).plots / "confusion.csv")
        assert (
            int(((predicted["actual"] == "lens") & (predicted["predicted"] == "lens")).sum())
            == metrics["committee"]["tp"]
        )
        assert len(flatten(json.loads(paths.model(name).metrics.read_text()))) <= 15
        # What MLflow shows of a run, an interval being two numbers.
        assert sum(2 if key.endswith("_interval") else 1 for key in metrics["shown"]) <= 40
    saving = [json.loads(paths.model(name).measures.read_text())["data_size_saving"] for name in MODELS]
    assert saving == [1.0, PIXELS / 2]
    assert not [name for name in made if name.endswith(".partial")]


@pytest.mark.slow
def test_comparison_and_report_agree_with_the_metrics(judged) -> None:  # type: ignore[no-untyped-def]
    paths, _ = judged
    metrics = {name: json.loads(paths.model(name).measures.read_text()) for name in MODELS}
    comparison = json.loads(paths.comparison.read_text())
    difference = metrics["cube"]["recall"] - metrics["pseudo_spectra"]["recall"]
    assert comparison["recall_difference"] == pytest.approx(difference, abs=2e-8)
    assert comparison["data_size_saving_memory"] == 25.0
    assert set(comparison["resolved"]) <= {"recall", "fpr", "accuracy", "auc"}
    report = (paths.report_dir / "report.md").read_text()
    committee = metrics["cube"]["committee"]
    assert f"| {committee['tp']:,} / {committee['fp']:,} /" in report
    assert f"mean of {REPLICAS} | {metrics['cube']['tp']:,.1f} / {metrics['cube']['fp']:,.1f} /" in report
    assert comparison["verdict"] in report
    assert "4,212 / 39 / 39 / 8,431" in report
    page = (paths.report_dir / "report.html").read_text()
    assert page.count("<table>") == 8
    assert page.count('src="data:image/png;base64,') == report.count("](figures/") == 6
    assert 'src="figures' not in page
    assert str(paths.root) not in report + page


@pytest.mark.slow
def test_networks_are_set_against_baselines_on_the_same_objects_and_draws(judged) -> None:  # type: ignore[no-untyped-def]
    paths, made = judged
    baselines = json.loads(paths.baselines.read_text())
    assert list(baselines) == ["jpas"]
    against = json.loads(paths.comparison.read_text())["baselines"]
    for name in MODELS:
        metrics = json.loads(paths.model(name).measures.read_text())
        for baseline, of in baselines["jpas"].items():
            assert f"evaluation/jpas/baselines/jpas/{baseline}.parquet" in made
            assert (of["n_test"], of["interval_groups"]) == (metrics["n_test"], metrics["interval_groups"])
            pair = against[name][baseline]
            assert pair["auc_difference"] == pytest.approx(metrics["auc"] - of["auc"], abs=2e-8)
            assert pair["auc_difference_interval"]["low"] is not None
    report = (paths.report_dir / "report.md").read_text()
    assert report.index("In ROC AUC") < report.index("the cube finds") < report.index("## Measures")
    assert report.index("## Measures") < report.index("## What a network must beat")
    assert "baselines-jpas" in report


@pytest.mark.slow
def test_the_same_inputs_make_the_same_bytes(judged) -> None:  # type: ignore[no-untyped-def]
    paths, made = judged
    shutil.rmtree(paths.root / "reports")
    shutil.rmtree(paths.model("cube").evaluation_dir)
    paths.model("cube").metrics.unlink()
    paths.comparison.unlink()
    paths.baselines.unlink()
    stale = paths.model("cube").figures / "atlas_mistakes_99.png"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of an earlier run")
    run(paths)
    assert digests(paths.root, *OUTPUTS) == made


def test_what_is_missing_or_does_not_fit_is_named(tmp_path: Path) -> None:
    paths = make_survey(tmp_path)
    with pytest.raises(UserError, match=r"cube\.json: no such file"):
        compare_models(paths, PARAMS)
    paths.validation.unlink()
    with pytest.raises(UserError, match=r"jpas\.json: no such file; nothing is trained before"):
        learn_baselines(paths, PARAMS)
    history = paths.model("cube").replica(2).history
    kept = history.read_text()
    history.write_text("epoch,loss\n")
    with pytest.raises(UserError, match=r"replica_2/history\.csv.*val_loss"):
        evaluate_models(paths, PARAMS)
    history.write_text(kept)
    scores = paths.model("pseudo_spectra").replica(1).scores
    read_table(scores).iloc[1:].to_parquet(scores)
    with pytest.raises(UserError, match="did not score the same objects"):
        evaluate_models(paths, PARAMS)
    scores.unlink()
    with pytest.raises(UserError, match=r"replica_1/scores\.parquet: no such file"):
        evaluate_models(paths, PARAMS)
    np.save(paths.cubes, np.zeros((3, 50, 50, 56), dtype=np.float16))
    with pytest.raises(UserError, match=r"cubes\.npy: 3 images for 270 rows"):
        evaluate_models(paths, PARAMS)
    paths.cubes.write_bytes(b"\x93NUMPY")
    with pytest.raises(UserError, match=r"cubes\.npy: cannot be read"):
        evaluate_models(paths, PARAMS)
