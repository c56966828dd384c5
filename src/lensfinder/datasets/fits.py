"""What the FITS exports of the surveys share: which rows, and how an image is described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from astropy.io import fits

from lensfinder.errors import UserError


def rows_of(path: Path, catalogue: pd.DataFrame, object_ids: Sequence[str]) -> list[int]:
    """Return the row of each object.

    Raises
    ------
    UserError
        If an object is not in the catalogue, which was read from ``path``.
    """
    row_of = {name: row for row, name in enumerate(catalogue["object_id"])}
    unknown = [name for name in object_ids if name not in row_of]
    if unknown:
        raise UserError(
            f"{path}: no object_id {', '.join(unknown)}; the first are "
            f"{', '.join(catalogue['object_id'][:3])}"
        )
    return [row_of[name] for name in object_ids]


def make_folder(out: Path) -> None:
    """Make the folder of an export.

    Raises
    ------
    UserError
        If that is not possible.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out}: cannot be made a folder ({error.strerror}); choose another") from None


def describe_object(header: fits.Header, object_id: str, origin: str) -> None:
    """Write an object's name and what made its images."""
    header["OBJECT"] = (object_id, "object_id in the catalogue")
    header["ORIGIN"] = ("lensfinder", origin)


def describe_image(
    header: fits.Header, unit: str, axes: Mapping[int, tuple[str, int]], pixel_scale_arcsec: float
) -> None:
    """Write unit and linear coordinates: arcsec from the stamp's centre.

    Parameters
    ----------
    axes
        Name and number of pixels of the spatial axes, by their number in FITS.
    """
    header["BUNIT"] = (unit, "flux per pixel, sky subtracted")
    header["PIXSCALE"] = (pixel_scale_arcsec, "[arcsec] pixel scale")
    for number, (axis, pixels) in axes.items():
        header[f"CTYPE{number}"] = (f"OFFSET_{axis.upper()}", "offset from the stamp's centre")
        header[f"CUNIT{number}"] = "arcsec"
        header[f"CRPIX{number}"] = 0.5 * (pixels + 1)
        header[f"CRVAL{number}"] = 0.0
        header[f"CDELT{number}"] = pixel_scale_arcsec
