"""One run: what it is known by, and what can be logged to it, once or again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lensfinder.tracking.database import busy_is_said
from lensfinder.tracking.network import SavedNetwork
from lensfinder.workspace.provenance import content_md5

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EVALUATED_TAG = "lensfinder.evaluated"
_NETWORK_TAG = "lensfinder.network_md5"
_PARAMS_AT_ONCE = 100  # MLflow's limit


@dataclass(frozen=True)
class RunIdentity:
    """What tells one run from another.

    Attributes
    ----------
    experiment
        The survey, or ``<survey>-<study>``.
    model
        Name as in ``params.yaml``; of a fold ``<model>/<fold>``.
    inputs_hash
        Of the training, see :func:`~lensfinder.workspace.provenance.inputs_hash`; of a run above several
        trainings, whatever the study knows it by.
    """

    experiment: str
    model: str
    inputs_hash: str

    @property
    def name(self) -> str:
        """Name that the user interface shows; a fold's stands below that of its model."""
        return f"{self.model.rpartition('/')[2]}-{self.inputs_hash[:7]}"


class TrackedRun:
    """One run, to be logged to; made by :class:`.store.RunStore`."""

    def __init__(self, client: MlflowClient, run: Run) -> None:
        self.run_id: str = run.info.run_id
        self.name: str = run.info.run_name
        self._client = client
        self._experiment_id = run.info.experiment_id
        self._tags: dict[str, str] = dict(run.data.tags)
        self._params: set[str] = set(run.data.params)
        self._measures: dict[str, float] = dict(run.data.metrics)
        self._curves: set[tuple[str, int]] = set()
        for key in self._measures:
            self._curves |= {(key, point.step) for point in client.get_metric_history(self.run_id, key)}

    @property
    def status(self) -> str:
        """RUNNING while its network is trained; FINISHED, FAILED or KILLED afterwards."""
        return str(self._client.get_run(self.run_id).info.status)

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self._tags

    @property
    def evaluated(self) -> bool:
        """Whether an evaluation was logged to its end."""
        return EVALUATED_TAG in self._tags

    def log_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags, in place of those of the same names."""
        for key, value in tags.items():
            if self._tags.get(key) != value:
                self._client.set_tag(self.run_id, key, value)
                self._tags[key] = value

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters that the run does not have yet; a run's parameters never change."""
        from mlflow.entities import Param

        new = [Param(key, str(value)) for key, value in params.items() if key not in self._params]
        for start in range(0, len(new), _PARAMS_AT_ONCE):
            self._client.log_batch(self.run_id, params=new[start : start + _PARAMS_AT_ONCE])
        self._params |= {param.key for param in new}

    def log_datasets(self, digests: Mapping[str, str], rows: int) -> None:
        """Name the data that were learned from: DVC's hash by path, and how many objects; once each."""
        from mlflow.entities import Dataset, DatasetInput

        inputs = self._client.get_run(self.run_id).inputs
        known = {of.dataset.name for of in inputs.dataset_inputs} if inputs else set()
        new = [
            DatasetInput(
                Dataset(path, md5, "dvc", json.dumps({"path": path}), profile=json.dumps({"num_rows": rows}))
            )
            for path, md5 in digests.items()
            if path not in known
        ]
        if new:
            self._client.log_inputs(self.run_id, new)

    def describe(self, words: str) -> None:
        """Set what the overview of the run says first, in Markdown."""
        self.log_tags({"mlflow.note.content": words})

    def log_epoch(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log the values of one epoch as points of curves, all or none of them.

        An epoch that is there already, from before an interruption, stays as it was logged first.
        """
        from mlflow.entities import Metric

        now = _now_ms()
        points = [
            Metric(key, value, now, epoch)
            for key, value in values.items()
            if (key, epoch) not in self._curves
        ]
        if points:
            self._client.log_batch(self.run_id, metrics=points)
            self._curves |= {(point.key, point.step) for point in points}

    def log_measures(self, measures: Mapping[str, float]) -> None:
        """Log numbers that have no epoch; a number that did not change is not logged again."""
        from mlflow.entities import Metric

        now = _now_ms()
        new = {key: value for key, value in measures.items() if self._measures.get(key) != value}
        if new:
            points = [Metric(key, value, now, 0) for key, value in new.items()]
            self._client.log_batch(self.run_id, metrics=points)
            self._measures |= new

    @busy_is_said()
    def log_network(self, path: Path) -> None:
        """Log a ``.keras`` file, byte for byte and with what it takes and gives; once for the same bytes."""
        import mlflow
        from mlflow.models import Model

        md5 = content_md5(path)
        if self._tags.get(_NETWORK_TAG) == md5:
            return
        # A kill may have left a part of a model, and a forced repetition makes another one: keep the newest.
        for old in self._client.search_logged_models(
            [self._experiment_id], filter_string=f"source_run_id = '{self.run_id}'"
        ):
            self._client.delete_logged_model(old.model_id)
        network = SavedNetwork(path)
        mlflow.set_experiment(experiment_id=self._experiment_id)
        # It would warn of the missing signature.
        logging.getLogger("mlflow.keras.save").setLevel(logging.ERROR)
        Model.log(
            artifact_path=None,
            name="model",
            flavor=mlflow.keras,
            run_id=self.run_id,
            model=network,
            metadata=network.metadata(),
            pip_requirements=network.requirements(),  # MLflow would take half a minute to find them out
        )
        self.log_tags({_NETWORK_TAG: md5})

    def log_files(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or all that a folder holds, into a folder of the run's artifacts."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), folder)
        else:
            self._client.log_artifact(self.run_id, str(path), folder)

    def log_json(self, content: Mapping[str, Any], name: str) -> None:
        """Log a small JSON file among the run's artifacts."""
        self._client.log_dict(self.run_id, dict(content), name)

    def end(self, status: str = "FINISHED") -> None:
        """Close the run; logging to it stays possible."""
        self._client.set_terminated(self.run_id, status)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
