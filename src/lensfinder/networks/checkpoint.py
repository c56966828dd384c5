"""State of a training after an epoch, in one file that is either whole or not there."""

from __future__ import annotations

import json
import logging
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensfinder.typing import AnyArray

_LOG = logging.getLogger(__name__)


@dataclass
class State:
    """All that the next epoch depends on.

    Attributes
    ----------
    history
        One row an epoch; it tells the early stopping's counter too.
    seconds
        Wall time of each epoch.
    variables
        Weights, running means and the states of random generators, in the network's order.
    optimiser
        Moments and step count, in the optimiser's order.
    best
        Weights of the epoch with the lowest validation loss so far.
    """

    history: list[dict[str, float]]
    seconds: list[float]
    variables: list[AnyArray]
    optimiser: list[AnyArray]
    best: list[AnyArray]


_GROUPS = ("variables", "optimiser", "best")


def write_state(path: Path, state: State) -> None:
    """Write a state in place of the one before, or leave that one untouched."""
    record = json.dumps({"history": state.history, "seconds": state.seconds})
    arrays = {f"{group}_{i}": array for group in _GROUPS for i, array in enumerate(getattr(state, group))}
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        np.savez(file, record=np.frombuffer(record.encode(), dtype=np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read_state(path: Path, like: State) -> State | None:
    """Read a state whose arrays have the shapes and types of those in ``like``.

    Returns None if there is none; a file that is damaged, or belongs to another network, is named in a
    warning and None is returned as well.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            record = json.loads(file["record"].tobytes())
            groups = {
                group: [file[f"{group}_{i}"] for i in range(len(getattr(like, group)))] for group in _GROUPS
            }
        for group, arrays in groups.items():
            for array, model in zip(arrays, getattr(like, group), strict=True):
                if array.shape != model.shape or array.dtype != model.dtype:
                    raise ValueError(
                        f"{group}: {array.dtype} {array.shape} instead of {model.dtype} {model.shape}"
                    )
        return State(history=record["history"], seconds=record["seconds"], **groups)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        _LOG.warning("%s: cannot be resumed from (%s): training starts afresh", path, error)
        return None
