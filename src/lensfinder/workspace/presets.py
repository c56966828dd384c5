"""Presets: overlays under ``presets/`` that are written into ``params.yaml``.

``params.yaml`` holds only values that are active, because DVC compares them key by key. A preset replaces
some of them and leaves everything else as it stands: other values, comments and layout.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from lensfinder.errors import UserError
from lensfinder.params import read_params
from lensfinder.params.read import load_yaml

_MAX_LINE = 4096  # longer than any line, so that none is folded


class _KeepNull(RoundTripRepresenter):
    """Writes ``null`` as ``null``; by default it would be an empty value, which looks forgotten."""

    def represent_none(self, data: Any) -> ScalarNode:
        node: ScalarNode = self.represent_scalar("tag:yaml.org,2002:null", "null")
        return node


_KeepNull.add_representer(type(None), _KeepNull.represent_none)


def available_presets(params_path: Path) -> list[str]:
    """Return the names of the overlays in ``presets/`` beside a parameter file."""
    return sorted(path.stem for path in _folder(params_path).glob("*.yaml"))


def apply_preset(name: str, params_path: Path) -> None:
    """Write an overlay into a parameter file.

    The file is replaced as a whole, and only after the result was found valid.

    Raises
    ------
    UserError
        If there is no such preset, if it names a parameter that ``params.yaml`` does not have, or if the
        result is not a valid parameter file.
    """
    known = available_presets(params_path)
    if name not in known:
        raise UserError(
            f"{_folder(params_path)}: no preset {name!r}; available: "
            f"{', '.join(known) or 'none (run lensfinder at the root of the repository)'}"
        )
    overlay_path = _folder(params_path) / f"{name}.yaml"
    yaml = _round_trip()
    params = load_yaml(params_path, yaml)
    _overlay(params, load_yaml(overlay_path, _round_trip()), overlay_path)
    params["preset"] = name
    text = io.StringIO()
    yaml.dump(params, text)
    _replace(params_path, text.getvalue(), name)


def _folder(params_path: Path) -> Path:
    return params_path.parent / "presets"


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.Representer = _KeepNull
    yaml.width = _MAX_LINE
    yaml.preserve_quotes = True
    return yaml


def _overlay(
    params: MutableMapping[str, Any], overlay: Mapping[str, Any], path: Path, parents: tuple[str, ...] = ()
) -> None:
    for key, value in overlay.items():
        field = ".".join((*parents, str(key)))
        if key not in params:
            raise UserError(f"{path}: {field}: params.yaml has no such parameter")
        if isinstance(params[key], Mapping) != isinstance(value, Mapping):
            raise UserError(f"{path}: {field} = {value!r}: params.yaml has {params[key]!r} there")
        if isinstance(value, Mapping):
            _overlay(params[key], value, path, (*parents, str(key)))
        else:
            params[key] = value


def _replace(params_path: Path, text: str, name: str) -> None:
    candidate = params_path.with_name(f".{params_path.name}.{os.getpid()}")
    try:
        candidate.write_text(text, encoding="utf-8")
        read_params(candidate)
        candidate.replace(params_path)
    except UserError as error:
        message = str(error).replace(str(candidate), f"{params_path} with preset {name!r}")
        raise UserError(f"{message}\n{params_path} was not changed") from None
    finally:
        candidate.unlink(missing_ok=True)
