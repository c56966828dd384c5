"""Reader of SDSS and BOSS spectra, ``spec-PLATE-MJD-FIBER.fits``."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from lensfinder.errors import UserError
from lensfinder.typing import AnyArray, FloatArray

FILE_PATTERN = "spec-*.fits"
SDSS_FLUX_CGS = 1e-17
"""Unit of the flux column in erg/s/cm²/Å."""

GOOD_PIXELS_MIN = 0.7
"""Part of the pixels that must have a positive inverse variance."""
COVERAGE_A = (5200.0, 8400.0)
"""Range every spectrum must cover: the bands r and i, which set its brightness and colour."""

DAMAGED = "damaged or truncated file"
WRONG_CLASS = "not a quasar"
NOT_FINITE = "fluxes that are not finite"
TOO_FEW_PIXELS = "too few good pixels"
OUT_OF_RANGE = "redshift out of range"
TOO_SHORT = "does not cover the bands r and i"


@dataclass(frozen=True, eq=False)
class Spectrum:
    """``f_lambda`` in erg/s/cm²/Å on a rising vacuum wavelength in Å; bad pixels are interpolated."""

    spectrum_id: str
    z: float
    object_class: str
    wavelength_A: FloatArray
    f_lambda: FloatArray


@dataclass(frozen=True)
class SkippedFile:
    """A file that was not used, why (one of a few reasons) and what exactly was found."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True)
class ReadReport:
    """What came of reading a folder."""

    folder: Path
    n_read: int
    skipped: tuple[SkippedFile, ...]

    def counts(self) -> dict[str, int]:
        """Return the number of skipped files for each reason."""
        return dict(Counter(file.reason for file in self.skipped))

    def summary(self) -> str:
        """Return a text that names and counts what was skipped."""
        lines = [f"{self.folder}: {self.n_read} quasar spectra read, {len(self.skipped)} file(s) skipped"]
        for reason, count in sorted(self.counts().items()):
            lines.append(f"  {count} × {reason}:")
            lines.extend(f"    {f.name}: {f.detail}" for f in self.skipped if f.reason == reason)
        return "\n".join(lines)


class _UnusableError(Exception):
    """A file that cannot be used, with reason and detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_spectrum(path: Path) -> Spectrum:
    """Read one file, whatever its class.

    HDU 1 must hold the columns flux (1e-17 erg/s/cm²/Å), loglam (log10 of the vacuum wavelength in Å) and
    ivar, HDU 2 (SPECOBJ or SPALL) Z and CLASS.

    Raises
    ------
    UserError
        If the file is damaged, truncated, not finite or has too few good pixels.
    """
    try:
        return _read(path)
    except _UnusableError as problem:
        raise UserError(f"{path}: {problem.reason}: {problem.detail}") from None


def read_quasar_spectra(folder: Path, z_range: tuple[float, float]) -> tuple[list[Spectrum], ReadReport]:
    """Read the quasars among the ``spec-*.fits`` of a folder, in the order of their names.

    A file that is damaged, truncated, not finite, of another class than QSO, outside ``z_range`` or too short
    is left out and listed in the report.

    Raises
    ------
    UserError
        If the folder is missing, holds no such file, or holds no usable quasar.
    """
    if folder.is_file():
        raise UserError(f"{folder}: is a file; name the folder that holds {FILE_PATTERN} files")
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; looked for quasar spectra of SDSS, {FILE_PATTERN}, in it")
    paths = sorted(folder.glob(FILE_PATTERN))
    if not paths:
        raise UserError(f"{folder}: no file {FILE_PATTERN} in it; looked for quasar spectra of SDSS")
    spectra: list[Spectrum] = []
    skipped: list[SkippedFile] = []
    for path in paths:
        try:
            spectra.append(_check_quasar(_read(path), z_range))
        except _UnusableError as problem:
            skipped.append(SkippedFile(path.name, problem.reason, problem.detail))
    report = ReadReport(folder, len(spectra), tuple(skipped))
    if not spectra:
        raise UserError(
            f"none of the {len(paths)} files {FILE_PATTERN} is a usable quasar\n{report.summary()}"
        )
    return spectra, report


def _read(path: Path) -> Spectrum:
    try:
        with warnings.catch_warnings():
            # astropy only warns of a truncated file, and then reads what is there.
            warnings.simplefilter("error", AstropyWarning)
            with fits.open(path, memmap=False) as hdus:
                coadd, record = hdus[1].data, hdus[2].data
                flux, loglam, ivar = (
                    np.array(coadd[name], dtype=np.float64) for name in ("flux", "loglam", "ivar")
                )
                z, object_class = float(record["Z"][0]), str(record["CLASS"][0]).strip()
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, AstropyWarning) as error:
        raise _UnusableError(DAMAGED, _first_line(error)) from None
    wavelength = 10**loglam
    if not (np.isfinite(wavelength).all() and (np.diff(wavelength) > 0).all() and len(wavelength) > 1):
        raise _UnusableError(DAMAGED, "loglam does not rise from pixel to pixel")
    good = (ivar > 0) & np.isfinite(ivar)
    broken = good & ~np.isfinite(flux)
    if broken.any():
        raise _UnusableError(
            NOT_FINITE, f"{int(broken.sum())} of {flux.size} pixels with ivar > 0 hold NaN or infinity"
        )
    if good.mean() < GOOD_PIXELS_MIN:
        raise _UnusableError(TOO_FEW_PIXELS, f"{int(good.sum())} of {flux.size} pixels have ivar > 0")
    if not np.isfinite(z):
        raise _UnusableError(NOT_FINITE, f"Z is {z}")
    # Without good pixels at an end there is no spectrum there: interpolation must not become extrapolation.
    first, last = np.flatnonzero(good)[[0, -1]]
    part = slice(first, last + 1)
    filled = np.interp(wavelength[part], wavelength[good], flux[good]) * SDSS_FLUX_CGS
    return Spectrum(_spectrum_id(path), z, object_class, wavelength[part], filled)


def _check_quasar(spectrum: Spectrum, z_range: tuple[float, float]) -> Spectrum:
    if spectrum.object_class != "QSO":
        raise _UnusableError(WRONG_CLASS, f"CLASS is {spectrum.object_class!r}")
    if not z_range[0] <= spectrum.z <= z_range[1]:
        raise _UnusableError(
            OUT_OF_RANGE, f"Z is {spectrum.z:.4f}, quasars.redshift is {z_range[0]}–{z_range[1]}"
        )
    low, high = spectrum.wavelength_A[0], spectrum.wavelength_A[-1]
    if low > COVERAGE_A[0] or high < COVERAGE_A[1]:
        raise _UnusableError(
            TOO_SHORT, f"{low:.0f}–{high:.0f} Å, needed {COVERAGE_A[0]:.0f}–{COVERAGE_A[1]:.0f} Å"
        )
    if not _positive_in(spectrum.wavelength_A, spectrum.f_lambda):
        raise _UnusableError(TOO_FEW_PIXELS, "no positive flux in the bands r and i")
    return spectrum


def _positive_in(wavelength_A: FloatArray, f_lambda: AnyArray) -> bool:
    inside = (wavelength_A > COVERAGE_A[0]) & (wavelength_A < COVERAGE_A[1])
    return bool(np.median(f_lambda[inside]) > 0)


def _spectrum_id(path: Path) -> str:
    match = re.fullmatch(r"(spec-.+)\.fits", path.name)
    return match.group(1) if match else path.stem


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
