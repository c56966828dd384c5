"""Fields: stamps that are drawn together, each field from its own random streams.

A field is always drawn whole, so that its bits depend on nothing but its sample and number; a sample of n
stamps is the first n of its fields.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from astropy.cosmology import FlatLambdaCDM

from lensfinder.params import Params
from lensfinder.simulation.seeds import Population, Streams
from lensfinder.sky.deflectors import DeflectorPopulation
from lensfinder.sky.field_counts import FieldCounts
from lensfinder.sky.field_galaxies import FieldGalaxyLooks
from lensfinder.sky.galaxy_photometry import SpectralPhotometry, TabulatedPhotometry
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.sky.passbands import ab_magnitude
from lensfinder.surveys.euclid.bands import EuclidBands
from lensfinder.surveys.euclid.columns import object_id
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.simulation.alignments import Alignments
from lensfinder.surveys.euclid.simulation.deflectors import galaxy_light_of, mass_of
from lensfinder.surveys.euclid.simulation.neighbours import draw_neighbours
from lensfinder.surveys.euclid.simulation.scenes import GalaxyLight, Mass, Scenes, Sources
from lensfinder.surveys.euclid.simulation.sources import FieldSources, draw_sources
from lensfinder.typing import FloatArray, IntArray

STREAMS = Streams(2)
FIELD_STAMPS = 250
"""Stamps in a field."""
FIRST_ID = {"train": 200_001, "test": 5_200_001}
"""Image numbers of the first stamps; the challenge's training set starts at 200001."""
NEIGHBOUR_RADII_ARCSEC = (3, 5, 10)

WAVELENGTH_A = np.arange(4500.0, 21600.1, 5.0)
"""Observed grid of galaxy spectra."""

_Arrays = TypeVar("_Arrays", GalaxyLight, Mass, Sources)


@dataclass(frozen=True)
class Field:
    """Stamps of one field.

    Attributes
    ----------
    catalogue
        What is known before rendering, under the catalogue's names, one row a stamp. What describes the
        main source is not: that is the one which is brightest after lensing.
    scenes
        What stands in front of the camera.
    """

    catalogue: pd.DataFrame
    scenes: Scenes

    def head(self, n: int) -> Field:
        """Return the first ``n`` stamps."""
        scenes = self.scenes
        n_sources = int(np.searchsorted(scenes.sources.owner, n))
        n_clumps = int(np.searchsorted(scenes.sources.clump_owner, n_sources))
        return Field(
            catalogue=self.catalogue.head(n),
            scenes=Scenes(
                mass=_head(scenes.mass, n),
                galaxies=_head(scenes.galaxies, int(np.searchsorted(scenes.galaxies.owner, n))),
                sources=_head(scenes.sources, n_sources, n_clumps),
            ),
        )


class FieldDrawer:
    """Draws fields; building it takes half a second, a field about 50 ms."""

    def __init__(self, params: Params, bands: EuclidBands, templates: GalaxyTemplates) -> None:
        """Integrate luminosity functions, passbands and the field.

        Raises
        ------
        UserError
            If no galaxy has a redshift and magnitudes in the ranges of ``params``.
        """
        euclid = params.section(Euclid)
        self._seed, self._systems, self._jitter = (
            params.seed,
            euclid.systems,
            euclid.observation.jitter_arcsec,
        )
        self._half_side_arcsec = 0.5 * float(bands.stamp_pixels[0] * bands.pixel_scale_arcsec[0])
        self._bands = bands.names
        photometry = TabulatedPhotometry.build(
            SpectralPhotometry(WAVELENGTH_A, bands.filters, templates), euclid.field.redshift_max
        )
        self._deflectors = DeflectorPopulation(
            euclid.galaxies, euclid.systems.sigma_v_min_km_s, params.cosmology, photometry
        )
        self._counts = FieldCounts(euclid.field)
        self._neighbour_mag_max = euclid.field.neighbour_vis_mag_max
        self._looks = FieldGalaxyLooks(euclid.field, photometry)
        self._alignments = Alignments(
            self._counts,
            euclid.systems,
            FlatLambdaCDM(H0=params.cosmology.h0_km_s_mpc, Om0=params.cosmology.omega_m),
            (euclid.galaxies.redshift.low, euclid.galaxies.redshift.high),
        )

    def draw(self, sample: str, field: int) -> Field:
        """Draw field number ``field`` of a sample, of :data:`FIELD_STAMPS` stamps."""
        rng = self._generator(sample, Population.FIELD_DEFLECTORS, field)
        deflectors = self._deflectors.draw(FIELD_STAMPS, rng)
        position = rng.uniform(-self._jitter, self._jitter, (FIELD_STAMPS, 2))
        found = draw_sources(
            deflectors,
            self._alignments,
            self._looks,
            self._systems,
            self._generator(sample, Population.FIELD_SOURCES, field),
        )
        neighbours, distance = draw_neighbours(
            deflectors,
            position,
            self._half_side_arcsec,
            self._alignments,
            self._counts,
            self._neighbour_mag_max,
            self._looks,
            self._generator(sample, Population.FIELD_NEIGHBOURS, field),
        )
        return Field(
            catalogue=_catalogue(sample, field, deflectors, position, found, neighbours.owner, distance),
            scenes=Scenes(
                mass=mass_of(deflectors, position),
                galaxies=galaxy_light_of(deflectors, self._bands, position, neighbours),
                sources=found.sources,
            ),
        )

    def _generator(self, sample: str, population: Population, field: int) -> np.random.Generator:
        return STREAMS.population_generator(self._seed, sample, population, tile=field)


def _catalogue(
    sample: str,
    field: int,
    deflectors: pd.DataFrame,
    position: FloatArray,
    found: FieldSources,
    neighbour_owner: IntArray,
    neighbour_distance: FloatArray,
) -> pd.DataFrame:
    n = len(deflectors)
    index = field * FIELD_STAMPS + np.arange(n)
    flux_vis = deflectors["bulge_flux_VIS"].to_numpy() + deflectors["disc_flux_VIS"].to_numpy()
    near = {
        f"n_gal_{radius}": np.bincount(neighbour_owner[neighbour_distance < radius], minlength=n).astype(
            np.float64
        )
        for radius in NEIGHBOUR_RADII_ARCSEC
    }
    return pd.DataFrame(
        {
            "object_id": [object_id(sample, int(i)) for i in index],
            "sample": sample,
            "origin": "simulated",
            "kind": found.kind,
            "ID": FIRST_ID[sample] + index,
            "z_lens": deflectors["z"],
            "mag_lens": ab_magnitude(flux_vis),
            **near,
            "n_sources": np.bincount(found.sources.owner, minlength=n).astype(np.float64),
            "deflector_type": deflectors["type"],
            "deflector_r_eff_arcsec": deflectors["r_eff_arcsec"],
            "deflector_axis_ratio": deflectors["axis_ratio"],
            "deflector_x_arcsec": position[:, 0],
            "deflector_y_arcsec": position[:, 1],
            "bulge_fraction": deflectors["bulge_fraction"],
            "sigma_v_km_s": deflectors["sigma_v_km_s"],
            "theta_g_arcsec": deflectors["theta_g_arcsec"],
            "mass_axis_ratio": deflectors["mass_axis_ratio"],
            "mass_pa_deg": deflectors["mass_pa_deg"],
            "shear_1": deflectors["shear_1"],
            "shear_2": deflectors["shear_2"],
            "sampling_weight": found.sampling_weight,
        }
    )


def _head(arrays: _Arrays, n: int, n_clumps: int = 0) -> _Arrays:
    """Return the first members of every array; ``n_clumps`` of those whose name begins with ``clump``."""
    chosen = {
        item.name: getattr(arrays, item.name)[: n_clumps if item.name.startswith("clump") else n]
        for item in fields(arrays)
    }
    return replace(arrays, **chosen)
