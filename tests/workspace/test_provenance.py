from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.project import REPOSITORY

from lensfinder.errors import UserError
from lensfinder.workspace.provenance import (
    GitState,
    check_experiment,
    content_md5,
    git_state,
    inputs_hash,
    open_repo,
    path_md5,
    recorded_outputs,
    recorded_params,
    repository_root,
)

LOCK = """\
schema: '2.0'
stages:
  simulate:
    cmd: lensfinder simulate
    params:
      params.yaml:
        seed: 1
        jpas.sky:
          tiles: 24
    outs:
    - path: data.npy
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 4
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "dvc.lock").write_text(LOCK)
    (tmp_path / "data.npy").write_bytes(b"1234")
    shutil.copy(REPOSITORY / ".dvcignore", tmp_path)
    code = tmp_path / "src"
    code.mkdir()
    (code / "a.py").write_text("a = 1\n")
    (code / "b.py").write_text("b = 1\n")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_hashes_are_those_of_dvc(tmp_path: Path) -> None:
    from dvc.repo import Repo

    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "Ä.txt").write_text("one")
    (folder / "sub.txt").write_text("two")
    (tmp_path / "file").write_bytes(bytes(3_000_000))
    with Repo.init(str(tmp_path), no_scm=True) as repo:
        stages = repo.add([str(folder), str(tmp_path / "file")])
        expected = {Path(out.fs_path).name: out.hash_info.value for stage in stages for out in stage.outs}
    with open_repo(tmp_path) as repo:
        assert {name: path_md5(repo, name) for name in ("folder", "file")} == expected
    assert content_md5(tmp_path / "file") == expected["file"]


def test_inputs_hash_does_not_depend_on_order_place_or_compiled_python(
    workspace: Path, tmp_path: Path
) -> None:
    before = inputs_hash(workspace, {"a": 1, "b": [1, 2]}, ["src", "data.npy"])
    assert inputs_hash(workspace, {"b": [1, 2], "a": 1}, ["data.npy", "src/", "src"]) == before
    (workspace / "src" / "__pycache__").mkdir()
    (workspace / "src" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert inputs_hash(workspace, {"a": 1, "b": [1, 2]}, ["src", "data.npy"]) == before
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(workspace, elsewhere, ignore=shutil.ignore_patterns("elsewhere"))
    assert inputs_hash(elsewhere, {"a": 1, "b": [1, 2]}, ["src", "data.npy"]) == before


@pytest.mark.parametrize("change", ["param", "code", "renamed", "data", "data of another size"])
def test_inputs_hash_follows_every_input(workspace: Path, change: str) -> None:
    before = inputs_hash(workspace, {"a": 1}, ["src", "data.npy"])
    params = {"a": 1}
    match change:
        case "param":
            params["a"] = 2
        case "code":
            (workspace / "src" / "a.py").write_text("a = 2\n")
        case "renamed":
            (workspace / "src" / "a.py").rename(workspace / "src" / "c.py")
        case "data":
            (workspace / "data.npy").write_bytes(b"4321")
        case "data of another size":
            (workspace / "data.npy").write_bytes(b"12345")
    assert inputs_hash(workspace, params, ["src", "data.npy"]) != before


def test_what_dvc_has_hashed_is_not_read_again_until_it_is_changed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / ".dvc").mkdir()
    folder = workspace / "images"
    folder.mkdir()
    (folder / "cubes.npy").write_bytes(b"123")
    (folder / "table.parquet").write_bytes(b"12")

    def hashes() -> list[str]:
        with open_repo(workspace) as repo:
            return [path_md5(repo, path) for path in ("images", "images/cubes.npy", "data.npy")]

    content = [content_md5(path) for path in (folder / "cubes.npy", workspace / "data.npy")]
    before = hashes()
    assert before[1:] == content
    with monkeypatch.context() as patch:
        patch.setattr("dvc_data.hashfile.build.hash_file", None)
        assert hashes() == before
    (folder / "table.parquet").write_bytes(b"21")  # the size stays
    after = hashes()
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, False, False]


def test_outputs_of_every_pipeline_of_a_workspace_are_recorded(workspace: Path) -> None:
    for folder in ("pipelines/hsc", "studies/jpas/cv", ".lensfinder/presets/talk"):
        (workspace / folder).mkdir(parents=True)
        (workspace / folder / "dvc.lock").write_text(LOCK.replace("data.npy", f"{folder}.npy"))
    recorded = recorded_outputs(workspace)
    assert sorted(recorded) == ["data.npy", "pipelines/hsc.npy", "studies/jpas/cv.npy"]
    assert recorded["data.npy"]["md5"] == "0123456789abcdef0123456789abcdef"


def test_missing_dependency_is_named(workspace: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.npy: no such file"):
        inputs_hash(workspace, {}, ["nowhere.npy"])


def test_recorded_params_are_flat(workspace: Path) -> None:
    assert recorded_params(workspace) == {"seed": 1, "jpas.sky.tiles": 24}
    (workspace / "dvc.lock").unlink()
    assert recorded_params(workspace) == {}


def test_unreadable_lock_is_the_users_to_mend(workspace: Path) -> None:
    (workspace / "dvc.lock").write_text("<<<<<<< HEAD\nstages: [\n")
    with pytest.raises(UserError, match=r"dvc\.lock: not valid YAML"):
        recorded_outputs(workspace)


def test_root_of_a_temporary_experiment_is_the_checkout(workspace: Path) -> None:
    copy = workspace / ".dvc" / "tmp" / "exps" / "standalone" / "tmpabc"
    (copy / "src" / "deep").mkdir(parents=True)
    (copy / "dvc.yaml").write_text("stages: {}\n")
    assert repository_root(copy) == workspace
    assert repository_root(copy / "src" / "deep") == workspace


def test_root_without_git_is_the_folder_with_the_pipeline(workspace: Path, tmp_path: Path) -> None:
    assert repository_root(workspace / "src") == workspace
    preset = workspace / ".lensfinder" / "presets" / "talk"
    preset.mkdir(parents=True)
    (preset / "dvc.yaml").write_text("stages: {}\n")
    assert repository_root(preset) == preset


def test_git_state_sees_changed_sources_but_not_changed_outputs(workspace: Path) -> None:
    assert git_state(workspace) is None
    git(workspace, "init", "-q")
    assert git_state(workspace) is None  # no commit yet
    git(workspace, "add", "-A")
    git(workspace, "commit", "-q", "-m", "start")
    commit = git(workspace, "rev-parse", "HEAD")
    assert git_state(workspace) == GitState(commit=commit, dirty=False)
    (workspace / "dvc.lock").write_text("stages: {}\n")
    assert git_state(workspace) == GitState(commit=commit, dirty=False)
    (workspace / "src" / "a.py").write_text("a = 3\n")
    assert git_state(workspace) == GitState(commit=commit, dirty=True)
    assert git_state(workspace / "src") is None  # a project unpacked inside somebody else's checkout


@pytest.mark.parametrize("folder", [".", ".dvc/tmp/exps/standalone/tmpabc"])
def test_an_experiment_that_would_be_lost_is_refused_before_it_runs(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory, folder: str
) -> None:
    git(workspace, "init", "-q")
    for message in ("one", "two"):
        git(workspace, "commit", "-q", "--allow-empty", "-m", message)
    shallow = tmp_path_factory.mktemp("shallow")
    git(workspace, "clone", "-q", "--depth", "1", workspace.as_uri(), str(shallow))
    for root in (workspace, shallow):
        (root / folder).mkdir(parents=True, exist_ok=True)
    check_experiment(workspace / folder)
    if folder == ".":
        check_experiment(shallow)
        return
    with pytest.raises(UserError, match=r"shallow\d+: a shallow clone.*`git fetch --unshallow`"):
        check_experiment(shallow / folder)
    git(shallow, "fetch", "-q", "--unshallow")
    check_experiment(shallow / folder)
