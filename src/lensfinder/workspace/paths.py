"""Where everything lies, relative to the root of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class At:
    """A path of an object, written with the object's own fields: ``{root}/splits/{survey}``."""

    def __init__(self, template: str) -> None:
        self._template = template

    def __get__(self, instance: object, owner: type) -> Path:
        return Path(self._template.format_map(vars(instance)))


@dataclass(frozen=True)
class ModelPaths:
    """Files of one model of one survey."""

    model_dir: Path
    evaluation_dir: Path
    metrics: Path

    model = At("{model_dir}/model.keras")
    """Network with its best weights."""
    history = At("{model_dir}/history.csv")
    """Loss and accuracy after every epoch."""
    training = At("{model_dir}/training.json")
    """What the training was given and when it stopped."""
    scores = At("{evaluation_dir}/scores.parquet")
    """Probability of every validation and test object."""
    figures = At("{evaluation_dir}/figures")
    """Folder of PNG figures."""
    plots = At("{evaluation_dir}/plots")
    """Folder of tables that ``dvc plots`` draws."""
    measures = At("{metrics.parent}/measures/{metrics.name}")
    """All measures with their intervals; ``metrics`` is the dozen numbers that one looks at."""

    def replica(self, number: int) -> ModelPaths:
        """Files of one of its trainings, from 1; its scores lie beside its network."""
        folder = self.model_dir / f"replica_{number}"
        return ModelPaths(folder, folder, folder / "metrics.json")


@dataclass(frozen=True)
class SurveyPaths:
    """Files that every survey has; a survey's own kind of paths knows its others."""

    root: Path
    survey: str

    tables = At("{root}/data")
    """Tables on sky and instruments, imported by DVC from ``catalogs/``."""
    images_dir = At("{root}/datasets/{survey}/images")
    """Output folder of the simulation."""
    catalogue = At("{root}/datasets/{survey}/images/catalogue.parquet")
    """One row an object."""
    splits = At("{root}/splits/{survey}")
    """Where the parts of every object are: ``base`` of :class:`lensfinder.datasets.parts.Parts`."""
    validation = At("{root}/validation/{survey}.json")
    """Outcome of the gate."""
    data_docs = At("{root}/validation/docs/{survey}")
    """Great Expectations' HTML report."""
    comparison = At("{root}/metrics/{survey}/comparison.json")
    """Comparison of the models."""
    baselines = At("{root}/metrics/{survey}/baselines.json")
    """Measures of what a network must beat, by training set and baseline."""
    report_dir = At("{root}/reports/{survey}")
    """Report of one page, with its figures."""

    def model(self, name: str) -> ModelPaths:
        """Files of one model."""
        return ModelPaths(
            model_dir=self.root / "models" / self.survey / name,
            evaluation_dir=self.root / "evaluation" / self.survey / name,
            metrics=self.root / "metrics" / self.survey / f"{name}.json",
        )

    def baseline_scores(self, training_set: str, name: str) -> Path:
        """Probability of every validation and test object by a baseline that learned from a training set."""
        return self.root / "evaluation" / self.survey / "baselines" / training_set / f"{name}.parquet"

    def stage(self, name: str) -> str:
        """Return the name that DVC gives to one of the survey's stages, seen from the root.

        Surveys that come from outside have a pipeline of their own, ``pipelines/<survey>/dvc.yaml``.
        """
        pipeline = Path("pipelines") / self.survey / "dvc.yaml"
        return f"{pipeline.as_posix()}:{name}" if (self.root / pipeline).is_file() else name

    def work(self, stage: str, inputs_hash: str) -> Path:
        """Folder, outside of DVC's outputs, from which an interrupted stage resumes."""
        return self.root / ".lensfinder" / "work" / self.survey / f"{stage}-{inputs_hash[:16]}"


@dataclass(frozen=True)
class StudyPaths:
    """Files of a study: a question to one survey's data, with a pipeline of its own under ``studies/``."""

    survey: SurveyPaths
    study: str

    pipeline = At("{survey.root}/studies/{survey.survey}/{study}/dvc.yaml")
    """The study's stages."""
    splits_dir = At("{survey.root}/splits/{study}/{survey.survey}")
    """Part of every object, in a table for each of the study's own splits."""
    validation_dir = At("{survey.root}/validation/{study}/{survey.survey}")
    """Outcomes of the gate, one for each of the study's own splits."""
    data_docs = At("{survey.root}/validation/docs/{survey.survey}-{study}")
    """Great Expectations' HTML report."""
    models_dir = At("{survey.root}/models/{study}/{survey.survey}")
    """Networks, in a folder for each model."""
    evaluation_dir = At("{survey.root}/evaluation/{study}/{survey.survey}")
    """Scores, in a folder for each model."""
    metrics = At("{survey.root}/metrics/{survey.survey}/{study}.json")
    """The study's answer in numbers."""
    report_dir = At("{survey.root}/reports/{study}/{survey.survey}")
    """Report of one page, with its figures."""
    scores = At("{survey.root}/reports/{study}/{survey.survey}/scores.parquet")
    """Scores of all models together, beside the report."""

    @property
    def target(self) -> str:
        """The study's ``dvc.yaml``, as DVC is told of it at the root."""
        return self.pipeline.relative_to(self.survey.root).as_posix()

    def stage(self, name: str) -> str:
        """Return the name that DVC gives to one of the study's stages, seen from the root."""
        return f"{self.target}:{name}"

    def model(self, name: str) -> ModelPaths:
        """Files of one of the study's models; of a fold, ``name`` is ``<model>/<fold>``."""
        folder = self.models_dir / name
        return ModelPaths(folder, self.evaluation_dir / name, folder / "metrics.json")
