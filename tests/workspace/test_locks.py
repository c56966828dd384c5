"""One process at a time runs a command in a workspace, and none that is dead keeps others out."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import make_project

from lensfinder.errors import UserError
from lensfinder.workspace.locks import only_one

COMMAND = "lensfinder select euclid"
# Like a stage that goes on after DVC was killed.
HOLDER = f"""
import sys, time
from pathlib import Path
from lensfinder.workspace.locks import only_one
with only_one(Path.cwd(), {COMMAND!r}):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(root: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], cwd=root, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_command_that_another_process_runs_is_refused_until_that_is_dead(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    with start_holder(root) as holder:
        verb = [sys.executable, "-m", "lensfinder.cli", *COMMAND.split()[1:]]
        refused = subprocess.run(verb, cwd=root, capture_output=True, text=True)
        assert refused.returncode == 2
        assert f"process {holder.pid} still runs `{COMMAND}` here" in refused.stderr
        assert refused.stderr.count("\n") == 1
        with only_one(root, "lensfinder select another"), only_one(tmp_path / "elsewhere", COMMAND):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with only_one(root, COMMAND):
        pass


def test_a_lock_ends_with_what_it_was_held_for(tmp_path: Path) -> None:
    with (
        only_one(tmp_path, COMMAND),
        pytest.raises(UserError, match="still runs"),
        only_one(tmp_path, COMMAND),
    ):
        pass
    with only_one(tmp_path, COMMAND):
        pass
