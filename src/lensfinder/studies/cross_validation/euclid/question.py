"""Is one of the training sets better than the first?"""

from __future__ import annotations

from collections.abc import Mapping

from lensfinder.params import Model
from lensfinder.studies.cross_validation.question import CvQuestion, Pairs


def _each_with_the_first(models: Mapping[str, Model]) -> Pairs:
    first, *others = models
    return [(name, first) for name in others]


QUESTION = CvQuestion(
    title="Lensed galaxies in Euclid, cross-validated: which training set?",
    leak_title="Lensed galaxies in Euclid: what a random split pretends",
    objects="stamps",
    fold="stamps, which share nothing",
    pairs=_each_with_the_first,
    labels=lambda models: {name: name for name in models},
    asked=(
        "One training per set cannot tell what the set does from what another training would do; "
        "cross-validation"
    ),
    talk={},
    talk_note="The talk gives no confusion counts for this track.",
)
