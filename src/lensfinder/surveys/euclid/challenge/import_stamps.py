"""Import of real files of the second lens-finding challenge, in place of a simulated dataset."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.utils.exceptions import AstropyWarning

from lensfinder.datasets.chunks import publish
from lensfinder.datasets.table import write_table
from lensfinder.errors import UserError
from lensfinder.params import SAMPLES, Params
from lensfinder.surveys.euclid.bands import read_euclid_bands
from lensfinder.surveys.euclid.challenge.import_images import kept_images, read_images
from lensfinder.surveys.euclid.challenge.import_source import Source
from lensfinder.surveys.euclid.challenge.layout import drawn_for_test, own_catalogue
from lensfinder.surveys.euclid.columns import BANDS, CATALOGUE_COLUMNS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.typing import AnyArray
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths


def import_challenge(
    paths: SurveyPaths,
    params: Params,
    folder: Path,
    catalogue: Path,
    test: tuple[Path, Path] | None = None,
    test_fraction: float = 0.5,
) -> None:
    """Make ``datasets/euclid/images`` from a folder of images and its catalogue.

    An ID without a usable image in every band or without one truth is left out: it is counted and named in a
    warning, and listed with the reason in ``import.json``. A killed import resumes where it was.

    Parameters
    ----------
    folder, catalogue
        Images and catalogue; the training sample, or both samples.
    test
        Images and catalogue of the test sample.
    test_fraction
        Without ``test``, the part of the rows that becomes the test sample.

    Raises
    ------
    UserError
        If a folder or a catalogue cannot be used, naming file, row, field and value; if one folder is to be
        both samples; if a sample would be empty; if more than half of a catalogue's IDs would be left out;
        if images have neither a unit nor noise.
    """
    if test is not None and test[0].resolve() == folder.resolve():
        raise UserError(f"{folder}: given for both the training and the test sample, which share no stamp")
    bands = read_euclid_bands(paths.tables)
    sigma_ujy = dict(zip(bands.names, bands.background_sigma_ujy, strict=True))
    with warnings.catch_warnings():
        # What astropy would say of every damaged image is in this import's own list.
        warnings.simplefilter("ignore", AstropyWarning)
        places = [(folder, catalogue)] if test is None else [(folder, catalogue), test]
        sources = [Source.open(*place, sigma_ujy) for place in places]
        for source in sources:
            print(source.description, flush=True)
        table, origins = _catalogue(sources, params, None if test else test_fraction)
        work = paths.work("import-euclid", _inputs_hash(sources, table, sigma_ujy))
        numbers, workers = table["ID"].to_numpy(), params.section(Euclid).simulation.workers
        unusable = read_images(work / "read", sources, origins, numbers, workers)
    for origin, source in enumerate(sources):
        of_source = {numbers[row]: why for row, why in unusable.items() if origins[row] == origin}
        source.leave_out("unusable_image", of_source)
    kept = np.setdiff1d(np.arange(len(table)), list(unusable))
    table = table.iloc[kept].reset_index(drop=True)
    for sample in SAMPLES:
        if not (table["sample"] == sample).any():
            raise UserError(f"no row of sample {sample!r} has a usable image in every band")
    ready = work / "dataset"
    kept_images(work / "read", ready, kept, len(numbers))
    write_table(ready / paths.catalogue.name, table, CATALOGUE_COLUMNS)
    write_json(
        ready / "import.json",
        {
            "samples": {sample: int((table["sample"] == sample).sum()) for sample in SAMPLES},
            "test_fraction": None if test else test_fraction,
            "sources": [source.record() for source in sources],
        },
    )
    publish(ready, paths.images_dir)
    shutil.rmtree(work)
    for source in sources:
        for line in source.warnings():
            print(f"import: warning: {line}", file=sys.stderr, flush=True)
    _say_what_is_next(paths, table)


def _catalogue(
    sources: list[Source], params: Params, test_fraction: float | None
) -> tuple[pd.DataFrame, AnyArray]:
    """Rows to be imported, all of the training sample first, by image number; and the source of each."""
    tables = []
    for origin, source in enumerate(sources):
        rows = source.rows
        if test_fraction is None:
            samples = np.full(len(rows), SAMPLES[origin])
        else:
            in_test = drawn_for_test(source.catalogue["ID"].to_numpy(), test_fraction, params.seed)
            samples = np.where(in_test, "test", "train")[rows.index]
        own = own_catalogue(rows, samples, source.units["VIS"].ujy, params.section(Euclid).selection)
        emptied = int((own["mag_eff"].isna() & rows["mag_eff"].notna()).sum())
        if emptied:
            print(f"import: mag_eff of {emptied} row(s) without a source is NaN now", flush=True)
        tables.append(own.assign(origin_index=origin))
    # "train" comes after "test" in the alphabet.
    table = pd.concat(tables).sort_values(["sample", "ID"], ascending=[False, True], ignore_index=True)
    return table[list(CATALOGUE_COLUMNS)], table["origin_index"].to_numpy()


def _inputs_hash(sources: list[Source], table: pd.DataFrame, sigma_ujy: dict[str, float]) -> str:
    """Hash of all that the images depend on: their files, their order and their units."""
    content = [
        [source.images.digest for source in sources],
        [sigma_ujy[band] for band in BANDS],
        table["object_id"].to_list(),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _say_what_is_next(paths: SurveyPaths, table: pd.DataFrame) -> None:
    counts = table.groupby("sample")["label"].value_counts()
    for sample in SAMPLES:
        of = {label: int(counts.get((sample, label), 0)) for label in (1, 0, -1)}
        print(
            f"import: sample {sample}: {sum(of.values())} stamps; by the rule of the test, {of[1]} lenses, "
            f"{of[0]} non-lenses, {of[-1]} neither"
        )
    print(
        f"import: wrote {paths.images_dir}, in place of the simulated dataset. "
        "Next, tell DVC and go on from it:\n"
        "  dvc commit -f simulate-euclid\n"
        "  dvc repro"
    )
