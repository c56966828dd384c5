"""Study ``hard_negatives``: catalogue, cubes and pseudo-spectra of what looks like a lensed quasar."""

from __future__ import annotations

import shutil

import numpy as np

from lensfinder.datasets.chunks import cut, publish
from lensfinder.datasets.store import ImageFile
from lensfinder.datasets.table import write_table
from lensfinder.params import Params
from lensfinder.progress import Progressing
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS
from lensfinder.studies.hard_negatives.files import HardNegativeFiles
from lensfinder.studies.hard_negatives.simulation.catalogue import draw_hard_negatives, draw_tiles
from lensfinder.studies.hard_negatives.simulation.images import simulate_hard_negatives
from lensfinder.studies.hard_negatives.simulation.light import ImpostorLight
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra
from lensfinder.surveys.jpas.simulation.catalogue import Instrument
from lensfinder.surveys.jpas.simulation.sources import open_neighbours, open_quasar_population


def simulate_impostors(paths: JpasPaths, params: Params) -> None:
    """Simulate the set into ``datasets/hard_negatives/<survey>/images``.

    Its quasars are synthetic, whatever ``jpas.quasars.source`` says: the user's own spectra have all been
    dealt to the tiles of training and test, and none may be here too.

    Raises
    ------
    UserError
        If a table is missing, or a tile holds no galaxy and quasar that could make a lens.
    """
    files, filters, templates = HardNegativeFiles(paths), read_filters(paths.tables), read_galaxy_templates()
    lines, trends = read_composite_lines(paths.tables), read_line_trends(paths.tables)
    instrument = Instrument.build(params, filters)
    print("hard-negatives: drawing the catalogue", flush=True)
    population = draw_tiles(
        params,
        GalaxyPopulation(params.section(Jpas).galaxies, params.cosmology, filters, templates),
        open_quasar_population(paths.tables, params),
    )
    light = ImpostorLight(params, filters, templates, lines, trends)
    beside = open_neighbours(paths, params)
    drawn = draw_hard_negatives(params, population, beside, light, instrument)
    work = files.images_dir.with_name("images.partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    write_table(work / files.catalogue.name, drawn.catalogue, IMPOSTOR_COLUMNS)
    n, side, bands = (
        len(drawn.catalogue),
        params.section(Jpas).observation.stamp_pixels,
        len(instrument.filters),
    )
    cubes = ImageFile(work / paths.cubes.name, (n, side, side, bands))
    sums = ImageFile(work / paths.pseudo_spectra.name, (n, 2, bands, side))
    with Progressing("hard-negatives: cubes", n, "cubes") as progress:
        for chunk in cut(0, n, params.section(Jpas).simulation.chunk_size):
            images = simulate_hard_negatives(
                drawn, np.arange(chunk.start, chunk.stop), instrument.camera, params.seed
            )
            cubes.write(chunk.start, images)
            sums.write(chunk.start, pseudo_spectra(images))
            progress.advance(chunk.stop - chunk.start)
    cubes.close()
    sums.close()
    publish(work, files.images_dir)
