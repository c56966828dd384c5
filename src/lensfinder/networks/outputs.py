"""Files that a training leaves: the same bytes for the same run, and never half of one."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import keras

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def write_network(path: Path, network: keras.Model) -> None:
    """Write a network as Keras does, less the times and addresses that Keras writes into it."""
    raw, temporary = path.with_name(".raw.keras"), path.with_name(".part.keras")
    network.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(temporary, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name.endswith(".json"):
                content = json.dumps(_timeless(json.loads(content), {})).encode()
            target.writestr(zipfile.ZipInfo(name, date_time=_ZIP_DATE), content)
    os.replace(temporary, path)
    raw.unlink()


def _timeless(value: Any, shared: dict[int, int]) -> Any:
    """Leave out the date, and number shared objects in their order where Keras gives addresses in memory."""
    if isinstance(value, list):
        return [_timeless(item, shared) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: shared.setdefault(item, len(shared)) if key == "shared_object_id" else _timeless(item, shared)
        for key, item in value.items()
        if key != "date_saved"
    }


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Write one row an epoch, with :data:`HISTORY_COLUMNS`."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HISTORY_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
    os.replace(temporary, path)
