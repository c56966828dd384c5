"""What ``dvc.yaml`` says of a stage; no other place knows which parameters, data and code a stage reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.workspace.provenance import inputs_hash, open_repo

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage


def stage_inputs_hash(workspace: Path, stage: str, params: Params) -> str:
    """Hash of everything that a stage reads; see :func:`lensfinder.workspace.provenance.inputs_hash`.

    Parameters
    ----------
    workspace
        Root of the repository.
    stage
        Name as DVC prints it at the root: ``<stage>@<item>``, or for a stage of another file than the root's
        ``<folder>/dvc.yaml:<stage>@<item>``.
    params
        Values of what the stage reads of ``params.yaml``; other parameter files are read by DVC.

    Raises
    ------
    UserError
        If there is no such file or no such stage in it, if DVC cannot make sense of it, if the stage works
        elsewhere than in ``workspace``, or if it names a parameter, a file or a folder that there is not.
    """
    from dvc.dependency import ParamsDependency

    path, name = _file_and_name(workspace, stage)
    values = params.model_dump(mode="json")
    read: dict[str, Any] = {"stage": stage}
    deps = []
    with _opened(workspace, path, name) as loaded:
        for dep in loaded.deps:
            if not isinstance(dep, ParamsDependency):
                deps.append(dep.def_path)
            elif dep.def_path == "params.yaml":
                read |= {key: _value(path, values, key) for key in dep.params or values}
            else:
                read |= {f"{dep.def_path}:{key}": value for key, value in dep.get_hash().value.items()}
    return inputs_hash(workspace, read, deps)


def training_inputs_hash(workspace: Path, stage: str, read: Mapping[str, Any], files: Iterable[Path]) -> str:
    """Hash of what one of a stage's trainings reads: the stage's code, ``files`` and the values ``read``.

    A change of what another of its networks reads leaves it as it is.

    Raises
    ------
    UserError
        As :func:`stage_inputs_hash` does.
    """
    path, name = _file_and_name(workspace, stage)
    with _opened(workspace, path, name) as loaded:
        code = [dep.def_path for dep in loaded.deps if dep.def_path.startswith("src/")]
    data = [file.relative_to(workspace).as_posix() for file in files]
    return inputs_hash(workspace, {"stage": stage, **read}, [*code, *data])


def _file_and_name(workspace: Path, stage: str) -> tuple[Path, str]:
    file, _, name = stage.rpartition(":")
    path = workspace / (file or "dvc.yaml")
    if not path.is_file():
        raise UserError(f"{path}: no such file; run lensfinder at the root of the repository")
    return path, name


@contextmanager
def _opened(workspace: Path, path: Path, name: str) -> Iterator[PipelineStage]:
    """Give a stage that works at the root of the repository; what DVC says against it is a user's error."""
    from dvc.exceptions import DvcException

    try:
        with open_repo(workspace) as repo:
            loaded = _load(repo, path, name)
            if Path(loaded.wdir) != workspace.resolve():
                wdir = os.path.relpath(loaded.wdir, path.parent.resolve())
                raise UserError(f"{path}: stage {name} works in wdir {wdir}, which is not {workspace}")
            yield loaded
    except DvcException as error:
        raise UserError(f"{path}: {error}") from None


def _load(repo: Repo, path: Path, name: str) -> PipelineStage:
    """Return a stage with its templates filled, or say what there is instead."""
    from dvc.dvcfile import load_file

    stages = load_file(repo, str(path.resolve())).stages
    if name in stages:
        return stages[name]
    group, _, item = name.partition("@")
    items = [known.removeprefix(f"{group}@") for known in stages if known.startswith(f"{group}@")]
    if items:
        raise UserError(f"{path}: stage {group} has no item {item or '(none)'}; there are {', '.join(items)}")
    raise UserError(f"{path}: no stage {group}; there are {', '.join(stages)}")


def _value(path: Path, values: dict[str, Any], dotted: str) -> Any:
    found: Any = values
    for part in dotted.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise UserError(f"{path}: names {dotted}, and params.yaml has no such value")
        found = found[part]
    return found
