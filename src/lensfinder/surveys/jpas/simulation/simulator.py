"""Images of a catalogue, chunk by chunk and on all cores; the bits depend on neither."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lensfinder.datasets.chunks import in_threads
from lensfinder.surveys.jpas.simulation.catalogue import SceneBuilder, object_index
from lensfinder.surveys.jpas.simulation.layout import STREAMS
from lensfinder.surveys.jpas.simulation.render_compiled import render_cubes
from lensfinder.typing import AnyArray


def simulate_rows(rows: pd.DataFrame, builder: SceneBuilder) -> AnyArray:
    """Cubes of these rows of the catalogue, float16 of shape (n, y, x, bands), µJy per pixel."""
    camera = builder.instrument.camera
    side, bands = camera.stamp_pixels, len(builder.instrument.filters)
    states = STREAMS.object_states(
        builder.params.seed, rows["sample"].to_numpy(), object_index(rows["object_id"].to_numpy())
    )
    out = np.empty((len(rows), side, side, bands), dtype=np.float16)
    render_cubes(builder.scenes(rows), camera, states, out)
    return out


def simulate_chunks(
    catalogue: pd.DataFrame,
    builder: SceneBuilder,
    chunks: Iterable[slice],
    write: Callable[[slice, AnyArray], None],
    workers: int,
) -> None:
    """Simulate slices of the catalogue and hand each to ``write``, from worker threads and in any order.

    Parameters
    ----------
    workers
        Threads; 0 for one per core. The compiled kernel leaves the interpreter to the others.
    """

    def work(chunk: slice) -> None:
        write(chunk, simulate_rows(catalogue.iloc[chunk], builder))

    # The matrix products are small: more threads inside them than cores would only quarrel.
    with threadpool_limits(1):
        in_threads(chunks, work, workers)
