"""Study ``ablations``: one network with something taken from it, trained and scored as the models are."""

from __future__ import annotations

import shutil

from lensfinder.datasets.parts import read_parts
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.score_parts import score_parts
from lensfinder.stages.train import check_validated, train_on_parts
from lensfinder.studies.ablations import ABLATIONS
from lensfinder.studies.ablations.params import models, skipped_words, unchanged
from lensfinder.studies.ablations.representations import REPRESENTATIONS
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.log import study_log
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def train_ablation(paths: SurveyPaths, params: Params, name: str) -> None:
    """Train ablation ``name`` on the parts of the survey's models, and score its validation and test part.

    Training and scoring are one stage, because TensorFlow takes longer to start than to score. One that
    equals its model is not trained, and leaves empty folders.

    Raises
    ------
    UserError
        If there is no such ablation in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    survey, section = survey_of(paths.survey), params.survey(paths.survey)
    definitions, same = models(section), unchanged(section)
    if name not in definitions:
        raise UserError(
            f"params.yaml: {paths.survey}.ablations has no {name!r}; "
            f"it has {', '.join(definitions) or 'none'}"
        )
    study = StudyPaths(paths, ABLATIONS.name)
    definition, out = definitions[name], study.model(name)
    if name in same:
        print(f"ablations: nothing is trained, {skipped_words({name: same[name]})}", flush=True)
        for folder in (out.model_dir, out.evaluation_dir):  # DVC waits for both
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        return
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
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
