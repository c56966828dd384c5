"""Where the study ``hard_negatives`` keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lensfinder.studies.hard_negatives import HARD_NEGATIVES
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.representations import REPRESENTATIONS
from lensfinder.workspace.paths import At, StudyPaths


@dataclass(frozen=True)
class HardNegativeFiles(StudyPaths):
    """Files of the study."""

    survey: JpasPaths
    study: str = HARD_NEGATIVES.name

    images_dir = At("{survey.root}/datasets/hard_negatives/jpas/images")
    """Catalogue and images."""
    catalogue = At("{survey.root}/datasets/hard_negatives/jpas/images/catalogue.parquet")
    """One row an object."""
    validation = At("{survey.root}/validation/hard_negatives/jpas/images.json")
    """Outcome of the gate."""
    scores = At("{survey.root}/evaluation/hard_negatives/jpas/scores.parquet")
    """What every model says of every object."""

    def images_of(self, representation: str) -> tuple[Path, ...]:
        """Arrays that a model of this representation reads, named as those of the survey itself."""
        return tuple(
            self.images_dir / path.name for path in REPRESENTATIONS[representation].files(self.survey.root)
        )
