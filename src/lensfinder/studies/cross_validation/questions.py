"""What differs between the surveys' cross-validations: which models are compared, and what they are called.

Pairs are fixed before anything is measured: the best of several would be chosen by luck, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lensfinder.evaluation.measures import Confusion
from lensfinder.params import Model
from lensfinder.surveys.jpas.comparison import PAIR, TALK_NOTE, TALK_RESULTS

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class CvContest:
    """One survey.

    Attributes
    ----------
    title, leak_title
        Of the report, and of that on random folds.
    objects
        What the models are trained and tested on, in a few words that follow a number of objects.
    fold
        What a fold is a union of.
    pairs
        From the cross-validated models, first and second of each comparison; none if nothing can be compared.
    labels
        From the same, what readers call each.
    question
        What was open before; a sentence that ends on what was found follows its semicolon.
    talk, talk_note
        Published confusions, by model (may be empty), and what they are.
    """

    title: str
    leak_title: str
    objects: str
    fold: str
    pairs: Callable[[Mapping[str, Model]], Pairs]
    labels: Callable[[Mapping[str, Model]], dict[str, str]]
    question: str
    talk: Mapping[str, Confusion]
    talk_note: str


def cv_contest_of(survey: str) -> CvContest:
    """Return the cross-validation of a survey, by its name."""
    return {"jpas": JPAS, "euclid": EUCLID}[survey]


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


def _each_with_the_first(models: Mapping[str, Model]) -> Pairs:
    first, *others = models
    return [(name, first) for name in others]


JPAS = CvContest(
    title="Lensed quasars in J-PAS, cross-validated: full cube or two pseudo-spectra?",
    leak_title="Lensed quasars in J-PAS: what a random split pretends",
    objects="simulated objects",
    fold="sky tiles",
    pairs=_first_of_each_representation,
    labels=_by_representation,
    question=(
        "The talk left its comparison “pending of checking results with proper cross-validation”; on these "
        "simulated data cross-validation"
    ),
    talk=TALK_RESULTS,
    talk_note=TALK_NOTE,
)

EUCLID = CvContest(
    title="Lensed galaxies in Euclid, cross-validated: which training set?",
    leak_title="Lensed galaxies in Euclid: what a random split pretends",
    objects="stamps",
    fold="stamps, which share nothing",
    pairs=_each_with_the_first,
    labels=lambda models: {name: name for name in models},
    question=(
        "One training per set cannot tell what the set does from what another training would do; "
        "cross-validation"
    ),
    talk={},
    talk_note="The talk gives no confusion counts for this track.",
)
