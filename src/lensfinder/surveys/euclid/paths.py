"""Files that only the Euclid track has."""

from __future__ import annotations

from dataclasses import dataclass

from lensfinder.surveys.euclid.representations import STAMPS
from lensfinder.workspace.paths import At, SurveyPaths


@dataclass(frozen=True)
class EuclidPaths(SurveyPaths):
    """Files of the Euclid track."""

    survey: str = "euclid"

    vis = At(f"{{root}}/{STAMPS.forms[0].file}")
    """VIS stamps, ``(n, y, x, 1)``."""
    nisp = At(f"{{root}}/{STAMPS.forms[1].file}")
    """Y, J and H stamps, ``(n, y, x, 3)``."""
    selection = At("{root}/metrics/euclid/selection.json")
    """Sizes of the selected sets."""
