"""JSON files that are always the same bytes for the same content, and never half written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lensfinder.errors import UserError


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` in its own key order, so that the file reads as its author meant it.

    Raises
    ------
    ValueError
        If a value is NaN or infinite: JSON has no word for it, an undefined value is ``None``.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises
    ------
    UserError
        If the file is missing, is no JSON, or holds something else than an object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `make repro` (or `dvc repro`) to make it") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: holds a {type(content).__name__}, expected an object")
    return content
