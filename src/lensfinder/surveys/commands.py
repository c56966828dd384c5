"""What commands on a survey share: its name as an argument, its paths and parameters."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lensfinder.surveys.registry import survey_names, survey_of
from lensfinder.surveys.survey import Survey

if TYPE_CHECKING:
    from lensfinder.params import Params

until_the_end = ExitStack()
"""What the running command holds; the command line closes it."""


def survey_argument(
    suits: Callable[[Survey], bool] | None = None, names: Collection[str] | None = None
) -> Any:
    """Return the argument that names a survey: one for which ``suits`` holds, one of ``names``, or any.

    No survey is imported before it is named.
    """

    def allowed(name: str) -> bool:
        return (names is None or name in names) and (suits is None or suits(survey_of(name)))

    def parse(value: str) -> str:
        if value not in survey_names() or not allowed(value):
            known = ", ".join(repr(name) for name in survey_names() if allowed(name))
            raise typer.BadParameter(f"{value!r} is not one of {known}.")
        return value

    # Which surveys suit is known only once all are imported.
    metavar = "SURVEY" if suits else "|".join(names or survey_names())
    words = "Survey to work on; a wrong name is answered with all." if suits else "Survey to work on."
    return typer.Argument(help=words, show_default=False, parser=parse, metavar=metavar)


SurveyName = Annotated[str, survey_argument()]
ModelName = Annotated[
    str, typer.Argument(help="A model of the survey; a wrong name is answered with all.", show_default=False)
]
ModelNames = Annotated[
    list[str] | None, typer.Argument(help="Models of the survey; all without.", show_default=False)
]
ExportFolder = Annotated[Path, typer.Option(help="Folder for the FITS files.")]


def open_survey(name: str, studies: Collection[str] | None = ()) -> tuple[Any, Params]:
    """Return a survey's own paths, and its parameters with those of studies of it, or (None) of all.

    Until the command ends no other process may run the same here.

    Raises
    ------
    UserError
        If another does, or if ``params.yaml`` cannot be read.
    """
    from lensfinder.params import read_params
    from lensfinder.workspace.locks import only_one

    paths, params = survey_of(name).paths(Path.cwd(), name), read_params(surveys=[name], studies=studies)
    until_the_end.enter_context(only_one(Path.cwd(), shlex.join(["lensfinder", *sys.argv[1:]])))
    return paths, params
