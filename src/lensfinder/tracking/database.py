"""MLflow's database: the one that a plain ``mlflow ui`` opens at the root of the checkout.

That is ``mlflow.db`` and, for artifacts, ``mlruns/``.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lensfinder.errors import UserError

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT_PREFIX = "lensfinder-"
# Where MLflow's database keeps absolute paths.
_ARTIFACT_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Let one process at a time do what must not be done twice."""
    folder = root / ".lensfinder"
    folder.mkdir(exist_ok=True)
    with (folder / "mlflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_database(root: Path) -> MlflowClient:
    """Return a client of a checkout's database, which is made if there is none.

    Raises
    ------
    UserError
        If there is one that this MLflow cannot open.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow
    from mlflow.exceptions import MlflowException

    database = root / "mlflow.db"
    with locked(root):  # two processes that make the database at the same time would crash
        if not database.exists():
            _make_database(database, root / "mlruns")
        try:
            _follow_move(database, root / "mlruns")
            mlflow.set_tracking_uri(_sqlite_uri(database))
            client = mlflow.MlflowClient()
            client.search_experiments(max_results=1)
        except (MlflowException, sqlite3.DatabaseError) as error:
            raise UserError(
                f"{database}: MLflow {mlflow.__version__} cannot open it: {error}\n"
                "Delete it, and `lensfinder runs rebuild` makes the runs again from the pipeline's outputs"
            ) from None
    return client


def _make_database(database: Path, artifacts: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    # It takes seconds: made elsewhere and moved into place, it is never half there.
    part = database.parent / ".lensfinder" / "mlflow.db.part"
    part.unlink(missing_ok=True)
    store = SqlAlchemyStore(_sqlite_uri(part), artifacts.as_uri())  # type: ignore[no-untyped-call]
    store.engine.dispose()
    part.replace(database)


def _sqlite_uri(path: Path) -> str:
    from mlflow.utils.file_utils import path_to_local_sqlite_uri

    return str(path_to_local_sqlite_uri(str(path)))  # type: ignore[no-untyped-call]


def _follow_move(database: Path, artifacts: Path) -> None:
    """Correct the absolute paths of our artifacts, if the checkout was moved since they were written."""
    here = artifacts.as_uri()
    with closing(sqlite3.connect(database)) as connection, connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'").fetchone():
            return  # MLflow fills an empty database when it opens it
        ours = connection.execute(
            "SELECT artifact_location, name FROM experiments WHERE name LIKE ?", (f"{EXPERIMENT_PREFIX}%",)
        )
        places = {str(place).removesuffix(f"/{name}") for place, name in ours}
        for before in places - {here}:
            for table, column in _ARTIFACT_COLUMNS:
                connection.execute(
                    f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE substr({column}, 1, ?) = ?",
                    (f"{before}/", f"{here}/", len(before) + 1, f"{before}/"),
                )
