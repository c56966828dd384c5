"""Section ``<survey>.ablations`` of ``params.yaml``: what is taken from which model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, RootModel, ValidationError

from lensfinder.datasets.representation import check_models
from lensfinder.params.base import Model, Section, SurveySection
from lensfinder.studies.ablations.representations import REPRESENTATIONS


class Ablation(Section):
    """A model with something taken from it or done otherwise, to see what that was good for.

    ``changes`` to the fields of the model ``base``; the outcome is compared with the models (or ablations)
    named in ``against``, on the same objects.
    """

    base: str
    changes: dict[str, Any]
    against: Annotated[tuple[str, ...], Field(min_length=1)]

    def of(self, model: Model) -> Model:
        """Return ``model`` with the changes.

        Raises
        ------
        ValueError
            If the outcome is no model.
        """
        try:
            return Model.model_validate(model.model_dump() | self.changes)
        except ValidationError as error:
            problem = error.errors()[0]
            field = ".".join(str(part) for part in problem["loc"])
            message = problem["msg"].removeprefix("Value error, ")
            raise ValueError(f"{field}: {message}" if field else message) from None


class Ablations(RootModel[dict[str, Ablation]]):
    """All ablations, by their names."""

    model_config = ConfigDict(frozen=True)


def models(section: SurveySection) -> dict[str, Model]:
    """Return the networks of the ablations, by their names."""
    ablations = section.study(Ablations).root
    return {name: ablation.of(section.models[ablation.base]) for name, ablation in ablations.items()}


def unchanged(section: SurveySection) -> dict[str, str]:
    """Return the ablations that equal the model that they change, with its name: they show nothing.

    They are no mistake: another value of the model makes them so.
    """
    ablations = section.study(Ablations).root
    return {
        name: ablations[name].base
        for name, definition in models(section).items()
        if definition == section.models[ablations[name].base]
    }


def judged(section: SurveySection) -> dict[str, Ablation]:
    """Return the other ablations; those that are compared with an unchanged one, with its model instead."""
    same = unchanged(section)
    return {
        name: ablation.model_copy(
            update={"against": tuple(dict.fromkeys(same.get(other, other) for other in ablation.against))}
        )
        for name, ablation in section.study(Ablations).root.items()
        if name not in same
    }


def skipped_words(names: Mapping[str, str]) -> str:
    """Say which ablations were left out, and why."""
    return ", ".join(f"{name} (equals {base})" for name, base in names.items())


def check(section: SurveySection) -> None:
    """Refuse impossible ablations.

    Raises
    ------
    ValueError
        If one is named like a model, or its base, its changes or what it is compared with make no sense.
    """
    ablations = section.study(Ablations).root
    known = [*section.models, *ablations]
    for name, ablation in ablations.items():
        if name in section.models:
            raise ValueError(f"ablations.{name}: {name!r} is the name of a model already")
        if ablation.base not in section.models:
            raise ValueError(
                f"ablations.{name}.base = {ablation.base}: models has only {', '.join(section.models)}"
            )
        try:
            model = ablation.of(section.models[ablation.base])
        except ValueError as error:
            raise ValueError(f"ablations.{name}.changes: {error}") from None
        if model.representation not in REPRESENTATIONS:
            raise ValueError(
                f"ablations.{name}.changes: representation = {model.representation}: this track has no "
                f"{model.representation}; it has {', '.join(REPRESENTATIONS)}"
            )
        check_models({f"ablations.{name}.changes": model}, REPRESENTATIONS)
        for other in ablation.against:
            if other == name or other not in known:
                raise ValueError(
                    f"ablations.{name}.against: {other!r} is no other model or ablation ({', '.join(known)})"
                )
