"""Export of Euclid stamps in the layout of the second lens-finding challenge."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from lensfinder.datasets.chunks import in_threads
from lensfinder.datasets.fits import describe_image, describe_object, make_folder, rows_of
from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.params import SAMPLES
from lensfinder.progress import Progressing
from lensfinder.surveys.euclid.bands import read_euclid_bands
from lensfinder.surveys.euclid.challenge.catalogue import write_challenge_catalogue
from lensfinder.surveys.euclid.challenge.images import image_bytes, image_name
from lensfinder.surveys.euclid.challenge.layout import MAGGY, UJY_PER_MAGGY
from lensfinder.surveys.euclid.columns import BANDS, CATALOGUE_COLUMNS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.typing import AnyArray

CATALOGUE_NAME = "catalogue.csv"
_CHUNK = 64
_ORIGINS = {"simulated": "simulated, not observed", "imported": "imported, not simulated by lensfinder"}


def export_challenge(paths: EuclidPaths, object_ids: Sequence[str], sample: str | None, out: Path) -> Path:
    """Write objects as ``EUC_<BAND>/imageEUC_<BAND>-<ID>.fits`` and ``catalogue.csv``; return the latter.

    Pixels are maggies in float32: multiplied by 3.631e9 and rounded to float16 they are the dataset's own
    µJy to the bit. The catalogue is written last: a folder without one is not complete.

    Parameters
    ----------
    object_ids, sample
        Single objects, or a whole sample ("train" or "test"): one of the two.

    Raises
    ------
    UserError
        If not exactly one of the two is given; if an object or a sample is not in the catalogue; if two
        objects have one image number; if a file of the dataset is missing.
    """
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    rows = _chosen(paths.catalogue, catalogue, object_ids, sample)
    _check_numbers(catalogue.iloc[rows])
    vis, nisp = open_images(paths.vis), open_images(paths.nisp)
    bands = read_euclid_bands(paths.tables)
    scales = dict(zip(bands.names, bands.pixel_scale_arcsec, strict=True))
    stamps = {"VIS": vis[..., 0], **{band: nisp[..., i] for i, band in enumerate(BANDS[1:])}}
    templates = {band: _template(band, stamps[band].shape[1], scales[band]) for band in BANDS}
    for band in BANDS:
        make_folder((out / image_name(band, 0)).parent)
    lock = threading.Lock()
    with Progressing("export: stamps", len(rows), "stamps") as progress:

        def work(chunk: slice) -> None:
            for row in rows[chunk]:
                entry = catalogue.iloc[row]
                for band in BANDS:
                    content = _image_file(templates[band], stamps[band][row], entry)
                    (out / image_name(band, entry["ID"])).write_bytes(content)
            with lock:
                progress.advance(len(rows[chunk]))

        in_threads([slice(start, start + _CHUNK) for start in range(0, len(rows), _CHUNK)], work, workers=0)
    path = out / CATALOGUE_NAME
    write_challenge_catalogue(path, catalogue.iloc[rows])
    return path


def _chosen(path: Path, catalogue: pd.DataFrame, object_ids: Sequence[str], sample: str | None) -> list[int]:
    if bool(object_ids) == (sample is not None):
        raise UserError("name objects by their object_id, or a whole sample with --sample: one of the two")
    if sample is None:
        return rows_of(path, catalogue, list(dict.fromkeys(object_ids)))
    if sample not in SAMPLES:
        raise UserError(f"--sample {sample}: there are {' and '.join(SAMPLES)}")
    rows = np.flatnonzero(catalogue["sample"] == sample)
    if not len(rows):
        raise UserError(f"{path}: no object of sample {sample}")
    return [int(row) for row in rows]


def _check_numbers(chosen: pd.DataFrame) -> None:
    """Both samples may use the same image numbers, but files of one folder are named by them alone."""
    double = chosen[chosen["ID"].duplicated(keep=False)]
    if len(double):
        raise UserError(
            f"{' and '.join(double['object_id'][double['ID'] == double['ID'].iloc[0]])} have the same image "
            f"number, ID = {double['ID'].iloc[0]}: export each sample into a folder of its own"
        )


def _template(band: str, pixels: int, pixel_scale_arcsec: float) -> fits.Header:
    """Header of a band's images, its object still to be filled in."""
    header = fits.PrimaryHDU(np.zeros((pixels, pixels), np.float32)).header
    describe_object(header, "", "")
    header["ID"] = (0, "image number, ID in the catalogue")
    header["BAND"] = (band, "Euclid band")
    describe_image(header, MAGGY, {1: ("x", pixels), 2: ("y", pixels)}, float(pixel_scale_arcsec))
    header["MAGZERO"] = (0.0, "[mag] AB magnitude of flux 1")
    return header


def _image_file(template: fits.Header, image: AnyArray, entry: pd.Series) -> bytes:
    header = template.copy()
    describe_object(header, entry["object_id"], _ORIGINS[entry["origin"]])
    header["ID"] = int(entry["ID"])
    return image_bytes(header, image.astype(np.float64) / UJY_PER_MAGGY)
