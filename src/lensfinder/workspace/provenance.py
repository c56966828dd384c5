"""Where a result comes from: the commit, the data, and a hash of everything that went into a stage."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lensfinder.errors import UserError

if TYPE_CHECKING:
    from dvc.repo import Repo

# The code that decides a result. Outputs that git tracks (dvc.lock, metrics/) change while a pipeline runs
# and must not make the commit look dirty; nor must params.yaml, which a preset rewrites: runs log its values.
SOURCES = ("src", "dvc.yaml", "pipelines", "studies/*/*/dvc.yaml", "data.dvc", "requirements.txt")


@dataclass(frozen=True)
class GitState:
    """A commit, and whether the sources differ from it."""

    commit: str
    dirty: bool


def repository_root(start: Path) -> Path:
    """Return the folder of the user's own checkout in which, or in a copy of which, ``start`` lies.

    ``dvc exp run --temp`` and ``--queue`` work in a copy under ``.dvc/tmp/exps``; what is to outlive the copy
    belongs to the checkout that it was made from. Otherwise the root is the nearest folder with a
    ``dvc.yaml``, and ``start`` itself where there is none.
    """
    start = start.resolve()
    for folder in start.parents:
        if folder.name == "exps" and folder.parent.name == "tmp" and folder.parent.parent.name == ".dvc":
            return folder.parents[2]
    return next((folder for folder in (start, *start.parents) if (folder / "dvc.yaml").is_file()), start)


def check_experiment(workspace: Path) -> None:
    """Refuse to work in DVC's copy of a checkout into which DVC cannot bring the outcome back.

    Git fetches no commit from the copy where the checkout's history is cut short, and DVC says nothing of it.

    Raises
    ------
    UserError
        If the checkout is a shallow clone.
    """
    root = repository_root(workspace)
    if root != workspace.resolve() and _git(root, "rev-parse", "--is-shallow-repository") == "true":
        raise UserError(
            f"{root}: a shallow clone, in which DVC loses the experiments that it makes in a copy; type "
            "`git fetch --unshallow` there first"
        )


def git_state(workspace: Path) -> GitState | None:
    """Return the commit of a checkout, or None where ``workspace`` is not the top of one."""
    top = _git(workspace, "rev-parse", "--show-toplevel")
    commit = _git(workspace, "rev-parse", "--verify", "HEAD")
    if top is None or commit is None or Path(top).resolve() != workspace.resolve():
        return None
    return GitState(commit=commit, dirty=bool(_git(workspace, "status", "--porcelain", "--", *SOURCES)))


def recorded_stages(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the stages of a folder's ``dvc.lock`` by name; none where there is no such file.

    Raises
    ------
    UserError
        If ``dvc.lock`` is no YAML (a conflict of two branches, for instance).
    """
    path = folder / "dvc.lock"
    try:
        return _stages(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {error}; restore it with `git checkout dvc.lock`") from None


@lru_cache(maxsize=32)  # 0.2 s for the pipeline's, and every run that is rebuilt asks
def _stages(lock: str) -> dict[str, dict[str, Any]]:
    return dict((YAML(typ="safe", pure=True).load(lock) or {}).get("stages", {}))


def recorded_outputs(workspace: Path) -> dict[str, dict[str, Any]]:
    """Return what DVC recorded of every output (``md5``, ``size``) of all pipelines, by path."""
    with open_repo(workspace) as repo:
        folders = [
            folder for folder, _, files in repo.dvcignore.walk(repo.fs, repo.root_dir) if "dvc.lock" in files
        ]
    return {
        output["path"]: output
        for folder in sorted(folders)
        for stage in recorded_stages(Path(folder)).values()
        for output in stage.get("outs", [])
    }


def recorded_params(folder: Path) -> dict[str, Any]:
    """Return the values that the stages in a folder's ``dvc.lock`` ran with, by dotted name.

    Of one pipeline only: another may have run with other values of the same parameters.
    """
    flat: dict[str, Any] = {}
    for stage in recorded_stages(folder).values():
        for values in stage.get("params", {}).values():
            flat.update(flatten(values))
    return flat


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, its keys joined by dots; lists stay values."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def content_md5(path: Path) -> str:
    """Return the MD5 of a file, by which DVC knows it too."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def open_repo(workspace: Path) -> Repo:
    """Open, as a context, what DVC knows of a workspace.

    A stage may do so while DVC runs it: DVC lets go of its lock and its tables meanwhile. Git is left out, or
    DVC would see to it that git ignores DVC's folders. A folder that is no DVC repository will do.
    """
    from dvc.fs import localfs  # 0.3 s, which only hashing is to cost
    from dvc.repo import Repo
    from dvc.scm import NoSCM

    root = str(workspace.resolve())
    return Repo(root, fs=localfs, uninitialized=True, scm=NoSCM(root))


def path_md5(repo: Repo, path: str) -> str:
    """Return the hash that DVC gives to a file or folder, compiled Python (``.dvcignore``) left out.

    DVC reads no file again whose time, size and inode are those that it knows: gigabytes that it made or
    checked before a stage cost the stage nothing.

    Parameters
    ----------
    repo
        As :func:`open_repo` opens it.
    path
        Relative to the root of ``repo``.

    Raises
    ------
    UserError
        If there is no such file or folder.
    """
    from dvc_data.hashfile.build import build
    from dvc_data.hashfile.db import HashFileDB

    full = repo.fs.join(repo.root_dir, path)
    store = HashFileDB(repo.fs, repo.root_dir, state=repo.state)  # build() asks it for known hashes only
    try:
        _, _, built = build(store, full, repo.fs, "md5", dry_run=True, ignore=repo.dvcignore)
    except FileNotFoundError:
        raise UserError(
            f"{full}: no such file or folder; `dvc repro` makes it, or names the stage that fails to"
        ) from None
    return str(built.hash_info.value)


def inputs_hash(workspace: Path, params: Mapping[str, Any], deps: Iterable[str]) -> str:
    """Return the SHA-256 of all that a stage reads: the same inputs, the same hash, on every machine.

    Parameters
    ----------
    workspace
        Root of the checkout, or of the copy, in which the stage runs.
    params
        Every parameter of the stage; anything that JSON can hold.
    deps
        Files and folders, data and code, relative to ``workspace``; their order does not matter.
    """
    paths = sorted({PurePosixPath(dep).as_posix() for dep in deps})
    with open_repo(workspace) as repo:
        inputs = {"params": params, "deps": {path: path_md5(repo, path) for path in paths}}
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
