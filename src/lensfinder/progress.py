"""Progress of long work: a bar with rate and ETA on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LINES = 5


class Progressing:
    """Counts ``total`` things of one kind; use as a context manager and call :meth:`advance`."""

    def __init__(self, title: str, total: int, unit: str, done: int = 0) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._first = self._done = done
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TextColumn("ETA"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total, completed=self._done, rate="")
        else:
            resumed = f", {self._done} done before" if self._done else ""
            print(f"{self._title}: {self._total} {self._unit}{resumed}", file=sys.stderr, flush=True)
        return self

    def advance(self, count: int) -> None:
        """Count ``count`` more."""
        before = self._done
        self._done += count
        elapsed = max(time.monotonic() - self._start, 1e-9)
        rate = (self._done - self._first) / elapsed
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, rate=f"{rate:,.0f} {self._unit}/s")
        elif self._done * _LINES // self._total > before * _LINES // self._total:
            left = (self._total - self._done) / rate
            print(
                f"{self._title}: {self._done}/{self._total} {self._unit}, {rate:,.0f}/s, {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
