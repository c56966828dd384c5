"""Runs of trainings whose files are there, but of which nothing is known: DVC restored them from a cache.

What they hold comes from these files and from what DVC recorded of the stages that made them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lensfinder import plugins
from lensfinder.errors import UserError
from lensfinder.params import Model, Params, read_params
from lensfinder.params.read import params_type
from lensfinder.tracking.contents import (
    MODEL_HASH_KEY,
    experiment_of,
    log_training_files,
    origin,
    params_of,
    study_params_of,
    trained_identity,
)
from lensfinder.tracking.run import RunIdentity, TrackedRun
from lensfinder.tracking.store import RunStore
from lensfinder.workspace.paths import ModelPaths, StudyPaths, SurveyPaths
from lensfinder.workspace.provenance import flatten, recorded_params

_REBUILT = {"lensfinder.rebuilt": "true"}


COMMITTEE = "committee"
"""Name of the run of a model's trainings together, below the run of the model."""


def survey_run(store: RunStore, workspace: Path, survey: str, model: str) -> TrackedRun:
    """Return the run above all trainings of a survey's model, made from their files where there is none.

    Raises
    ------
    UserError
        If the model was not trained.
    """
    return _made(store, _identity(workspace, survey, model, model), workspace, survey, model)


def committee_run(store: RunStore, workspace: Path, survey: str, model: str) -> TrackedRun:
    """Return the run of the committee of a survey's model; raises UserError as :func:`survey_run` does."""
    identity = _identity(workspace, survey, model, f"{model}/{COMMITTEE}")
    return _made(store, identity, workspace, survey, model)


def replica_run(store: RunStore, workspace: Path, survey: str, model: str, number: int) -> TrackedRun:
    """Return the run of one training of a survey's model, made from its files where there is none.

    Raises
    ------
    UserError
        If it was not trained.
    """
    paths = SurveyPaths(workspace, survey).model(model).replica(number)
    identity = trained_identity(survey, f"{model}/{paths.model_dir.name}", paths)
    return _trained_run(store, identity, paths, lambda run: _describe(run, workspace, survey, model))


def _identity(workspace: Path, survey: str, model: str, name: str) -> RunIdentity:
    paths = SurveyPaths(workspace, survey).model(model).replica(1)
    return trained_identity(survey, name, paths, MODEL_HASH_KEY)


def _made(store: RunStore, identity: RunIdentity, workspace: Path, survey: str, model: str) -> TrackedRun:
    if (known := store.find(identity)) is not None:
        return known
    run = store.find_or_create(identity)
    _describe(run, workspace, survey, model)
    return run


def _describe(run: TrackedRun, workspace: Path, survey: str, model: str) -> None:
    preset = read_params(workspace / "params.yaml", surveys=(), studies=()).preset
    run.log_params(params_of({"preset": preset} | recorded_params(workspace), survey, model))
    run.log_tags(origin(workspace, survey, preset) | _REBUILT)


@dataclass(frozen=True)
class RecordedStudy:
    """A study as it was run, whatever ``params.yaml`` says now."""

    files: StudyPaths

    def trained_run(self, store: RunStore, model: str) -> TrackedRun:
        """Return the run of one of the study's trainings, made from its files where there is none.

        Parameters
        ----------
        model
            Of a fold, ``<model>/<fold>``.

        Raises
        ------
        UserError
            If it was not trained.
        """
        paths = self.files.model(model)
        identity = trained_identity(experiment_of(self.files), model, paths)
        return _trained_run(store, identity, paths, lambda run: self._describe(run, model))

    def parent_run(self, store: RunStore, model: str, parent_hash: str) -> TrackedRun:
        """Return the run above several trainings of a model, RUNNING where it is made now."""
        identity = RunIdentity(experiment_of(self.files), model, parent_hash)
        if (known := store.find(identity)) is not None:
            return known
        run = store.find_or_create(identity)
        self._describe(run, model)
        return run

    @cached_property
    def params(self) -> Params:
        """The parameters that the study ran with; what no stage recorded is that of ``params.yaml``.

        Raises
        ------
        UserError
            If the two together are impossible.
        """
        study, surveys = plugins.load(plugins.STUDIES, self.files.study), [self.files.survey.survey]
        sections = {self.files.study, *study.logged}
        # What params.yaml has now may not fit: only what was recorded must.
        params = read_params(self.files.survey.root / "params.yaml", surveys, sections, checked=())
        values = params.model_dump(mode="json")
        for key in self._recorded.keys() & flatten(values).keys():
            *parents, name = key.split(".")
            section = values
            for part in parents:
                section = section[part]
            section[name] = self._recorded[key]
        try:
            return params_type(surveys, sections, sections).model_validate(values)
        except ValidationError as error:
            lock = self.files.pipeline.with_name("dvc.lock")
            raise UserError(f"{lock}: does not fit params.yaml: {error}; run the study again") from None

    @cached_property
    def _recorded(self) -> dict[str, Any]:
        return recorded_params(self.files.survey.root) | recorded_params(self.files.pipeline.parent)

    def _describe(self, run: TrackedRun, model: str) -> None:
        values = {"preset": self.params.preset} | self._recorded
        run.log_params(study_params_of(values, self.files, self._definition(model)))
        run.log_tags(origin(self.files.survey.root, self.files.survey.survey, self.params.preset) | _REBUILT)

    def _definition(self, model: str) -> Model:
        section = self.params.survey(self.files.survey.survey)
        models = plugins.load(plugins.STUDIES, self.files.study).models
        known = section.models if models is None else models(section)
        name = model.partition("/")[0]
        if name not in known:
            raise UserError(
                f"{self.files.model(model).model_dir}: params.yaml knows no model {name!r} any more; delete "
                "the folder, or restore params.yaml"
            )
        definition: Model = known[name]
        return definition


def _trained_run(
    store: RunStore, identity: RunIdentity, paths: ModelPaths, describe: Callable[[TrackedRun], None]
) -> TrackedRun:
    run = store.find(identity)
    if run is not None and run.status == "FINISHED":
        return run
    run = store.find_or_create(identity)
    describe(run)
    log_training_files(run, paths)
    run.end()
    return run
