"""Where a result comes from: the commit, the data, and a hash of everything that went into a stage.

Hashes of files and folders are those that DVC writes into ``dvc.lock``, so that the two can be compared.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lensfinder.errors import UserError

# The code that decides a result. Outputs that git tracks (dvc.lock, metrics/) change while a pipeline runs
# and must not make the commit look dirty; nor must params.yaml, which a preset rewrites: runs log its values.
SOURCES = ("src", "dvc.yaml", "studies/*/*/dvc.yaml", "data.dvc", "requirements.txt")
_BYTECODE = "__pycache__"
_BLOCK_BYTES = 1 << 20


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


def git_state(workspace: Path) -> GitState | None:
    """Return the commit of a checkout, or None where ``workspace`` is not the top of one."""
    top = _git(workspace, "rev-parse", "--show-toplevel")
    commit = _git(workspace, "rev-parse", "--verify", "HEAD")
    if top is None or commit is None or Path(top).resolve() != workspace.resolve():
        return None
    return GitState(commit=commit, dirty=bool(_git(workspace, "status", "--porcelain", "--", *SOURCES)))


def recorded_stages(workspace: Path) -> dict[str, dict[str, Any]]:
    """Return the stages of ``dvc.lock`` by name; none where there is no such file.

    Raises
    ------
    UserError
        If ``dvc.lock`` is no YAML (a conflict of two branches, for instance).
    """
    path = workspace / "dvc.lock"
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {error}; restore it with `git checkout dvc.lock`") from None
    return dict((content or {}).get("stages", {}))


def recorded_outputs(workspace: Path) -> dict[str, dict[str, Any]]:
    """Return what ``dvc.lock`` says of every output (``md5``, ``size``), by path."""
    return {
        output["path"]: output
        for stage in recorded_stages(workspace).values()
        for output in stage.get("outs", [])
    }


def recorded_params(workspace: Path) -> dict[str, Any]:
    """Return the values in ``params.yaml`` that the stages in ``dvc.lock`` ran with, by dotted name."""
    flat: dict[str, Any] = {}
    for stage in recorded_stages(workspace).values():
        flat.update(flatten(stage.get("params", {}).get("params.yaml", {})))
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
    """Return the hash that DVC gives to a file or folder; compiled Python does not count.

    Raises
    ------
    UserError
        If there is no such file or folder.
    """
    if path.is_file():
        return _file_md5(path)
    if not path.is_dir():
        raise UserError(
            f"{path}: no such file or folder; `dvc repro` makes it, or names the stage that fails to"
        )
    files = {file.relative_to(path).as_posix(): file for file in _files(path)}
    listing = [{"md5": _file_md5(files[name]), "relpath": name} for name in sorted(files)]
    return hashlib.md5(json.dumps(listing, sort_keys=True).encode()).hexdigest() + ".dir"


def path_md5(workspace: Path, path: str, recorded: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the hash of a dependency, from DVC's records where it is an output or lies in one.

    DVC checks or makes every output before it starts a stage that reads it, so its record is trusted and
    gigabytes are not read again; a record whose size is not that on disk is stale and ignored.

    Parameters
    ----------
    workspace
        Folder that ``path`` is relative to.
    path
        A dependency as ``dvc.yaml`` names it.
    recorded
        As :func:`recorded_outputs` returns it.
    """
    for output in (PurePosixPath(path), *PurePosixPath(path).parents):
        record = recorded.get(str(output), {})
        if "md5" not in record or record.get("size") != _size_bytes(workspace / output):
            continue
        if str(output) == path:
            return str(record["md5"])
        listed = _listed_md5(workspace, str(record["md5"]), PurePosixPath(path).relative_to(output))
        if listed is not None:
            return listed
    return content_md5(workspace / path)


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
    recorded = recorded_outputs(workspace)
    paths = sorted({PurePosixPath(dep).as_posix() for dep in deps})
    inputs = {"params": params, "deps": {path: path_md5(workspace, path, recorded) for path in paths}}
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _listed_md5(workspace: Path, folder_md5: str, name: PurePosixPath) -> str | None:
    """Return the hash of a file from the list of a folder's files that DVC keeps in its cache."""
    cache = repository_root(workspace) / ".dvc" / "cache" / "files" / "md5"
    try:
        listing = json.loads((cache / folder_md5[:2] / folder_md5[2:]).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return next((str(entry["md5"]) for entry in listing if entry["relpath"] == str(name)), None)


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and _BYTECODE not in path.parts)


def _size_bytes(path: Path) -> int | None:
    if not path.exists():
        return None
    files = [path] if path.is_file() else _files(path)
    return sum(file.stat().st_size for file in files)


def _file_md5(path: Path) -> str:
    digest = hashlib.md5()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
