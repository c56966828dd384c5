"""Image arrays written in chunks by several threads, resumed after a kill, published when complete."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from lensfinder.datasets.store import ImageFile
from lensfinder.progress import Progressing
from lensfinder.typing import AnyArray

JOURNAL_SUFFIX = ".journal"


class Journal:
    """Lines of what is finished, kept in a file that threads append to.

    A line that a kill cut short counts as never written.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            os.truncate(path, len(whole.encode("utf-8")))
        self.lines = whole.splitlines()
        self._file = path.open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        """Append one line."""
        with self._lock:
            self.lines.append(line)
            self._file.write(f"{line}\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ImageChunks:
    """Image arrays of one dataset, cut into chunks of rows that threads fill in any order.

    Use as a context manager: hand :attr:`waiting` out and :meth:`write` each chunk. A chunk is in the journal
    once all its images are on disk, so that the next run is left with the others.

    Parameters
    ----------
    folder
        Where the arrays and the journal are; it is made if need be.
    shapes
        Shape of one object's image, by the name of the ``.npy`` file.
    chunks
        Slices of rows that follow one another and together are the dataset.
    title, unit
        What the progress calls the work and its objects.
    """

    def __init__(
        self,
        folder: Path,
        shapes: Mapping[str, tuple[int, ...]],
        chunks: Sequence[slice],
        title: str,
        unit: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        journal = folder / f"chunks{JOURNAL_SUFFIX}"
        if not all((folder / name).is_file() for name in shapes):
            journal.unlink(missing_ok=True)  # it speaks of arrays that are gone
        count = chunks[-1].stop
        self._files = [ImageFile(folder / name, (count, *shape)) for name, shape in shapes.items()]
        self._journal = Journal(journal)
        done = set(self._journal.lines)
        self.waiting = [chunk for chunk in chunks if _line(chunk) not in done]
        finished = count - sum(chunk.stop - chunk.start for chunk in self.waiting)
        self._progress = Progressing(title, count, unit, finished)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def write(self, chunk: slice, *images: AnyArray) -> None:
        """Write a chunk's images, float16, one array a file in the order of ``shapes``; safe in threads."""
        for file, array in zip(self._files, images, strict=True):
            file.write(chunk.start, array)
        self._journal.write(_line(chunk))
        with self._lock:
            self._progress.advance(chunk.stop - chunk.start)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        self._journal.close()
        for file in self._files:
            file.close()


def cut(start: int, stop: int, size: int) -> list[slice]:
    """Cut rows ``start`` to ``stop − 1`` into chunks of ``size``; the last holds what is left."""
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]


def in_threads(chunks: Iterable[slice], work: Callable[[slice], None], workers: int) -> None:
    """Call ``work`` with every chunk, in ``workers`` threads (0: one per core) and in any order."""
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for _ in pool.map(work, chunks):
            pass


def publish(work: Path, out: Path) -> None:
    """Move a complete work folder to a stage's output, without journals and half-written files."""
    for pattern in (f"*{JOURNAL_SUFFIX}", "*.partial"):
        for left in work.glob(pattern):
            left.unlink()
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    os.replace(work, out)


def _line(chunk: slice) -> str:
    return f"{chunk.start} {chunk.stop}"
