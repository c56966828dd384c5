"""Reader of SDSS and BOSS spectra, ``spec-PLATE-MJD-FIBER.fits``, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from lensfinder.errors import UserError
from lensfinder.sky.sdss_identity import same_object, spectrum_name
from lensfinder.sky.sdss_redshifts import Redshift
from lensfinder.typing import AnyArray, FloatArray

FILE_PATTERN = "spec-*.fits"
"""Names of files; ``.gz`` may follow."""
SDSS_FLUX_CGS = 1e-17
"""Unit of the flux column in erg/s/cm²/Å."""

GOOD_PIXELS_MIN = 0.7
"""Part of the pixels that must have a positive inverse variance."""
COVERAGE_A = (5200.0, 8400.0)
"""Range every spectrum must cover: the bands r and i, which set its brightness and colour."""

ZWARNING_BITS = (
    "SKY",
    "LITTLE_COVERAGE",
    "SMALL_DELTA_CHI2",
    "NEGATIVE_MODEL",
    "MANY_OUTLIERS",
    "Z_FITLIMIT",
    "NEGATIVE_EMISSION",
    "UNPLUGGED",
    "BAD_TARGET",
    "NODATA",
)
"""Names of the bits of ZWARNING, from bit 0 (SDSS, "Bitmasks: ZWARNING")."""
HARMLESS_BIT = "MANY_OUTLIERS"
"""It "usually indicates a high signal-to-noise spectrum or broad emission lines" (ibid.)."""

DAMAGED = "damaged or truncated file"
OTHER_LAYOUT = "another layout than SDSS's"
WRONG_CLASS = "not a quasar"
NOT_FINITE = "fluxes that are not finite"
TOO_FEW_PIXELS = "too few good pixels"
DOUBTFUL = "doubtful redshift"
OUT_OF_RANGE = "redshift out of range"
TOO_SHORT = "does not cover the bands r and i"
OTHER_EPOCH = "another epoch of a quasar in use"

_FLUXES = ("FLUX", "LOGLAM", "IVAR")
_RECORD = ("Z", "CLASS")
_IDENTITY = ("ZWARNING", "THING_ID", "PLUG_RA", "PLUG_DEC", "RA", "DEC")
_BROKEN_HEADER = "Error validating header"
"""With these words astropy warns that it gives up, and passes over the rest of the file."""
_READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    zlib.error,
    fits.VerifyError,
)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """``f_lambda`` in erg/s/cm²/Å on a rising vacuum wavelength in Å; bad pixels are interpolated.

    ``snr`` is the median signal to noise of a good pixel.
    """

    spectrum_id: str
    z: float
    object_class: str
    wavelength_A: FloatArray
    f_lambda: FloatArray
    snr: float


@dataclass(frozen=True, eq=False)
class SpectrumFile:
    """What a file holds and what becomes of it.

    ``name`` is its path in the folder. ``thing_id`` is not positive, and the position (in degrees) NaN, where
    the file has none. ``spectrum`` is there if it could be read, of whatever it is. ``quasar_id`` is the name
    of the first file of the same object. ``reason`` is one of a few why the file is left out, or empty;
    ``blemish`` is what astropy found wrong in a header that could be read all the same.
    """

    name: str
    spectrum: Spectrum | None = None
    thing_id: int = 0
    ra_deg: float = np.nan
    dec_deg: float = np.nan
    quasar_id: str = ""
    reason: str = ""
    detail: str = ""
    blemish: str = ""

    @property
    def spectrum_id(self) -> str:
        """Return the file's name without folder and suffix."""
        return spectrum_name(self.name)

    @property
    def has_identity(self) -> bool:
        """Whether anything but its name could show that it is of the same object as another file."""
        return self.thing_id > 0 or np.isfinite(self.ra_deg)


@dataclass(frozen=True)
class ReadReport:
    """What came of reading a folder; ``unknown`` are names in the table of redshifts without a file."""

    folder: Path
    files: tuple[SpectrumFile, ...]
    unknown: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[SpectrumFile, ...]:
        """Return the files that are used: one for each quasar."""
        return tuple(file for file in self.files if not file.reason)

    @property
    def skipped(self) -> tuple[SpectrumFile, ...]:
        """Return the files that are left out."""
        return tuple(file for file in self.files if file.reason)

    def counts(self) -> dict[str, int]:
        """Return the number of files left out for each reason."""
        return dict(Counter(file.reason for file in self.skipped))

    def summary(self) -> str:
        """Return a text that names and counts what was left out, and what else is to be known."""
        lines = [
            f"{self.folder}: {len(self.files)} files, {len(self.used)} quasars, a spectrum of each is used; "
            f"{len(self.skipped)} file(s) left out"
        ]
        for reason, count in sorted(self.counts().items()):
            lines.append(f"  {count} × {reason}:")
            lines.extend(f"    {f.name}: {f.detail}" for f in self.skipped if f.reason == reason)
        blemished = [file for file in self.files if file.blemish and file.spectrum]
        if blemished:
            lines.append(f"  {len(blemished)} file(s) read in spite of a faulty header:")
            lines.extend(f"    {file.name}: {file.blemish}" for file in blemished)
        nameless = sum(file.spectrum is not None and not file.has_identity for file in self.files)
        if nameless:
            lines.append(
                f"  {nameless} file(s) with neither THING_ID nor position: each counts as its own object"
            )
        if self.unknown:
            names = ", ".join(self.unknown[:5]) + (" …" if len(self.unknown) > 5 else "")
            lines.append(f"  {len(self.unknown)} row(s) of the table of redshifts have no file: {names}")
        return "\n".join(lines)

    def listing(self) -> str:
        """Return a line for every file: its object, redshift, class, and whether it is used."""
        rows = [("file", "object", "THING_ID", "z", "class", "S/N", "")]
        for file in self.files:
            found = file.spectrum
            of_spectrum = (f"{found.z:.4f}", found.object_class, f"{found.snr:.1f}") if found else ("",) * 3
            thing_id = str(file.thing_id) if file.thing_id > 0 else ""
            rows.append((file.name, file.quasar_id, thing_id, *of_spectrum, file.reason or "used"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )


@dataclass(frozen=True)
class _Record:
    """What the pipeline says of a spectrum; see :class:`SpectrumFile` for what is not known."""

    redshift: Redshift
    zwarning: int
    thing_id: int
    ra_deg: float
    dec_deg: float


class _UnusableError(Exception):
    """A file that cannot be used, with reason and detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_spectrum(path: Path) -> Spectrum:
    """Read one file, whatever its class.

    One table must hold the columns flux (1e-17 erg/s/cm²/Å), loglam (log10 of the vacuum wavelength in Å) and
    ivar, another (SPECOBJ or SPALL) Z and CLASS, in capitals or not.

    Raises
    ------
    UserError
        If the file is damaged, truncated, of another layout, not finite or has too few good pixels.
    """
    file = _read(path, path.name, {}, None)
    if file.spectrum is None:
        raise UserError(f"{path}: {file.reason}: {file.detail}")
    return file.spectrum


def read_quasar_spectra(
    folder: Path, z_range: tuple[float, float], redshifts: Mapping[str, Redshift] | None = None
) -> ReadReport:
    """Read the ``spec-*.fits`` in and below a folder, plain or gzipped, in the order of their names.

    Left out are files that are damaged, of another layout, not finite, of another class than QSO, with a
    doubtful redshift (any bit of ZWARNING but MANY_OUTLIERS), outside ``z_range`` or too short. Of several
    usable files of one quasar that of the highest signal to noise is used. ``redshifts`` replaces redshift
    and class of the spectra that it names; their ZWARNING no longer counts.

    Raises
    ------
    UserError
        If the folder is missing or holds no such file.
    """
    if folder.is_file():
        raise UserError(f"{folder}: is a file; name the folder that holds {FILE_PATTERN} files")
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; looked for quasar spectra of SDSS, {FILE_PATTERN}, in it")
    paths = sorted(
        [*folder.rglob(FILE_PATTERN), *folder.rglob(f"{FILE_PATTERN}.gz")], key=lambda p: (p.name, str(p))
    )
    if not paths:
        raise UserError(
            f"{folder}: no file {FILE_PATTERN} or {FILE_PATTERN}.gz in it or below; "
            "looked for quasar spectra of SDSS"
        )
    redshifts = redshifts or {}
    files = [_read(path, path.relative_to(folder).as_posix(), redshifts, z_range) for path in paths]
    unknown = sorted(set(redshifts) - {file.spectrum_id for file in files})
    return ReadReport(folder, tuple(_one_epoch_each(files)), tuple(unknown))


def _one_epoch_each(files: Sequence[SpectrumFile]) -> list[SpectrumFile]:
    """Name the object of every file, and leave out all usable epochs of an object but the best."""
    objects = same_object(
        [file.spectrum_id for file in files],
        np.array([file.thing_id for file in files]),
        np.array([file.ra_deg for file in files]),
        np.array([file.dec_deg for file in files]),
    )
    name: dict[int, str] = {}
    best: dict[int, SpectrumFile] = {}
    for file, number in zip(files, objects, strict=True):
        name.setdefault(number, file.spectrum_id)
        if file.spectrum and not file.reason:
            other = best.get(number)
            if other is None or other.spectrum is None or file.spectrum.snr > other.spectrum.snr:
                best[number] = file
    named = []
    for file, number in zip(files, objects, strict=True):
        chosen = best.get(number, file)
        if not file.reason and file is not chosen:
            left_out = replace(file, reason=OTHER_EPOCH, detail=f"{chosen.name} is used")
        else:
            left_out = file
        named.append(replace(left_out, quasar_id=name[number]))
    return named


def _read(
    path: Path, name: str, redshifts: Mapping[str, Redshift], z_range: tuple[float, float] | None
) -> SpectrumFile:
    """Read a file; without ``z_range`` its class, redshift and coverage do not matter."""
    file = SpectrumFile(name)
    try:
        columns, record, blemish = _read_tables(path)
        file = replace(
            file, blemish=blemish, thing_id=record.thing_id, ra_deg=record.ra_deg, dec_deg=record.dec_deg
        )
        z, object_class = redshifts.get(file.spectrum_id, record.redshift)
        spectrum = _spectrum(file.spectrum_id, z, object_class, columns)
        file = replace(file, spectrum=spectrum)
        if z_range:
            _check_quasar(spectrum, 0 if file.spectrum_id in redshifts else record.zwarning, z_range)
    except _UnusableError as problem:
        return replace(file, reason=problem.reason, detail=problem.detail)
    return file


def _read_tables(path: Path) -> tuple[dict[str, FloatArray], _Record, str]:
    """Return the columns of the spectrum, the record on it, and the first blemish of a header."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AstropyWarning)
        try:
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            with fits.open(io.BytesIO(content)) as hdus:
                coadd, record = (_find_table(hdus, of) for of in (_FLUXES, _RECORD))
                for table, wanted in ((coadd, _FLUXES), (record, _RECORD)):
                    if table is None:
                        raise _no_table(wanted, hdus, len(content), caught)
                if not len(coadd.data) or not len(record.data):
                    raise _UnusableError(DAMAGED, "a table without rows")
                columns = {of: np.array(coadd.data[of], dtype=np.float64) for of in _FLUXES}
                known = {of.upper() for of in record.columns.names}
                values = {of: record.data[of][0] for of in (*_RECORD, *_IDENTITY) if of in known}
        except _READ_ERRORS as error:
            raise _UnusableError(DAMAGED, _first_line(error)) from None
    if columns["LOGLAM"].ndim != 1:
        raise _UnusableError(
            OTHER_LAYOUT, f"loglam is of shape {columns['LOGLAM'].shape}, not one pixel a row"
        )
    return columns, _record(values), _first_line(caught[0].message) if caught else ""


def _find_table(hdus: fits.HDUList, columns: Sequence[str]) -> Any:
    """Return the first table with these columns, in capitals or not; None if there is none."""
    for hdu in hdus:
        if isinstance(hdu, fits.BinTableHDU) and set(columns) <= {of.upper() for of in hdu.columns.names}:
            return hdu
    return None


def _no_table(
    columns: Sequence[str], hdus: fits.HDUList, n_bytes: int, caught: Sequence[warnings.WarningMessage]
) -> _UnusableError:
    """Say why there is no table with these columns: the file breaks off, or its layout is another one."""
    last = hdus[-1].fileinfo()
    end = last["datLoc"] + last["datSpan"]
    if end > n_bytes:
        return _UnusableError(DAMAGED, f"has {n_bytes} bytes, but its parts go on to {end}")
    for warning in caught:
        if _BROKEN_HEADER in str(warning.message):
            return _UnusableError(DAMAGED, _first_line(warning.message))
    held = "; ".join(map(_describe, hdus))
    return _UnusableError(OTHER_LAYOUT, f"no table with {', '.join(columns).lower()}; it holds {held}")


def _describe(hdu: Any) -> str:
    name = hdu.name or "no name"
    if isinstance(hdu, fits.BinTableHDU):
        return f"{name} (table: {', '.join(hdu.columns.names[:6])})"
    return f"{name} ({' × '.join(map(str, hdu.shape))})" if hdu.shape else f"{name} (empty)"


def _record(values: Mapping[str, Any]) -> _Record:
    """Take what is needed from the record; its position is that of the fibre, or else of the target."""
    try:
        ra, dec = (
            np.array([float(values.get(f"{prefix}{of}", np.nan)) for prefix in ("PLUG_", "")])
            for of in ("RA", "DEC")
        )
        redshift = Redshift(float(values["Z"]), str(values["CLASS"]).strip())
        zwarning, thing_id = (int(values.get(of, 0)) for of in ("ZWARNING", "THING_ID"))
    except (TypeError, ValueError) as error:
        raise _UnusableError(OTHER_LAYOUT, f"the record on the spectrum: {error}") from None
    placed = [*np.flatnonzero(np.isfinite(ra) & (np.abs(dec) <= 90)), None][0]
    at = (np.nan, np.nan) if placed is None else (float(ra[placed]), float(dec[placed]))
    return _Record(redshift, zwarning, thing_id, *at)


def _spectrum(spectrum_id: str, z: float, object_class: str, columns: Mapping[str, FloatArray]) -> Spectrum:
    flux, ivar, wavelength = columns["FLUX"], columns["IVAR"], 10 ** columns["LOGLAM"]
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
    snr = float(np.median(flux[good] * np.sqrt(ivar[good])))
    return Spectrum(spectrum_id, z, object_class, wavelength[part], filled, snr)


def _check_quasar(spectrum: Spectrum, zwarning: int, z_range: tuple[float, float]) -> None:
    if spectrum.object_class != "QSO":
        raise _UnusableError(WRONG_CLASS, f"CLASS is {spectrum.object_class!r}")
    doubts = [name for bit, name in enumerate(ZWARNING_BITS) if zwarning >> bit & 1 and name != HARMLESS_BIT]
    if doubts or zwarning >> len(ZWARNING_BITS):
        raise _UnusableError(
            DOUBTFUL, f"Z is {spectrum.z:.4f}, ZWARNING is {zwarning} ({', '.join(doubts) or 'unknown bit'})"
        )
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


def _positive_in(wavelength_A: FloatArray, f_lambda: AnyArray) -> bool:
    inside = (wavelength_A > COVERAGE_A[0]) & (wavelength_A < COVERAGE_A[1])
    return bool(np.median(f_lambda[inside]) > 0)


def _first_line(error: Exception | Warning | str) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
