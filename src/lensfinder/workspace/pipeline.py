"""What ``dvc.yaml`` says of a stage; no other place knows which parameters, data and code a stage reads.

The root's ``dvc.yaml`` holds the pipeline, that of ``studies/<survey>/<study>`` the stages of a study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lensfinder.errors import UserError
from lensfinder.params import Jpas, Params
from lensfinder.workspace.paths import SurveyPaths
from lensfinder.workspace.provenance import inputs_hash


def stage_inputs_hash(workspace: Path, stage: str, params: Params) -> str:
    """Hash of everything that a stage reads; see :func:`lensfinder.workspace.provenance.inputs_hash`.

    Parameters
    ----------
    workspace
        Folder of the root's ``dvc.yaml``.
    stage
        Name as DVC prints it at the root: ``train-jpas@cube``, or for a stage of a study
        ``studies/jpas/cv/dvc.yaml:train-cv-jpas@1-3-cube``.

    Raises
    ------
    UserError
        If there is no such file or no such stage in it, if the stage works elsewhere than in ``workspace``,
        or if it names a parameter that there is not.
    """
    values = params.model_dump(mode="json")
    path, entry, item = _entry(workspace, stage, values)
    keys = [_fill(path, key, item, values) for key in entry.get("params", [])]
    deps = [_fill(path, dep, item, values) for dep in entry.get("deps", [])]
    read = {key: _value(path, values, key) for key in keys}
    return inputs_hash(workspace, {"stage": stage, **read}, deps)


def study_hash(workspace: Path, study: str, survey: str, model: str, params: Params) -> str:
    """Hash of all that defines a cross-validation of one model, whatever code computes it.

    Folds are known by the hash of their own stage; this is what they have in common, the parameters and the
    catalogue. Which other models are cross-validated beside this one does not count.

    Raises
    ------
    UserError
        If the survey has no such model, or if there is no catalogue.
    """
    section = params.survey(survey)
    if model not in section.models:
        raise UserError(
            f"params.yaml: {survey} has no model {model!r}; its models are {', '.join(section.models)}"
        )
    cut = section.split if isinstance(section, Jpas) else section.selection
    sections = {"cut": cut, "training": section.training, "model": section.models[model]}
    defining = {
        "study": study,
        "survey": survey,
        "seed": params.seed,
        "folds": section.cv.folds,
        "repeats": section.cv.repeats,
        **{name: values.model_dump(mode="json") for name, values in sections.items()},
    }
    catalogue = SurveyPaths(workspace, survey).catalogue.relative_to(workspace)
    return inputs_hash(workspace, defining, [catalogue.as_posix()])


def _entry(
    workspace: Path, stage: str, values: dict[str, Any]
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Return the file, the stage as it stands there, and what its templates are filled with."""
    file, _, address = stage.rpartition(":")
    path = workspace / (file or "dvc.yaml")
    if not path.is_file():
        raise UserError(f"{path}: no such file; run lensfinder at the root of the repository")
    stages = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["stages"]
    name, _, key = address.partition("@")
    if name not in stages:
        raise UserError(f"{path}: no stage {name}; there are {', '.join(stages)}")
    items = _items(path, stages[name], values)
    if key not in items:
        raise UserError(f"{path}: stage {name} has no item {key or '(none)'}; there are {', '.join(items)}")
    entry = stages[name].get("do", stages[name])
    wdir = entry.get("wdir", ".")
    if (path.parent / wdir).resolve() != workspace.resolve():
        raise UserError(f"{path}: stage {name} works in wdir {wdir}, which is not {workspace}")
    return path, entry, items[key]


def _items(path: Path, stage: dict[str, Any], values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the items of a stage by the name that DVC gives them; a stage without has the one named ""."""
    if "matrix" in stage:
        return _combinations(
            {
                axis: _data(path, choices, values)
                for axis, choices in _data(path, stage["matrix"], values).items()
            }
        )
    if "foreach" in stage:
        data = _data(path, stage["foreach"], values)
        if isinstance(data, Mapping):
            return {str(key): {"key": key, "item": item} for key, item in data.items()}
        numbered = any(_is_composite(item) for item in data)
        return {str(place if numbered else item): {"item": item} for place, item in enumerate(data)}
    return {"": {}}


def _combinations(matrix: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Return the items of a matrix; their names join the choices of all axes by dashes."""
    items = {}
    for chosen in product(*(enumerate(choices) for choices in matrix.values())):
        item = {axis: choice for axis, (_, choice) in zip(matrix, chosen, strict=True)}
        key = "-".join(
            f"{axis}{place}" if _is_composite(choice) else str(choice)
            for axis, (place, choice) in zip(matrix, chosen, strict=True)
        )
        items[key] = {"key": key, "item": item}
    return items


def _is_composite(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _data(path: Path, value: Any, values: dict[str, Any]) -> Any:
    """Return what ``${params.key}`` stands for, or the value itself where it is written out."""
    if isinstance(value, str) and value.startswith("${") and value.endswith("}"):
        return _value(path, values, value[2:-1])
    return value


def _fill(path: Path, text: str, item: dict[str, Any], values: dict[str, Any]) -> str:
    """Fill ``${key}``, ``${item.field}`` and ``${params.key}`` as DVC does."""
    while "${" in text:
        before, _, rest = text.partition("${")
        name, _, after = rest.partition("}")
        root = item if name.split(".")[0] in item else values
        text = f"{before}{_value(path, root, name)}{after}"
    return text


def _value(path: Path, values: dict[str, Any], dotted: str) -> Any:
    found: Any = values
    for part in dotted.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise UserError(f"{path}: names {dotted}, and params.yaml has no such value")
        found = found[part]
    return found
