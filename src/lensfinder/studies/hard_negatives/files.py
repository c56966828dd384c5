"""Where the study ``hard_negatives`` keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lensfinder.workspace.paths import StudyPaths, SurveyPaths

HARD_NEGATIVES = "hard_negatives"
"""Study that shows the models what looks like a lens and is none."""


@dataclass(frozen=True)
class HardNegativeFiles:
    """Files of the study, besides those that every study has."""

    survey: SurveyPaths

    @property
    def study(self) -> StudyPaths:
        """What every study has."""
        return StudyPaths(self.survey, HARD_NEGATIVES)

    @property
    def images_dir(self) -> Path:
        """Catalogue and images."""
        return self.study.datasets_dir / "images"

    @property
    def catalogue(self) -> Path:
        """One row an object."""
        return self.images_dir / self.survey.catalogue.name

    @property
    def validation(self) -> Path:
        """Outcome of the gate."""
        return self.study.validation_dir / "images.json"

    @property
    def scores(self) -> Path:
        """What every model says of every object."""
        return self.study.evaluation_dir / "scores.parquet"

    def images_of(self, representation: str) -> tuple[Path, ...]:
        """Arrays that a model of this representation reads, named as those of the survey itself."""
        return tuple(self.images_dir / path.name for path in self.survey.images_of(representation))
