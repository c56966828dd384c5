"""Hard negatives, kind by kind: each takes the place of a lensed quasar and is none.

Every impostor starts from a lensed quasar as the simulator draws it (galaxy in proportion to the area of its
caustics, images, magnitudes), so that neither separations nor magnitudes nor galaxies tell it from a lens. It
keeps:

- *star near galaxy*: the galaxy, and at its brightest image a star as bright as all images together;
- *two stars*: the separation of the brightest image and the bright image farthest from it, their ratio of
  fluxes and the brightness of all images together, at any position angle that the stamp holds; no galaxy;
- *quasar pair*: the same with the lens's quasar and a second one of about its redshift with a spectrum of its
  own;
- *ring galaxy*: the galaxy's redshift and light, of which a part goes to a ring of young stars around a core
  that keeps the galaxy's spectrum. Knots of the ring differ in brightness, from hardly to much;
- *merger*: the galaxy, and a fainter one of the other type at the same redshift. There are no tidal tails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lensfinder.studies.hard_negatives.params import HardNegatives
from lensfinder.studies.hard_negatives.simulation.light import Extended, ImpostorLight, Point
from lensfinder.typing import FloatArray

LIGHT_SPEED_KM_S = 299_792.458

RING_KNOTS = 24
"""Knots of a ring: so close together that the seeing joins them."""
KNOT_R_EFF = 0.15
"""Half-light radius of a knot in units of the ring's radius: a ring a third as wide as its radius."""
RING_AXIS_RATIO = (0.7, 1.0)
"""Rings seen at a steep angle would not look like images around a lens."""
KNOT_LN_FLUX_SIGMA = (0.0, 1.5)
"""Scatter of ln(flux) among the knots of a ring, from a smooth ring to some blobs."""
CORE_R_EFF = 0.3
"""Largest half-light radius of a core in units of the ring's radius: a gap is left, as in Hoag's object."""


@dataclass(frozen=True)
class LensPlace:
    """What an impostor takes from a lensed quasar; positions in arcsec from the galaxy.

    ``galaxy`` and ``quasar`` are rows of their populations, ``galaxy_flux_ujy`` and ``quasar_flux_ujy``
    (unlensed) of shape (bands,), ``variability`` a factor on each of two images, of shape (2, bands).
    ``first`` is where the brightest image is, ``separation_arcsec`` how far from it the farthest bright one,
    ``flux_ratio`` that of the latter to the former, ``r_mag`` that of all images together. A second part lies
    no farther than ``reach_arcsec``, so that the stamp holds it in every direction.
    """

    galaxy: Mapping[str, Any]
    galaxy_flux_ujy: FloatArray
    quasar: Mapping[str, Any]
    quasar_flux_ujy: FloatArray
    variability: FloatArray
    first: tuple[float, float]
    separation_arcsec: float
    flux_ratio: float
    r_mag: float
    reach_arcsec: float

    def r_mags(self) -> tuple[float, float]:
        """Magnitudes of two points that together are as bright as all images."""
        share = np.array([1.0, self.flux_ratio]) / (1 + self.flux_ratio)
        first, second = self.r_mag - 2.5 * np.log10(share)
        return float(first), float(second)


@dataclass(frozen=True)
class Impostor:
    """One hard negative before it is centred; positions from its first part.

    ``at`` and ``r_mag`` say where its two parts lie and how bright they are, ``mimic_ujy`` (bands,) is what
    stands for quasar images, ``facts`` are further columns of the catalogue.
    """

    extended: tuple[Extended, ...]
    points: tuple[Point, ...]
    at: tuple[tuple[float, float], tuple[float, float]]
    r_mag: tuple[float, float]
    separation_arcsec: float
    mimic_ujy: FloatArray
    mimic_r_mag: float
    facts: Mapping[str, Any]


def star_near_galaxy(
    lens: LensPlace, light: ImpostorLight, choice: HardNegatives, rng: np.random.Generator
) -> Impostor:
    """Draw a star at a galaxy, where the brightest image would be."""
    g_i = rng.uniform(choice.star_g_i.low, choice.star_g_i.high)
    star = Point(light.star(g_i, lens.r_mag), *lens.first)
    return Impostor(
        extended=(_lens_galaxy(lens),),
        points=(star,),
        at=((0.0, 0.0), lens.first),
        r_mag=(float(lens.galaxy["r_mag"]), lens.r_mag),
        separation_arcsec=float(np.hypot(*lens.first)),
        mimic_ujy=star.flux_ujy,
        mimic_r_mag=lens.r_mag,
        facts={**_galaxy_facts(lens), "part_2_star_g_i": g_i},
    )


def two_stars(
    lens: LensPlace, light: ImpostorLight, choice: HardNegatives, rng: np.random.Generator
) -> Impostor:
    """Draw two stars that have nothing to do with each other."""
    g_i = rng.uniform(choice.star_g_i.low, choice.star_g_i.high, 2)
    fluxes = [light.star(colour, r_mag) for colour, r_mag in zip(g_i, lens.r_mags(), strict=True)]
    return _two_points(lens, fluxes, {f"part_{i + 1}_star_g_i": g_i[i] for i in range(2)}, rng)


def quasar_pair(
    lens: LensPlace, light: ImpostorLight, choice: HardNegatives, rng: np.random.Generator
) -> Impostor:
    """Draw two quasars of about one redshift; each varies between the filter trays' epochs by itself."""
    velocity = rng.uniform(-choice.pair_velocity_max_km_s, choice.pair_velocity_max_km_s)
    first_r, second_r = lens.r_mags()
    z = float(lens.quasar["z"])
    second_z = (1 + z) * (1 + velocity / LIGHT_SPEED_KM_S) - 1
    brighter = 10 ** (-0.4 * (first_r - float(lens.quasar["r_mag"])))
    second = light.quasar(second_z, float(lens.quasar["i_abs_mag"]), second_r, rng)
    fluxes = [lens.quasar_flux_ujy * brighter * lens.variability[0], second * lens.variability[1]]
    facts = {"spectrum_id": lens.quasar["spectrum_id"], "z_quasar": z, "pair_velocity_km_s": velocity}
    return _two_points(lens, fluxes, facts, rng)


def ring_galaxy(
    lens: LensPlace, light: ImpostorLight, choice: HardNegatives, rng: np.random.Generator
) -> Impostor:
    """Draw a ring of young stars around a core."""
    radius = rng.uniform(choice.ring_radius_arcsec.low, choice.ring_radius_arcsec.high)
    fraction = rng.uniform(choice.ring_light_fraction.low, choice.ring_light_fraction.high)
    axis_ratio, pa = rng.uniform(*RING_AXIS_RATIO), rng.uniform(0, np.pi)
    r_mags = float(lens.galaxy["r_mag"]) - 2.5 * np.log10([1 - fraction, fraction])
    ring = light.young(float(lens.galaxy["z"]), r_mags[1], rng)
    angle = 2 * np.pi * (np.arange(RING_KNOTS) + rng.random()) / RING_KNOTS
    weight = np.exp(rng.uniform(*KNOT_LN_FLUX_SIGMA) * rng.standard_normal(RING_KNOTS))
    along, across = radius * np.cos(angle), axis_ratio * radius * np.sin(angle)
    x, y = along * np.cos(pa) - across * np.sin(pa), along * np.sin(pa) + across * np.cos(pa)
    knots = [
        Extended(ring * share, float(x[k]), float(y[k]), KNOT_R_EFF * radius, 0.5, 1.0, 0.0)
        for k, share in enumerate(weight / weight.sum())
    ]
    galaxy = _lens_galaxy(lens)
    core = replace(
        galaxy,
        flux_ujy=(1 - fraction) * galaxy.flux_ujy,
        r_eff_arcsec=min(galaxy.r_eff_arcsec, CORE_R_EFF * radius),
    )
    return Impostor(
        extended=(core, *knots),
        points=(),
        # A ring is around its core: it has no brighter place of its own to be centred on.
        at=((0.0, 0.0), (0.0, 0.0)),
        r_mag=(float(r_mags[0]), float(r_mags[1])),
        separation_arcsec=radius,
        mimic_ujy=ring,
        mimic_r_mag=float(r_mags[1]),
        facts={**_galaxy_facts(lens), "ring_light_fraction": fraction},
    )


def merger(
    lens: LensPlace, light: ImpostorLight, choice: HardNegatives, rng: np.random.Generator
) -> Impostor:
    """Draw two galaxies of one redshift, close together; the fainter is of the other type."""
    separation = rng.uniform(choice.merger_separation_arcsec.low, choice.merger_separation_arcsec.high)
    fainter = rng.uniform(choice.merger_r_mag_difference.low, choice.merger_r_mag_difference.high)
    r_mag = float(lens.galaxy["r_mag"])
    drawn = light.galaxy(
        early=lens.galaxy["type"] == "late",
        z=float(lens.galaxy["z"]),
        r_abs_mag=float(lens.galaxy["r_abs_mag"]) + fainter,
        r_mag=r_mag + fainter,
        rng=rng,
    )
    at = offset_inside(separation, lens.reach_arcsec, rng)
    companion = replace(drawn, x_arcsec=at[0], y_arcsec=at[1])
    return Impostor(
        extended=(_lens_galaxy(lens), companion),
        points=(),
        at=((0.0, 0.0), at),
        r_mag=(r_mag, r_mag + fainter),
        separation_arcsec=separation,
        mimic_ujy=companion.flux_ujy,
        mimic_r_mag=r_mag + fainter,
        facts=_galaxy_facts(lens),
    )


DRAW = {
    "star_near_galaxy": star_near_galaxy,
    "two_stars": two_stars,
    "quasar_pair": quasar_pair,
    "ring_galaxy": ring_galaxy,
    "merger": merger,
}
"""What draws each kind."""


def offset_inside(
    separation_arcsec: float, reach_arcsec: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Draw where a companion lies: at any position angle, and no farther than ``reach_arcsec``."""
    separation = min(separation_arcsec, reach_arcsec)
    angle = rng.uniform(0.0, 2 * np.pi)
    return separation * float(np.cos(angle)), separation * float(np.sin(angle))


def _two_points(
    lens: LensPlace, fluxes: list[FloatArray], facts: Mapping[str, Any], rng: np.random.Generator
) -> Impostor:
    offset = offset_inside(lens.separation_arcsec, lens.reach_arcsec, rng)
    first, second = Point(fluxes[0], 0.0, 0.0), Point(fluxes[1], *offset)
    return Impostor(
        extended=(),
        points=(first, second),
        at=((0.0, 0.0), offset),
        r_mag=lens.r_mags(),
        separation_arcsec=float(np.hypot(*offset)),
        mimic_ujy=first.flux_ujy + second.flux_ujy,
        mimic_r_mag=lens.r_mag,
        facts=facts,
    )


def _lens_galaxy(lens: LensPlace) -> Extended:
    galaxy = lens.galaxy
    return Extended(
        flux_ujy=lens.galaxy_flux_ujy,
        x_arcsec=0.0,
        y_arcsec=0.0,
        r_eff_arcsec=float(galaxy["r_eff_arcsec"]),
        sersic_n=float(galaxy["sersic_n"]),
        axis_ratio=float(galaxy["axis_ratio"]),
        pa_rad=float(np.radians(galaxy["pa_deg"])),
    )


def _galaxy_facts(lens: LensPlace) -> dict[str, Any]:
    return {"galaxy_id": lens.galaxy["galaxy_id"], "z_galaxy": lens.galaxy["z"]}
