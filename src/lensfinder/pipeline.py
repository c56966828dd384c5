"""What ``dvc.yaml`` says of a stage; no other place knows which parameters, data and code a stage reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.provenance import inputs_hash


def stage_inputs_hash(workspace: Path, stage: str, params: Params) -> str:
    """Hash of everything that a stage reads; see :func:`lensfinder.provenance.inputs_hash`.

    Parameters
    ----------
    workspace
        Folder of ``dvc.yaml``.
    stage
        Name as DVC prints it, ``train-jpas@cube`` for instance.

    Raises
    ------
    UserError
        If there is no ``dvc.yaml`` or no such stage in it.
    """
    entry, item = _entry(workspace, stage)
    values = params.model_dump(mode="json")
    read = {key: _value(values, _fill(key, item, values)) for key in entry.get("params", [])}
    deps = [_fill(dep, item, values) for dep in entry.get("deps", [])]
    return inputs_hash(workspace, {"stage": stage, **read}, deps)


def _entry(workspace: Path, stage: str) -> tuple[dict[str, Any], Any]:
    path = workspace / "dvc.yaml"
    if not path.is_file():
        raise UserError(f"{path}: no such file; run lensfinder at the root of the repository")
    stages = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["stages"]
    name, _, key = stage.partition("@")
    if name not in stages:
        raise UserError(f"{path}: no stage {name}; there are {', '.join(stages)}")
    entry = stages[name]
    if not key:
        return entry, {}
    items = entry["foreach"]
    if key not in items:
        raise UserError(f"{path}: stage {name} has no item {key}; there are {', '.join(items)}")
    return entry["do"], {"key": key, "item": items[key]}


def _fill(text: str, item: dict[str, Any], values: dict[str, Any]) -> str:
    """Fill ``${key}``, ``${item.field}`` and ``${params.key}`` as DVC does."""
    while "${" in text:
        before, _, rest = text.partition("${")
        name, _, after = rest.partition("}")
        root = item if name.split(".")[0] in item else values
        text = f"{before}{_value(root, name)}{after}"
    return text


def _value(values: dict[str, Any], dotted: str) -> Any:
    found: Any = values
    for part in dotted.split("."):
        found = found[part]
    return found
