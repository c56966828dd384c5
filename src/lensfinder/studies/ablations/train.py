"""Study ``ablations``: one network with something taken from it, trained and scored as the models are."""

from __future__ import annotations

import shutil

from lensfinder.datasets.parts import read_parts
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.score_parts import score_parts
from lensfinder.stages.train import check_validated, train_on_parts
from lensfinder.studies.ablations import ABLATIONS
from lensfinder.studies.ablations.params import models
from lensfinder.studies.ablations.representations import REPRESENTATIONS
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.log import study_log
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def train_ablation(paths: SurveyPaths, params: Params, name: str) -> None:
    """Train ablation ``name`` on the parts of the survey's models, and score its validation and test part.

    Training and scoring are one stage, because TensorFlow takes longer to start than to score.

    Raises
    ------
    UserError
        If there is no such ablation in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    survey, definitions = survey_of(paths.survey), models(params.survey(paths.survey))
    if name not in definitions:
        raise UserError(
            f"params.yaml: {paths.survey}.ablations has no {name!r}; "
            f"it has {', '.join(definitions) or 'none'}"
        )
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
    study = StudyPaths(paths, ABLATIONS.name)
    definition, out = definitions[name], study.model(name)
    representation = REPRESENTATIONS[definition.representation]
    parts = read_parts(survey.parts.files(paths.splits, name))
    work = train_on_parts(
        paths,
        params,
        parts,
        definition,
        representation,
        params.seed,
        study.stage(f"train-ablations-{paths.survey}@{name}"),
        out,
        lambda inputs_hash: study_log(study, name, inputs_hash, params, definition),
    )
    score_parts(paths, params, parts, representation, out)
    shutil.rmtree(work)
