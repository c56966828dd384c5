"""Replicas: their seeds, that old scores are never a new network's, and that side by side is as alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.euclid_dataset import good_euclid_dataset, small_euclid_params
from support.gate_dataset import good_dataset, small_params
from support.networks import network
from support.project import REPOSITORY, Killed, changed, changed_file, digests, make_project
from support.survey_evaluation import use_network
from support.tracking_workspace import families, statuses_of, write_model

from lensfinder.params import read_params
from lensfinder.stages import train as stage
from lensfinder.stages.train import Hashes, OneTraining, replica_of, train_models
from lensfinder.tracking.contents import TrainingLog
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths

EUCLID = small_euclid_params()
MODELS = ("cube", "pseudo_spectra")


def test_a_replica_has_one_seed_in_all_models_and_no_other_replica_has_it(tmp_path: Path) -> None:
    paths = SurveyPaths(tmp_path, "euclid")
    params = changed(EUCLID, {"euclid.training.replicas": 3})
    others = changed(params, {"euclid.training.seed": 1}), changed(params, {"seed": params.seed + 1})

    def seeds_of(name: str) -> list[int]:
        return [replica_of(paths, params, name, number).seed for number in (1, 2, 3)]

    first, *rest = (seeds_of(name) for name in params.euclid.models)
    assert rest == [first] * len(rest)
    every = {replica_of(paths, of, "set_1", number).seed for of in others for number in (1, 2, 3)}
    assert len({*first, *every}) == 9


@pytest.fixture
def one(tmp_path: Path) -> OneTraining:
    """A training whose files are those of other inputs."""
    paths = good_euclid_dataset(EUCLID).write(tmp_path)
    write_json(paths.validation, {})
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / "src").symlink_to(REPOSITORY / "src")
    one = replica_of(paths, EUCLID, "set_5", 1)
    write_model(one.out, "0" * 64)
    one.out.scores.write_text("of another network")
    return one


def test_a_training_is_known_by_what_it_reads_and_by_nothing_else(tmp_path: Path) -> None:
    paths = good_dataset().write(make_project(tmp_path))
    params = small_params()

    def hashes(values: Mapping[str, object] = {}) -> dict[tuple[str, int], Hashes]:
        of = changed(params, values)
        each = [(name, number) for name in MODELS for number in (1, 2)]
        return {(name, number): replica_of(paths, of, name, number).hashes() for name, number in each}

    before = hashes()
    assert len({of.inputs for of in before.values()}) == 4
    # Trainings of one model differ by their seeds alone.
    assert [len({before[name, number].model for number in (1, 2)}) for name in MODELS] == [1, 1]
    assert hashes({"jpas.training.replicas": 9}) == before
    assert hashes({"jpas.judging.beta": 1.0}) == before
    again = hashes({"jpas.training.seed": 1})
    assert not {of.inputs for of in again.values()} & {of.inputs for of in before.values()}
    other = changed(params.jpas.models["cube"], {"dropout": 0.45})
    after = hashes({"jpas.models": {**params.jpas.models, "cube": other}})
    assert [key for key, of in after.items() if of != before[key]] == [("cube", 1), ("cube", 2)]
    np.save(paths.root / "datasets/jpas/pseudo_spectra/pseudo_spectra.npy", np.zeros((3, 2)))
    assert {key[0] for key, of in hashes().items() if of != before[key]} == {"pseudo_spectra"}


@contextmanager
def no_log(hashes: Hashes) -> Iterator[TrainingLog]:
    yield TrainingLog(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("killed_in", ["training", "scoring"])
def test_scores_of_another_network_are_never_taken_for_those_of_a_new_one(
    one: OneTraining, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    kill = [killed_in]

    def train(*given: object) -> None:
        *_, work, out, _ = given
        work.mkdir(parents=True, exist_ok=True)  # type: ignore[attr-defined]
        assert not one.out.scores.exists()
        if kill == ["training"]:
            raise Killed
        write_model(out, "")  # type: ignore[arg-type]

    def predict_scores(model, representation, images, rows, batch, threads):  # type: ignore[no-untyped-def]
        if kill == ["scoring"]:
            raise Killed
        return np.full(len(rows), 0.25, dtype=np.float32)

    module = ModuleType("lensfinder.networks.training")
    module.train = train  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    use_network(monkeypatch, predict_scores)
    assert not one.is_done()
    with pytest.raises(Killed):
        one.run(no_log)
    assert not one.out.scores.exists()
    assert not one.is_done()
    kill.clear()
    one.run(no_log)
    assert one.is_done()
    assert not list(one.paths.work("", "").parent.iterdir())


@pytest.mark.slow
def test_networks_trained_side_by_side_are_those_trained_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    root = make_project(tmp_path / "together")
    values = {
        "jpas.models": {name: network(name).model_dump(mode="json") for name in MODELS},
        "jpas.training.epochs_max": 2,
        "jpas.training.threads": 1,
        "jpas.training.replicas": 2,
    }
    for name, value in values.items():
        changed_file(root / "params.yaml", root / "params.yaml", name, value)
    paths = good_dataset().write(root)
    write_json(paths.validation, {})
    alone = tmp_path / "alone"
    shutil.copytree(root, alone, symlinks=True)

    params = read_params(root / "params.yaml")
    monkeypatch.setattr(stage, "cores", lambda: 4)
    train_models(paths, params, MODELS)
    assert "train: 4 networks, 4 at a time" in capfd.readouterr().out
    together = digests(root, "models")
    for model, number in (("cube", 2), ("pseudo_spectra", 1)):
        command = [sys.executable, "-m", "lensfinder.cli", "train", "jpas", model, "--replica", str(number)]
        subprocess.run(command, cwd=alone, check=True)
    made = digests(alone, "models")
    names = ("history.csv", "model.keras", "scores.parquet", "training.json")
    folders = ("models/jpas/cube/replica_2", "models/jpas/pseudo_spectra/replica_1")
    assert sorted(made) == [f"{folder}/{name}" for folder in folders for name in names]
    assert {file: together[file] for file in made} == made
    for name in names:
        assert (
            together[f"models/jpas/cube/replica_1/{name}"] != together[f"models/jpas/cube/replica_2/{name}"]
        )
    assert families(root) == {name: ["replica_1", "replica_2"] for name in MODELS}
    assert sorted(statuses_of(root)) == ["FINISHED"] * 4 + ["RUNNING"] * 2

    # All is done, with real files too: nothing is asked for, nothing changes.
    capfd.readouterr()
    train_models(paths, params, MODELS)
    assert capfd.readouterr().out == ""
    assert digests(root, "models") == together
