"""What is particular to judging the J-PAS track."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lensfinder.evaluation.intervals import Groups, sky_groups
from lensfinder.evaluation.on_sky import OnSky
from lensfinder.evaluation.tables import Axis
from lensfinder.figures.colours import colour_image
from lensfinder.surveys.jpas.bands import read_wavelengths
from lensfinder.surveys.jpas.kinds import KIND_NAMES, SPREAD_COLUMNS
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.objects import Painter, SurveyObjects
from lensfinder.typing import AnyArray
from lensfinder.workspace.jsonfiles import read_json


def _groups_of(rows: pd.DataFrame, catalogue: pd.DataFrame) -> Groups:
    quasar = catalogue["quasar_id"].to_numpy()[rows["row"].to_numpy()]
    return sky_groups(rows["tile"].to_numpy(), rows["galaxy_id"].to_numpy(), quasar)


def _on_sky(rows: pd.DataFrame, catalogue: pd.DataFrame, paths: JpasPaths) -> OnSky:
    density, kind = read_json(paths.densities), rows["kind"].to_numpy()
    names, of, count = np.unique(kind, return_inverse=True, return_counts=True)
    weight = (np.array([density[name] for name in names]) / count)[of]
    shared = [catalogue[name].to_numpy()[rows["row"].to_numpy()] for name in ("galaxy_id", "quasar_id")]
    return OnSky(weight, "a deg²", shared)


def _painter(tables: Path, images: Sequence[AnyArray]) -> Painter:
    (cubes,) = images
    wavelength_aa = read_wavelengths(tables, cubes.shape[-1])
    return lambda of: colour_image(of[0], wavelength_aa)


OBJECTS = SurveyObjects(
    reference="cube",
    kind_of=lambda rows: rows["kind"].to_numpy(),
    kind_names=KIND_NAMES,
    spread_columns=SPREAD_COLUMNS,
    caption_fields=(
        ("theta_e_arcsec", 'θE {:.2f}"'),
        ("separation_arcsec", 'sep {:.1f}"'),
        ("quasar_r_mag_observed", "r {:.1f}"),
    ),
    completeness_axes=(
        Axis("theta_e_arcsec", "Einstein radius θ$_E$ [arcsec]"),
        Axis("separation_arcsec", "largest image separation [arcsec]"),
        Axis("quasar_r_mag_observed", "quasar r, all images [AB mag]"),
        Axis("snr_median", "quasar S/N, median over bands", log=True),
        Axis("z_source", "quasar redshift"),
        Axis("z_lens", "lens redshift"),
    ),
    groups_of=_groups_of,
    painter=_painter,
    on_sky=_on_sky,
    pixel_scale_arcsec=lambda params: params.section(Jpas).observation.pixel_scale_arcsec,
)
