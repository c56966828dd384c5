"""The command line: verbs in the order of the pipeline, then tools; surveys and studies bring their own.

What a verb needs is imported inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lensfinder import plugins
from lensfinder.errors import CheckFailed, UserError
from lensfinder.surveys.commands import ModelNames, SurveyName, open_survey, survey_argument, until_the_end
from lensfinder.surveys.registry import survey_names, survey_of

PIPELINE, STUDIES, TOOLS = "Pipeline", "Studies", "Tools"

PLAIN = dict(zip("−–≥≤±→×′⁄◇", ("-", "-", ">=", "<=", "+-", "->", "x", "'", "/", "*"), strict=True))
"""What stands for a sign where a terminal's encoding lacks it."""


class Assembled(TyperGroup):
    """Commands of this module, and those that surveys and studies bring: imported when one of these is named.

    So a verb of the pipeline imports no other survey and no study, and a study no other.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name."""
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        if (study := cmd_name.replace("-", "_")) in plugins.names(plugins.STUDIES):
            return _commands_of([study], []).get(cmd_name)
        return _commands_of([], survey_names()).get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [
            *super().list_commands(ctx),
            *_commands_of(plugins.names(plugins.STUDIES), survey_names()),
        ]


def _commands_of(studies: Collection[str], surveys: Collection[str]) -> Mapping[str, Any]:
    """Commands that studies and surveys bring, by name."""
    from lensfinder.studies.study import study_of

    brought = typer.Typer(rich_markup_mode="markdown")
    groups = {
        TOOLS: brought,
        "export": typer.Typer(no_args_is_help=True, help="Write objects as FITS files, for any other tool."),
        "import": typer.Typer(no_args_is_help=True, help="Take real images in the place of simulated ones."),
    }
    for name in surveys:
        if (add := survey_of(name).add_commands) is not None:
            add(groups)
    for name in studies:
        if (commands := study_of(name).commands) is not None:
            brought.add_typer(commands, name=name.replace("_", "-"), rich_help_panel=STUDIES)
    for name in ("export", "import"):
        brought.add_typer(groups[name], name=name, rich_help_panel=TOOLS)
    return typer.main.get_group(brought).commands


app = typer.Typer(
    cls=Assembled,
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


@app.callback()
def _start() -> None:
    # DVC names the stage that it runs; what the user calls by hand needs no guard.
    if "DVC_STAGE" in os.environ:
        from lensfinder.workspace.lockguard import watch
        from lensfinder.workspace.provenance import check_experiment

        check_experiment(Path.cwd())
        watch(Path.cwd())


@app.command(rich_help_panel=PIPELINE)
def simulate(survey: SurveyName) -> None:
    """Draw the catalogue and simulate every object's images; a killed run resumes."""
    from lensfinder.stages.simulate import simulate as run

    run(*open_survey(survey))


@app.command(rich_help_panel=PIPELINE)
def represent(survey: Annotated[str, survey_argument(lambda of: of.represent is not None)]) -> None:
    """Sum every cube along y and along x to its two pseudo-spectra, and measure the bytes saved."""
    if (run := survey_of(survey).represent) is not None:
        run(*open_survey(survey))


@app.command(rich_help_panel=PIPELINE)
def split(survey: Annotated[str, survey_argument(lambda of: of.cut == "split")]) -> None:
    """Cut the objects into training, validation and test parts that share no sky tile."""
    survey_of(survey).parts.make(*open_survey(survey))


@app.command(rich_help_panel=PIPELINE)
def select(survey: Annotated[str, survey_argument(lambda of: of.cut == "select")]) -> None:
    """Select the nested training sets, the control and the test set, and count them beside the talk's."""
    survey_of(survey).parts.make(*open_survey(survey))


@app.command(rich_help_panel=PIPELINE)
def validate(survey: SurveyName) -> None:
    """Check catalogue, splits and images with Great Expectations; exit 1 stops the pipeline."""
    from lensfinder.stages.validate import validate as run

    run(*open_survey(survey))


@app.command(rich_help_panel=PIPELINE)
def baselines(survey: Annotated[str, survey_argument(lambda of: of.baselines is not None)]) -> None:
    """Measure what a network must beat: simple classifiers on numbers of each image."""
    from lensfinder.stages.baselines import learn_baselines

    learn_baselines(*open_survey(survey))


@app.command(rich_help_panel=PIPELINE)
def train(
    survey: SurveyName,
    models: ModelNames = None,
    replica: Annotated[
        int | None, typer.Option(min=1, help="Train this one alone, in this process; counted from 1.")
    ] = None,
) -> None:
    """Train every model several times, side by side, and score its validation and test parts.

    What is done and has the same inputs is left alone; a killed training goes on after its last epoch.
    """
    from lensfinder.stages.train import train_models, train_replica

    paths, params = open_survey(survey)
    names = models or list(params.survey(survey).models)
    if replica is None:
        train_models(paths, params, names)
        return
    for name in names:
        train_replica(paths, params, name, replica)


@app.command(rich_help_panel=PIPELINE)
def evaluate(survey: SurveyName) -> None:
    """Measure every model, its trainings one by one and together; write intervals, tables and figures."""
    from lensfinder.stages.evaluate import evaluate_models
    from lensfinder.tracking.log import log_evaluation

    paths, params = open_survey(survey)
    for name in evaluate_models(paths, params):
        log_evaluation(paths.root, survey, name)


@app.command(rich_help_panel=PIPELINE)
def compare(survey: SurveyName) -> None:
    """Compare the models on the same objects and write the report."""
    from lensfinder.stages.compare import compare_models
    from lensfinder.tracking.log import log_report

    paths, params = open_survey(survey)
    compare_models(paths, params)
    log_report(paths.root, survey, list(params.survey(survey).models))


@app.command(rich_help_panel=TOOLS)
def preset(
    name: Annotated[str, typer.Argument(help="A file in `presets/`, without `.yaml`.", show_default=False)],
) -> None:
    """Write a preset's values into `params.yaml`; comments stay."""
    from lensfinder.workspace.presets import apply_preset

    apply_preset(name, Path("params.yaml"))


@app.command(rich_help_panel=TOOLS)
def show(survey: Annotated[str | None, survey_argument()] = None) -> None:
    """Print the verdict, and the measures of models, committees and baselines, as the report has them.

    Without a survey, of all that were compared here.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    from lensfinder.params import read_params
    from lensfinder.stages.show import glance

    for name in [survey] if survey else survey_names():
        paths = survey_of(name).paths(Path.cwd(), name)
        if survey or paths.comparison.is_file():
            Console().print(Markdown(glance(paths, read_params(surveys=[name], studies=()))))


@app.command(rich_help_panel=TOOLS)
def publish(
    survey: SurveyName,
    folder: Annotated[Path, typer.Argument(help="Folder to write to, made if need be.", show_default=False)],
) -> None:
    """Copy parameters, metrics and reports to a folder for git, with a record of code, data and machine."""
    from lensfinder.stages.publish import publish as run

    for path in run(*open_survey(survey, studies=None), folder):
        print(path)


@app.command(rich_help_panel=TOOLS)
def surveys() -> None:
    """List the surveys that are installed, a name a line."""
    print(*survey_names(), sep="\n")


@runs.command("rebuild")
def runs_rebuild() -> None:
    """Make the MLflow runs again from the pipeline's outputs, where DVC restored these from its cache."""
    from lensfinder.tracking.rebuild import rebuild_runs

    for name in rebuild_runs(Path.cwd()):
        print(name)


app.add_typer(runs, name="runs", rich_help_panel=TOOLS)


def show_anywhere(streams: Iterable[Any]) -> None:
    """Let streams write what their encoding lacks in letters that every terminal has."""
    codecs.register_error("lensfinder.plain", _in_plain_letters)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="lensfinder.plain")


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_plain(letter) for letter in error.object[error.start : error.end]), error.end


def _plain(letter: str) -> str:
    """Return what stands for a letter in ASCII: ``>=``, the name of a Greek letter, or a question mark."""
    plain = ""
    for part in unicodedata.normalize("NFKD", letter):
        name = unicodedata.name(part, "")
        if part in PLAIN:
            plain += PLAIN[part]
        elif name.startswith("GREEK"):
            plain += name.rpartition(" ")[2].lower()
        elif part.isascii():
            plain += part
    return plain or "?"


def main() -> None:
    """Run the command line; a user's mistake ends in a message, never in a traceback."""
    show_anywhere((sys.stdout, sys.stderr))
    try:
        with until_the_end:
            app()
    except UserError as error:
        print(f"lensfinder: {error}", file=sys.stderr)
        sys.exit(2)
    except CheckFailed as error:
        print(f"lensfinder: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
