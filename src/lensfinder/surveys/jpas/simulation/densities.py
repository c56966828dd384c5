"""How many objects of each kind a square degree of the simulated sky holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.params import Params
from lensfinder.simulation.seeds import Population as Stream
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.catalogue import system_factory
from lensfinder.surveys.jpas.simulation.layout import STREAMS
from lensfinder.surveys.jpas.simulation.systems import Population

CANDIDATES = 20_000
PROPOSALS = 20_000
"""The number of lenses is then known to a few per cent."""

ARCSEC2_PER_DEG2 = 3600.0**2


def sky_densities(
    params: Params, galaxies: pd.DataFrame, quasars: pd.DataFrame, luminosity_function: QuasarPopulation
) -> dict[str, float]:
    """Return numbers a square degree: of galaxies, of quasars, and of the kinds of the catalogue.

    - ``quasars``: by the luminosity function, with an unlensed r in ``systems.quasar_r_mag_observed``;
    - ``lensed_quasar``: all quasars, also those that are seen by their magnification alone, times the mean
      area behind the galaxies in which one becomes a lens of the catalogue. There are as many lenses as the
      galaxies make, whose number is a parameter, ``sky.galaxies``;
    - ``quasar_near_galaxy``: quasars times galaxies within ``systems.pair_separation_arcsec``, by chance;
    - ``quasar_alone``: quasars without a galaxy in that ring or inside it.

    Quasars nearer to a galaxy that make no lens belong to no kind.

    Parameters
    ----------
    galaxies, quasars
        Populations of all tiles, as they were drawn.
    luminosity_function
        What knows how many quasars there are.
    """
    jpas = params.section(Jpas)
    rng = STREAMS.population_generator(params.seed, "train", Stream.DENSITIES)
    drawn = luminosity_function.density_deg2(CANDIDATES, rng)
    limits, ring = jpas.systems.quasar_r_mag_observed, jpas.systems.pair_separation_arcsec
    seen = drawn * float(quasars["r_mag"].between(limits.low, limits.high).mean())
    galaxies_deg2 = jpas.sky.galaxies / jpas.sky.area_deg2
    within, inside = (galaxies_deg2 * np.pi * end**2 / ARCSEC2_PER_DEG2 for end in (ring.high, ring.low))
    factory = system_factory(params, Population(galaxies, quasars), STREAMS, "train")
    area_deg2 = factory.lens_area_arcsec2(PROPOSALS, rng) / ARCSEC2_PER_DEG2
    return {
        "galaxies": galaxies_deg2,
        "quasars": seen,
        # The mean over the quasars of a tile, with the galaxies of all.
        "lensed_quasar": drawn * area_deg2 / (jpas.sky.quasars_per_tile * jpas.sky.area_deg2),
        "quasar_near_galaxy": seen * (within - inside),
        "quasar_alone": seen * (1.0 - within),
    }
