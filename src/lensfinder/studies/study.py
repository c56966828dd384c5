# ruff: noqa: RUF009 (the calls make descriptors, one for the class)
"""The contract of a study: a question to the data of some surveys, with a pipeline of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lensfinder import plugins
from lensfinder.plugins import Lazy

if TYPE_CHECKING:
    import typer
    from pydantic import BaseModel

    from lensfinder.params import Model
    from lensfinder.params.base import SurveySection
    from lensfinder.tracking.run import TrackedRun
    from lensfinder.tracking.store import RunStore

    Rebuild = Callable[[str, RunStore, Path], Iterator[tuple[str, TrackedRun]]]


@dataclass(frozen=True)
class Study:
    """One study, by the addresses (``module:name``, below ``package``) of what it consists of.

    Its stages are in ``studies/<survey>/<name>/dvc.yaml``. Addresses are empty where it has no such thing.

    Attributes
    ----------
    name
        That of its pipeline, of its folders, and of its section in that of the survey.
    surveys
        Those that it can serve.
    section
        Type of its section of ``params.yaml``.
    check
        ``check(section)`` of a survey's section with its own in it: raises ValueError if they do not fit.
    models
        ``models(section)``: the networks that it trains, by name; without, those of the survey.
    commands
        Its commands, a :class:`typer.Typer`; their name on the command line is its own, with dashes.
    rebuild
        ``rebuild(study, store, workspace)`` makes runs again that are no training's, with their experiments.
    logged
        Sections of studies whose parameters its runs log.
    """

    name: str
    package: str
    surveys: tuple[str, ...]
    section: Lazy[type[BaseModel] | None] = Lazy("")
    check: Lazy[Callable[[SurveySection], None] | None] = Lazy("")
    models: Lazy[Callable[[SurveySection], Mapping[str, Model]] | None] = Lazy("")
    commands: Lazy[typer.Typer | None] = Lazy("")
    rebuild: Lazy[Rebuild | None] = Lazy("")
    logged: tuple[str, ...] = ()


def study_of(name: str) -> Study:
    """Return a study that is installed.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    study: Study = plugins.load(plugins.STUDIES, name)
    return study
