"""The Euclid half of stage ``simulate``: field by field, stamps and what is measured on them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from lensfinder.datasets.chunks import ImageChunks, cut, in_threads
from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import SAMPLES, Params
from lensfinder.sky.tables import read_galaxy_templates
from lensfinder.surveys.euclid.bands import read_euclid_bands
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.simulation.fields import FIELD_STAMPS
from lensfinder.surveys.euclid.simulation.simulator import Simulator
from lensfinder.workspace.paths import SurveyPaths


def simulate_euclid(work: Path, paths: SurveyPaths, params: Params) -> None:
    """Make the catalogue and the stamps in ``work``: all of the training sample, then all of the test sample.

    A row of the catalogue is known once its stamp is there, so each field leaves its rows in a file beside
    the images.
    """
    counts, rows = params.section(Euclid).counts, work / "rows"
    fields: dict[int, tuple[str, int]] = {}
    chunks: list[slice] = []
    start = 0
    for sample in SAMPLES:
        of_sample = cut(start, start + counts.of(sample), FIELD_STAMPS)
        fields |= {chunk.start: (sample, number) for number, chunk in enumerate(of_sample)}
        chunks += of_sample
        start += counts.of(sample)
    simulator = Simulator.build(params, read_euclid_bands(paths.tables), read_galaxy_templates())
    vis, nisp = simulator.camera.vis_pixels, simulator.camera.nisp_pixels
    shapes = {"vis.npy": (vis, vis, 1), "nisp.npy": (nisp, nisp, 3)}
    with ImageChunks(work, shapes, chunks, "simulate: stamps", "stamps") as images:

        def simulate_field(chunk: slice) -> None:
            catalogue, *stamps = simulator.simulate(*fields[chunk.start], chunk.stop - chunk.start)
            write_table(_rows(rows, chunk), catalogue, CATALOGUE_COLUMNS)
            images.write(chunk, *stamps)

        in_threads(images.waiting, simulate_field, params.section(Euclid).simulation.workers)
    catalogue_path = work / paths.catalogue.name
    if not catalogue_path.is_file():  # a run that was killed just before its end has it, and perhaps no rows
        catalogue = pd.concat([read_table(_rows(rows, chunk)) for chunk in chunks], ignore_index=True)
        write_table(catalogue_path, catalogue, CATALOGUE_COLUMNS)
    shutil.rmtree(rows, ignore_errors=True)


def _rows(folder: Path, chunk: slice) -> Path:
    return folder / f"{chunk.start}.parquet"
