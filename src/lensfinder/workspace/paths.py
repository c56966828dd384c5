"""Where everything lies, relative to the root of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ModelPaths:
    """Files of one model of one survey."""

    model_dir: Path
    evaluation_dir: Path
    metrics: Path

    @property
    def model(self) -> Path:
        """Network with its best weights."""
        return self.model_dir / "model.keras"

    @property
    def history(self) -> Path:
        """Loss and accuracy after every epoch."""
        return self.model_dir / "history.csv"

    @property
    def training(self) -> Path:
        """What the training was given and when it stopped."""
        return self.model_dir / "training.json"

    @property
    def scores(self) -> Path:
        """Probability of every validation and test object."""
        return self.evaluation_dir / "scores.parquet"

    @property
    def figures(self) -> Path:
        """Folder of PNG figures."""
        return self.evaluation_dir / "figures"

    @property
    def plots(self) -> Path:
        """Folder of tables that ``dvc plots`` draws."""
        return self.evaluation_dir / "plots"


@dataclass(frozen=True)
class SurveyPaths:
    """Files of one survey."""

    root: Path
    survey: str

    @property
    def tables(self) -> Path:
        """Tables on sky and instruments, imported by DVC from ``catalogs/``."""
        return self.root / "data"

    @property
    def images_dir(self) -> Path:
        """Output folder of the simulation."""
        return self.root / "datasets" / self.survey / "images"

    @property
    def catalogue(self) -> Path:
        """One row an object."""
        return self.images_dir / "catalogue.parquet"

    @property
    def galaxies(self) -> Path:
        """Galaxy population."""
        return self.images_dir / "galaxies.parquet"

    @property
    def quasars(self) -> Path:
        """Quasar population."""
        return self.images_dir / "quasars.parquet"

    @property
    def cubes(self) -> Path:
        """Images, ``(n, y, x, bands)``."""
        return self.images_dir / "cubes.npy"

    @property
    def vis(self) -> Path:
        """VIS stamps, ``(n, y, x, 1)``."""
        return self.images_dir / "vis.npy"

    @property
    def nisp(self) -> Path:
        """Y, J and H stamps, ``(n, y, x, 3)``."""
        return self.images_dir / "nisp.npy"

    @property
    def pseudo_spectra_dir(self) -> Path:
        """Output folder of the representation stage."""
        return self.root / "datasets" / self.survey / "pseudo_spectra"

    @property
    def pseudo_spectra(self) -> Path:
        """Pseudo-spectra, ``(n, 2, bands, pixels)``."""
        return self.pseudo_spectra_dir / "pseudo_spectra.npy"

    @property
    def sizes(self) -> Path:
        """Measured bytes of both representations, in memory and on disk."""
        return self.pseudo_spectra_dir / "sizes.json"

    @property
    def splits(self) -> Path:
        """Part of every object."""
        return self.root / "splits" / f"{self.survey}.parquet"

    def training_set(self, name: str) -> Path:
        """Training and validation part of a selected set."""
        return self.root / "splits" / self.survey / f"{name}.parquet"

    @property
    def assessable(self) -> Path:
        """Test part that all selected sets share."""
        return self.root / "splits" / self.survey / "assessable_1.parquet"

    def splits_of(self, model: str) -> tuple[Path, ...]:
        """Tables that together say which object is in which part, for one model."""
        if self.survey == "euclid":
            return self.training_set(model), self.assessable
        return (self.splits,)

    @property
    def selection(self) -> Path:
        """Sizes of the selected sets."""
        return self.root / "metrics" / self.survey / "selection.json"

    @property
    def validation(self) -> Path:
        """Outcome of the gate."""
        return self.root / "validation" / f"{self.survey}.json"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' HTML report."""
        return self.root / "validation" / "docs" / self.survey

    @property
    def comparison(self) -> Path:
        """Comparison of the models."""
        return self.root / "metrics" / self.survey / "comparison.json"

    @property
    def report_dir(self) -> Path:
        """Report of one page, with its figures."""
        return self.root / "reports" / self.survey

    @property
    def ablation_images_dir(self) -> Path:
        """Output folder of what ablations read: parts of what the cubes say."""
        return StudyPaths(self, ABLATIONS).datasets_dir / "images"

    def images_of(self, representation: str) -> tuple[Path, ...]:
        """Arrays that a model of this representation reads, one an input of the network."""
        return {
            "cube": (self.cubes,),
            "pseudo_spectra": (self.pseudo_spectra,),
            "stamps": (self.vis, self.nisp),
            **{name: (self.ablation_images_dir / f"{name}.npy",) for name in ABLATED},
        }[representation]

    def model(self, name: str) -> ModelPaths:
        """Files of one model."""
        return ModelPaths(
            model_dir=self.root / "models" / self.survey / name,
            evaluation_dir=self.root / "evaluation" / self.survey / name,
            metrics=self.root / "metrics" / self.survey / f"{name}.json",
        )

    def work(self, stage: str, inputs_hash: str) -> Path:
        """Folder, outside of DVC's outputs, from which an interrupted stage resumes."""
        return self.root / ".lensfinder" / "work" / self.survey / f"{stage}-{inputs_hash[:16]}"


CV, LEAK = "cv", "cv_leak"
"""Studies that cross-validate: on folds that share nothing, and on random ones, the usual mistake."""

ABLATIONS = "ablations"
"""Study that takes something from the models, to see what it was good for."""

ABLATED = ("one_pseudo_spectrum", "white", "colours")
"""Representations that only this study reads."""


@dataclass(frozen=True)
class StudyPaths:
    """Files of a study: a question to one survey's data, with a pipeline of its own under ``studies/``."""

    survey: SurveyPaths
    study: str

    @property
    def pipeline(self) -> Path:
        """The study's stages."""
        return self.survey.root / "studies" / self.survey.survey / self.study / "dvc.yaml"

    @property
    def splits_dir(self) -> Path:
        """Part of every object, in a table for each of the study's own splits."""
        return self._of("splits")

    def splits_of(self, model: str, fold: str) -> tuple[Path, ...]:
        """Tables that together say which object is in which part of one fold."""
        if self.survey.survey == "euclid":
            folder = self.splits_dir / fold
            return folder / f"{model}.parquet", folder / "assessable_1.parquet"
        return (self.splits_dir / f"{fold}.parquet",)

    @property
    def validation_dir(self) -> Path:
        """Outcomes of the gate, one for each of the study's own splits."""
        return self._of("validation")

    @property
    def data_docs(self) -> Path:
        """Great Expectations' HTML report."""
        return self.survey.root / "validation" / "docs" / f"{self.survey.survey}-{self.study}"

    @property
    def datasets_dir(self) -> Path:
        """Images that only the study reads."""
        return self._of("datasets")

    @property
    def evaluation_dir(self) -> Path:
        """Scores, in a folder for each model."""
        return self._of("evaluation")

    @property
    def metrics(self) -> Path:
        """The study's answer in numbers."""
        return self.survey.root / "metrics" / self.survey.survey / f"{self.study}.json"

    @property
    def report_dir(self) -> Path:
        """Report of one page, with its figures."""
        return self._of("reports")

    @property
    def scores(self) -> Path:
        """Scores of all models together, beside the report."""
        return self.report_dir / "scores.parquet"

    def model(self, name: str) -> ModelPaths:
        """Files of one of the study's models; of a fold, ``name`` is ``<model>/<fold>``."""
        return ModelPaths(
            model_dir=self._of("models") / name,
            evaluation_dir=self.evaluation_dir / name,
            metrics=self._of("models") / name / "metrics.json",
        )

    def _of(self, folder: str) -> Path:
        return self.survey.root / folder / self.study / self.survey.survey
