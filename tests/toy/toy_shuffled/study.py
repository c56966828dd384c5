"""Section, training and outcome of the study."""

from typing import Annotated

import numpy as np
import typer

from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.table import read_table, write_table
from lensfinder.evaluation.evaluated import part_of
from lensfinder.evaluation.measures import count, roc_auc
from lensfinder.params.base import Count, Section
from lensfinder.stages.train import OneTraining
from lensfinder.surveys.commands import open_survey, survey_argument
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.log import study_log
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import StudyPaths

app = typer.Typer(no_args_is_help=True, help="Train on shuffled labels.")


class Shuffled(Section):
    """``<survey>.shuffled``: seed of the order of labels."""

    seed: Count


@app.callback()
def _group() -> None:
    pass


@app.command("train")
def train(survey: Annotated[str, survey_argument(names=["toy"])], model: str) -> None:
    """Shuffle the labels, train, score, and write the AUC."""
    paths, params = open_survey(survey, ["shuffled"])
    contract, section = survey_of(survey), params.survey(survey)
    parts = read_parts(contract.parts.files(paths.splits, model))
    rng = np.random.default_rng(section.study(Shuffled).seed)
    learned = parts["part"] != "test"
    parts.loc[learned, "label"] = rng.permutation(parts.loc[learned, "label"])
    study, definition = StudyPaths(paths, "shuffled"), section.models[model]
    shuffled = study.splits_dir / f"{model}.parquet"
    write_table(shuffled, parts, contract.parts.columns)
    one = OneTraining(
        paths,
        model,
        [shuffled],
        definition,
        contract.representations[definition.representation],
        section.training,
        params.seed,
        study.stage(f"train-shuffled-toy@{model}"),
        study.model(model),
    )
    one.run(lambda of: study_log(study, model, of.inputs, params, definition))
    auc = roc_auc(count(part_of(read_table(one.out.scores), "test")[1].ranking))
    write_json(study.metrics, {"auc": round(float(auc), 4)})
