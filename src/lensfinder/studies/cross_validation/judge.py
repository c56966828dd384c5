"""Study ``cv``, last stage: the scores of all folds → measures over folds, tests, a verdict and a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from lensfinder.datasets.files import bytes_per_object
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.intervals import Groups
from lensfinder.figures.style import save_figures
from lensfinder.params import Params
from lensfinder.report.page import commands_section, figures_section, setting, write_page
from lensfinder.studies.cross_validation import CV, LEAK, figures, summary
from lensfinder.studies.cross_validation.comparison import compare_cross_validated, leak_differences
from lensfinder.studies.cross_validation.design import question_of
from lensfinder.studies.cross_validation.measures import CrossValidated, HeldOut, cross_validate, model_result
from lensfinder.studies.cross_validation.question import CvQuestion
from lensfinder.studies.cross_validation.report import cv_sections, reading_section
from lensfinder.studies.cross_validation.resampled import TEST_NAME
from lensfinder.studies.cross_validation.scores import FoldFiles
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import StudyPaths, SurveyPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def judge_cv(paths: SurveyPaths, params: Params, study: str) -> dict[str, Any]:
    """Judge the cross-validation ``study``, write scores, metrics and report, and return the metrics.

    Random folds are set beside folds of tiles, which must have been judged before.

    Raises
    ------
    UserError
        If a fold has not been trained, or if a file is missing or does not fit the others.
    """
    catalogue = read_table(paths.catalogue, survey_of(paths.survey).columns.catalogue)
    of = FoldFiles(StudyPaths(paths, study), params, catalogue)
    question = question_of(paths.survey)
    labels = question.labels(of.models)
    validated = {name: _validate(of, name, of.read_trained(name)) for name in of.models}
    result = _common(of, validated)
    # Scores of random folds flatter every model: they are compared with honest ones, never with each other.
    pairs = [] if study == LEAK.name else question.pairs(of.models)
    result["comparisons"] = [
        compare_cross_validated(validated[first], validated[second], of.judging) for first, second in pairs
    ]
    if study == LEAK.name:
        tiles = FoldFiles(StudyPaths(paths, CV.name), params, catalogue)
        honest = {name: _validate(tiles, name, tiles.read_judged(name)) for name in of.models}
        result["leak"] = {
            name: leak_differences(validated[name], honest[name], of.judging) for name in of.models
        }
        result["verdict"] = summary.leak_words(result, labels)
    else:
        result["verdict"] = summary.verdict(result, question, labels)
    of.write_judged(validated)
    write_json(of.files.metrics, result)
    _write_report(of, result, question)
    return result


def _validate(of: FoldFiles, name: str, folds: list[HeldOut]) -> CrossValidated:
    def groups_of(rows: pd.DataFrame) -> Groups:
        return survey_of(of.survey).objects.groups_of(rows, of.catalogue)

    return cross_validate(name, folds, groups_of, of.judging, of.params.seed)


def _common(of: FoldFiles, validated: Mapping[str, CrossValidated]) -> dict[str, Any]:
    """What both studies say: the design, and every model."""
    one, judging, root = next(iter(validated.values())), of.judging, of.files.survey.root
    read = survey_of(of.survey).representations
    used = {model.representation for model in of.models.values()}
    size = {name: bytes_per_object(read[name].files(root), len(of.catalogue)) for name in used}
    return {
        "survey": of.survey,
        "study": of.files.study,
        "folds": one.n_folds,
        "repeats": one.n_repeats,
        "n_objects": len(one.objects),
        "n_lenses": int((one.objects["label"] == 1).sum()),
        "threshold": judging.threshold,
        "beta": judging.beta,
        "interval_unit": one.groups.unit,
        "interval_groups": one.groups.count,
        "test": TEST_NAME,
        "models": {
            name: model_result(validated[name], judging, size[model.representation])
            for name, model in of.models.items()
        },
    }


def _write_report(of: FoldFiles, result: Mapping[str, Any], question: CvQuestion) -> None:
    folder, study = of.files.report_dir, of.files.study
    commands = [
        ("everything, from the parameters", f"dvc repro {of.files.target}"),
        ("all numbers", f"dvc metrics show metrics/{of.survey}/{study}.json"),
        ("this page", f"dvc repro --single-item --force {of.files.target}:judge-{study}-{of.survey}"),
    ]
    n_objects, n_lenses = result["n_objects"], result["n_lenses"]
    write_page(
        folder,
        question.leak_title if study == LEAK.name else question.title,
        setting(of.params, of.survey, n_objects, question.objects, n_lenses, "held-out lenses"),
        result["verdict"],
        [
            *cv_sections(result, question),
            figures_section(save_figures(folder / "figures", _figures(result))),
            reading_section(result),
            commands_section(commands),
        ],
    )


def _figures(result: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    models, n_folds = result["models"], result["folds"] * result["repeats"]
    objects = f"{n_folds} folds, {result['n_objects']:,} objects"
    drawn = {
        "folds": (
            figures.folds(models, objects),
            "Every fold, and the mean over folds with its corrected interval.",
        )
    }
    if result["comparisons"]:
        drawn["differences"] = (
            figures.differences(result["comparisons"], models, f"paired differences, {objects}"),
            "Paired differences with the intervals of both tests; across zero means not resolved.",
        )
    if "leak" in result:
        drawn["leak"] = (
            figures.leak(result["leak"], f"what random folds pretend, {objects}"),
            "How much better random folds make the models look than folds of sky tiles.",
        )
    return drawn
