# ruff: noqa: RUF009 (the calls make descriptors, one for the class)
"""The contract of a survey: what the engines ask of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lensfinder.plugins import Lazy

if TYPE_CHECKING:
    import pandas as pd
    import typer

    from lensfinder.datasets.parts import Parts
    from lensfinder.datasets.representation import Representation
    from lensfinder.datasets.scores import Columns
    from lensfinder.gate.expectations import Suite
    from lensfinder.params.base import SurveySection
    from lensfinder.surveys.baselines import Baselines
    from lensfinder.surveys.comparison import ModelComparison
    from lensfinder.surveys.objects import SurveyObjects
    from lensfinder.workspace.paths import SurveyPaths

    Prepared = tuple[Mapping[str, pd.DataFrame], Callable[[], list[Suite]]]
    """What the gate looks at: tables by name, and what makes the suites once Great Expectations is loaded."""


@dataclass(frozen=True)
class Survey:
    """One survey, by the addresses (``module:name``, below ``package``) of what it consists of.

    A part is imported when it is read and not before, so that a stage loads what can change its outcome and
    nothing else.

    Attributes
    ----------
    name
        That of its section in ``params.yaml`` and of its folders.
    section
        Type of its section of ``params.yaml``.
    paths
        Where its files lie, from the root of a repository.
    columns
        Columns of its catalogue and of the scores of its models.
    representations
        What networks read of an object, by name: array files, forms, and the networks that read them.
    simulate
        ``simulate(work, paths, params)`` makes catalogue and images in the folder ``work``; killed, it
        continues there.
    parts
        How its samples become training, validation and test parts.
    prepare
        ``prepare(paths, params)`` makes what the gate looks at.
    objects
        How its objects look, group, are named and captioned.
    comparison
        How its models are compared, and what the report says.
    baselines
        What its networks must beat; empty for none.
    cut
        Verb that makes the parts, ``split`` or ``select``.
    represent
        ``represent(paths, params)`` makes representations that the simulation does not; empty for none.
    add_commands
        ``add_commands(groups)`` adds commands of its own to those of the command line; empty for none.
    """

    name: str
    package: str
    section: Lazy[type[SurveySection]] = Lazy()
    paths: Lazy[Callable[..., SurveyPaths]] = Lazy()
    columns: Lazy[Columns] = Lazy()
    representations: Lazy[Mapping[str, Representation]] = Lazy()
    simulate: Lazy[Callable[..., None]] = Lazy()
    parts: Lazy[Parts] = Lazy()
    prepare: Lazy[Callable[..., Prepared]] = Lazy()
    objects: Lazy[SurveyObjects] = Lazy()
    comparison: Lazy[ModelComparison] = Lazy()
    baselines: Lazy[Baselines | None] = Lazy("")
    cut: str = "split"
    represent: Lazy[Callable[..., None] | None] = Lazy("")
    add_commands: Lazy[Callable[[Mapping[str, typer.Typer]], Any] | None] = Lazy("")
