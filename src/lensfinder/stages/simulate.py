"""Stage ``simulate``: catalogue and images of a survey; an interrupted run resumes from its work folder."""

from __future__ import annotations

from lensfinder.datasets.chunks import publish
from lensfinder.params import Params
from lensfinder.surveys.euclid.simulate import simulate_euclid
from lensfinder.surveys.jpas.simulate import simulate_jpas
from lensfinder.workspace.paths import SurveyPaths
from lensfinder.workspace.pipeline import stage_inputs_hash

_SIMULATE = {"jpas": simulate_jpas, "euclid": simulate_euclid}


def simulate(paths: SurveyPaths, params: Params) -> None:
    """Simulate a survey's dataset into ``datasets/<survey>/images``.

    All files are made in a work folder named after the stage's inputs and moved when complete, so that a
    killed run leaves nothing half-written and the next one continues after the last finished chunk.
    """
    work = paths.work("simulate", stage_inputs_hash(paths.root, f"simulate-{paths.survey}", params))
    work.mkdir(parents=True, exist_ok=True)
    _SIMULATE[paths.survey](work, paths, params)
    publish(work, paths.images_dir)
