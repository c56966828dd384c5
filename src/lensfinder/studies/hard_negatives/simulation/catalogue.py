"""The catalogue of hard negatives: tiles and populations of their own, and from them impostors.

Galaxies and quasars are drawn as those of training and test, from streams of the sample "hard_negative" and
in tiles with numbers beyond the survey's, so that neither an object nor a tile, galaxy or spectrum is shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from lensfinder.params import Params
from lensfinder.simulation.seeds import Population as Stream
from lensfinder.simulation.seeds import Purpose, Streams
from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS, PARTS
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS, HardNegatives
from lensfinder.studies.hard_negatives.simulation.impostors import DRAW, Impostor, LensPlace
from lensfinder.studies.hard_negatives.simulation.light import ImpostorLight
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.catalogue import Fluxes, Instrument, object_id, system_factory
from lensfinder.surveys.jpas.simulation.layout import SampleLayout, deal
from lensfinder.surveys.jpas.simulation.neighbours import NeighbourLight, draw_neighbours
from lensfinder.surveys.jpas.simulation.optics import Optics, draw_optics
from lensfinder.surveys.jpas.simulation.populations import Galaxies, Quasars, populate_tiles
from lensfinder.surveys.jpas.simulation.systems import Drawn, Population, is_bright
from lensfinder.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from lensfinder.sky.neighbours import NeighbourPopulation

SAMPLE = "hard_negative"
# Those of the survey, for a sample that it does not have itself.
STREAMS = Streams(1, {SAMPLE: 2})


@dataclass(frozen=True)
class HardNegativeSet:
    """The set before it is imaged: row i of ``catalogue`` is ``impostors[i]``.

    ``centre_arcsec`` (n, 2) is where the origin of each impostor's positions lies in its stamp, and
    ``psf_fwhm_arcsec`` of shape (n, bands); ``neighbours`` are the unrelated galaxies and stars beside them.
    """

    catalogue: pd.DataFrame
    impostors: tuple[Impostor, ...]
    centre_arcsec: FloatArray
    psf_fwhm_arcsec: FloatArray
    neighbours: NeighbourLight


def hard_negative_tiles(params: Params) -> IntArray:
    """Numbers of the tiles, from the first beyond those of training and test."""
    return params.section(Jpas).sky.tiles + np.arange(params.section(Jpas).study(HardNegatives).tiles)


def lay_out_hard_negatives(params: Params) -> SampleLayout:
    """Kind and tile of every object; tiles get equal numbers of every kind (±1), in random order."""
    counts = params.section(Jpas).study(HardNegatives).counts
    rng = STREAMS.population_generator(params.seed, SAMPLE, Stream.LAYOUT)
    return deal({name: counts.of(name) for name in IMPOSTOR_KINDS}, hard_negative_tiles(params), rng)


def draw_tiles(params: Params, galaxies: Galaxies, quasars: Quasars) -> Population:
    """Draw galaxies and quasars of all tiles; their positions are beyond the survey's patch of sky."""
    return Population(
        *populate_tiles(params, galaxies, quasars, hard_negative_tiles(params), STREAMS, SAMPLE)
    )


def draw_hard_negatives(
    params: Params,
    population: Population,
    neighbours: NeighbourPopulation,
    light: ImpostorLight,
    instrument: Instrument,
) -> HardNegativeSet:
    """Draw all hard negatives, in the order of their indices.

    Raises
    ------
    UserError
        If a tile holds no galaxy and quasar that could make a lens.
    """
    layout = lay_out_hard_negatives(params)
    index = np.arange(len(layout.kind))
    factory = system_factory(params, population, STREAMS, SAMPLE)
    lenses = factory.draw("lensed_quasar", index, layout.tile)
    optics = draw_optics(
        STREAMS,
        params.seed,
        np.full(len(index), SAMPLE),
        index,
        instrument.trays,
        params.section(Jpas).observation,
        params.section(Jpas).systems,
    )
    impostors = []
    for row, place in enumerate(_places(params, population, lenses, optics, instrument)):
        # A child of the object's own sequence: the parent's numbers went into the lens.
        sequence = STREAMS.object_sequence(params.seed, SAMPLE, row, Purpose.CATALOGUE).spawn(1)[0]
        rng = Generator(PCG64(sequence))
        impostors.append(DRAW[layout.kind[row]](place, light, params.section(Jpas).study(HardNegatives), rng))
    centre = factory.jitter_arcsec(index) - np.array([_brightest(one) for one in impostors])
    catalogue = _catalogue(layout, impostors, centre, lenses, optics, instrument)
    beside = draw_neighbours(
        catalogue.assign(sample=SAMPLE), neighbours, params, STREAMS, instrument.filters.names
    )
    return HardNegativeSet(
        catalogue,
        tuple(impostors),
        centre,
        optics.psf_fwhm_arcsec,
        NeighbourLight(beside, instrument.filters),
    )


def _places(
    params: Params, population: Population, lenses: Drawn, optics: Optics, instrument: Instrument
) -> list[LensPlace]:
    """What each object takes from its lens."""
    galaxies = population.galaxies.to_dict(orient="records")
    quasars = population.quasars.to_dict(orient="records")
    galaxy_flux = Fluxes.of_galaxies(population.galaxies, instrument.filters).flux_ujy
    quasar_flux = Fluxes.of_quasars(population.quasars, instrument.filters).flux_ujy
    images = lenses.images
    magnification = np.nan_to_num(np.abs(images.magnification))
    variability = np.exp(optics.image_ln_variability)[:, :2, instrument.trays]
    x, y = np.nan_to_num(images.x_arcsec), np.nan_to_num(images.y_arcsec)
    from_first = np.hypot(x - x[:, :1], y - y[:, :1])
    # Of images that are not bright there is the brightest: argmax of zeros is the first, images fall in |μ|.
    second = 1 + np.where(is_bright(images.magnification), from_first, 0.0)[:, 1:].argmax(axis=1)
    return [
        LensPlace(
            galaxy=galaxies[galaxy],
            galaxy_flux_ujy=galaxy_flux[galaxy],
            quasar=quasars[quasar],
            quasar_flux_ujy=quasar_flux[quasar],
            variability=variability[row],
            first=(float(x[row, 0]), float(y[row, 0])),
            separation_arcsec=float(from_first[row, second[row]]),
            flux_ratio=float(magnification[row, second[row]] / magnification[row, 0]),
            r_mag=float(quasars[quasar]["r_mag"] - 2.5 * np.log10(magnification[row].sum())),
            reach_arcsec=params.section(Jpas).reach_arcsec,
        )
        for row, (galaxy, quasar) in enumerate(zip(lenses.galaxy, lenses.quasar, strict=True))
    ]


def _brightest(impostor: Impostor) -> tuple[float, float]:
    return impostor.at[int(np.argmin(impostor.r_mag))]


def _catalogue(
    layout: SampleLayout,
    impostors: list[Impostor],
    centre: FloatArray,
    lenses: Drawn,
    optics: Optics,
    instrument: Instrument,
) -> pd.DataFrame:
    sigma = instrument.camera.aperture_sigma_ujy()
    rows = []
    for row, impostor in enumerate(impostors):
        values = {name: "" if column.dtype == "str" else np.nan for name, column in IMPOSTOR_COLUMNS.items()}
        values |= {
            "object_id": object_id(SAMPLE, row),
            "tile": layout.tile[row],
            "kind": layout.kind[row],
            "label": 0,
            "theta_e_arcsec": lenses.theta_e_arcsec[row],
            "separation_arcsec": impostor.separation_arcsec,
            "mimic_r_mag": impostor.mimic_r_mag,
            "snr_median": float(np.median(impostor.mimic_ujy / sigma)),
            "psf_fwhm_median_arcsec": float(np.median(optics.psf_fwhm_arcsec[row])),
        }
        for part, at, r_mag in zip(PARTS, impostor.at, impostor.r_mag, strict=True):
            values[f"part_{part}_r_mag"] = r_mag
            values[f"part_{part}_x_arcsec"], values[f"part_{part}_y_arcsec"] = centre[row] + at
        rows.append(values | dict(impostor.facts))
    frame = pd.DataFrame(rows, columns=list(IMPOSTOR_COLUMNS))
    kinds = {name: column.dtype for name, column in IMPOSTOR_COLUMNS.items() if column.dtype != "str"}
    return frame.astype(kinds)
