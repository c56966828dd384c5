"""Stage ``simulate``: catalogue and images of a survey; an interrupted run resumes from its work folder."""

from __future__ import annotations

from lensfinder.datasets.chunks import publish
from lensfinder.params import Params
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import SurveyPaths
from lensfinder.workspace.pipeline import stage_inputs_hash


def simulate(paths: SurveyPaths, params: Params) -> None:
    """Simulate a survey's dataset into ``datasets/<survey>/images``.

    All files are made in a work folder named after the stage's inputs and moved when complete, so that a
    killed run leaves nothing half-written and the next one continues after the last finished chunk.
    """
    stage = paths.stage(f"simulate-{paths.survey}")
    work = paths.work("simulate", stage_inputs_hash(paths.root, stage, params))
    work.mkdir(parents=True, exist_ok=True)
    survey_of(paths.survey).simulate(work, paths, params)
    publish(work, paths.images_dir)
