"""Study ``ablations``: the arrays that its networks read, each a part of what the cubes say."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from lensfinder.datasets.store import ImageFile, open_images
from lensfinder.params import Params
from lensfinder.progress import Progressing
from lensfinder.studies.ablations.images import ABLATED_OF_CUBES
from lensfinder.studies.ablations.representations import ABLATED
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths


def represent_ablations(paths: JpasPaths, params: Params) -> None:
    """Write one array for each of :data:`.representations.ABLATED`; row i belongs to row i of the catalogue.

    Raises
    ------
    UserError
        If there are no cubes.
    """
    cubes = open_images(paths.cubes)
    made = {name: of.files(paths.root)[0] for name, of in ABLATED.items()}
    partial = {name: path.with_name(f"partial_{name}.npy") for name, path in made.items()}
    out = {}
    for name in ABLATED:
        partial[name].parent.mkdir(parents=True, exist_ok=True)
        partial[name].unlink(missing_ok=True)
        out[name] = ImageFile(partial[name], (len(cubes), *ABLATED_OF_CUBES[name](cubes[:1]).shape[1:]))
    size = params.section(Jpas).simulation.chunk_size
    chunks = [slice(i, min(i + size, len(cubes))) for i in range(0, len(cubes), size)]
    with (
        Progressing("ablations: parts of the cubes", len(cubes), "objects") as progress,
        ThreadPoolExecutor(params.section(Jpas).simulation.workers or os.cpu_count()) as pool,
    ):

        def work(chunk: slice) -> int:
            # Mapped anew for every chunk: pages once read are given back with it.
            whole = open_images(paths.cubes)[chunk]
            for name, file in out.items():
                file.write(chunk.start, ABLATED_OF_CUBES[name](whole))
            return int(chunk.stop - chunk.start)

        for count in pool.map(work, chunks):
            progress.advance(count)
    for name in ABLATED:
        out[name].close()
        os.replace(partial[name], made[name])
