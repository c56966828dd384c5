"""What differs between the surveys' cross-validations: which models are compared, and what they are called.

Pairs are fixed before anything is measured: the best of several would be chosen by luck, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lensfinder.evaluation.measures import Confusion
from lensfinder.params import Model

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class CvQuestion:
    """What is asked of the models of one survey.

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
    asked
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
    asked: str
    talk: Mapping[str, Confusion]
    talk_note: str
