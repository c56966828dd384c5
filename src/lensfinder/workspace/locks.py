"""Locks of the operating system, which end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lensfinder.errors import UserError


class Taken(Exception):
    """Another process holds a lock; the message is its id, or empty if it has not written that yet."""


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file, which is made if need be, stays, and says which process holds it.

    Raises
    ------
    Taken
        Where another holds it, unless this is to ``wait`` for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            raise Taken(file.read().strip()) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def only_one(workspace: Path, command: str) -> Iterator[None]:
    """Let one process at a time run a command in a workspace: two would write the same files.

    A stage outlives DVC where only DVC was killed.

    Raises
    ------
    UserError
        If another runs it.
    """
    name = hashlib.sha256(command.encode()).hexdigest()[:16]
    try:
        with locked(workspace / ".lensfinder" / "locks" / name, wait=False):
            yield
    except Taken as taken:
        raise UserError(
            f"{workspace}: process {taken} still runs `{command}` here. Wait until it has ended, or end it "
            f"with `kill {taken}` and start again: a training goes on after its last epoch, images after the "
            "last that were finished"
        ) from None
