"""The catalogue, drawn before any image, and from its rows the scenes in front of the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from astropy.cosmology import FlatLambdaCDM
from numpy.typing import NDArray

from lensfinder.params import Params
from lensfinder.simulation.seeds import Streams
from lensfinder.sky.passbands import FilterSet
from lensfinder.sky.quasar_spectra import host_dust_transmission
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, IMAGES_MAX
from lensfinder.surveys.jpas.params import KINDS, Jpas
from lensfinder.surveys.jpas.simulation.layout import STREAMS, lay_out
from lensfinder.surveys.jpas.simulation.neighbours import (
    NeighbourLight,
    add_neighbours,
    draw_neighbours,
)
from lensfinder.surveys.jpas.simulation.optics import Optics, draw_optics
from lensfinder.surveys.jpas.simulation.render import Camera, Galaxies, Points, Scenes
from lensfinder.surveys.jpas.simulation.systems import Drawn, Population, SystemFactory, is_bright
from lensfinder.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from lensfinder.sky.neighbours import NeighbourPopulation

_FROM_GALAXY = {
    "galaxy_id": "galaxy_id",
    "z_lens": "z",
    "galaxy_type": "type",
    "galaxy_r_mag": "r_mag",
    "galaxy_r_eff_arcsec": "r_eff_arcsec",
    "galaxy_sersic_n": "sersic_n",
    "galaxy_axis_ratio": "axis_ratio",
    "galaxy_pa_deg": "pa_deg",
    "sigma_v_km_s": "sigma_v_km_s",
    "theta_g_arcsec": "theta_g_arcsec",
    "mass_axis_ratio": "mass_axis_ratio",
    "mass_pa_deg": "mass_pa_deg",
    "shear_1": "shear_1",
    "shear_2": "shear_2",
}


def object_id(sample: str, index: int) -> str:
    """Name of an object: survey, sample and index, from which its random streams follow."""
    return f"jpas-{sample}-{index:07d}"


def object_index(object_ids: NDArray[np.str_]) -> IntArray:
    """Index of each object in its sample, from its name."""
    return np.array([int(name.rsplit("-", 1)[1]) for name in object_ids], dtype=np.int64)


@dataclass(frozen=True)
class Instrument:
    """Filters and camera of the 56 bands."""

    filters: FilterSet
    camera: Camera

    @classmethod
    def build(cls, params: Params, filters: FilterSet) -> Instrument:
        """Keep the bands that are imaged and prepare the camera for them."""
        cube = filters.cube()
        return cls(
            cube,
            Camera.build(params.section(Jpas).observation, cube.depth_5s_3arcsec_mag, cube.zero_point_mag),
        )

    @property
    def trays(self) -> IntArray:
        """Tray of each band, from 0."""
        return np.unique(self.filters.trays, return_inverse=True)[1]


def draw_catalogue(
    params: Params,
    galaxies: pd.DataFrame,
    quasars: pd.DataFrame,
    neighbours: NeighbourPopulation,
    instrument: Instrument,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the whole catalogue: the training sample, then the test sample, each in the order of its indices.

    Parameters
    ----------
    galaxies, quasars
        Populations of both samples, with a ``sample`` and a ``tile`` column and ``flux_<band>`` columns.
    neighbours
        What draws the unrelated galaxies and stars in the stamps.

    Returns
    -------
    The catalogue, and the neighbours of all its objects with ``flux_<band>`` columns.

    Raises
    ------
    UserError
        If the populations cannot make what ``params`` asks for.
    """
    frames = []
    for sample, layout in lay_out(params).items():
        population = Population(
            galaxies[galaxies["sample"] == sample].reset_index(drop=True),
            quasars[quasars["sample"] == sample].reset_index(drop=True),
        )
        factory = system_factory(params, population, STREAMS, sample)
        parts = []
        for kind in KINDS:
            index = np.flatnonzero(layout.kind == kind)
            drawn = factory.draw(kind, index, layout.tile[index])
            parts.append(_rows(kind, index, layout.tile[index], drawn, factory))
        frames.append(pd.concat(parts).sort_values("object_id", ignore_index=True))
    catalogue = pd.concat(frames, ignore_index=True)
    _add_observed(catalogue, quasars, instrument, params)
    beside = draw_neighbours(catalogue, neighbours, params, STREAMS, instrument.filters.names)
    add_neighbours(catalogue, beside, params.section(Jpas).observation)
    return catalogue[list(CATALOGUE_COLUMNS)], beside


def system_factory(params: Params, population: Population, streams: Streams, sample: str) -> SystemFactory:
    """What draws the systems of a sample; raises UserError where :class:`SystemFactory` does."""
    cosmology = FlatLambdaCDM(H0=params.cosmology.h0_km_s_mpc, Om0=params.cosmology.omega_m)
    return SystemFactory(population, params.section(Jpas), cosmology, streams, params.seed, sample)


def _rows(kind: str, index: IntArray, tile: IntArray, drawn: Drawn, factory: SystemFactory) -> pd.DataFrame:
    """Catalogue rows of objects of one kind, positions already in the stamp's frame."""
    galaxies, quasars = factory.population.galaxies, factory.population.quasars
    frame = pd.DataFrame(
        {
            "object_id": [object_id(factory.sample, i) for i in index],
            "sample": factory.sample,
            "tile": tile.astype(np.int32),
            "kind": kind,
            "label": np.int8(kind == "lensed_quasar"),
        }
    )
    has_galaxy = kind != "quasar_alone"
    for name, source in _FROM_GALAXY.items():
        if has_galaxy:
            frame[name] = galaxies[source].to_numpy()[drawn.galaxy]
        else:
            frame[name] = "" if galaxies[source].dtype.kind not in "fi" else np.nan
    for name in ("quasar_id", "spectrum_id"):
        frame[name] = quasars[name].to_numpy()[drawn.quasar]
    frame["z_source"] = quasars["z"].to_numpy()[drawn.quasar]
    frame["quasar_r_mag"] = quasars["r_mag"].to_numpy()[drawn.quasar]
    frame["theta_e_arcsec"] = drawn.theta_e_arcsec
    frame["source_x_arcsec"], frame["source_y_arcsec"] = drawn.source_x_arcsec, drawn.source_y_arcsec
    images = drawn.images
    total = np.nansum(np.abs(images.magnification), axis=1)
    frame["magnification"] = total
    frame["quasar_r_mag_observed"] = frame["quasar_r_mag"] - 2.5 * np.log10(total)
    frame["n_images"] = images.n_images.astype(np.int8)
    frame["n_bright_images"] = is_bright(images.magnification).sum(axis=1).astype(np.int8)
    frame["separation_arcsec"] = drawn.separation_arcsec
    _place_in_stamp(
        frame, drawn, factory.centre(drawn.galaxy, drawn.quasar, images), factory.jitter_arcsec(index)
    )
    return frame


def _place_in_stamp(
    frame: pd.DataFrame, drawn: Drawn, centre: tuple[FloatArray, FloatArray], jitter: FloatArray
) -> None:
    """Centre every system on its brightest object, jittered; positions so far count from the galaxy."""
    images = drawn.images
    offset_x, offset_y = jitter[:, 0] - centre[0], jitter[:, 1] - centre[1]
    galaxy = drawn.galaxy >= 0
    frame["galaxy_x_arcsec"] = np.where(galaxy, offset_x, np.nan)
    frame["galaxy_y_arcsec"] = np.where(galaxy, offset_y, np.nan)
    for i in range(IMAGES_MAX):
        frame[f"image_{i + 1}_x_arcsec"] = images.x_arcsec[:, i] + offset_x
        frame[f"image_{i + 1}_y_arcsec"] = images.y_arcsec[:, i] + offset_y
        frame[f"image_{i + 1}_magnification"] = images.magnification[:, i]


def _add_observed(
    catalogue: pd.DataFrame, quasars: pd.DataFrame, instrument: Instrument, params: Params
) -> None:
    """Add what depends on the camera: signal to noise and seeing."""
    flux = Fluxes.of_quasars(quasars, instrument.filters).rows(catalogue["spectrum_id"].to_numpy())
    observed = flux * catalogue["magnification"].to_numpy()[:, None]
    catalogue["snr_median"] = np.median(observed / instrument.camera.aperture_sigma_ujy(), axis=1)
    optics = _optics(catalogue, instrument, params)
    catalogue["psf_fwhm_median_arcsec"] = np.median(optics.psf_fwhm_arcsec, axis=1)


def _optics(rows: pd.DataFrame, instrument: Instrument, params: Params) -> Optics:
    return draw_optics(
        STREAMS,
        params.seed,
        rows["sample"].to_numpy(),
        object_index(rows["object_id"].to_numpy()),
        instrument.trays,
        params.section(Jpas).observation,
        params.section(Jpas).systems,
    )


@dataclass(frozen=True)
class Fluxes:
    """Fluxes in µJy of a population, found by name; the empty name has none."""

    row_of: dict[str, int]
    flux_ujy: FloatArray

    @classmethod
    def of_quasars(cls, quasars: pd.DataFrame, filters: FilterSet) -> Fluxes:
        """Unlensed fluxes of the quasars in the filters."""
        return cls._build(quasars, "spectrum_id", filters)

    @classmethod
    def of_galaxies(cls, galaxies: pd.DataFrame, filters: FilterSet) -> Fluxes:
        """Fluxes of the galaxies in the filters."""
        return cls._build(galaxies, "galaxy_id", filters)

    @classmethod
    def _build(cls, frame: pd.DataFrame, key: str, filters: FilterSet) -> Fluxes:
        flux = frame[[f"flux_{name}" for name in filters.names]].to_numpy(dtype=float)
        names = {name: row for row, name in enumerate(frame[key])}
        return cls({**names, "": len(flux)}, np.vstack([flux, np.zeros(flux.shape[1])]))

    def rows(self, names: NDArray[np.str_]) -> FloatArray:
        """Fluxes of these members, of shape (n, bands)."""
        return self.flux_ujy[[self.row_of[name] for name in names]]


@dataclass(frozen=True)
class SceneBuilder:
    """Makes scenes of catalogue rows; each depends on its own row and stream alone."""

    params: Params
    instrument: Instrument
    galaxy_fluxes: Fluxes
    quasar_fluxes: Fluxes
    neighbours: NeighbourLight

    @classmethod
    def build(
        cls,
        params: Params,
        instrument: Instrument,
        galaxies: pd.DataFrame,
        quasars: pd.DataFrame,
        neighbours: pd.DataFrame,
    ) -> SceneBuilder:
        """Prepare for the given populations."""
        return cls(
            params,
            instrument,
            Fluxes.of_galaxies(galaxies, instrument.filters),
            Fluxes.of_quasars(quasars, instrument.filters),
            NeighbourLight(neighbours, instrument.filters),
        )

    def scenes(self, rows: pd.DataFrame) -> Scenes:
        """Scenes of these rows of the catalogue."""
        optics = _optics(rows, self.instrument, self.params)
        galaxies, stars = self.neighbours.of(rows["object_id"])
        return Scenes(
            Galaxies.together(self._galaxies(rows), galaxies),
            Points.together(self._images(rows, optics), stars),
            optics.psf_fwhm_arcsec,
        )

    def _galaxies(self, rows: pd.DataFrame) -> Galaxies:
        owner = np.flatnonzero(rows["galaxy_id"].to_numpy() != "")
        rows = rows.iloc[owner]
        flux = self.galaxy_fluxes.rows(rows["galaxy_id"].to_numpy())
        return Galaxies.of_table(owner, flux, rows, "galaxy_")

    def _images(self, rows: pd.DataFrame, optics: Optics) -> Points:
        filters = self.instrument.filters
        lensed = (rows["label"].to_numpy() == 1)[:, None]
        x, y, magnification = (
            rows[[f"image_{i}_{name}" for i in range(1, IMAGES_MAX + 1)]].to_numpy()
            for name in ("x_arcsec", "y_arcsec", "magnification")
        )
        # Deflector's dust and microlensing act on light that passed through the deflector.
        factor = np.abs(magnification) * np.exp(np.where(lensed, optics.image_ln_microlensing, 0.0))
        ebv = np.where(lensed, optics.image_dust_ebv, 0.0)
        redshift = np.nan_to_num(rows["z_lens"].to_numpy())
        rest_A = np.repeat(filters.wavelength_mean_A / (1 + redshift[:, None]), IMAGES_MAX, axis=0)
        dust = host_dust_transmission(rest_A, ebv.ravel()).reshape(*ebv.shape, -1)
        variability = np.exp(optics.image_ln_variability)[:, :, self.instrument.trays]
        quasar = self.quasar_fluxes.rows(rows["spectrum_id"].to_numpy())
        flux = quasar[:, None, :] * factor[:, :, None] * dust * variability
        there = np.isfinite(x)
        return Points(np.nonzero(there)[0], flux[there], x[there], y[there])
