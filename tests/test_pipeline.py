"""``dvc.yaml``: consistent with the code, and run as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from support.dependencies import package_files, read_loaded, stage_entries, wrong_dependencies
from support.project import REPOSITORY, changed, changed_file, make_project
from support.verbs import lensfinder_that_records

from lensfinder.datasets.table import Column, write_table
from lensfinder.errors import UserError
from lensfinder.params import Params, read_params
from lensfinder.studies.cross_validation.tracking import study_hash
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.surveys.jpas.columns import SPLIT_COLUMNS
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import StudyPaths
from lensfinder.workspace.pipeline import stage_inputs_hash
from lensfinder.workspace.presets import apply_preset

MEASURES = {
    *("tp", "fp", "fn", "tn", "n_test", "recall", "fpr", "precision", "accuracy", "auc", "average_precision"),
    *("f_beta", "input_bytes_per_object", "data_size_saving", "committee", "single", "replicas"),
}


MODELS = ("cube", "pseudo_spectra")
TARGETS = ("compare-jpas", "compare-euclid")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LOADED_MODULES": str(folder / "loaded")}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


PIPELINES = [REPOSITORY / "dvc.yaml", *sorted(REPOSITORY.glob("studies/*/*/dvc.yaml"))]


def entries() -> dict[str, list[str]]:
    """Dependencies of every stage of every pipeline, by the stage's name."""
    yaml = YAML(typ="safe")
    return {name: deps for path in PIPELINES for name, deps in stage_entries(yaml.load(path)).items()}


def test_a_stages_hash_follows_its_parameters_data_and_code_only(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (root / "src").unlink()
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    params = read_params(root / "params.yaml")

    def simulate_hash(values: Mapping[str, object] = {}) -> str:
        return stage_inputs_hash(root, "simulate-jpas", changed(params, values))

    first = simulate_hash()
    assert simulate_hash() == first
    assert simulate_hash({"jpas.judging.beta": 1.0}) == first
    assert simulate_hash({"seed": 1}) != first
    lens = root / "src" / "lensfinder" / "lensing" / "lens.py"
    lens.write_text(lens.read_text() + "\n# changed\n")
    second = simulate_hash()
    assert second != first
    (root / "spectra" / "spec-0001-00001-0001.fits").write_bytes(b"x")
    assert simulate_hash() != second


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
PIPELINE = """\
vars: [params.yaml]
stages:
  train-hsc:
    foreach: [cube, pseudo_spectra]
    do:
      wdir: ../..
      cmd: lensfinder train ${hsc.name} ${item}
      deps: ["splits/${item}.txt"]
      params: [seed, {pipelines/hsc/params.yaml: ["hsc.${item}"]}]
"""


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
    models[name] = changed(models.get(name, models["cube"]), changes)
    return changed(params, {"jpas.models": models})


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
    other_model = hashes(with_model(params, "cube", dropout=0.5))
    assert [old != new for old, new in zip(before, other_model, strict=True)] == [True, False, True, False]
    split = study_project / "splits" / "1-3-all.txt"
    split.write_text("other")
    other_fold = hashes(params)
    split.write_text("1-3-all")
    assert [old != new for old, new in zip(before, other_fold, strict=True)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("train-hubble@cube", "no stage train-hubble"),
        ("train-jpas@spiral", "no stage train-jpas"),
        (
            f"{ADDRESS}train-cv-jpas@1-9-cube-twice0",
            "no item 1-9-cube-twice0; there are 1-1-cube-twice0, 1-1",
        ),
        (f"{ADDRESS}train-cv-jpas", r"no item \(none\)"),
        (f"{ADDRESS}train-named@spiral", "no item spiral; there are cube, pseudo_spectra"),
        (f"{ADDRESS}dream", "no stage dream"),
        (f"{ADDRESS}lost", r"stage lost works in wdir \., which is not"),
        (f"{ADDRESS}mistaken", r"names jpas\.cv\.fold, and params\.yaml has no such value"),
        ("studies/jpas/none/dvc.yaml:split", "no such file"),
    ],
)
def test_what_a_pipeline_does_not_have_is_named(study_project: Path, stage: str, message: str) -> None:
    params = read_params(study_project / "params.yaml")
    file = re.escape(stage.rpartition(":")[0] or "dvc.yaml")
    with pytest.raises(UserError, match=rf"{file}: .*{message}"):
        stage_inputs_hash(study_project, stage, params)


def test_a_pipeline_may_have_parameters_of_its_own(study_project: Path) -> None:
    folder = study_project / "pipelines" / "hsc"
    folder.mkdir(parents=True)
    (folder / "dvc.yaml").write_text(PIPELINE)
    own = folder / "params.yaml"
    params = read_params(study_project / "params.yaml")

    def hashes(content: str) -> list[str]:
        own.write_text(content)
        stages = [f"pipelines/hsc/dvc.yaml:train-hsc@{name}" for name in MODELS]
        return [stage_inputs_hash(study_project, stage, params) for stage in stages]

    before = hashes("hsc: {cube: {dropout: 0.1}, pseudo_spectra: {dropout: 0.1}, name: HSC}")
    assert hashes("hsc: {cube: {dropout: 0.1}, pseudo_spectra: {dropout: 0.1}, name: H}") == before
    other = hashes("hsc: {cube: {dropout: 0.2}, pseudo_spectra: {dropout: 0.1}, name: H}")
    assert [old != new for old, new in zip(before, other, strict=True)] == [True, False]
    with pytest.raises(UserError, match=r"hsc/dvc\.yaml: .*hsc\.pseudo_spectra.* missing from"):
        hashes("hsc: {cube: {dropout: 0.2}, name: H}")
    with pytest.raises(UserError, match=r"hsc/dvc\.yaml: .*Could not find 'hsc\.name'"):
        hashes("hsc: {cube: {dropout: 0.2}}")


def test_a_study_is_known_by_all_that_defines_it_and_nothing_else(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    params = read_params(root / "params.yaml")
    catalogue = JpasPaths(root).catalogue
    catalogue.parent.mkdir(parents=True)
    catalogue.write_bytes(b"objects")

    def cube(params: Params, study: str = "cv") -> str:
        return study_hash(StudyPaths(JpasPaths(root), study), params, "cube")

    first = cube(params)
    assert cube(with_model(params, "pseudo_spectra", dropout=0.5)) == first
    assert cube(changed(params, {"jpas.cv.models": ("cube",)})) == first
    assert cube(changed(params, {"jpas.judging.beta": 1.0})) == first
    values = {"jpas.cv.folds": (1, 2), "jpas.cv.repeats": (1, 2, 3), "jpas.training.patience": 99}
    values |= {"seed": 1, "jpas.split.validation_fraction": 0.3}
    others = [
        cube(params, "cv_leak"),
        study_hash(StudyPaths(JpasPaths(root), "cv"), params, "pseudo_spectra"),
        cube(with_model(params, "cube", dropout=0.5)),
        *(cube(changed(params, {name: value})) for name, value in values.items()),
    ]
    catalogue.write_bytes(b"other objects")
    others.append(cube(params))
    assert len({first, *others}) == 1 + len(others)
    with pytest.raises(UserError, match="jpas has no model 'spiral'; its models are cube"):
        study_hash(StudyPaths(JpasPaths(root), "cv"), params, "spiral")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A git checkout of the project as it stands, of preset smoke: all of J-PAS, one model of Euclid."""
    root = tmp_path_factory.mktemp("checkout")
    listed = run(REPOSITORY, "git", "ls-files", "-co", "--exclude-standard").stdout.splitlines()
    for name in listed:
        if (REPOSITORY / name).is_file() and not name.startswith(("metrics/", "validation/", "dvc.lock")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, root / name)
    apply_preset("smoke", root / "params.yaml")
    for folder in ("bin", "loaded"):
        (root / folder).mkdir()
    for survey in ("jpas", "euclid"):
        changed_file(root / "params.yaml", root / "params.yaml", f"{survey}.training.epochs_max", 1)
    run(root, "git", "init", "-q")
    run(root, "git", "add", "-A")
    run(root, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "start")
    with lensfinder_that_records(root / "bin" / "lensfinder"):
        done = run(root, "dvc", "repro", *TARGETS)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        yield root


STUDY_VERBS = {
    "simulate-hard-negatives-jpas": "hard-negatives simulate jpas",
    "validate-hard-negatives-jpas": "hard-negatives validate jpas",
    "judge-hard-negatives-jpas": "hard-negatives judge jpas",
    "represent-ablations-jpas": "ablations represent jpas",
    "train-ablations-jpas": "ablations train jpas white",
    "occlude-ablations-jpas": "ablations occlude jpas",
    "judge-ablations-jpas": "ablations judge jpas",
    "split-cv-jpas": "cv split jpas",
    "validate-cv-jpas": "cv validate jpas",
    "train-cv-jpas": "cv train jpas cube --fold 1",
    "": "cv train jpas cube --fold 2",
    "judge-cv-jpas": "cv judge jpas",
    "split-cv_leak-jpas": "cv split jpas --leak",
    "validate-cv_leak-jpas": "cv validate jpas --leak",
    "train-cv_leak-jpas": "cv train jpas cube --fold 1 --leak",
    " ": "cv train jpas cube --fold 2 --leak",
    "judge-cv_leak-jpas": "cv judge jpas --leak",
    "split-cv-euclid": "cv split euclid",
    "validate-cv-euclid": "cv validate euclid",
    "train-cv-euclid": "cv train euclid set_6 --fold 1",
    "  ": "cv train euclid set_6 --fold 2",
    "judge-cv-euclid": "cv judge euclid",
}
"""Verbs by the stage that calls them, which the fixture :func:`checkout` does not run."""


@pytest.fixture(scope="module")
def loaded(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The modules that the verb of each stage loads, by the stage's name."""
    root = tmp_path_factory.mktemp("studies") / "project"
    shutil.copytree(checkout, root, symlinks=True)
    for survey, model in (("jpas", "cube"), ("euclid", "set_6")):
        for name, value in (("folds", [1, 2]), ("models", [model])):
            changed_file(root / "params.yaml", root / "params.yaml", f"{survey}.cv.{name}", value)
    for stage, verb in STUDY_VERBS.items():
        if stage == "judge-ablations-jpas":
            trained = root / "models" / "ablations" / "jpas"
            shutil.copytree(trained / "white" / "replica_1", trained / "white" / "replica_2")
            for ablation in read_params(root / "params.yaml").jpas.ablations.root.keys() - {"white"}:
                shutil.copytree(trained / "white", trained / ablation)
        done = run(root, "lensfinder", *verb.split())
        assert done.returncode == 0, verb + done.stdout[-3000:]
    stages = {verb.replace(" ", "-"): stage for stage, verb in STUDY_VERBS.items()}
    records = {path.stem: read_loaded(path) for path in (root / "loaded").glob("*.json")}
    found: dict[str, set[str]] = {}
    for name, modules in records.items():
        stage = stages.get(name, name.split("@")[0])
        # A verb that trains leaves the networks to others, each of which trains one.
        stage = f"train-{name.split('-')[1]}" if name.startswith("train-") and "replica" in name else stage
        found[stage] = found.get(stage, set()) | set(modules)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("stage", entries())
def test_a_stage_depends_on_what_its_verb_loads(stage: str, loaded: dict[str, set[str]]) -> None:
    assert wrong_dependencies(entries()[stage], loaded[stage], package_files()) == []


def test_wrong_dependencies_are_seen() -> None:
    package = {"sky/a.py", "sky/b.py", "sky/c.py", "lensing/lens.py", "half.py"}
    loaded = {"sky/a.py", "half.py"}
    told = wrong_dependencies(["data", "src/lensfinder/sky", "src/lensfinder/lensing"], loaded, package)
    assert told == [
        "src/lensfinder/half.py is missing",
        "src/lensfinder/sky: the verb loads 1 of 3 modules",
        "src/lensfinder/lensing: the verb loads 0 of 1 modules",
    ]
    most = {"half.py", "sky/a.py", "sky/b.py"}
    assert wrong_dependencies(["src/lensfinder/half.py", "src/lensfinder/sky"], most, package) == []
    assert wrong_dependencies(["src/lensfinder/gone.py"], set(), package)


@pytest.mark.parametrize(
    ("folder", "pipeline", "untouched"),
    [
        ("studies/cross_validation", "dvc.yaml", ""),
        ("surveys/euclid/suites", "dvc.yaml", "-jpas"),
        ("surveys/jpas", "dvc.yaml", "-euclid"),
        ("tracking", "dvc.yaml", ""),
        ("tracking", "studies/jpas/cv/dvc.yaml", ""),
        ("report", "dvc.yaml", "train-"),
    ],
)
def test_a_change_reruns_what_it_touches_and_nothing_else(folder: str, pipeline: str, untouched: str) -> None:
    stages = stage_entries(YAML(typ="safe").load(REPOSITORY / pipeline))
    files = {file for file in package_files() if file.startswith(f"{folder}/")}
    assert files
    for stage, deps in stages.items():
        if untouched in stage:
            code = [dep.removeprefix("src/lensfinder/") for dep in deps]
            assert not [file for file in files if any(f"{file}/".startswith(f"{dep}/") for dep in code)]


@pytest.mark.slow
def test_repro_ends_in_an_honest_comparison(checkout: Path) -> None:
    for model, saving in {"cube": 1.0, "pseudo_spectra": 25.0}.items():
        metrics = read_json(checkout / "metrics" / "jpas" / "measures" / f"{model}.json")
        assert set(metrics) >= MEASURES
        assert metrics["replicas"] == 2
        assert metrics["n_test"] == metrics["tp"] + metrics["fp"] + metrics["fn"] + metrics["tn"] == 40
        assert metrics["data_size_saving"] == saving
        assert set(metrics["recall_interval"]) == {"low", "high", "level"}
    comparison = read_json(checkout / "metrics" / "jpas" / "comparison.json")
    assert comparison["data_size_saving_memory"] == 25.0
    assert comparison["data_size_saving_disk"] == pytest.approx(25.0, rel=1e-3)
    assert {"mcnemar_p", "recall_difference", "recall_difference_interval"} <= set(comparison)
    assert set(comparison["baselines"]) == {"cube", "pseudo_spectra"}
    baselines = read_json(checkout / "metrics" / "jpas" / "baselines.json")["jpas"]
    assert set(baselines) == {"total_magnitude", "boosted_trees"}
    assert all(set(of) >= MEASURES for of in baselines.values())
    assert (checkout / "reports" / "jpas" / "report.html").is_file()
    assert (checkout / "validation" / "docs" / "jpas" / "index.html").is_file()


@pytest.mark.slow
def test_a_second_repro_does_nothing(checkout: Path) -> None:
    done = run(checkout, "dvc", "repro", *TARGETS)
    assert done.returncode == 0
    assert "Running stage" not in done.stdout
    assert "up to date" in done.stdout


@pytest.mark.slow
def test_the_readme_s_way_to_a_score_needs_keras_alone(checkout: Path) -> None:
    """Its lines as they stand, in a process without this package, give the scores of the score table."""
    [example] = re.findall(r"```python\n(import keras\n.*?)```", (REPOSITORY / "README.md").read_text(), re.S)
    code = f"{example}\nimport json, sys\nprint(json.dumps(scores.tolist()), 'lensfinder' in sys.modules)"
    done = run(checkout, sys.executable, "-c", code.replace("[:100]", ""))
    assert done.returncode == 0, done.stderr[-3000:]
    scores, _, loaded_ours = done.stdout.strip().splitlines()[-1].rpartition(" ")
    assert loaded_ours == "False"
    table = pd.read_parquet(checkout / "models" / "jpas" / "cube" / "replica_1" / "scores.parquet")
    given = np.array(json.loads(scores))[table["row"]]
    np.testing.assert_allclose(given, table["score"], rtol=0, atol=1e-6)


@pytest.mark.slow
def test_each_model_has_one_finished_run(checkout: Path) -> None:
    import sqlite3

    with sqlite3.connect(checkout / "mlflow.db") as database:
        runs = database.execute("SELECT name, status FROM runs").fetchall()
    models = [*MODELS, *(f"set_{number}" for number in range(1, 7)), "control"]
    each = [*models, *("committee", "replica_1", "replica_2") * len(models)]
    assert sorted(name.rsplit("-", 1)[0] for name, _ in runs) == sorted(each)
    assert {status for _, status in runs} == {"FINISHED"}


def repro_stops(
    checkout: Path, survey: str, cut: str, name: str, table: pd.DataFrame, columns: Mapping[str, Column]
) -> str:
    """Put a table into the place of one of ``splits``; what DVC says, which trains nothing on it."""
    before = (checkout / "dvc.lock").read_text()
    (checkout / "splits" / name).unlink()
    write_table(checkout / "splits" / name, table, columns)
    assert run(checkout, "dvc", "commit", "-f", f"{cut}-{survey}").returncode == 0
    done = run(checkout, "dvc", "repro", f"compare-{survey}")
    assert done.returncode != 0
    assert f"Running stage 'train-{survey}" not in done.stdout + done.stderr
    (checkout / "dvc.lock").write_text(before)
    return done.stdout + done.stderr


@pytest.mark.slow
def test_removed_positives_stop_the_pipeline_before_any_training(checkout: Path) -> None:
    """As somebody does who swaps in data of their own: replace the file, `dvc commit -f`, `dvc repro`."""
    model = checkout / "models" / "jpas" / "cube" / "replica_1" / "model.keras"
    trained = model.read_bytes()
    splits = pd.read_parquet(checkout / "splits" / "jpas.parquet")
    positive = np.flatnonzero((splits["part"] == "train") & (splits["label"] == 1))
    removed = np.random.default_rng(0).choice(positive, len(positive) // 3, replace=False)
    output = repro_stops(checkout, "jpas", "split", "jpas.parquet", splits.drop(index=removed), SPLIT_COLUMNS)
    assert "Running stage 'validate-jpas'" in output
    assert "lensed_quasar" in output
    assert model.read_bytes() == trained


@pytest.mark.slow
def test_a_lens_lost_from_the_larger_set_stops_the_pipeline_and_is_named(checkout: Path) -> None:
    set_1, set_2 = (pd.read_parquet(checkout / f"splits/euclid/set_{k}.parquet") for k in (1, 2))
    lost = set_1.loc[set_1["label"] == 1, "object_id"].iloc[0]
    left = set_2[set_2["object_id"] != lost].reset_index(drop=True)
    assert lost in repro_stops(checkout, "euclid", "select", "euclid/set_2.parquet", left, SET_COLUMNS)
