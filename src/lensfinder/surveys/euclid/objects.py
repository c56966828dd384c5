"""What is particular to judging the Euclid track."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lensfinder.evaluation.intervals import Groups, object_groups
from lensfinder.evaluation.on_sky import OnSky
from lensfinder.evaluation.tables import Axis
from lensfinder.figures.colours import stamp_image
from lensfinder.surveys.euclid.columns import KINDS
from lensfinder.surveys.objects import Painter, SurveyObjects
from lensfinder.typing import AnyArray
from lensfinder.workspace.paths import SurveyPaths

VIS_PIXEL_SCALE_ARCSEC = 0.1

LENSED_SOURCE, SOURCE_IN_FRONT, NO_SOURCE = KINDS


def _kind_of(rows: pd.DataFrame) -> AnyArray:
    # A source behind the deflector makes a lens or, if too little of it is seen, a non-lens.
    return np.where(rows["label"] == 1, "lens", rows["kind"])


def _groups_of(rows: pd.DataFrame, catalogue: pd.DataFrame) -> Groups:
    # No two stamps share a galaxy or a source: objects are drawn one by one.
    return object_groups(len(rows))


def _on_sky(rows: pd.DataFrame, catalogue: pd.DataFrame, paths: SurveyPaths) -> OnSky | None:
    weight = catalogue["sampling_weight"].to_numpy()[rows["row"].to_numpy()]
    # Only a simulation knows how probable its stamps are.
    return None if np.isnan(weight).any() else OnSky(weight / weight.sum(), "of the stamps")


def _painter(tables: Path, images: Sequence[AnyArray]) -> Painter:
    return lambda of: stamp_image(*of)


OBJECTS = SurveyObjects(
    reference="stamps",
    kind_of=_kind_of,
    kind_names={
        "lens": "lens",
        LENSED_SOURCE: "lensed, but no lens by the rule",
        SOURCE_IN_FRONT: "source in front",
        NO_SOURCE: "no source",
    },
    spread_columns={
        "lens": "n_pix_source",
        LENSED_SOURCE: "mag_eff",
        SOURCE_IN_FRONT: "n_pix_source",
        NO_SOURCE: "mag_lens",
    },
    caption_fields=(
        ("theta_e_arcsec", 'θE {:.2f}"'),
        ("n_pix_source", "n_pix {:.0f}"),
        ("mag_eff", "μ {:.1f}"),
    ),
    completeness_axes=(
        Axis("n_pix_source", "n$_{pix}$: VIS pixels of the source above 1σ", log=True),
        Axis("mag_eff", "effective magnification μ$_{eff}$", log=True),
        Axis("theta_e_arcsec", "Einstein radius θ$_E$ [arcsec]"),
        Axis("arc_snr", "S/N of the arcs in VIS", log=True),
        Axis("mag_lens", "deflector in VIS [AB mag]"),
        Axis("z_lens", "redshift of the deflector"),
    ),
    groups_of=_groups_of,
    painter=_painter,
    on_sky=_on_sky,
    pixel_scale_arcsec=lambda params: VIS_PIXEL_SCALE_ARCSEC,
)
