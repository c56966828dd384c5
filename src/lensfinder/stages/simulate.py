"""Stage ``simulate``: catalogue first, then images; an interrupted run resumes from its work folder."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pandas as pd

from lensfinder.datasets.jpas_columns import CATALOGUE_COLUMNS, GALAXY_COLUMNS, QUASAR_COLUMNS, flux_columns
from lensfinder.datasets.store import ImageFile
from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import Params
from lensfinder.paths import SurveyPaths
from lensfinder.pipeline import stage_inputs_hash
from lensfinder.progress import Progressing
from lensfinder.sky.tables import read_filters
from lensfinder.surveys.jpas.catalogue import Instrument, SceneBuilder, draw_catalogue
from lensfinder.surveys.jpas.populations import draw_populations
from lensfinder.surveys.jpas.simulator import simulate_chunks
from lensfinder.surveys.jpas.sources import open_populations
from lensfinder.typing import AnyArray


def simulate(paths: SurveyPaths, params: Params) -> None:
    """Simulate the J-PAS dataset into ``datasets/jpas/images``.

    All files are made in a work folder named after the stage's inputs and moved when complete, so that a
    killed run leaves nothing half-written and the next one continues after the last finished chunk.
    """
    work = paths.work("simulate", stage_inputs_hash(paths.root, "simulate-jpas", params))
    work.mkdir(parents=True, exist_ok=True)
    instrument = Instrument.build(params, read_filters(paths.tables))
    catalogue, galaxies, quasars = _tables(work, paths, params, instrument)
    _images(work, params, catalogue, SceneBuilder.build(params, instrument, galaxies, quasars))
    _publish(work, paths.images_dir)


def _tables(
    work: Path, paths: SurveyPaths, params: Params, instrument: Instrument
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw populations and catalogue, or read those that an interrupted run left."""
    files = [work / path.name for path in (paths.catalogue, paths.galaxies, paths.quasars)]
    bands = instrument.filters.names
    if not all(file.is_file() for file in files):
        print("simulate: drawing galaxies and quasars", flush=True)
        galaxies, quasars = draw_populations(params, *open_populations(paths, params), bands)
        print("simulate: drawing the catalogue", flush=True)
        catalogue = draw_catalogue(params, galaxies, quasars, instrument)
        write_table(files[1], galaxies, {**GALAXY_COLUMNS, **flux_columns(bands)})
        write_table(files[2], quasars, {**QUASAR_COLUMNS, **flux_columns(bands)})
        write_table(files[0], catalogue, CATALOGUE_COLUMNS)
    catalogue, galaxies, quasars = (read_table(file) for file in files)
    return catalogue, galaxies, quasars


def _images(work: Path, params: Params, catalogue: pd.DataFrame, builder: SceneBuilder) -> None:
    side, bands = params.jpas.observation.stamp_pixels, len(builder.instrument.filters)
    images = ImageFile(work / "cubes.npy", (len(catalogue), side, side, bands))
    # A line per finished chunk, written after its images.
    journal = work / "chunks.done"
    size = params.jpas.simulation.chunk_size
    done = _finished(journal)
    chunks = [slice(i, min(i + size, len(catalogue))) for i in range(0, len(catalogue), size)]
    waiting = [chunk for chunk in chunks if (chunk.start, chunk.stop) not in done]
    finished = len(catalogue) - sum(chunk.stop - chunk.start for chunk in waiting)
    lock = threading.Lock()
    with (
        Progressing("simulate: cubes", len(catalogue), "cubes", finished) as progress,
        journal.open("a", encoding="ascii") as log,
    ):

        def write(chunk: slice, cubes: AnyArray) -> None:
            images.write(chunk.start, cubes)
            with lock:
                log.write(f"{chunk.start} {chunk.stop}\n")
                log.flush()
                progress.advance(chunk.stop - chunk.start)

        simulate_chunks(catalogue, builder, waiting, write, params.jpas.simulation.workers)
    images.close()


def _finished(journal: Path) -> set[tuple[int, int]]:
    if not journal.is_file():
        return set()
    lines = journal.read_text(encoding="ascii").splitlines(keepends=True)
    # A line without its end was cut short by a kill.
    return {(int(a), int(b)) for a, b in (line.split() for line in lines if line.endswith("\n"))}


def _publish(work: Path, out: Path) -> None:
    """Move the finished files to the stage's output and forget the work folder."""
    (work / "chunks.done").unlink()
    for partial in work.glob("*.partial"):
        partial.unlink()
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    os.replace(work, out)
