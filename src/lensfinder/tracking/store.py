"""The runs of one checkout: one experiment a survey or study, one run a trained model.

A run is found again by the hash of the inputs of its training, so that a stage which was killed and started
again goes on with the same run. Several trainings of one model may be the children of one run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lensfinder.tracking.database import EXPERIMENT_PREFIX, one_at_a_time, open_database
from lensfinder.tracking.run import RunIdentity, TrackedRun
from lensfinder.workspace.provenance import repository_root

if TYPE_CHECKING:
    from mlflow.entities import Run

INPUTS_TAG = "lensfinder.inputs"
MODEL_TAG = "lensfinder.model"
WORKSPACE_TAG = "lensfinder.workspace"
PARENT_TAG = "mlflow.parentRunId"
"""By which MLflow's user interface shows a run below another."""
REPLACED_TAG = "lensfinder.replaced"


class RunStore:
    """The runs of one checkout.

    Parameters
    ----------
    workspace
        Folder in which a pipeline works: the checkout, or the copy in which ``dvc exp run`` works; runs
        always go into the checkout's own store.

    Raises
    ------
    UserError
        If there is a database that this MLflow cannot open.
    """

    def __init__(self, workspace: Path) -> None:
        workspace = workspace.resolve()
        self.root = repository_root(workspace)
        self._workspace_name = workspace.relative_to(self.root).as_posix()
        self._client = open_database(self.root)

    def find(self, identity: RunIdentity) -> TrackedRun | None:
        """Return the run of a training, if there is one."""
        found = self._search(
            identity.experiment,
            f"tags.`{INPUTS_TAG}` = '{identity.inputs_hash}' and {_of_model(identity.model)}",
        )
        return TrackedRun(self._client, found[0]) if found else None

    def find_or_create(self, identity: RunIdentity) -> TrackedRun:
        """Return the run of a training, new and RUNNING if there is none."""
        with one_at_a_time(self.root):
            if (known := self.find(identity)) is not None:
                return known
            tags = {
                INPUTS_TAG: identity.inputs_hash,
                MODEL_TAG: identity.model,
                WORKSPACE_TAG: self._workspace_name,
                "mlflow.source.name": "lensfinder",
                "mlflow.source.type": "LOCAL",
            }
            experiment_id = self._make_experiment(identity.experiment)
            run = self._client.create_run(experiment_id, tags=tags, run_name=identity.name)
            return TrackedRun(self._client, run)

    def resume(self, identity: RunIdentity) -> TrackedRun:
        """Return the run of what begins or goes on now, RUNNING.

        After a kill a run stays RUNNING: what is resumed next of this model in this workspace goes on with
        it, or marks it KILLED if its own inputs are others.
        """
        self._abandon_others(identity)
        run = self.find_or_create(identity)
        self._client.update_run(run.run_id, status="RUNNING")
        run.log_tags({WORKSPACE_TAG: self._workspace_name})
        return run

    @contextmanager
    def training(self, identity: RunIdentity) -> Iterator[TrackedRun]:
        """Open the run of a training, see :meth:`resume`; close it at the end, however that comes."""
        run = self.resume(identity)
        with ended_by_error(run):
            yield run
        run.end()

    def keep_children(self, parent: TrackedRun, children: Collection[TrackedRun]) -> None:
        """Take every other run from below ``parent``: folds of inputs that were changed since."""
        kept = {child.run_id for child in children}
        experiment = self._client.get_run(parent.run_id).info.experiment_id
        below = f"tags.`{PARENT_TAG}` = '{parent.run_id}'"
        for run in self._client.search_runs([experiment], filter_string=below):
            if run.info.run_id not in kept:
                self._client.delete_tag(run.info.run_id, PARENT_TAG)
                self._client.set_tag(run.info.run_id, REPLACED_TAG, "true")

    def finished(self, survey: str, curve: str) -> Iterator[tuple[str, Run, list[float]]]:
        """Give experiment, run and the values of one curve of all finished runs of a survey and its studies.

        The oldest comes first; runs that lack the curve are left out.
        """
        for experiment in sorted(self._client.search_experiments(), key=lambda of: of.name):
            name = experiment.name.removeprefix(EXPERIMENT_PREFIX)
            if name.split("-")[0] != survey:
                continue
            runs = self._client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")
            for run in sorted(runs, key=lambda of: int(of.info.start_time)):
                points = self._client.get_metric_history(run.info.run_id, curve)
                if points:
                    yield experiment.name, run, [point.value for point in points]

    def _abandon_others(self, identity: RunIdentity) -> None:
        running = f"attributes.status = 'RUNNING' and {_of_model(identity.model)}"
        for run in self._search(identity.experiment, running):
            workspace = run.data.tags.get(WORKSPACE_TAG, ".")
            # One process at a time trains a model in a workspace, so a run there that is not ours is dead.
            # Others may be alive as long as the copy that they work in exists.
            dead = workspace == self._workspace_name or not (self.root / workspace).is_dir()
            if dead and run.data.tags.get(INPUTS_TAG) != identity.inputs_hash:
                self._client.set_terminated(run.info.run_id, "KILLED")

    def _search(self, experiment: str, filter_string: str) -> list[Run]:
        found = self._client.get_experiment_by_name(EXPERIMENT_PREFIX + experiment)
        if found is None:
            return []
        return list(self._client.search_runs([found.experiment_id], filter_string=filter_string))

    def _make_experiment(self, experiment_name: str) -> str:
        name = EXPERIMENT_PREFIX + experiment_name
        experiment = self._client.get_experiment_by_name(name)
        if experiment is None:
            # MLflow would put artifacts under the working directory, which may be a copy that vanishes.
            place = (self.root / "mlruns" / name).as_uri()
            tags = {"mlflow.experimentKind": "custom_model_development"}  # or the interface asks for the kind
            return str(self._client.create_experiment(name, artifact_location=place, tags=tags))
        if experiment.lifecycle_stage == "deleted":
            self._client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)


@contextmanager
def ended_by_error(run: TrackedRun) -> Iterator[None]:
    """Close a run if what goes on in it fails or is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        run.end("KILLED")
        raise
    except BaseException:
        run.end("FAILED")
        raise


def _of_model(model: str) -> str:
    return f"tags.`{MODEL_TAG}` = '{model}'"
