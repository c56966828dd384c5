"""Images of the challenge into the project's own arrays, in µJy and half precision."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lensfinder.datasets.chunks import JOURNAL_SUFFIX, ImageChunks, Journal, cut, in_threads
from lensfinder.datasets.store import ImageFile, open_images
from lensfinder.progress import Progressing
from lensfinder.surveys.euclid.challenge.images import UnusableImage, image_name, refuse
from lensfinder.surveys.euclid.challenge.import_source import Source
from lensfinder.surveys.euclid.challenge.layout import PIXELS
from lensfinder.surveys.euclid.columns import BANDS
from lensfinder.typing import AnyArray, IntArray

_SHAPES = {
    "vis.npy": (PIXELS["VIS"], PIXELS["VIS"], 1),
    "nisp.npy": (PIXELS["H"], PIXELS["H"], len(BANDS) - 1),
}
_CHUNK = 64


def read_images(
    folder: Path, sources: Sequence[Source], origins: IntArray, numbers: IntArray, workers: int
) -> dict[int, str]:
    """Write all images into arrays in ``folder``; continues what an interrupted run left there.

    Parameters
    ----------
    origins, numbers
        Of each row of the catalogue, the place of its source in ``sources`` and its image number, (n,).

    Returns
    -------
    What is wrong with the images of each row that cannot be used; these rows of the arrays mean nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unusable = Journal(folder / f"unusable{JOURNAL_SUFFIX}")
    chunks = ImageChunks(folder, _SHAPES, cut(0, len(numbers), _CHUNK), "import: stamps", "stamps")

    def work(chunk: slice) -> None:
        vis, nisp = (np.zeros((chunk.stop - chunk.start, *shape), np.float16) for shape in _SHAPES.values())
        for i, row in enumerate(range(chunk.start, chunk.stop)):
            source, number = sources[origins[row]], int(numbers[row])
            try:
                vis[i, ..., 0], nisp[i, ..., 0], nisp[i, ..., 1], nisp[i, ..., 2] = read_row(source, number)
            except UnusableImage as error:
                # Noted before the chunk counts as finished; a kill in between makes both once more.
                unusable.write(json.dumps([row, str(error)]))
        chunks.write(chunk, vis, nisp)

    with chunks:
        in_threads(chunks.waiting, work, workers)
    unusable.close()
    return dict(json.loads(line) for line in unusable.lines)


def kept_images(read: Path, ready: Path, kept: IntArray, count: int) -> None:
    """Move the arrays from ``read`` to ``ready``, without the rows that are not ``kept`` of ``count``."""
    ready.mkdir(exist_ok=True)
    for name, shape in _SHAPES.items():
        if len(kept) == count:
            os.replace(read / name, ready / name)
            continue
        images, file = open_images(read / name), ImageFile(ready / name, (len(kept), *shape))
        with Progressing(f"import: {name} without what is left out", len(kept), "stamps") as progress:
            for chunk in cut(0, len(kept), _CHUNK):
                file.write(chunk.start, images[kept[chunk]])
                progress.advance(chunk.stop - chunk.start)
        file.close()


def read_row(source: Source, number: int) -> list[AnyArray]:
    """Return the images of one number in the order of ``BANDS``, float16, µJy per pixel.

    Raises
    ------
    UnusableImage
        If one of them cannot be used.
    """
    halves = []
    for band in BANDS:
        name, unit = image_name(band, number), source.units[band]
        image, named = source.images.read(band, number)
        if named.header != unit.header:
            raise UnusableImage(f"{name}: its unit is {named.header}, that of the others {unit.header}")
        with np.errstate(over="ignore"):
            halves.append((image * np.float64(unit.ujy)).astype(np.float16))
        refuse(name, halves[-1], f"its brightest pixel of {image.max():.4g} does not fit half precision: ")
    return halves
