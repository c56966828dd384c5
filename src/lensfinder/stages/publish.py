"""Tool ``publish``: what a checkout found, in a folder that git can keep and others can check."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.tracking.records import recorded_trainings
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import StudyPaths, SurveyPaths
from lensfinder.workspace.provenance import flatten, git_state, recorded_outputs, recorded_stages

KEPT = (".md", ".png", ".csv", ".json")
"""Files of a report that are worth a place in git; scores of every object stay in DVC's cache."""

PACKAGES = ("tensorflow", "keras", "numpy", "mlflow", "dvc", "great-expectations", "astropy")
"""Whose versions the record tells."""


def publish(paths: SurveyPaths, params: Params, folder: Path) -> list[Path]:
    """Copy parameters, metrics and reports of a survey to ``folder``, with a record of their origin.

    Files that are there already under other names stay, so that notes may lie beside them.

    Returns
    -------
    The files written.

    Raises
    ------
    UserError
        If the survey has no metrics yet, or some that were made with other parameters than those of
        ``params.yaml``.
    """
    metrics = sorted((paths.root / "metrics" / paths.survey).glob("*.json"))
    if not metrics:
        raise UserError(f"{paths.root / 'metrics' / paths.survey}: no metrics; run `make repro` first")
    studies = [path.stem for path in metrics if StudyPaths(paths, path.stem).pipeline.is_file()]
    _check_parameters(paths, params, studies)
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
    write_json(record, _record(paths, params, studies))
    return [*copies.values(), record]


def _check_parameters(paths: SurveyPaths, params: Params, studies: list[str]) -> None:
    """Refuse results that do not belong together."""
    current = flatten(params.model_dump(mode="json"))
    for folder in (paths.root, *(StudyPaths(paths, study).pipeline.parent for study in studies)):
        for stage, of in recorded_stages(folder).items():
            if not stage.partition("@")[0].endswith(f"-{paths.survey}"):
                continue  # of the other survey
            for name, value in flatten(of.get("params", {}).get("params.yaml", {})).items():
                if current.get(name) != value:
                    raise UserError(
                        f"{folder / 'dvc.lock'}: {stage} ran with {name} = {value}, but params.yaml has "
                        f"{current.get(name)}; run what is out of date (`dvc status`), then publish"
                    )


def _record(paths: SurveyPaths, params: Params, studies: list[str]) -> dict[str, Any]:
    state = git_state(paths.root)
    outputs = recorded_outputs(paths.root)
    made = (f"datasets/{paths.survey}/", f"splits/{paths.survey}")
    return {
        "commands": [
            f"make {target.replace('_', '-')} SURVEY={paths.survey} PRESET={params.preset}"
            for target in ("repro", *studies)
        ],
        "preset": params.preset,
        "seed": params.seed,
        "git_commit": state.commit if state else None,
        "git_dirty": state.dirty if state else None,
        "data_md5": {path: of.get("md5") for path, of in outputs.items() if path.startswith(made)},
        "machine": _machine(),
        # Each with the commit whose code trained it and the wall time of its epochs.
        "trainings": recorded_trainings(paths.root, paths.survey),
    }


def _machine() -> dict[str, Any]:
    """What the results were computed on, without anything that names a host or a user."""
    import psutil

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(float(psutil.virtual_memory().total) / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        **{package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")  # Linux; elsewhere the platform module knows
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
