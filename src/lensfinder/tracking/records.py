"""What the runs know that no output holds: how long a training took, and by which commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lensfinder.tracking.contents import INPUTS_HASH_KEY
from lensfinder.tracking.store import INPUTS_TAG, RunStore
from lensfinder.workspace.jsonfiles import read_json

SECONDS_CURVE = "train/seconds"


def recorded_trainings(workspace: Path, survey: str) -> list[dict[str, Any]]:
    """Return the trainings of all networks of a survey and its studies that are there, the oldest first.

    Returns
    -------
    For each ``experiment`` and ``run`` (names), the number of ``epochs``, the wall time in ``seconds`` of all
    of them, and ``git_commit`` and ``git_dirty`` of the code that trained. Runs made again from
    outputs hold no times, and are left out.
    """
    records = []
    files = [*workspace.glob(f"models/{survey}/*/training.json")]
    files += workspace.glob(f"models/*/{survey}/**/training.json")
    present = {read_json(file).get(INPUTS_HASH_KEY) for file in files}
    for experiment, run, seconds in RunStore(workspace).finished(survey, SECONDS_CURVE):
        if run.data.tags.get(INPUTS_TAG) not in present:
            continue
        records.append(
            {
                "experiment": experiment,
                "run": run.info.run_name,
                "epochs": len(seconds),
                "seconds": round(sum(seconds), 1),
                "git_commit": run.data.tags.get("mlflow.source.git.commit"),
                "git_dirty": run.data.tags.get("git.dirty"),
            }
        )
    return records
