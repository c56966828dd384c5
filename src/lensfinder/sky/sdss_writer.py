"""Writer of spectra in the layout of SDSS's ``spec-PLATE-MJD-FIBER.fits``, one or a synthetic library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

from lensfinder.sky.passbands import flux_of_magnitude_ujy
from lensfinder.sky.quasars import WAVELENGTH_A, QuasarPopulation
from lensfinder.sky.sdss import SDSS_FLUX_CGS
from lensfinder.typing import FloatArray

BOSS_WAVELENGTH_A = 10 ** np.arange(3.5563, 4.0170, 1e-4)
"""Grid of a BOSS spectrum: 3600–10400 Å, vacuum, 1e-4 in log10 λ."""

FIBERS_PER_PLATE = 1000
FIRST_PLATE, MJD = 90000, 60000
# Brighter than the faintest quasars of SDSS, as one would choose spectra that must serve at every magnitude.
LIBRARY_R_MAG = (17.0, 20.0)
LOST_PIXELS = 0.01


def spec_file_name(plate: int, mjd: int, fiber: int) -> str:
    """Return SDSS's name of a spectrum's file."""
    return f"spec-{plate:04d}-{mjd:05d}-{fiber:04d}.fits"


def write_spec_file(
    path: Path,
    *,
    wavelength_A: FloatArray,
    f_lambda: FloatArray,
    ivar: FloatArray,
    z: float,
    object_class: str,
    plate: int,
    mjd: int,
    fiber: int,
    zwarning: int = 0,
    thing_id: int = -1,
    ra_deg: float = np.nan,
    dec_deg: float = np.nan,
) -> None:
    """Write one spectrum.

    ``f_lambda`` is in erg/s/cm²/Å, ``ivar`` its inverse variance in units of (1e-17 erg/s/cm²/Å)^−2 (0: bad
    pixel), the wavelength in Å, vacuum. As in SDSS's files, ``thing_id`` is −1 where no source was matched;
    the position is that of the fibre.
    """
    header = fits.Header({"PLATEID": plate, "MJD": mjd, "FIBERID": fiber})
    coadd = fits.BinTableHDU.from_columns(
        [
            fits.Column("flux", "E", array=f_lambda / SDSS_FLUX_CGS),
            fits.Column("loglam", "E", array=np.log10(wavelength_A)),
            fits.Column("ivar", "E", array=ivar),
        ],
        name="COADD",
    )
    record = fits.BinTableHDU.from_columns(
        [
            fits.Column("CLASS", "6A", array=[object_class]),
            fits.Column("Z", "E", array=[z]),
            fits.Column("ZWARNING", "J", array=[zwarning]),
            fits.Column("PLATE", "J", array=[plate]),
            fits.Column("MJD", "J", array=[mjd]),
            fits.Column("FIBERID", "J", array=[fiber]),
            fits.Column("THING_ID", "J", array=[thing_id]),
            fits.Column("PLUG_RA", "D", unit="deg", array=[ra_deg]),
            fits.Column("PLUG_DEC", "D", unit="deg", array=[dec_deg]),
        ],
        name="SPECOBJ",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.HDUList([fits.PrimaryHDU(header=header), coadd, record]).writeto(path, overwrite=True)


def boss_noise(wavelength_A: FloatArray, f_lambda: FloatArray) -> FloatArray:
    """Return a BOSS-like 1σ error of f_λ: a background that is worse at both ends, and 2 % of the flux."""
    blue = 1.2 * np.exp(-(wavelength_A - 3600.0) / 250.0)
    red = 0.3 * np.maximum((wavelength_A - 8000.0) / 2000.0, 0.0)
    background = (0.25 + blue + red) * SDSS_FLUX_CGS
    noise: FloatArray = np.hypot(background, 0.02 * f_lambda)
    return noise


def write_synthetic_library(
    folder: Path, n: int, population: QuasarPopulation, rng: np.random.Generator
) -> None:
    """Write ``n`` synthetic quasars with BOSS-like coverage and noise as ``spec-*.fits`` into ``folder``."""
    frame, spectra = population.draw_spectra(n, rng)
    r_mag = rng.uniform(*LIBRARY_R_MAG, n)
    scale = flux_of_magnitude_ujy(r_mag) / flux_of_magnitude_ujy(frame["r_mag"].to_numpy())
    ra_deg, dec_deg = rng.uniform(0.0, 360.0, n), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    for row, z in enumerate(frame["z"]):
        true = np.interp(BOSS_WAVELENGTH_A, WAVELENGTH_A, spectra[row] * scale[row])
        sigma = boss_noise(BOSS_WAVELENGTH_A, true)
        ivar = (SDSS_FLUX_CGS / sigma) ** 2
        ivar[rng.random(ivar.size) < LOST_PIXELS] = 0.0
        plate, fiber = FIRST_PLATE + row // FIBERS_PER_PLATE, 1 + row % FIBERS_PER_PLATE
        write_spec_file(
            folder / spec_file_name(plate, MJD, fiber),
            wavelength_A=BOSS_WAVELENGTH_A,
            f_lambda=true + sigma * rng.normal(size=true.size),
            ivar=ivar,
            z=float(z),
            object_class="QSO",
            plate=plate,
            mjd=MJD,
            fiber=fiber,
            ra_deg=ra_deg[row],
            dec_deg=dec_deg[row],
        )
