"""What the runs know that no output holds: how long a training took, and by which commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lensfinder.tracking.store import RunStore

SECONDS_CURVE = "train/seconds"


def recorded_trainings(workspace: Path, survey: str) -> list[dict[str, Any]]:
    """Return every finished training of a survey and its studies, the oldest first.

    Returns
    -------
    For each ``experiment`` and ``run`` (names), the number of ``epochs``, the wall time in ``seconds`` of all
    of them, and ``git_commit`` and ``git_dirty`` of the code that trained. Runs that others replaced, and
    those made again from outputs, which hold no times, are left out.
    """
    records = []
    for experiment, run, seconds in RunStore(workspace).finished(survey, SECONDS_CURVE):
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
