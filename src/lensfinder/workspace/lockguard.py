"""Keeps ``dvc.lock``, and those of the studies, whole when DVC is killed.

DVC writes ``dvc.lock`` in place after every stage. A kill at that moment leaves an empty or half-written
file, and from then on every ``dvc`` command fails. So each stage that DVC runs keeps a copy, and a process
outside of DVC's process group waits until DVC has ended, and puts the copy back if the file is broken. What
the copy does not know yet, DVC finds again in its cache or makes anew.

A study has a lock file of its own, and one run may write several: that of a study after that of the pipeline
whose data it reads. All are guarded, whichever stage runs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lensfinder.workspace.locks import Taken, locked

SHELLS = ("sh", "dash", "bash", "zsh", "fish", "ksh")


def watch(root: Path) -> None:
    """Keep a copy of the lock files, and start the guard; called by every stage that DVC runs."""
    for lock in _locks(root):
        kept = _kept(root, lock)
        kept.parent.mkdir(parents=True, exist_ok=True)
        if lock.is_file():
            partial = kept.with_name(f"{lock.name}.{os.getpid()}")
            shutil.copyfile(lock, partial)
            os.replace(partial, kept)
        else:
            kept.unlink(missing_ok=True)
    subprocess.Popen(
        [sys.executable, "-m", "lensfinder.workspace.lockguard", str(root), str(_caller())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def guard(root: Path, dvc_pid: int) -> None:
    """Wait for DVC to end, then mend its lock files."""
    import psutil

    # Where it is taken, an earlier stage's guard waits for the same DVC.
    with contextlib.suppress(Taken), locked(root / ".lensfinder" / "lockguard.lock", wait=False):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(dvc_pid).wait()
        mend(root)


def _caller() -> int:
    """Process that started this one, shells left out."""
    import psutil

    ancestors = psutil.Process().parents()
    return next((process.pid for process in ancestors if process.name() not in SHELLS), os.getppid())


def mend(root: Path) -> bool:
    """Put the copy back where a lock file is broken; without a copy, remove it. True if one was broken."""
    broken = [lock for lock in _locks(root) if lock.is_file() and not _is_whole(lock)]
    for lock in broken:
        kept = _kept(root, lock)
        if kept.is_file():
            mended = lock.with_name("dvc.lock.mended")
            shutil.copyfile(kept, mended)
            os.replace(mended, lock)
        else:
            lock.unlink()
    return bool(broken)


def _locks(root: Path) -> list[Path]:
    """Return the lock files that DVC writes, or will write, beside each ``dvc.yaml``."""
    pipelines = sorted([*root.glob("pipelines/*/dvc.yaml"), *root.glob("studies/*/*/dvc.yaml")])
    return [root / "dvc.lock", *(pipeline.with_name("dvc.lock") for pipeline in pipelines)]


def _kept(root: Path, lock: Path) -> Path:
    return root / ".lensfinder" / lock.relative_to(root).with_name("dvc.lock.kept")


def _is_whole(path: Path) -> bool:
    """Whether the file is what DVC writes: YAML with a schema, and every stage with its command."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError):
        return False
    if not isinstance(content, dict) or "schema" not in content:
        return False
    stages = content.get("stages") or {}
    return isinstance(stages, dict) and all("cmd" in (stage or {}) for stage in stages.values())


if __name__ == "__main__":
    guard(Path(sys.argv[1]), int(sys.argv[2]))
