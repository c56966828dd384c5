"""MLflow's database: the one that a plain ``mlflow ui`` opens at the root of the checkout.

That is ``mlflow.db`` and, for artifacts, ``mlruns/``.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lensfinder.errors import UserError
from lensfinder.workspace.locks import locked

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT_PREFIX = "lensfinder-"
# Where MLflow's database keeps absolute paths.
_ARTIFACT_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)


_PATIENCE_S = 20  # as long as MLflow itself waits


class Patient:
    """MLflow's client, with an error of the user's for a database that stays busy."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*arguments: Any, **named: Any) -> Any:
            with busy_is_said():
                return method(*arguments, **named)

        return call


def one_at_a_time(root: Path) -> AbstractContextManager[None]:
    """Let one process at a time do what must not be done twice."""
    return locked(root / ".lensfinder" / "mlflow.lock")


@contextmanager
def busy_is_said() -> Iterator[None]:
    """Make an error of the user's of a database that another program held for too long.

    Raises
    ------
    UserError
        If so.
    """
    try:
        yield
    except Exception as error:
        if not _is_busy(error):
            raise
        raise UserError(
            f"mlflow.db: busy; another program has held it for {_PATIENCE_S} s. Close what has it open "
            "(a browser of databases, a backup, a run that hangs) and start again; nothing in it is lost"
        ) from None


def _is_busy(error: BaseException | None) -> bool:
    """Whether SQLite said so, or it is the cause of what SQLAlchemy or MLflow said."""
    while error is not None:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return True
        error = getattr(error, "orig", None) or error.__cause__
    return False


def open_database(root: Path) -> MlflowClient:
    """Return a client of a checkout's database, which is made if there is none.

    Raises
    ------
    UserError
        If there is one that this MLflow cannot open, or that stays busy.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow
    from mlflow.exceptions import MlflowException

    database = root / "mlflow.db"
    # It writes a traceback of every error that it raises.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    with one_at_a_time(root):  # two processes that make the database at the same time would crash
        if not database.exists():
            _make_database(database, root / "mlruns")
        try:
            follow_move(root)
            mlflow.set_tracking_uri(_sqlite_uri(database))
            with busy_is_said():
                client = mlflow.MlflowClient()
                client.search_experiments(max_results=1)
        except (MlflowException, sqlite3.DatabaseError) as error:
            raise UserError(
                f"{database}: MLflow {mlflow.__version__} cannot open it: {error}\n"
                "Move it away, and `lensfinder runs rebuild` makes the runs again from the pipeline's outputs"
            ) from None
    return cast("MlflowClient", Patient(client))


def _make_database(database: Path, artifacts: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    # It takes seconds: made elsewhere and moved into place, it is never half there.
    part = database.parent / ".lensfinder" / "mlflow.db.part"
    part.unlink(missing_ok=True)
    store = SqlAlchemyStore(_sqlite_uri(part), artifacts.as_uri())  # type: ignore[no-untyped-call]
    store.engine.dispose()
    part.replace(database)


def _sqlite_uri(path: Path) -> str:
    from mlflow.utils.file_utils import path_to_local_sqlite_uri

    return str(path_to_local_sqlite_uri(str(path)))  # type: ignore[no-untyped-call]


def follow_move(root: Path) -> None:
    """Correct the absolute paths of our artifacts, if the checkout was moved since they were written.

    Raises
    ------
    UserError
        If the database stays busy.
    """
    database, here = root / "mlflow.db", (root / "mlruns").as_uri()
    with (
        busy_is_said(),
        closing(sqlite3.connect(database, timeout=_PATIENCE_S)) as connection,
        connection,
    ):
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


if __name__ == "__main__":  # before `mlflow ui`, which has no part in this package
    if Path("mlflow.db").is_file():
        try:
            follow_move(Path.cwd())
        except UserError as error:
            sys.exit(f"lensfinder: {error}")
