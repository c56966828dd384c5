"""The runs of a cross-validation: one above the folds of each model, found again by what defines it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.studies.cross_validation.design import design_of
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.registry import survey_names, survey_of
from lensfinder.tracking.contents import experiment_of, measures_of
from lensfinder.tracking.log import log_existing, log_metrics
from lensfinder.tracking.restored import RecordedStudy
from lensfinder.tracking.run import EVALUATED_TAG, TrackedRun
from lensfinder.tracking.store import PARENT_TAG, RunStore
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import StudyPaths
from lensfinder.workspace.provenance import inputs_hash


def study_hash(files: StudyPaths, params: Params, model: str) -> str:
    """Hash of all that defines a cross-validation of one model, whatever code computes it.

    Folds are known by the hash of their own stage; this is what they have in common, the parameters and the
    catalogue. Which other models are cross-validated beside this one does not count.

    Raises
    ------
    UserError
        If the survey has no such model, or if there is no catalogue.
    """
    paths = files.survey
    section = params.survey(paths.survey)
    cv = section.study(CrossValidation)
    if model not in section.models:
        raise UserError(
            f"params.yaml: {paths.survey} has no model {model!r}; its models are {', '.join(section.models)}"
        )
    cut = design_of(paths.survey).cut(section)
    sections = {"cut": cut, "training": section.training, "model": section.models[model]}
    defining = {
        "study": files.study,
        "survey": paths.survey,
        "seed": params.seed,
        "folds": cv.folds,
        "repeats": cv.repeats,
        **{name: values.model_dump(mode="json") for name, values in sections.items()},
    }
    return inputs_hash(paths.root, defining, [paths.catalogue.relative_to(paths.root).as_posix()])


def log_cross_validation(
    files: StudyPaths, parent_hashes: Mapping[str, str], folds: Sequence[Fold], results: Mapping[str, Any]
) -> None:
    """Log what was judged: measures of each fold with its run, what follows from all of them above these.

    Below the run of a model's cross-validation are then the runs of its folds, one each: what was trained
    on other inputs before is taken out of there. Repeated, it changes nothing.

    Parameters
    ----------
    parent_hashes
        Result of :func:`study_hash` of each model.
    results
        What the study's metrics file holds: for each of ``models`` its measures over folds, ``per_fold`` and
        ``pooled``.

    Raises
    ------
    UserError
        If a fold was not trained.
    """
    store, record = RunStore(files.survey.root), RecordedStudy(files)
    for model, parent_hash in parent_hashes.items():
        _log_model(store, record, model, parent_hash, folds, results["models"][model])


def _log_model(
    store: RunStore,
    record: RecordedStudy,
    model: str,
    parent_hash: str,
    folds: Sequence[Fold],
    measured: Mapping[str, Any],
) -> None:
    files = record.files
    of_fold = {Fold(entry["repeat"], entry["fold"]): entry for entry in measured["per_fold"]}
    parent = record.parent_run(store, model, parent_hash)
    children = []
    for fold in folds:
        run = record.trained_run(store, f"{model}/{fold.key}")
        log_metrics(run, {key: of_fold[fold][key] for key in of_fold[fold] if key not in ("repeat", "fold")})
        run.log_tags({PARENT_TAG: parent.run_id, EVALUATED_TAG: "true"})
        children.append(run)
    store.keep_children(parent, children)
    pooled = measures_of(measured["pooled"])
    parent.log_measures(measures_of(measured) | {f"pooled/{key}": pooled[key] for key in pooled})
    log_existing(
        parent,
        {
            files.validation_dir: "validation",
            files.data_docs: "validation/docs",
            files.metrics: "metrics",
            files.report_dir: "report",
        },
    )
    parent.log_tags({EVALUATED_TAG: "true"})
    if parent.status != "FINISHED":
        parent.end()


def rebuild(study: str, store: RunStore, workspace: Path) -> Iterator[tuple[str, TrackedRun]]:
    """Give the run of every model's cross-validation, then those of its folds, each with its experiment."""
    for survey in survey_names():
        files = StudyPaths(survey_of(survey).paths(workspace, survey), study)
        for run in _rebuilt(store, files):
            yield experiment_of(files), run


def _rebuilt(store: RunStore, files: StudyPaths) -> Iterator[TrackedRun]:
    trained: dict[str, list[str]] = {}
    folder = Path("models") / files.study / files.survey.survey
    for path in sorted(files.survey.root.glob(f"{folder}/*/*/training.json")):
        trained.setdefault(path.parts[-3], []).append(path.parts[-2])
    if not trained:
        return
    record = RecordedStudy(files)
    judged = read_json(files.metrics)["models"] if files.metrics.exists() else {}
    for model, folds in trained.items():
        parent_hash = study_hash(files, record.params, model)
        parent = record.parent_run(store, model, parent_hash)
        yield parent
        for fold in folds:
            run = record.trained_run(store, f"{model}/{fold}")
            if model not in judged:
                run.log_tags({PARENT_TAG: parent.run_id})
            yield run
        if model in judged:
            known = [Fold(entry["repeat"], entry["fold"]) for entry in judged[model]["per_fold"]]
            _log_model(store, record, model, parent_hash, known, judged[model])
