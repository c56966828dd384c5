"""Stage ``represent``: pseudo-spectra of all cubes, and what they save."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lensfinder.datasets.store import ImageFile, open_images
from lensfinder.params import Params
from lensfinder.progress import Progressing
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra
from lensfinder.typing import AnyArray
from lensfinder.workspace.jsonfiles import write_json


def represent(paths: JpasPaths, params: Params) -> None:
    """Write ``pseudo_spectra.npy`` and the measured sizes of both representations."""
    write_of_cubes(paths, params, {paths.pseudo_spectra: pseudo_spectra}, "represent: pseudo-spectra")
    write_json(paths.sizes, _sizes(paths.cubes, paths.pseudo_spectra))


def write_of_cubes(
    paths: JpasPaths, params: Params, made: Mapping[Path, Callable[[AnyArray], AnyArray]], title: str
) -> None:
    """Write what functions make of all cubes, an array each; row i belongs to row i of the catalogue.

    Raises
    ------
    UserError
        If there are no cubes.
    """
    cubes = open_images(paths.cubes)
    out = {}
    for path, of_cubes in made.items():
        partial = path.with_name(f"partial_{path.name}")
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        out[path] = ImageFile(partial, (len(cubes), *of_cubes(cubes[:1]).shape[1:]))
    size = params.section(Jpas).simulation.chunk_size
    chunks = [slice(i, min(i + size, len(cubes))) for i in range(0, len(cubes), size)]
    with (
        Progressing(title, len(cubes), "objects") as progress,
        ThreadPoolExecutor(params.section(Jpas).simulation.workers or os.cpu_count()) as pool,
    ):

        def work(chunk: slice) -> int:
            # Mapped anew for every chunk: pages once read are given back with it.
            whole = open_images(paths.cubes)[chunk]
            for path, of_cubes in made.items():
                out[path].write(chunk.start, of_cubes(whole))
            return int(chunk.stop - chunk.start)

        for count in pool.map(work, chunks):
            progress.advance(count)
    for path, file in out.items():
        file.close()
        os.replace(path.with_name(f"partial_{path.name}"), path)


def _sizes(cubes: Path, spectra: Path) -> dict[str, object]:
    """Measure both arrays as they lie in memory and on disk."""
    sizes: dict[str, object] = {}
    in_memory, on_disk = {}, {}
    for name, path in (("cube", cubes), ("pseudo_spectra", spectra)):
        array = open_images(path)
        in_memory[name], on_disk[name] = array[0].nbytes, path.stat().st_size
        sizes[name] = {"bytes_per_object_memory": in_memory[name], "bytes_total_disk": on_disk[name]}
    sizes["saving_memory"] = round(in_memory["cube"] / in_memory["pseudo_spectra"], 4)
    sizes["saving_disk"] = round(on_disk["cube"] / on_disk["pseudo_spectra"], 4)
    return sizes
