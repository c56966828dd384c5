"""Spectra of stars on the main sequence, by their place on the stellar locus.

No packaged library of stellar spectra works without a download, so stars are made from what is published of
their colours. A star is named by its g − i (SDSS, AB). Its spectrum is a Planck function of the temperature
that has this g − i, times the strongest absorption, then bent until its five SDSS magnitudes lie on the
stellar locus of Covey et al. 2007 (AJ 134, 2398): the whole deficit of u below the rest goes into a step at
3950 Å, where the Balmer jump of hot and the 4000 Å break of cool stars are.

What it has: u − g to 0.03 mag up to g − i = 1.7 (0.2 mag for M dwarfs) and the other colours to 0.04 mag, as
checked with the measured SDSS curves; the break; the G band and MgH of G and K stars; titanium oxide of M
dwarfs. What it lacks: every other line (few change the flux of a band of 145 Å by more than some per cent),
emission of active M dwarfs, giants, white dwarfs, metallicity, and the locus's own width of 0.02–0.1 mag. In
the 56 bands a model atmosphere of the Sun differs from it by 4 % rms.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import expit

from lensfinder.sky.passbands import FilterSet, Passbands, Photometer, ab_magnitude, flux_of_magnitude_ujy
from lensfinder.typing import FloatArray

WAVELENGTH_A = np.arange(2900.0, 11200.1, 5.0)

# Covey et al. 2007: coefficients of (g − i)^0 … (g − i)^5, for 0.05 < g − i < 4.4.
LOCUS = {
    "u-g": (1.0636113, -1.6267818, 4.9389572, -3.2809081, 0.8725109, -0.0828035),
    "g-r": (0.4290263, -0.8852323, 2.0740616, -1.1091553, 0.2397461, -0.0183195),
    "r-i": (-0.4113500, 1.8229991, -1.9989772, 1.0662075, -0.2284455, 0.0172212),
    "i-z": (-0.2270331, 0.7794558, -0.7350749, 0.3727802, -0.0735412, 0.0049808),
}

# The SDSS camera's bands (Doi et al. 2010, AJ 139, 1628): centre and width of the flat-topped shape.
SDSS = Passbands(
    names=("u", "g", "r", "i", "z"),
    in_cube=np.ones(5, dtype=bool),
    wavelength_mean_A=np.array([3580.0, 4705.0, 6180.0, 7500.0, 8930.0]),
    fwhm_A=np.array([590.0, 1340.0, 1350.0, 1260.0, 1250.0]),
    edge_width_A=np.array([70.0, 80.0, 60.0, 60.0, 150.0]),
    peak_throughput=np.ones(5),
)

BREAK_A, BREAK_WIDTH_A = 3950.0, 40.0

# Gaussian absorption: centre, σ [Å], and the depth at the g − i of an F5, G2, K5 and M0 dwarf. At G2 read off
# the model Sun of Lejeune et al. 1997 (A&AS 125, 229), elsewhere our estimate.
DIP_G_I = (0.35, 0.59, 1.35, 2.0)
DIPS = (
    (3900.0, 50.0, (0.10, 0.20, 0.25, 0.25)),  # Ca H and K, CN
    (4200.0, 130.0, (0.02, 0.09, 0.10, 0.05)),  # crowded metal lines
    (4300.0, 35.0, (0.03, 0.05, 0.08, 0.05)),  # CH, the G band
    (5170.0, 60.0, (0.00, 0.03, 0.20, 0.20)),  # Mg b and MgH
)
# Titanium oxide: heads of bands that fade to the red, how far, and depth relative to that at 7053 Å
# (heads as in Kirkpatrick, Henry & McCarthy 1991, ApJS 77, 417; reach and depth our estimate).
TIO_BANDS = (
    (4954.0, 170.0, 0.5),
    (5167.0, 230.0, 0.6),
    (5448.0, 230.0, 0.4),
    (5847.0, 250.0, 0.5),
    (6158.0, 300.0, 0.6),
    (6651.0, 250.0, 0.5),
    (7053.0, 250.0, 1.0),
    (7589.0, 250.0, 0.5),
    (8432.0, 200.0, 0.3),
    (8859.0, 200.0, 0.2),
)
# The index TiO5 (flux at 7130 Å over that at 7044 Å) falls from 0.76 at M0 to 0.39 at M4, as in subtype =
# 8.2 − 10.775 TiO5 (Reid, Hawley & Gizis 1995, AJ 110, 1838); those types have g − i of about 2.0 and 2.9.
TIO5_G_I, TIO5 = (1.7, 2.0, 2.9), (1.0, 0.76, 0.39)
TIO5_PLACE_A = 7130.0

_TEMPERATURES_K = np.geomspace(2000.0, 15000.0, 400)
_SECOND_RADIATION_A_K = 1.438776877e8  # h c / k in Å K
_ROUNDS = 20


def locus_colours(g_i: FloatArray) -> FloatArray:
    """Return u − g, g − r, r − i, i − z of the stellar locus, ``(n, 4)``, for g − i of shape (n,)."""
    powers = np.power.outer(np.asarray(g_i), np.arange(6))
    colours: FloatArray = powers @ np.array(list(LOCUS.values())).T
    return colours


def star_spectra(g_i: FloatArray) -> FloatArray:
    """Return f_λ on :data:`WAVELENGTH_A`, in arbitrary units, of shape ``(n, n_wave)``.

    Parameters
    ----------
    g_i
        Places on the locus, of shape (n,), from 0.2 to 3.0: F0 to M4.
    """
    g_i = np.asarray(g_i, dtype=np.float64)
    photometer = _sdss()
    smooth = _planck(_colour_temperature(g_i)) * absorption(g_i)
    target = locus_colours(g_i)
    step = expit((BREAK_A - WAVELENGTH_A) / BREAK_WIDTH_A)
    ln_nodes = np.zeros((len(g_i), 4))
    ln_step = np.zeros(len(g_i))
    spectra = smooth
    # Bands overlap with the straight pieces between their centres: each round bends what the last one left.
    for _ in range(_ROUNDS):
        magnitudes = ab_magnitude(photometer.fluxes_ujy(spectra))
        excess = (magnitudes[:, :-1] - magnitudes[:, 1:]) - target
        # Relative to r: too red in g − r means too faint in g.
        wrong_mag = np.stack(
            [excess[:, 1], np.zeros(len(g_i)), -excess[:, 2], -excess[:, 2] - excess[:, 3]], axis=1
        )
        ln_nodes += 0.4 * np.log(10) * wrong_mag
        ln_step += 0.4 * np.log(10) * excess[:, 0]
        bent = [np.interp(WAVELENGTH_A, SDSS.wavelength_mean_A[1:], row) for row in ln_nodes]
        spectra = smooth * np.exp(np.reshape(bent, smooth.shape) + ln_step[:, None] * step)
    return spectra


def absorption(g_i: FloatArray) -> FloatArray:
    """Return the transmission of the strongest bands and lines, of shape ``(n, n_wave)``."""
    g_i = np.asarray(g_i, dtype=np.float64)
    passed = np.ones((len(g_i), len(WAVELENGTH_A)))
    for centre, sigma, depths in DIPS:
        shape = np.exp(-0.5 * ((WAVELENGTH_A - centre) / sigma) ** 2)
        passed *= 1 - np.interp(g_i, DIP_G_I, depths)[:, None] * shape
    head, length, _ = next(band for band in TIO_BANDS if band[2] == 1.0)
    depth = (1 - np.interp(g_i, TIO5_G_I, TIO5)) / (1 - (TIO5_PLACE_A - head) / length)
    for head, length, relative in TIO_BANDS:
        beyond = (WAVELENGTH_A - head) / length
        passed *= 1 - relative * depth[:, None] * np.where((beyond >= 0) & (beyond < 1), 1 - beyond, 0.0)
    return passed


class StarPhotometry:
    """Fluxes of stars in the bands of a survey that has an r band ``rSDSS``."""

    def __init__(self, filters: FilterSet) -> None:
        self._photometer = Photometer(WAVELENGTH_A, filters)
        self._r = filters.index("rSDSS")
        self._cube = np.flatnonzero(filters.in_cube)

    def fluxes_ujy(self, g_i: FloatArray, r_mag: FloatArray) -> FloatArray:
        """Return fluxes in µJy in the bands of a cube, of shape ``(n, bands)``.

        Parameters
        ----------
        g_i, r_mag
            Place on the locus and magnitude in rSDSS, each of shape (n,).
        """
        fluxes = self._photometer.fluxes_ujy(star_spectra(g_i))
        scaled: FloatArray = fluxes * (flux_of_magnitude_ujy(r_mag) / fluxes[:, self._r])[:, None]
        return scaled[:, self._cube]


@cache
def _sdss() -> Photometer:
    return Photometer(WAVELENGTH_A, SDSS)


@cache
def _black_g_i() -> FloatArray:
    magnitudes = ab_magnitude(_sdss().fluxes_ujy(_planck(_TEMPERATURES_K)))
    colour: FloatArray = magnitudes[:, 1] - magnitudes[:, 3]
    return colour


def _colour_temperature(g_i: FloatArray) -> FloatArray:
    """Temperature [K] of the black bodies that have these g − i; they redden as they cool."""
    return np.interp(-g_i, -_black_g_i(), _TEMPERATURES_K)


def _planck(temperature_K: FloatArray) -> FloatArray:
    """Planck's f_λ on :data:`WAVELENGTH_A`, 1 at 6200 Å, of shape ``(n, n_wave)``."""

    def at(wavelength_A: FloatArray) -> FloatArray:
        exponent = _SECOND_RADIATION_A_K / np.multiply.outer(temperature_K, wavelength_A)
        return np.asarray(wavelength_A**-5.0 / np.expm1(exponent))

    return at(WAVELENGTH_A) / at(np.array([6200.0]))
