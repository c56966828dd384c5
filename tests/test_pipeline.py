"""``dvc.yaml``: consistent with the code, and run as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from support.project import REPOSITORY, make_project

from lensfinder.datasets.table import write_table
from lensfinder.errors import UserError
from lensfinder.params import Params, read_params
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.surveys.jpas.columns import SPLIT_COLUMNS
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import SurveyPaths
from lensfinder.workspace.pipeline import stage_inputs_hash, study_hash
from lensfinder.workspace.presets import apply_preset

MEASURES = {
    *("tp", "fp", "fn", "tn", "n_test", "recall", "fpr", "precision", "accuracy", "auc", "average_precision"),
    *("f_beta", "f_beta_threshold", "input_bytes_per_object", "data_size_saving"),
}


MODELS = ("cube", "pseudo_spectra")
TARGETS = ("compare-jpas", "evaluate-euclid@set_1")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


PIPELINES = [REPOSITORY / "dvc.yaml", *sorted(REPOSITORY.glob("studies/*/*/dvc.yaml"))]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_code_dependency_exists(path: Path) -> None:
    stages = YAML(typ="safe").load(path.read_text())["stages"]
    deps = {dep for stage in stages.values() for dep in stage.get("do", stage)["deps"]}
    code = {dep for dep in deps if dep.startswith("src/")}
    assert code
    assert not [dep for dep in code if not (REPOSITORY / dep).exists()]


def test_a_stages_hash_follows_its_parameters_data_and_code_only(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (root / "src").unlink()
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    params = read_params(root / "params.yaml")

    def simulate_hash(params=params) -> str:  # type: ignore[no-untyped-def]
        return stage_inputs_hash(root, "simulate-jpas", params)

    first = simulate_hash()
    assert simulate_hash() == first
    judging = params.jpas.judging.model_copy(update={"beta": 1.0})
    other_judging = params.jpas.model_copy(update={"judging": judging})
    assert simulate_hash(params.model_copy(update={"jpas": other_judging})) == first
    assert simulate_hash(params.model_copy(update={"seed": 1})) != first
    lens = root / "src" / "lensfinder" / "lensing" / "lens.py"
    lens.write_text(lens.read_text() + "\n# changed\n")
    second = simulate_hash()
    assert second != first
    (root / "spectra" / "spec-0001-00001-0001.fits").write_bytes(b"x")
    assert simulate_hash() != second


def test_unknown_stages_are_named(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    params = read_params(root / "params.yaml")
    with pytest.raises(UserError, match="no stage train-hubble"):
        stage_inputs_hash(root, "train-hubble@cube", params)
    with pytest.raises(UserError, match="no item spiral"):
        stage_inputs_hash(root, "train-jpas@spiral", params)


STUDY = """\
vars: [../../../params.yaml]
stages:
  split-cv-jpas:
    wdir: ../../..
    cmd: lensfinder cv split jpas
    deps: [data/jpas_filters.ecsv]
    params: [seed, jpas.cv]
  train-cv-jpas:
    matrix:
      repeat: ${jpas.cv.repeats}
      fold: ${jpas.cv.folds}
      model: [cube, pseudo_spectra, a-1]
      twice: [{rows: all}, {rows: none}]
    wdir: ../../..
    cmd: lensfinder cv train jpas
    deps: ["splits/${item.repeat}-${item.fold}-${item.twice.rows}.txt"]
    params: ["jpas.models.${item.model}"]
  train-named:
    foreach: ${jpas.models}
    do:
      wdir: ../../..
      cmd: lensfinder train ${key}
      deps: ["splits/${item.representation}.txt"]
      params: ["jpas.models.${key}"]
  train-listed:
    foreach: ${jpas.cv.models}
    do:
      wdir: ../../..
      cmd: lensfinder train ${item}
      deps: ["splits/${item}.txt"]
  lost:
    cmd: pwd
  mistaken:
    wdir: ../../..
    cmd: pwd
    params: [jpas.cv.fold]
"""
ADDRESS = "studies/jpas/cv/dvc.yaml:"


@pytest.fixture(scope="module")
def study_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("study"))
    (root / "studies" / "jpas" / "cv").mkdir(parents=True)
    (root / "studies" / "jpas" / "cv" / "dvc.yaml").write_text(STUDY)
    (root / "splits").mkdir()
    folds = [f"1-{fold}-{rows}" for fold in range(1, 6) for rows in ("all", "none")]
    for name in (*folds, *MODELS):
        (root / "splits" / f"{name}.txt").write_text(name)
    return root


def with_model(params: Params, name: str, **changes: object) -> Params:
    models = dict(params.jpas.models)
    models[name] = models.get(name, models["cube"]).model_copy(update=changes)
    return params.model_copy(update={"jpas": params.jpas.model_copy(update={"models": models})})


def test_a_stage_of_a_study_is_found_by_the_address_that_dvc_gives_it(study_project: Path) -> None:
    run(study_project, "dvc", "init", "--no-scm", "-q")
    listed = run(study_project, "dvc", "stage", "list", "--name-only", "studies/jpas/cv/dvc.yaml")
    addresses = [name for name in listed.stdout.splitlines() if not name.endswith("mistaken")]
    assert len(addresses) == 1 + 5 * 3 * 2 + 2 + 2 + 1, listed.stderr
    assert f"{ADDRESS}train-cv-jpas@1-2-a-1-twice1" in addresses
    params = with_model(read_params(study_project / "params.yaml"), "a-1")
    for address in addresses:
        if not address.endswith("lost"):
            stage_inputs_hash(study_project, address, params)


def test_the_hash_of_one_item_follows_what_that_item_reads(study_project: Path) -> None:
    params = read_params(study_project / "params.yaml")
    stages = [f"{ADDRESS}train-cv-jpas@1-{fold}-{model}-twice0" for fold in (2, 3) for model in MODELS]

    def hashes(params: Params) -> list[str]:
        return [stage_inputs_hash(study_project, stage, params) for stage in stages]

    before = hashes(params)
    changed = hashes(with_model(params, "cube", dropout=0.5))
    assert [old != new for old, new in zip(before, changed, strict=True)] == [True, False, True, False]
    split = study_project / "splits" / "1-3-all.txt"
    split.write_text("other")
    other_fold = hashes(params)
    split.write_text("1-3-all")
    assert [old != new for old, new in zip(before, other_fold, strict=True)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("train-cv-jpas@1-9-cube-twice0", "no item 1-9-cube-twice0; there are 1-1-cube-twice0, 1-1-cube"),
        ("train-cv-jpas", r"no item \(none\)"),
        ("train-named@spiral", "no item spiral; there are cube, pseudo_spectra"),
        ("dream", "no stage dream"),
        ("lost", r"stage lost works in wdir \., which is not"),
        ("mistaken", r"names jpas\.cv\.fold, and params\.yaml has no such value"),
    ],
)
def test_what_a_study_does_not_have_is_named(study_project: Path, stage: str, message: str) -> None:
    params = read_params(study_project / "params.yaml")
    with pytest.raises(UserError, match=r"studies/jpas/cv/dvc\.yaml: .*" + message):
        stage_inputs_hash(study_project, ADDRESS + stage, params)


def test_a_study_that_is_not_there_is_named(study_project: Path) -> None:
    params = read_params(study_project / "params.yaml")
    with pytest.raises(UserError, match=r"studies/jpas/none/dvc\.yaml: no such file"):
        stage_inputs_hash(study_project, "studies/jpas/none/dvc.yaml:split", params)


def test_a_study_is_known_by_all_that_defines_it_and_nothing_else(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    params = read_params(root / "params.yaml")
    catalogue = SurveyPaths(root, "jpas").catalogue
    catalogue.parent.mkdir(parents=True)
    catalogue.write_bytes(b"objects")

    def cube(params: Params, study: str = "cv") -> str:
        return study_hash(root, study, "jpas", "cube", params)

    def changed(section: str, **changes: object) -> Params:
        part = getattr(params.jpas, section).model_copy(update=changes)
        return params.model_copy(update={"jpas": params.jpas.model_copy(update={section: part})})

    first = cube(params)
    assert cube(with_model(params, "pseudo_spectra", dropout=0.5)) == first
    assert cube(changed("cv", models=("cube",))) == first
    assert cube(changed("judging", beta=1.0)) == first
    others = [
        cube(params, "cv_leak"),
        study_hash(root, "cv", "jpas", "pseudo_spectra", params),
        cube(params.model_copy(update={"seed": 1})),
        cube(with_model(params, "cube", dropout=0.5)),
        cube(changed("cv", folds=(1, 2))),
        cube(changed("cv", repeats=(1, 2, 3))),
        cube(changed("training", patience=99)),
        cube(changed("split", validation_fraction=0.3)),
    ]
    catalogue.write_bytes(b"other objects")
    others.append(cube(params))
    assert len({first, *others}) == 1 + len(others)
    with pytest.raises(UserError, match="jpas has no model 'spiral'; its models are cube"):
        study_hash(root, "cv", "jpas", "spiral", params)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout of the project as it stands, of preset smoke: all of J-PAS, one model of Euclid."""
    root = tmp_path_factory.mktemp("checkout")
    listed = run(REPOSITORY, "git", "ls-files", "-co", "--exclude-standard").stdout.splitlines()
    for name in listed:
        if (REPOSITORY / name).is_file() and not name.startswith(("metrics/", "validation/", "dvc.lock")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, root / name)
    apply_preset("smoke", root / "params.yaml")
    run(root, "git", "init", "-q")
    run(root, "git", "add", "-A")
    run(root, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "start")
    done = run(root, "dvc", "repro", *TARGETS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root


@pytest.mark.slow
def test_repro_ends_in_an_honest_comparison(checkout: Path) -> None:
    for model, saving in {"cube": 1.0, "pseudo_spectra": 25.0}.items():
        metrics = read_json(checkout / "metrics" / "jpas" / f"{model}.json")
        assert set(metrics) >= MEASURES
        assert metrics["n_test"] == metrics["tp"] + metrics["fp"] + metrics["fn"] + metrics["tn"] == 40
        assert metrics["data_size_saving"] == saving
        assert set(metrics["recall_interval"]) == {"low", "high", "level"}
    comparison = read_json(checkout / "metrics" / "jpas" / "comparison.json")
    assert comparison["data_size_saving_memory"] == 25.0
    assert comparison["data_size_saving_disk"] == pytest.approx(25.0, rel=1e-3)
    assert {"mcnemar_p", "recall_difference", "recall_difference_interval"} <= set(comparison)
    assert (checkout / "reports" / "jpas" / "report.html").is_file()
    assert (checkout / "validation" / "docs" / "jpas" / "index.html").is_file()


@pytest.mark.slow
def test_a_second_repro_does_nothing(checkout: Path) -> None:
    done = run(checkout, "dvc", "repro", *TARGETS)
    assert done.returncode == 0
    assert "Running stage" not in done.stdout
    assert "up to date" in done.stdout


@pytest.mark.slow
def test_each_model_has_one_finished_run(checkout: Path) -> None:
    import sqlite3

    with sqlite3.connect(checkout / "mlflow.db") as database:
        runs = database.execute("SELECT name, status FROM runs").fetchall()
    assert sorted(name.rsplit("-", 1)[0] for name, _ in runs) == ["cube", "pseudo_spectra", "set_1"]
    assert {status for _, status in runs} == {"FINISHED"}


@pytest.mark.slow
def test_removed_positives_stop_the_pipeline_before_any_training(checkout: Path) -> None:
    """As somebody does who swaps in data of their own: replace the file, `dvc commit -f`, `dvc repro`."""
    path = checkout / "splits" / "jpas.parquet"
    before = (checkout / "dvc.lock").read_text()
    model = checkout / "models" / "jpas" / "cube" / "model.keras"
    trained = model.read_bytes()
    splits = pd.read_parquet(path)
    positive = np.flatnonzero((splits["part"] == "train") & (splits["label"] == 1))
    removed = np.random.default_rng(0).choice(positive, len(positive) // 3, replace=False)
    path.unlink()
    write_table(path, splits.drop(index=removed), SPLIT_COLUMNS)
    assert run(checkout, "dvc", "commit", "-f", "split-jpas").returncode == 0
    done = run(checkout, "dvc", "repro", "compare-jpas")
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Running stage 'validate-jpas'" in output
    assert "Running stage 'train-jpas" not in output
    assert "lensed_quasar" in output
    assert model.read_bytes() == trained
    (checkout / "dvc.lock").write_text(before)


@pytest.mark.slow
def test_a_lens_lost_from_the_larger_set_stops_the_pipeline_and_is_named(checkout: Path) -> None:
    folder, before = checkout / "splits" / "euclid", (checkout / "dvc.lock").read_text()
    set_1, set_2 = (pd.read_parquet(folder / f"set_{k}.parquet") for k in (1, 2))
    lost = set_1.loc[set_1["label"] == 1, "object_id"].iloc[0]
    (folder / "set_2.parquet").unlink()
    left = set_2[set_2["object_id"] != lost].reset_index(drop=True)
    write_table(folder / "set_2.parquet", left, SET_COLUMNS)
    assert run(checkout, "dvc", "commit", "-f", "select-euclid").returncode == 0
    done = run(checkout, "dvc", "repro", "compare-euclid")
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Running stage 'train-euclid" not in output
    assert lost in output
    (checkout / "dvc.lock").write_text(before)
