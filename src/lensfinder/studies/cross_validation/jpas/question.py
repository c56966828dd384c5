"""Is the cube better, or the two pseudo-spectra?"""

from __future__ import annotations

from collections.abc import Mapping

from lensfinder.params import Model
from lensfinder.studies.cross_validation.question import CvQuestion, Pairs
from lensfinder.surveys.jpas.comparison import PAIR, TALK_NOTE, TALK_RESULTS


def _first_of_each_representation(models: Mapping[str, Model]) -> Pairs:
    firsts = [
        next((name for name, model in models.items() if model.representation == representation), None)
        for representation in PAIR
    ]
    first, second = firsts
    return [] if first is None or second is None else [(first, second)]


def _by_representation(models: Mapping[str, Model]) -> dict[str, str]:
    """Words for a representation, unless several models have it."""
    of = [model.representation for model in models.values()]
    return {
        name: PAIR[model.representation] if of.count(model.representation) == 1 else name
        for name, model in models.items()
    }


QUESTION = CvQuestion(
    title="Lensed quasars in J-PAS, cross-validated: full cube or two pseudo-spectra?",
    leak_title="Lensed quasars in J-PAS: what a random split pretends",
    objects="simulated objects",
    fold="sky tiles",
    pairs=_first_of_each_representation,
    labels=_by_representation,
    asked=(
        "The talk left its comparison “pending of checking results with proper cross-validation”; on these "
        "simulated data cross-validation"
    ),
    talk=TALK_RESULTS,
    talk_note=TALK_NOTE,
)
