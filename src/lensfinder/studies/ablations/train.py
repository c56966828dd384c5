"""Study ``ablations``: networks with something taken from them, trained and scored as the models are."""

from __future__ import annotations

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.train import OneTraining, check_validated, replica_seed, train_side_by_side
from lensfinder.studies.ablations import ABLATIONS
from lensfinder.studies.ablations.params import models, skipped_words, unchanged
from lensfinder.studies.ablations.representations import REPRESENTATIONS
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.log import study_log
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def training_of(paths: SurveyPaths, params: Params, name: str, number: int) -> OneTraining:
    """Return a training of ablation ``name``, on the parts and with the seed of the models' of this number.

    Raises
    ------
    UserError
        If there is no such ablation in the parameters, or the data were not checked.
    """
    survey, section = survey_of(paths.survey), params.survey(paths.survey)
    definitions = models(section)
    if name not in definitions:
        raise UserError(
            f"params.yaml: {paths.survey}.ablations has no {name!r}; "
            f"it has {', '.join(definitions) or 'none'}"
        )
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
    study, definition = StudyPaths(paths, ABLATIONS.name), definitions[name]
    out = study.model(name).replica(number)
    return OneTraining(
        paths,
        f"{name}/{out.model_dir.name}",
        survey.parts.files(paths.splits, name),
        definition,
        REPRESENTATIONS[definition.representation],
        section.training,
        replica_seed(params, section.training, number),
        study.stage(f"train-ablations-{paths.survey}"),
        out,
    )


def train_ablation(paths: SurveyPaths, params: Params, name: str, number: int) -> None:
    """Train one replica of one ablation, and score its validation and test part.

    Raises
    ------
    UserError
        If there is no such ablation in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    one, study = training_of(paths, params, name, number), StudyPaths(paths, ABLATIONS.name)
    one.run(lambda of: study_log(study, one.name, of.inputs, params, one.definition, of.model))


def train_ablations(paths: SurveyPaths, params: Params) -> None:
    """Train all ablations, side by side, but for those that are done already or equal their model.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    CheckFailed
        If a training diverges.
    """
    section = params.survey(paths.survey)
    if same := unchanged(section):
        print(f"ablations: nothing is trained, {skipped_words(same)}", flush=True)
    train_side_by_side(
        paths.root,
        {
            f"{name} {number}": ["ablations", "train", paths.survey, name, "--replica", str(number)]
            for name in models(section)
            for number in range(1, section.training.replicas + 1)
            if name not in same and not training_of(paths, params, name, number).is_done()
        },
        section.training,
    )
