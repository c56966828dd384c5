"""Stage train: which trainings there are, which are done, what is refused before TensorFlow is imported."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from support.euclid_dataset import good_euclid_dataset, small_euclid_params
from support.project import REPOSITORY, changed

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages import train as stage
from lensfinder.stages.side_by_side import run_side_by_side
from lensfinder.stages.train import replica_of, replica_seed, train_models, train_replica
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.contents import INPUTS_HASH_KEY
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths

PARAMS = small_euclid_params()
SETS = ["set_5", "set_6"]


@pytest.fixture
def paths(tmp_path: Path) -> SurveyPaths:
    """A checkout with all that training reads."""
    paths = good_euclid_dataset(PARAMS).write(tmp_path)
    write_json(paths.validation, {})
    shutil.copy(REPOSITORY / "dvc.yaml", tmp_path)
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    (tmp_path / "src").symlink_to(REPOSITORY / "src")
    return paths


@pytest.fixture
def wanted(paths: SurveyPaths, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Labels of the trainings that were asked for; each leaves its files at once."""
    asked: list[str] = []

    def leave_files(root: Path, commands: Mapping[str, Sequence[str]], at_a_time: int) -> None:
        for label, (_, _, name, _, number) in commands.items():
            asked.append(label)
            out = paths.model(name).replica(int(number))
            out.model_dir.mkdir(parents=True, exist_ok=True)
            for file in (out.model, out.history, out.scores):
                file.write_text(label)
            params = leave_files.params  # type: ignore[attr-defined]
            inputs = replica_of(paths, params, name, int(number)).hashes().inputs
            write_json(out.training, {INPUTS_HASH_KEY: inputs})

    monkeypatch.setattr(stage, "run_side_by_side", leave_files)
    monkeypatch.setattr(stage, "_leave_files", leave_files, raising=False)
    return asked


def train_with(paths: SurveyPaths, params: Params, names: Sequence[str] = SETS) -> None:
    stage._leave_files.params = params  # type: ignore[attr-defined]
    train_models(paths, params, names)


def test_only_what_is_not_done_is_trained(paths: SurveyPaths, wanted: list[str]) -> None:
    train_with(paths, PARAMS)
    assert wanted == ["set_5 1", "set_5 2", "set_6 1", "set_6 2"]
    wanted.clear()
    train_with(paths, PARAMS)
    assert wanted == []
    # One more training of each, and nothing else.
    three = changed(PARAMS, {"euclid.training.replicas": 3})
    train_with(paths, three)
    assert wanted == ["set_5 3", "set_6 3"]
    # One fewer: what nobody asks for is removed.
    train_with(paths, PARAMS)
    assert not paths.model("set_5").replica(3).model_dir.exists()
    # Scores that are missing are made again, as are all where what decides the network changed.
    wanted.clear()
    paths.model("set_6").replica(2).scores.unlink()
    train_with(paths, PARAMS)
    assert wanted == ["set_6 2"]
    train_with(paths, changed(PARAMS, {"euclid.training.learning_rate": 0.5}), ["set_5"])
    assert wanted[1:] == ["set_5 1", "set_5 2"]


def test_the_set_of_another_model_is_no_business_of_this_one(paths: SurveyPaths, wanted: list[str]) -> None:
    train_with(paths, PARAMS)
    wanted.clear()
    files = survey_of("euclid").parts.files(paths.splits, "set_5")
    table = files[0].read_bytes()
    shutil.copy(survey_of("euclid").parts.files(paths.splits, "set_4")[0], files[0])
    assert files[0].read_bytes() != table
    train_with(paths, PARAMS)
    assert wanted == ["set_5 1", "set_5 2"]


def test_seeds_of_replicas_differ_and_another_training_seed_has_none_of_them() -> None:
    training = PARAMS.euclid.training
    seeds = {replica_seed(PARAMS, training, number) for number in range(1, 25)}
    other = training.model_copy(update={"seed": 1})
    assert len(seeds) == 24
    assert not seeds & {replica_seed(PARAMS, other, number) for number in range(1, 25)}


def test_labels_stand_before_lines_and_a_failure_is_told_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    write_json(SurveyPaths(tmp_path, "euclid").validation, {})
    run_side_by_side(tmp_path, {"a": ["surveys"], "bb": ["surveys"]}, 2)
    out = capfd.readouterr().out
    assert "a   jpas\n" in out
    assert "bb  jpas\n" in out
    with pytest.raises(
        UserError, match=r"one: `lensfinder train euclid set_7 --replica 1` failed, see above"
    ):
        run_side_by_side(tmp_path, {"one": ["train", "euclid", "set_7", "--replica", "1"]}, 1)
    assert "euclid has no model 'set_7'" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("survey", "models"), [("jpas", "cube, pseudo_spectra"), ("euclid", "set_1, .*, set_6, control")]
)
def test_an_unknown_model_is_refused_with_those_that_there_are(
    tmp_path: Path, survey: str, models: str
) -> None:
    with pytest.raises(UserError, match=rf"params\.yaml: {survey} has no model 'set_7'; .* {models}"):
        replica_of(SurveyPaths(tmp_path, survey), PARAMS, "set_7", 1)
    with pytest.raises(UserError, match=r"euclid\.training\.replicas = 2: no replica 3"):
        replica_of(SurveyPaths(tmp_path, "euclid"), PARAMS, "set_1", 3)


def test_nothing_is_trained_before_the_gate(paths: SurveyPaths) -> None:
    paths.validation.unlink()
    for train in (
        lambda: train_replica(paths, PARAMS, "set_1", 1),
        lambda: train_models(paths, PARAMS, SETS),
    ):
        with pytest.raises(UserError, match=r"euclid\.json: no such file; .*lensfinder validate"):
            train()


def test_images_of_another_number_are_named(tmp_path: Path) -> None:
    dataset = good_euclid_dataset(PARAMS)
    dataset.nisp = dataset.nisp[:-1]
    paths = dataset.write(tmp_path)
    write_json(paths.validation, {})
    shutil.copy(REPOSITORY / "dvc.yaml", tmp_path)
    (tmp_path / "src").symlink_to(REPOSITORY / "src")
    with pytest.raises(UserError, match=r"nisp\.npy: 209 images for 210 rows"):
        train_replica(paths, PARAMS, "set_1", 1)
