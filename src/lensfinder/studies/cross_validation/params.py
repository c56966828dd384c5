"""Section ``<survey>.cv`` of ``params.yaml``: folds, repeats and models."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from lensfinder.params.base import PositiveCount, Section, SurveySection


class CrossValidation(Section):
    """Folds, each held out once by networks that learn from all others; numbered, so that DVC can name them.

    ``repeats`` cut the sky into as many folds again, along other lines. ``models`` are cross-validated on the
    same folds.
    """

    folds: tuple[PositiveCount, ...]
    repeats: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]
    models: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if len(self.folds) < 2:
            raise ValueError(f"folds ({list(self.folds)}) must be two or more")
        for name in ("folds", "repeats"):
            numbers = getattr(self, name)
            if numbers != tuple(range(1, len(numbers) + 1)):
                raise ValueError(f"{name} ({list(numbers)}) must count from 1: 1, 2, 3, …")
        if len(set(self.models)) < len(self.models):
            raise ValueError(f"models ({list(self.models)}) names one twice")
        return self


def check(section: SurveySection) -> None:
    """Refuse models that the survey does not have, and more folds than its tiles allow.

    Raises
    ------
    ValueError
        If that is so.
    """
    cv = section.study(CrossValidation)
    for name in cv.models:
        if name not in section.models:
            raise ValueError(
                f"cv.models: {name!r} is none of the survey's models ({', '.join(section.models)})"
            )
    if section.n_tiles is not None and len(cv.folds) > section.n_tiles // 2:
        raise ValueError(f"cv.folds ({len(cv.folds)}) must leave each two of the {section.n_tiles} tiles")
