"""Systems of galaxy and quasar: which pair, where, and what the lens makes of it.

Positives are drawn physically. A (galaxy, quasar) pair of one tile with z_s > z_l is proposed in proportion
to the area of a disc that holds its caustics, a source position uniformly in the disc, and the proposal
stands if the lens makes several images: accepted pairs are then distributed as the area of their caustics,
and sources uniformly inside these.

One rule for the edge serves all kinds: every bright image of the quasar lies in the circle that the stamp
holds around the brightest object, so that no direction is favoured; all else may be cut by the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy.cosmology import FlatLambdaCDM

from lensfinder.errors import UserError
from lensfinder.lensing.caustics import multiple_image_radius_arcsec
from lensfinder.lensing.distances import einstein_radius_arcsec
from lensfinder.lensing.images import PointImages, find_images
from lensfinder.lensing.lens import Lens
from lensfinder.simulation.seeds import Purpose, Streams
from lensfinder.surveys.jpas.columns import IMAGES_MAX
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.typing import BoolArray, FloatArray, IntArray

_ATTEMPTS_MAX = 4096
_NUMBERS_PER_ATTEMPT = 4
_ATTEMPTS_PER_BLOCK = 8
BRIGHT_MAGNIFICATION = 0.1
"""Images fainter than a tenth of the unlensed quasar are not counted as bright."""


@dataclass(frozen=True)
class Population:
    """Galaxies and quasars of one sample, with the tile of each, as arrays."""

    galaxies: pd.DataFrame
    quasars: pd.DataFrame

    def lens(self, galaxy: IntArray, theta_e_arcsec: FloatArray) -> Lens:
        """Mass of the galaxies with these rows, given their Einstein radii."""
        rows = self.galaxies.iloc[galaxy]
        return Lens(
            theta_e_arcsec=theta_e_arcsec,
            theta_g_arcsec=rows["theta_g_arcsec"].to_numpy(),
            axis_ratio=rows["mass_axis_ratio"].to_numpy(),
            position_angle_rad=np.radians(rows["mass_pa_deg"].to_numpy()),
            shear_1=rows["shear_1"].to_numpy(),
            shear_2=rows["shear_2"].to_numpy(),
        )


@dataclass(frozen=True)
class _Choice:
    """A weighted choice inside each tile, answered for many tiles at once."""

    cumulative: FloatArray
    candidate: IntArray

    @classmethod
    def build(cls, tile: IntArray, weight: FloatArray) -> _Choice:
        """Candidates are the rows of ``tile`` and ``weight`` with a weight above 0."""
        candidate = np.flatnonzero(weight > 0)
        candidate = candidate[np.argsort(tile[candidate], kind="stable")]
        if not candidate.size:
            return cls(np.empty(0), candidate)
        running = np.cumsum(weight[candidate])
        _, first = np.unique(tile[candidate], return_index=True)
        before = np.repeat(np.append(0.0, running[first[1:] - 1]), np.diff(np.append(first, len(running))))
        last = np.append(first[1:], len(running)) - 1
        total = np.repeat(running[last], np.diff(np.append(first, len(running)))) - before
        # Tile t owns the interval (t, t + 1], so that one sorted search serves all tiles.
        return cls(tile[candidate] + (running - before) / total, candidate)

    def pick(self, tile: IntArray, uniform: FloatArray) -> IntArray:
        """Row chosen in each tile by a number in [0, 1)."""
        return self.candidate[np.searchsorted(self.cumulative, tile + uniform, side="right")]

    def tiles(self) -> IntArray:
        """Tiles that have at least one candidate."""
        return np.unique(np.ceil(self.cumulative).astype(np.int64) - 1)


@dataclass(frozen=True)
class Drawn:
    """Systems of n objects; ``galaxy`` is −1 for a quasar alone, θ_E 0 where the quasar is in front."""

    galaxy: IntArray
    quasar: IntArray
    theta_e_arcsec: FloatArray
    source_x_arcsec: FloatArray
    source_y_arcsec: FloatArray
    images: PointImages
    separation_arcsec: FloatArray


class SystemFactory:
    """Draws the systems of one sample; each object from its own random stream, in any order.

    Parameters
    ----------
    population
        Galaxies and quasars of the sample.
    streams, seed, sample
        Random streams, their root, and the sample of the objects.

    Raises
    ------
    UserError
        If a tile holds no pair that could make a lens, or no quasar that is seen, under ``jpas.systems``.
    """

    def __init__(
        self,
        population: Population,
        jpas: Jpas,
        cosmology: FlatLambdaCDM,
        streams: Streams,
        seed: int,
        sample: str,
    ) -> None:
        self.population, self.systems = population, jpas.systems
        self.observation, self._reach_arcsec = jpas.observation, jpas.reach_arcsec
        self.cosmology, self.streams, self.seed, self.sample = cosmology, streams, seed, sample
        galaxies, quasars = population.galaxies, population.quasars
        self._galaxy_tile = galaxies["tile"].to_numpy(np.int64)
        self._quasar_tile = quasars["tile"].to_numpy(np.int64)
        self._quasar_r = quasars["r_mag"].to_numpy()
        self._galaxy_r = galaxies["r_mag"].to_numpy()
        self._weigh_pairs()
        limits = self.systems.quasar_r_mag_observed
        seen = (self._quasar_r >= limits.low) & (self._quasar_r <= limits.high)
        self._quasars = _Choice.build(self._quasar_tile, seen.astype(float))
        if (dark := self._without(self._quasars)).size:
            raise UserError(
                f"params.yaml: jpas.systems.quasar_r_mag_observed = {limits}: {self._named(dark)} no quasar "
                "that is seen without a lens; widen it, or raise jpas.sky.quasars_per_tile"
            )

    def _weigh_pairs(self) -> None:
        """Prepare the choice among all pairs of a tile and among its galaxies."""
        by_tile = {tile: np.flatnonzero(self._quasar_tile == tile) for tile in np.unique(self._quasar_tile)}
        galaxy = np.concatenate(
            [
                np.full(len(by_tile[tile]), row)
                for row, tile in enumerate(self._galaxy_tile)
                if tile in by_tile
            ]
        )
        quasar = np.concatenate([by_tile[tile] for tile in self._galaxy_tile if tile in by_tile])
        theta_e = self._theta_e(galaxy, quasar)
        strong = np.flatnonzero(theta_e >= self.systems.theta_e_min_arcsec)
        self._pair_galaxy, self._pair_quasar = galaxy[strong], quasar[strong]
        self._pair_theta_e = theta_e[strong]
        self._pair_radius = multiple_image_radius_arcsec(
            self.population.lens(self._pair_galaxy, self._pair_theta_e)
        )
        area = np.asarray(self._pair_radius**2, dtype=np.float64)
        self._pairs = _Choice.build(self._galaxy_tile[self._pair_galaxy], area)
        if (missing := self._without(self._pairs)).size:
            raise UserError(
                f"params.yaml: jpas.systems.theta_e_min_arcsec = {self.systems.theta_e_min_arcsec}: "
                f"{self._named(missing)} no galaxy and quasar with such an Einstein radius; lower it or "
                "jpas.sky.tiles, or raise jpas.sky.galaxies or jpas.sky.quasars_per_tile"
            )
        if self.systems.pair_galaxy_weights == "lens":
            weight = np.bincount(self._pair_galaxy, area, len(self._galaxy_tile)).astype(np.float64)
        else:
            weight = np.ones(len(self._galaxy_tile))
        self._galaxies = _Choice.build(self._galaxy_tile, weight)

    def _without(self, choice: _Choice) -> IntArray:
        """Tiles that have no candidate."""
        return np.setdiff1d(self._galaxy_tile, choice.tiles())

    def _named(self, tiles: IntArray) -> str:
        return f"tile(s) {', '.join(map(str, tiles[:10]))} of sample {self.sample} hold"

    def _theta_e(self, galaxy: IntArray, quasar: IntArray) -> FloatArray:
        return einstein_radius_arcsec(
            self.population.galaxies["sigma_v_km_s"].to_numpy()[galaxy],
            self.population.galaxies["z"].to_numpy()[galaxy],
            self.population.quasars["z"].to_numpy()[quasar],
            self.cosmology,
        )

    def _seen(self, quasar: IntArray, magnification: FloatArray) -> BoolArray:
        limits = self.systems.quasar_r_mag_observed
        with np.errstate(divide="ignore"):
            observed = self._quasar_r[quasar] - 2.5 * np.log10(magnification)
        return (observed >= limits.low) & (observed <= limits.high)

    def jitter_arcsec(self, index: IntArray) -> FloatArray:
        """Position of the system's brightest object in the stamp, of shape (n, 2)."""
        numbers = self.streams.object_uniforms(self.seed, self.sample, index, Purpose.CATALOGUE, 2)
        half = self.observation.jitter_pixels * self.observation.pixel_scale_arcsec
        return half * (2 * numbers - 1)

    def draw(self, kind: str, index: IntArray, tile: IntArray) -> Drawn:
        """Draw the systems of objects of one kind, by their indices and tiles, each of shape (n,)."""
        propose = {
            "lensed_quasar": self._propose_lensed,
            "quasar_near_galaxy": self._propose_pair,
            "quasar_alone": self._propose_alone,
        }[kind]
        return self._draw_until_accepted(kind, index, tile, propose)

    def _draw_until_accepted(
        self,
        kind: str,
        index: IntArray,
        tile: IntArray,
        propose: Callable[[IntArray, FloatArray], tuple[Drawn, BoolArray]],
    ) -> Drawn:
        """Let each object propose, attempt after attempt, with the numbers of its own stream."""
        n = len(index)
        result = _empty(n)
        waiting = np.arange(n)
        numbers = np.empty((0, 0))
        attempt = 0
        while waiting.size:
            if attempt >= _ATTEMPTS_MAX:
                raise UserError(
                    f"params.yaml: jpas.systems: no {kind} found for object {index[waiting[0]]} of sample "
                    f"{self.sample} in tile {tile[waiting[0]]} in {_ATTEMPTS_MAX} attempts; "
                    f"quasar_r_mag_observed {self.systems.quasar_r_mag_observed} may be too narrow"
                )
            if attempt % _ATTEMPTS_PER_BLOCK == 0:
                # The first two numbers of a stream are the jitter; the rest come in blocks of attempts.
                count = 2 + (attempt + _ATTEMPTS_PER_BLOCK) * _NUMBERS_PER_ATTEMPT
                numbers = np.full((n, count), np.nan)
                numbers[waiting] = self.streams.object_uniforms(
                    self.seed, self.sample, index[waiting], Purpose.CATALOGUE, count
                )
            begin = 2 + attempt * _NUMBERS_PER_ATTEMPT
            drawn, accepted = propose(tile[waiting], numbers[waiting, begin : begin + _NUMBERS_PER_ATTEMPT])
            _store(result, waiting[accepted], drawn, accepted)
            waiting = waiting[~accepted]
            attempt += 1
        return result

    def lens_area_arcsec2(self, proposals: int, rng: np.random.Generator) -> float:
        """Area behind the galaxies in which a quasar becomes a lens of the catalogue, summed over all pairs.

        The discs of all pairs of a galaxy and a quasar, times the part of so many proposals that stand.
        """
        area = np.cumsum(self._pair_radius**2)
        pair = np.searchsorted(area, area[-1] * rng.random(proposals), side="right")
        accepted = self._try_pairs(pair, rng.random((proposals, 2)))[1]
        return float(np.pi * area[-1] * accepted.mean())

    def _propose_lensed(self, tile: IntArray, numbers: FloatArray) -> tuple[Drawn, BoolArray]:
        return self._try_pairs(self._pairs.pick(tile, numbers[:, 0]), numbers[:, 1:3])

    def _try_pairs(self, pair: IntArray, numbers: FloatArray) -> tuple[Drawn, BoolArray]:
        """Put the quasar of each pair into the disc that holds its caustics; numbers (n, 2) say where."""
        radius = self._pair_radius[pair] * np.sqrt(numbers[:, 0])
        angle = 2 * np.pi * numbers[:, 1]
        galaxy, quasar, theta_e = self._pair_galaxy[pair], self._pair_quasar[pair], self._pair_theta_e[pair]
        beta_x, beta_y = radius * np.cos(angle), radius * np.sin(angle)
        images = _images_of(self.population.lens(galaxy, theta_e), beta_x, beta_y)
        total = np.nansum(np.abs(images.magnification), axis=1)
        several = (images.n_images > 1) & (images.n_images <= IMAGES_MAX)
        accepted = several & self._seen(quasar, total) & self._fits_stamp(galaxy, quasar, images)
        return Drawn(galaxy, quasar, theta_e, beta_x, beta_y, images, _separation(images)), accepted

    def _propose_pair(self, tile: IntArray, numbers: FloatArray) -> tuple[Drawn, BoolArray]:
        galaxy = self._galaxies.pick(tile, numbers[:, 0])
        quasar = self._quasars.pick(tile, numbers[:, 1])
        limits = self.systems.pair_separation_arcsec
        # Unrelated quasars lie uniformly on the sky around a galaxy.
        separation = np.sqrt(limits.low**2 + (limits.high**2 - limits.low**2) * numbers[:, 2])
        angle = 2 * np.pi * numbers[:, 3]
        x, y = separation * np.cos(angle), separation * np.sin(angle)
        theta_e = self._theta_e(galaxy, quasar)
        lens = self.population.lens(galaxy, theta_e)
        beta_x, beta_y = lens.source_position(x, y)
        # Without mass in front there is nothing to look for: the quasar is seen where it is.
        beta_x, beta_y = np.where(theta_e > 0, beta_x, x), np.where(theta_e > 0, beta_y, y)
        images = _single_images(x, y)
        behind = np.flatnonzero(theta_e > 0)
        if behind.size:
            found = _images_of(
                self.population.lens(galaxy[behind], theta_e[behind]), beta_x[behind], beta_y[behind]
            )
            images.x_arcsec[behind], images.y_arcsec[behind] = found.x_arcsec, found.y_arcsec
            images.magnification[behind], images.n_images[behind] = found.magnification, found.n_images
        total = np.nansum(np.abs(images.magnification), axis=1)
        single = images.n_images == 1
        accepted = single & self._seen(quasar, total) & self._fits_stamp(galaxy, quasar, images)
        return Drawn(galaxy, quasar, theta_e, beta_x, beta_y, images, separation), accepted

    def centre(
        self, galaxy: IntArray, quasar: IntArray, images: PointImages
    ) -> tuple[FloatArray, FloatArray]:
        """Position, from the galaxy, of the brightest object in r; ``galaxy`` is −1 for none."""
        galaxy_r = np.append(self._galaxy_r, np.inf)[galaxy]
        brightest_image_r = self._quasar_r[quasar] - 2.5 * np.log10(np.abs(images.magnification[:, 0]))
        on_galaxy = galaxy_r < brightest_image_r
        return np.where(on_galaxy, 0.0, images.x_arcsec[:, 0]), np.where(
            on_galaxy, 0.0, images.y_arcsec[:, 0]
        )

    def _fits_stamp(self, galaxy: IntArray, quasar: IntArray, images: PointImages) -> BoolArray:
        """Whether all bright images lie in the circle that the stamp holds around the brightest object."""
        x0, y0 = self.centre(galaxy, quasar, images)
        distance = np.hypot(images.x_arcsec - x0[:, None], images.y_arcsec - y0[:, None])
        farthest: FloatArray = np.where(is_bright(images.magnification), distance, 0.0).max(axis=1)
        return farthest <= self._reach_arcsec

    def _propose_alone(self, tile: IntArray, numbers: FloatArray) -> tuple[Drawn, BoolArray]:
        quasar = self._quasars.pick(tile, numbers[:, 0])
        nan = np.full(len(tile), np.nan)
        images = _single_images(np.zeros(len(tile)), np.zeros(len(tile)))
        galaxy = np.full(len(tile), -1)
        return Drawn(galaxy, quasar, nan, nan, nan, images, nan), np.ones(len(tile), dtype=bool)


def _images_of(lens: Lens, beta_x: FloatArray, beta_y: FloatArray) -> PointImages:
    """Images, cut to the catalogue's width: shear that fights the ellipse can make seven, about never."""
    found = find_images(lens, beta_x, beta_y)
    cut = slice(None), slice(IMAGES_MAX)
    return PointImages(found.x_arcsec[cut], found.y_arcsec[cut], found.magnification[cut], found.n_images)


def _single_images(x_arcsec: FloatArray, y_arcsec: FloatArray) -> PointImages:
    images = _no_images(len(x_arcsec))
    images.x_arcsec[:, 0], images.y_arcsec[:, 0] = x_arcsec, y_arcsec
    images.magnification[:, 0] = 1.0
    images.n_images[:] = 1
    return images


def _no_images(n: int) -> PointImages:
    none = np.full((n, IMAGES_MAX), np.nan)
    return PointImages(none, none.copy(), none.copy(), np.zeros(n, dtype=np.int64))


def _empty(n: int) -> Drawn:
    nobody, nan = np.full(n, -1), np.full(n, np.nan)
    return Drawn(
        nobody, nobody.copy(), nan, nan.copy(), nan.copy(), images=_no_images(n), separation_arcsec=nan.copy()
    )


def _store(result: Drawn, rows: IntArray, drawn: Drawn, accepted: BoolArray) -> None:
    for name in (
        "galaxy",
        "quasar",
        "theta_e_arcsec",
        "source_x_arcsec",
        "source_y_arcsec",
        "separation_arcsec",
    ):
        getattr(result, name)[rows] = getattr(drawn, name)[accepted]
    for name in ("x_arcsec", "y_arcsec", "magnification", "n_images"):
        getattr(result.images, name)[rows] = getattr(drawn.images, name)[accepted]


def is_bright(magnification: FloatArray) -> BoolArray:
    """Whether each image is at least a tenth as bright as the unlensed quasar; False where there is none."""
    return np.nan_to_num(np.abs(magnification)) >= BRIGHT_MAGNIFICATION


def _separation(images: PointImages) -> FloatArray:
    """Largest separation between two bright images, of shape (n,)."""
    bright = is_bright(images.magnification)
    x, y = np.where(bright, images.x_arcsec, np.nan), np.where(bright, images.y_arcsec, np.nan)
    distance = np.hypot(x[:, :, None] - x[:, None, :], y[:, :, None] - y[:, None, :])
    return np.asarray(np.max(np.nan_to_num(distance), axis=(1, 2)))
