"""Study ``cv``, last stage: the scores of all folds → measures over folds, tests, a verdict and a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.intervals import Groups
from lensfinder.figures.style import save_figure
from lensfinder.params import Model, Params
from lensfinder.report.report import html_report
from lensfinder.stages.compare import MEANINGFUL_LENSES
from lensfinder.studies.cross_validation import figures, summary
from lensfinder.studies.cross_validation.comparison import compare_cross_validated, leak_differences
from lensfinder.studies.cross_validation.measures import CrossValidated, HeldOut, cross_validate, model_result
from lensfinder.studies.cross_validation.questions import CvContest, cv_contest_of
from lensfinder.studies.cross_validation.report import CvReport, markdown_cv_report
from lensfinder.studies.cross_validation.resampled import TEST_NAME
from lensfinder.studies.cross_validation.scores import FoldFiles
from lensfinder.surveys.registry import judging_of
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import CV, LEAK, StudyPaths, SurveyPaths

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
    catalogue = read_table(paths.catalogue, judging_of(paths.survey).catalogue_columns)
    of = FoldFiles(StudyPaths(paths, study), params, catalogue)
    contest = cv_contest_of(paths.survey)
    labels = contest.labels(of.models)
    validated = {name: _validate(of, name, of.read_trained(name)) for name in of.models}
    result = _common(of, validated)
    # Scores of random folds flatter every model: they are compared with honest ones, never with each other.
    pairs = [] if study == LEAK else contest.pairs(of.models)
    result["comparisons"] = [
        compare_cross_validated(validated[first], validated[second], of.judging) for first, second in pairs
    ]
    if study == LEAK:
        tiles = FoldFiles(StudyPaths(paths, CV), params, catalogue)
        honest = {name: _validate(tiles, name, tiles.read_judged(name)) for name in of.models}
        result["leak"] = {
            name: leak_differences(validated[name], honest[name], of.judging) for name in of.models
        }
        result["verdict"] = summary.leak_words(result, labels)
    else:
        result["verdict"] = summary.verdict(result, contest, labels)
    of.write_judged(validated)
    write_json(of.files.metrics, result)
    _write_report(of, result, contest)
    return result


def _validate(of: FoldFiles, name: str, folds: list[HeldOut]) -> CrossValidated:
    def groups_of(rows: pd.DataFrame) -> Groups:
        return judging_of(of.survey).groups_of(rows, of.catalogue)

    return cross_validate(name, folds, groups_of, of.judging, of.params.seed)


def _common(of: FoldFiles, validated: Mapping[str, CrossValidated]) -> dict[str, Any]:
    """What both studies say: the design, and every model."""
    one, judging = next(iter(validated.values())), of.judging
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
            name: model_result(validated[name], judging, _input_bytes(of, model))
            for name, model in of.models.items()
        },
    }


def _input_bytes(of: FoldFiles, model: Model) -> int:
    images = (open_images(path) for path in of.files.survey.images_of(model.representation))
    return sum(array[0].nbytes for array in images)


def _write_report(of: FoldFiles, result: Mapping[str, Any], contest: CvContest) -> None:
    folder = of.files.report_dir
    for stale in (folder / "figures").glob("*.png"):
        stale.unlink()
    drawn = _figures(result)
    for name, (figure, _) in drawn.items():
        save_figure(figure, folder / "figures" / f"{name}.png")
    study = of.files.study
    report = CvReport(
        title=contest.leak_title if study == LEAK else contest.title,
        setting=_setting(of, result, contest),
        result=result,
        contest=contest,
        figures=[(f"figures/{name}.png", caption) for name, (_, caption) in drawn.items()],
        commands=[
            ("everything, from the parameters", f"dvc repro {of.pipeline}"),
            ("all numbers", f"dvc metrics show metrics/{of.survey}/{study}.json"),
            ("this page", f"dvc repro --single-item --force {of.pipeline}:judge-{study}-{of.survey}"),
        ],
    )
    text = markdown_cv_report(report)
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(html_report(text, report.title, folder), encoding="utf-8")


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


def _setting(of: FoldFiles, result: Mapping[str, Any], contest: CvContest) -> str:
    """What was run, and a warning where it is too small to mean anything."""
    epochs_max = of.params.survey(of.survey).training.epochs_max
    text = (
        f"Preset {of.params.preset}, seed {of.params.seed}: {result['n_objects']:,} {contest.objects}, "
        f"at most {epochs_max} epochs."
    )
    if result["n_lenses"] < MEANINGFUL_LENSES:
        text += (
            f" **With {result['n_lenses']} held-out lenses this shows that everything runs; its numbers mean "
            "nothing.**"
        )
    return text
