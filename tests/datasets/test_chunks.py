"""Chunks of images: resumed after a kill, whatever the kill left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lensfinder.datasets.chunks import ImageChunks, Journal, cut, in_threads, publish
from lensfinder.datasets.store import open_images

SHAPES = {"a.npy": (2, 2), "b.npy": (3,)}
A = np.arange(40, dtype=np.float16).reshape(10, 2, 2)
B = np.arange(30, dtype=np.float16).reshape(10, 3)


def fill(folder: Path, limit: int | None = None) -> list[slice]:
    """Write some of the waiting chunks, and return all that waited."""
    with ImageChunks(folder, SHAPES, cut(0, 10, 3), "test", "things") as chunks:
        waiting = list(chunks.waiting)
        in_threads(waiting[:limit], lambda chunk: chunks.write(chunk, A[chunk], B[chunk]), workers=2)
    return waiting


def test_interrupted_work_continues_and_is_published(tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "out" / "images"
    assert len(fill(work, limit=2)) == 4
    with (work / "chunks.journal").open("a") as journal:
        journal.write("6 ")  # killed in the middle of a line
    assert fill(work) == [slice(6, 9), slice(9, 10)]
    assert fill(work) == []
    (work / "c.parquet.partial").write_text("")
    out.mkdir(parents=True)
    (out / "old.npy").write_text("")
    publish(work, out)
    assert sorted(path.name for path in out.iterdir()) == ["a.npy", "b.npy"]
    assert np.array_equal(open_images(out / "a.npy"), A)
    assert np.array_equal(open_images(out / "b.npy"), B)
    assert not work.exists()


def test_a_journal_without_its_arrays_is_not_believed(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "b.npy").unlink()
    assert len(fill(tmp_path)) == 4
    assert np.array_equal(open_images(tmp_path / "b.npy"), B)


def test_every_array_of_a_chunk_must_be_given(tmp_path: Path) -> None:
    with (
        ImageChunks(tmp_path, SHAPES, cut(0, 10, 3), "test", "things") as chunks,
        pytest.raises(ValueError, match="shorter"),
    ):
        chunks.write(slice(0, 3), A[:3])
    assert len(fill(tmp_path)) == 4


def test_a_failing_chunk_stops_the_work() -> None:
    def fail(chunk: slice) -> None:
        raise KeyError(chunk.start)

    with pytest.raises(KeyError):
        in_threads([slice(0, 1)], fail, workers=2)


def test_journal_forgets_a_line_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    path.write_text("θ 1\nθ", encoding="utf-8")
    journal = Journal(path)
    assert journal.lines == ["θ 1"]
    journal.write("θ 2")
    journal.close()
    assert path.read_text(encoding="utf-8") == "θ 1\nθ 2\n"
