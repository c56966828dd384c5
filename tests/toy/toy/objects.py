"""How objects look, how the two models are compared, and what the report says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lensfinder.evaluation.comparison import compare, resolve
from lensfinder.evaluation.intervals import object_groups
from lensfinder.evaluation.tables import Axis
from lensfinder.params import Model
from lensfinder.report.report import ReportText
from lensfinder.report.verdict import verdict
from lensfinder.surveys.comparison import Results
from lensfinder.surveys.objects import SurveyObjects
from lensfinder.workspace.paths import SurveyPaths
from toy.params import Toy

OBJECTS = SurveyObjects(
    reference="stamps",
    kind_of=lambda rows: rows["kind"].to_numpy(),
    kind_names={"pair": "two bright pixels", "single": "one bright pixel"},
    spread_columns={"pair": "flux_ujy", "single": "flux_ujy"},
    caption_fields=(("flux_ujy", "{:.1f} µJy"),),
    completeness_axes=(Axis("flux_ujy", "flux of a pixel [µJy]"),),
    groups_of=lambda rows, catalogue: object_groups(len(rows)),
    painter=lambda tables, images: lambda of: np.clip(np.repeat(of[0][..., :1], 3, axis=2) / 20.0, 0, 1),
    pixel_scale_arcsec=lambda params: 1.0,
)


class ToyComparison:
    """The first model against the second."""

    def order(self, models: Mapping[str, Model]) -> list[str]:
        """As in the parameters."""
        return list(models)

    def facts(self, paths: SurveyPaths) -> Path:
        """The gate's outcome."""
        return paths.validation

    def compare(self, results: Results) -> dict[str, Any]:
        """On the same objects."""
        judging = results.params.section(Toy).judging
        pair = compare(*results.models.values(), results.scatters, judging)
        resolve([pair], judging.interval_level)
        return pair

    def figures(self, results: Results, comparison: Mapping[str, Any], paths: SurveyPaths) -> dict[str, Any]:
        """None of its own."""
        return {}

    def report_text(self, results: Results, comparison: Mapping[str, Any]) -> ReportText:
        """The verdict, and little else."""
        first, second = results.metrics.values()
        return ReportText(
            title="Toy: does width help?",
            objects="toy objects",
            verdict=verdict(comparison, (first, second), ("the narrow network", "the wide network")),
            compared=f"{comparison['n_test']} test objects.",
            talk={},
            talk_note="Nobody has published toys.",
            sections=(),
            intervals="Objects share nothing.",
        )


COMPARISON = ToyComparison()
