"""Tool ``publish``: what a checkout found, in a folder that git can keep and others can check."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from lensfinder.errors import UserError
from lensfinder.jsonfiles import write_json
from lensfinder.machine import describe_machine
from lensfinder.params import Params
from lensfinder.paths import SurveyPaths
from lensfinder.provenance import git_state, recorded_outputs
from lensfinder.tracking.records import recorded_trainings

KEPT = (".md", ".png", ".csv", ".json")
"""Files of a report that are worth a place in git; scores of every object stay in DVC's cache."""


def publish(paths: SurveyPaths, params: Params, folder: Path) -> list[Path]:
    """Copy parameters, metrics and reports of a survey to ``folder``, with a record of their origin.

    Files that are there already under other names stay, so that notes may lie beside them.

    Returns
    -------
    The files written.

    Raises
    ------
    UserError
        If the survey has no metrics yet.
    """
    metrics = sorted((paths.root / "metrics" / paths.survey).glob("*.json"))
    if not metrics:
        raise UserError(f"{paths.root / 'metrics' / paths.survey}: no metrics; run `make repro` first")
    copies = {paths.root / "params.yaml": folder / "params.yaml"}
    copies |= {path: folder / "metrics" / path.name for path in metrics}
    for report in (paths.report_dir, *sorted((paths.root / "reports").glob(f"*/{paths.survey}"))):
        name = "comparison" if report == paths.report_dir else report.parent.name
        copies |= {
            path: folder / name / path.relative_to(report)
            for path in sorted(report.rglob("*"))
            if path.suffix in KEPT
        }
    for source, target in copies.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    record = folder / "record.json"
    write_json(record, _record(paths, params))
    return [*copies.values(), record]


def _record(paths: SurveyPaths, params: Params) -> dict[str, Any]:
    state = git_state(paths.root)
    outputs = recorded_outputs(paths.root)
    made = (f"datasets/{paths.survey}/", f"splits/{paths.survey}")
    return {
        "preset": params.preset,
        "seed": params.seed,
        "git_commit": state.commit if state else None,
        "data_md5": {path: of.get("md5") for path, of in outputs.items() if path.startswith(made)},
        "machine": describe_machine(),
        # Each with the commit whose code trained it and the wall time of its epochs.
        "trainings": recorded_trainings(paths.root, paths.survey),
    }
