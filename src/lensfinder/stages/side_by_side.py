"""Commands of ``lensfinder`` that run side by side, as many at a time as there are cores for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from lensfinder.errors import CheckFailed, UserError


def program() -> list[str]:
    """Return what starts ``lensfinder``: the program that runs, or its module where another one does."""
    name = Path(sys.argv[0]).absolute()
    if name.name == "lensfinder" and os.access(name, os.X_OK):
        return [str(name)]
    return [sys.executable, "-m", "lensfinder.cli"]


def run_side_by_side(root: Path, commands: Mapping[str, Sequence[str]], at_a_time: int) -> None:
    """Run commands, given by the label that is put before each of their lines, and wait for all of them.

    Parameters
    ----------
    root
        Where they work.
    commands
        Arguments of ``lensfinder`` by label; started in this order.
    at_a_time
        How many processes there may be.

    Raises
    ------
    UserError, CheckFailed
        If one ends with that kind of error, whose words are then on the screen. The others are stopped.
    """
    width = max((len(label) for label in commands), default=0)
    running: dict[str, subprocess.Popen[str]] = {}
    stopped = threading.Event()

    def run(label: str) -> None:
        if stopped.is_set():
            return
        # DVC's guard watches the process that DVC started; a process of ours needs none of its own.
        environment = {key: value for key, value in os.environ.items() if key != "DVC_STAGE"}
        command = [*program(), *commands[label]]
        with subprocess.Popen(
            command,
            cwd=root,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            running[label] = process
            if stopped.is_set():  # since this one was started: nobody else may see it any more
                process.terminate()
            assert process.stdout is not None
            for line in process.stdout:
                print(f"{label:{width}}  {line}", end="", flush=True)
        if process.returncode:
            stopped.set()  # or this thread would take up what waits
            kind = UserError if process.returncode == 2 else CheckFailed
            raise kind(f"{label}: `lensfinder {' '.join(commands[label])}` failed, see above")

    with ThreadPoolExecutor(max_workers=at_a_time) as pool:
        waiting = [pool.submit(run, label) for label in commands]
        try:
            done, _ = wait(waiting, return_when=FIRST_EXCEPTION)
            for of in done:
                of.result()
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running.values()):
                process.terminate()
            raise
