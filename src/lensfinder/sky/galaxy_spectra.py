"""Galaxy spectra: mixtures of template spectra, redshifted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lensfinder.typing import FloatArray

EARLY_TEMPLATES = ("lrg0", "basis3", "basis2")
LATE_TEMPLATES = ("basis0", "basis1", "basis2", "basis3", "basis4")

# Dirichlet weights of the light at 6000 Å, in that order: an early-type galaxy is a luminous red galaxy with
# some old and a trace of intermediate stars, a late one a mix of dusty, bursting, intermediate, old and
# young stars. At z = 0 that gives g − r = 0.80 ± 0.03 and 0.54 ± 0.10, as the red and blue sequences have
# (Blanton & Moustakas 2009, ARA&A 47, 159).
EARLY_ALPHA = (4.0, 2.5, 0.35)
LATE_ALPHA = (0.3, 0.03, 2.0, 3.0, 1.6)
# Faint galaxies of the field are younger than the late types of today: our choice, which gives them VIS − H =
# 1.0 ± 0.4 at z = 1, 1.6 mag bluer than an early type there. Star-forming regions are bursting and young.
FIELD_ALPHA = (0.1, 0.4, 0.6, 0.6, 2.4)
YOUNG_TEMPLATES, YOUNG_ALPHA = ("basis1", "basis4"), (1.0, 4.0)


@dataclass(frozen=True, eq=False)
class GalaxyTemplates:
    """Rest-frame spectra, vacuum: ``wavelength_A`` of shape (n_wave,), ``f_lambda`` (n_templates, n_wave).

    ``mass_msun`` of shape (n_templates,) is the mass of the stars and remnants that shine with ``f_lambda``,
    in erg/s/cm²/Å, at 10 pc.
    """

    names: tuple[str, ...]
    wavelength_A: FloatArray
    f_lambda: FloatArray
    mass_msun: FloatArray


def draw_mixtures(early: bool, n: int, templates: GalaxyTemplates, rng: np.random.Generator) -> FloatArray:
    """Return the weights of the templates in ``n`` galaxies, of shape ``(n, n_templates)``; rows sum to 1."""
    if early:
        return _draw_weights(EARLY_TEMPLATES, EARLY_ALPHA, n, templates, rng)
    return _draw_weights(LATE_TEMPLATES, LATE_ALPHA, n, templates, rng)


def draw_field_mixtures(n: int, templates: GalaxyTemplates, rng: np.random.Generator) -> FloatArray:
    """Return the same for ``n`` faint galaxies of the field."""
    return _draw_weights(LATE_TEMPLATES, FIELD_ALPHA, n, templates, rng)


def draw_young_mixtures(n: int, templates: GalaxyTemplates, rng: np.random.Generator) -> FloatArray:
    """Return the same for the star-forming regions of ``n`` galaxies."""
    return _draw_weights(YOUNG_TEMPLATES, YOUNG_ALPHA, n, templates, rng)


def _draw_weights(
    members: tuple[str, ...],
    alpha: tuple[float, ...],
    n: int,
    templates: GalaxyTemplates,
    rng: np.random.Generator,
) -> FloatArray:
    weights = np.zeros((n, len(templates.names)))
    weights[:, [templates.names.index(name) for name in members]] = rng.dirichlet(alpha, n)
    return weights


def mixture_names(weights: FloatArray, templates: GalaxyTemplates) -> list[str]:
    """Name mixtures by their parts in per cent, largest first, as in ``basis3:62+basis4:38``."""
    names = []
    for row in weights:
        order = np.argsort(-row, kind="stable")
        names.append("+".join(f"{templates.names[k]}:{100 * row[k]:.0f}" for k in order if row[k] >= 0.005))
    return names


def redshifted_spectra(
    wavelength_A: FloatArray, z: FloatArray, weights: FloatArray, templates: GalaxyTemplates
) -> FloatArray:
    """Return observed f_λ of mixtures, of shape ``(n, n_wave)``: stretched by 1 + z, distance left out."""
    spectra = np.empty((len(z), len(wavelength_A)))
    for row, (redshift, weight) in enumerate(zip(z, weights, strict=True)):
        mixture = weight @ templates.f_lambda
        spectra[row] = np.interp(wavelength_A / (1 + redshift), templates.wavelength_A, mixture) / (
            1 + redshift
        )
    return spectra
