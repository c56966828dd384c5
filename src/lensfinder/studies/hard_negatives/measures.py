"""False-positive rates on hard negatives: by kind, for each model, and how two models differ.

Objects of one tile share galaxies and quasars: headline intervals are bootstrapped over tiles, with the same
draws for all models. Wilson's intervals and McNemar's test take objects as independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lensfinder.errors import UserError
from lensfinder.evaluation import intervals
from lensfinder.evaluation.intervals import Groups
from lensfinder.evaluation.measures import ratio
from lensfinder.evaluation.metrics import bootstrap_interval, plain, wilson_interval
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, BoolArray, FloatArray

ALL = "all"
"""All kinds together."""


def false_positive_rates(
    kind: AnyArray,
    tile: AnyArray,
    scores: Mapping[str, FloatArray],
    kinds: tuple[str, ...],
    judging: Judging,
    seed: int,
) -> dict[str, Any]:
    """Count what each model calls a lens among objects of which none is one.

    Parameters
    ----------
    kind, tile
        Of every object, of shape (n,).
    scores
        Of every model, of shape (n,); the first two models are compared.
    kinds
        Kinds in the order shown.
    seed
        Of the bootstrap.

    Returns
    -------
    ``models``: for each model, of all kinds together and of each one ``n``, ``called_lens``, ``fpr`` with
    ``fpr_interval`` and ``fpr_wilson_interval``. ``differences``: for the same, first − second,
    ``fpr_difference`` with its paired interval, how many only the first and only the second calls a lens, and
    ``mcnemar_p``.
    """
    tiles, of = np.unique(np.asarray(tile), return_inverse=True)
    groups = Groups(of, "tile")
    members = {ALL: np.ones(len(of), dtype=bool), **{name: np.asarray(kind) == name for name in kinds}}
    called = {name: score >= judging.threshold for name, score in scores.items()}

    def statistic(weight: FloatArray) -> dict[str, FloatArray]:
        return {
            f"{model}/{name}": ratio(weight @ (wrong & member), weight @ member.astype(np.float64))
            for model, wrong in called.items()
            for name, member in members.items()
        }

    draws = intervals.bootstrap(statistic, groups, judging.bootstrap_samples, seed)
    first, second, *_ = called
    return {
        "n": len(of),
        "threshold": judging.threshold,
        "interval_unit": groups.unit,
        "interval_groups": len(tiles),
        "models": {
            model: {
                name: _rate(wrong[member], draws[f"{model}/{name}"], judging)
                for name, member in members.items()
            }
            for model, wrong in called.items()
        },
        "first": first,
        "second": second,
        "differences": {
            name: _difference(
                called[first][member],
                called[second][member],
                draws[f"{first}/{name}"] - draws[f"{second}/{name}"],
                judging,
            )
            for name, member in members.items()
        },
    }


def _rate(wrong: BoolArray, draws: FloatArray, judging: Judging) -> dict[str, Any]:
    n, n_wrong = len(wrong), int(wrong.sum())
    return {
        "n": n,
        "called_lens": n_wrong,
        "fpr": plain(n_wrong / n),
        "fpr_interval": bootstrap_interval(draws, judging),
        "fpr_wilson_interval": wilson_interval(n_wrong, n, judging),
    }


def _difference(first: BoolArray, second: BoolArray, draws: FloatArray, judging: Judging) -> dict[str, Any]:
    only_second, only_first, p_value = intervals.mcnemar_exact(~first, ~second)
    return {
        "fpr_difference": plain(first.mean() - second.mean()),
        "fpr_difference_interval": bootstrap_interval(draws, judging),
        "only_first_calls_lens": only_first,
        "only_second_calls_lens": only_second,
        "mcnemar_p": float(f"{p_value:.6g}"),
    }


def beside_ordinary(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Take from the models' own metrics what they make of the test part.

    Returns
    -------
    ``recall`` of each model with its intervals, without which a low false-positive rate says little, and
    ``ordinary_negatives``: false-positive rates of all negatives together and of each kind.

    Raises
    ------
    UserError
        If the metrics of a model lack them.
    """
    recall: dict[str, Any] = {}
    negatives: dict[str, Any] = {}
    for model, of in metrics.items():
        try:
            recall[model] = {
                name: of[name] for name in ("recall", "recall_interval", "recall_wilson_interval")
            }
            negatives[model] = {
                ALL: {
                    "n": of["fp"] + of["tn"],
                    "called_lens": of["fp"],
                    **{name: of[name] for name in ("fpr", "fpr_interval", "fpr_wilson_interval")},
                },
                **{
                    kind: {
                        "n": row["n"],
                        "called_lens": row["called_lens"],
                        "fpr": row["fraction"],
                        "fpr_wilson_interval": row["fraction_wilson_interval"],
                    }
                    for kind, row in of["called_lens_by_kind"].items()
                    if kind != "lensed_quasar"
                },
            }
        except KeyError as error:
            raise UserError(f"metrics of {model}: no entry {error}; evaluate the model again") from None
    return {"recall": recall, "ordinary_negatives": negatives}
