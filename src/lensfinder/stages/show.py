"""Tool ``show``: what the report of a survey says, at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lensfinder.errors import UserError
from lensfinder.evaluation.measure_table import headlines
from lensfinder.params import Params
from lensfinder.report.report import measures_table, rows_of
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import SurveyPaths


def glance(paths: SurveyPaths, params: Params) -> str:
    """Return, in Markdown, the verdict and a table of models, committees and baselines with intervals.

    Raises
    ------
    UserError
        If the models were not compared yet.
    """
    contract, section = survey_of(paths.survey), params.survey(paths.survey)
    verdict = read_json(paths.comparison).get("verdict")
    if verdict is None:
        raise UserError(f"{paths.comparison}: holds no verdict; `dvc repro compare-{paths.survey}` makes it")
    rows: dict[str, Mapping[str, Any]] = rows_of(
        {name: read_json(paths.model(name).measures) for name in section.models}
    )
    if contract.baselines is not None:
        rows |= {
            f"{name.replace('_', ' ')} on {of_set}": of
            for of_set, baselines in read_json(paths.baselines).items()
            for name, of in baselines.items()
        }
    return (
        f"{verdict}\n\n{measures_table(rows, {}, headlines())}\n"
        f"Everything else: {paths.report_dir / 'report.html'}\n"
    )
