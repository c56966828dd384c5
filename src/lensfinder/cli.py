"""The command line: verbs in the order of ``dvc.yaml``, then tools.

What a verb needs is imported inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lensfinder.errors import CheckFailed, UserError

if TYPE_CHECKING:
    from lensfinder.params import Params
    from lensfinder.workspace.paths import SurveyPaths

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Train, compare and trust neural networks that find strong gravitational lenses.

    `dvc repro` (or `make repro`) calls the verbs of the pipeline for you, in this order, and skips those
    whose inputs did not change. All verbs work at the root of the repository and read `params.yaml`.
    Exit codes: 0 done, 1 a check failed, 2 wrong use.""",
)
runs = typer.Typer(no_args_is_help=True, help="Manage the MLflow runs of this repository.")
exports = typer.Typer(no_args_is_help=True, help="Write objects as FITS files, for any other tool.")
imports = typer.Typer(no_args_is_help=True, help="Take real images in the place of simulated ones.")
cv = typer.Typer(
    no_args_is_help=True,
    help="""Cross-validate; `make cv` calls these for you, in this order.

    Every fold, a union of sky tiles, is held out once by networks that learn from all others.
    `--leak` deals objects at random instead, the usual mistake, and keeps its results apart.""",
)
ablations = typer.Typer(
    no_args_is_help=True,
    help="""Take something from the models, to see what it was good for; `make ablations` calls these for you.

    `jpas.ablations` in params.yaml says what is taken, and from which model.""",
)
hard_negatives = typer.Typer(
    no_args_is_help=True,
    help="""Show the models what looks like a lens and is none; `make hard-negatives` calls these for you.

    `jpas.hard_negatives` in params.yaml says how many of which kind.""",
)
spectra = typer.Typer(no_args_is_help=True, help="Work with quasar spectra in the SDSS layout.")

PIPELINE, STUDIES, TOOLS = "Pipeline", "Studies", "Tools"


class Survey(StrEnum):
    """Surveys that can be simulated."""

    jpas = "jpas"
    euclid = "euclid"


class CubeSurvey(StrEnum):
    """Surveys whose images are cubes of many bands, cut into sky tiles."""

    jpas = "jpas"


class StampSurvey(StrEnum):
    """Surveys whose training sets are selected by how visible the arc is."""

    euclid = "euclid"


_SURVEY = typer.Argument(help="Survey to work on.", show_default=False)
SurveyName = Annotated[Survey, _SURVEY]
CubeSurveyName = Annotated[CubeSurvey, _SURVEY]
StampSurveyName = Annotated[StampSurvey, _SURVEY]
ModelName = Annotated[
    str,
    typer.Argument(
        help="jpas: a name under `jpas.models` in params.yaml; euclid: a training set, or `control`.",
        show_default=False,
    ),
]

Leak = Annotated[bool, typer.Option("--leak", help="On random folds, which leak (`jpas` alone).")]

ExportFolder = Annotated[Path, typer.Option(help="Folder for the FITS files.")]


def _open(survey: Survey | CubeSurvey | StampSurvey) -> tuple[SurveyPaths, Params]:
    from lensfinder.params import read_params
    from lensfinder.workspace.paths import SurveyPaths

    return SurveyPaths(Path.cwd(), survey.value), read_params()


def _open_study(survey: Survey, leak: bool) -> tuple[SurveyPaths, Params, str]:
    from lensfinder.workspace.paths import CV, LEAK

    if leak and survey is not Survey.jpas:
        raise UserError(f"--leak: objects of {survey.value} share nothing that could leak")
    return *_open(survey), LEAK if leak else CV


@app.callback()
def _start() -> None:
    # DVC names the stage that it runs; what the user calls by hand needs no guard.
    if "DVC_STAGE" in os.environ:
        from lensfinder.workspace.lockguard import watch

        watch(Path.cwd())


@app.command(rich_help_panel=PIPELINE)
def simulate(survey: SurveyName) -> None:
    """Draw the catalogue and simulate every object's images; a killed run resumes."""
    from lensfinder.stages.simulate import simulate as run

    run(*_open(survey))


@app.command(rich_help_panel=PIPELINE)
def represent(survey: CubeSurveyName) -> None:
    """Sum every cube along y and along x to its two pseudo-spectra, and measure the bytes saved."""
    from lensfinder.surveys.jpas.represent import represent as run

    run(*_open(survey))


@app.command(rich_help_panel=PIPELINE)
def split(survey: CubeSurveyName) -> None:
    """Cut the objects into training, validation and test parts that share no sky tile."""
    from lensfinder.stages.split import split as run

    run(*_open(survey))


@app.command(rich_help_panel=PIPELINE)
def select(survey: StampSurveyName) -> None:
    """Select the nested training sets, the control and the test set, and count them beside the talk's."""
    from lensfinder.surveys.euclid.select import select as run

    run(*_open(survey))


@app.command(rich_help_panel=PIPELINE)
def validate(survey: SurveyName) -> None:
    """Check catalogue, splits and images with Great Expectations; exit 1 stops the pipeline."""
    from lensfinder.stages.validate import validate as run

    run(*_open(survey))


@app.command(rich_help_panel=PIPELINE)
def train(survey: SurveyName, model: ModelName) -> None:
    """Train one network with early stopping; a killed training resumes and ends as an undisturbed one."""
    from lensfinder.stages.train import train_model

    train_model(*_open(survey), model)


@app.command(rich_help_panel=PIPELINE)
def evaluate(survey: SurveyName, model: ModelName) -> None:
    """Score the validation and test parts; write measures with intervals, and figures."""
    from lensfinder.stages.evaluate import evaluate_model
    from lensfinder.tracking.log import log_evaluation

    paths, params = _open(survey)
    evaluate_model(paths, params, model)
    log_evaluation(paths.root, paths.survey, model)


@app.command(rich_help_panel=PIPELINE)
def compare(survey: SurveyName) -> None:
    """Compare the models on the same objects and write the report."""
    from lensfinder.stages.compare import compare_models
    from lensfinder.tracking.log import log_report

    paths, params = _open(survey)
    compare_models(paths, params)
    log_report(paths.root, paths.survey, list(params.survey(paths.survey).models))


@app.command(rich_help_panel=TOOLS)
def preset(
    name: Annotated[str, typer.Argument(help="A file in `presets/`, without `.yaml`.", show_default=False)],
) -> None:
    """Write a preset's values into `params.yaml`; comments stay."""
    from lensfinder.workspace.presets import apply_preset

    apply_preset(name, Path("params.yaml"))


@cv.command("split")
def cv_split(survey: SurveyName, leak: Leak = False) -> None:
    """Cut all objects into folds, and what each fold learns from into training and validation."""
    from lensfinder.studies.cross_validation.split import split_folds

    split_folds(*_open_study(survey, leak))


@cv.command("validate")
def cv_validate(survey: SurveyName, leak: Leak = False) -> None:
    """Check every fold with Great Expectations; with `--leak`, expect the checks for leaks to fail."""
    from lensfinder.studies.cross_validation.validate import validate_folds

    validate_folds(*_open_study(survey, leak))


@cv.command("train")
def cv_train(
    survey: SurveyName,
    model: ModelName,
    fold: Annotated[int, typer.Option(min=1, help="Fold to hold out.")],
    repeat: Annotated[int, typer.Option(min=1, help="Repeat that it belongs to.")] = 1,
    leak: Leak = False,
) -> None:
    """Train without one fold, then score it; a killed training resumes and ends as an undisturbed one."""
    from lensfinder.studies.cross_validation.folds import Fold
    from lensfinder.studies.cross_validation.train import train_fold

    train_fold(*_open_study(survey, leak), model, Fold(repeat, fold))


@cv.command("judge")
def cv_judge(survey: SurveyName, leak: Leak = False) -> None:
    """Measure over folds, test the difference of the models, and write verdict and report."""
    from lensfinder.studies.cross_validation.folds import folds_of
    from lensfinder.studies.cross_validation.judge import judge_cv
    from lensfinder.tracking.log import log_cross_validation
    from lensfinder.workspace.pipeline import study_hash

    paths, params, study = _open_study(survey, leak)
    results = judge_cv(paths, params, study)
    section = params.survey(paths.survey).cv
    hashes = {name: study_hash(paths.root, study, paths.survey, name, params) for name in section.models}
    log_cross_validation(paths.root, study, paths.survey, hashes, folds_of(section), results)


@ablations.command("represent")
def ablations_represent(survey: CubeSurveyName) -> None:
    """Make of every cube one pseudo-spectrum, one white image and 56 colours."""
    from lensfinder.studies.ablations.represent import represent_ablations

    represent_ablations(*_open(survey))


@ablations.command("train")
def ablations_train(
    survey: CubeSurveyName,
    name: Annotated[
        str, typer.Argument(help="A name under `jpas.ablations` in params.yaml.", show_default=False)
    ],
) -> None:
    """Train and score one; a killed training resumes and ends as an undisturbed one."""
    from lensfinder.studies.ablations.train import train_ablation

    train_ablation(*_open(survey), name)


@ablations.command("occlude")
def ablations_occlude(survey: CubeSurveyName) -> None:
    """Hide bands and places from the trained models, and draw how their losses rise."""
    from lensfinder.studies.occlusion.occlude import occlude

    occlude(*_open(survey))


@ablations.command("judge")
def ablations_judge(survey: CubeSurveyName) -> None:
    """Compare all with the models that they were made of; write numbers, figure and report."""
    from lensfinder.studies.ablations.judge import judge_all

    judge_all(*_open(survey))


@hard_negatives.command("simulate")
def hard_negatives_simulate(survey: CubeSurveyName) -> None:
    """Simulate stars, quasar pairs, rings and mergers that look like lensed quasars."""
    from lensfinder.studies.hard_negatives.simulate import simulate_impostors

    simulate_impostors(*_open(survey))


@hard_negatives.command("validate")
def hard_negatives_validate(survey: CubeSurveyName) -> None:
    """Check with Great Expectations that none is a lens and nothing is shared with training or test."""
    from lensfinder.studies.hard_negatives.validate import validate_impostors

    validate_impostors(*_open(survey))


@hard_negatives.command("judge")
def hard_negatives_judge(survey: CubeSurveyName) -> None:
    """Score them with the trained models; write false-positive rates by kind, figures and report."""
    from lensfinder.studies.hard_negatives.judge import judge_impostors

    judge_impostors(*_open(survey))


@exports.command("jpas")
def export_jpas(
    object_ids: Annotated[list[str], typer.Argument(help="Objects, by `object_id`.", show_default=False)],
    out: ExportFolder = Path("exports"),
) -> None:
    """Write one file an object: the cube with its bands and truth, and the pseudo-spectra."""
    from lensfinder.surveys.jpas.export_fits import export_objects

    for path in export_objects(*_open(Survey.jpas), object_ids, out):
        print(path)


@exports.command("euclid")
def export_euclid(
    object_ids: Annotated[
        list[str] | None, typer.Argument(help="Objects, by `object_id`.", show_default=False)
    ] = None,
    sample: Annotated[str | None, typer.Option(help="All of `train` or `test` instead.")] = None,
    out: ExportFolder = Path("exports"),
) -> None:
    """Write objects in the layout of the second lens-finding challenge, with a catalogue."""
    from lensfinder.surveys.euclid.challenge.export_stamps import export_challenge

    paths, _ = _open(Survey.euclid)
    print(export_challenge(paths, object_ids or [], sample, out))


@imports.command("euclid-challenge")
def import_euclid_challenge(
    folder: Annotated[
        Path, typer.Argument(help="Folder of EUC_VIS, EUC_Y, EUC_J and EUC_H.", show_default=False)
    ],
    catalogue: Annotated[Path, typer.Argument(help="Its catalogue, a .csv file.", show_default=False)],
    test_folder: Annotated[Path | None, typer.Option(help="Images of the test sample.")] = None,
    test_catalogue: Annotated[Path | None, typer.Option(help="Catalogue of the test sample.")] = None,
    test_fraction: Annotated[
        float, typer.Option(help="Without a test folder: part of the rows that becomes the test sample.")
    ] = 0.5,
) -> None:
    """Make the Euclid dataset from files of the second lens-finding challenge; a killed import resumes."""
    from lensfinder.surveys.euclid.challenge.import_stamps import import_challenge

    if (test_folder is None) != (test_catalogue is None):
        raise UserError("--test-folder and --test-catalogue belong together: give both or none")
    test = None if test_folder is None or test_catalogue is None else (test_folder, test_catalogue)
    import_challenge(*_open(Survey.euclid), folder, catalogue, test, test_fraction)


@app.command(rich_help_panel=TOOLS)
def publish(
    survey: SurveyName,
    folder: Annotated[Path, typer.Argument(help="Folder to write to, made if need be.", show_default=False)],
) -> None:
    """Copy parameters, metrics and reports to a folder for git, with a record of code, data and machine."""
    from lensfinder.stages.publish import publish as run

    for path in run(*_open(survey), folder):
        print(path)


@spectra.command("check")
def spectra_check(
    folder: Annotated[
        Path, typer.Argument(help="Folder of spec-PLATE-MJD-FIBER.fits files.", show_default=False)
    ],
    figure: Annotated[
        Path, typer.Option(help="Draw the first quasars and their narrow-band fluxes here.")
    ] = Path("spectra.png"),
) -> None:
    """Read a folder of spectra, name what would be skipped and why, and draw the narrow-band fluxes."""
    from lensfinder.surveys.jpas.spectra import check_spectra

    check_spectra(*_open(Survey.jpas), folder, figure)


@spectra.command("write")
def spectra_write(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="Number of quasars.")] = 200,
) -> None:
    """Write synthetic quasars as spec-*.fits files in the SDSS layout, to try things on."""
    from lensfinder.surveys.jpas.spectra import write_spectra

    write_spectra(*_open(Survey.jpas), folder, count)


@runs.command("rebuild")
def runs_rebuild() -> None:
    """Make the MLflow runs again from the pipeline's outputs, where DVC restored these from its cache."""
    from lensfinder.tracking.rebuild import rebuild_runs

    for name in rebuild_runs(Path.cwd()):
        print(name)


app.add_typer(cv, name="cv", rich_help_panel=STUDIES)
app.add_typer(ablations, name="ablations", rich_help_panel=STUDIES)
app.add_typer(hard_negatives, name="hard-negatives", rich_help_panel=STUDIES)
app.add_typer(exports, name="export", rich_help_panel=TOOLS)
app.add_typer(imports, name="import", rich_help_panel=TOOLS)
app.add_typer(spectra, name="spectra", rich_help_panel=TOOLS)
app.add_typer(runs, name="runs", rich_help_panel=TOOLS)


def main() -> None:
    """Run the command line; a user's mistake ends in a message, never in a traceback."""
    try:
        app()
    except UserError as error:
        print(f"lensfinder: {error}", file=sys.stderr)
        sys.exit(2)
    except CheckFailed as error:
        print(f"lensfinder: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
