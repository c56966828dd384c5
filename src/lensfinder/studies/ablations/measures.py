"""What the ablations achieve, and what each is worse or better than: the content of ``ablations.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lensfinder.evaluation.comparison import DIFFERENCES, compare
from lensfinder.evaluation.evaluated import COUNTS, RATES, Judged
from lensfinder.evaluation.metrics import metrics_of
from lensfinder.params import Ablation, Judging, Model
from lensfinder.report.verdict import resolved
from lensfinder.typing import AnyArray

MEASURES = (
    *RATES,
    "auc",
    "average_precision",
    "f_beta_at_validation_threshold",
    "brier",
)
"""Measures that are kept of each model."""

DECIDING = ("accuracy", "auc")
"""Measures that decide whether a model is better or worse: at the fixed threshold, and over all."""

INFORMATION, NORMALISATION, AUGMENTATION = "information", "normalisation", "augmentation"
"""Questions that an ablation can ask."""

BETTER, WORSE, OPEN, MIXED = "better", "worse", "not resolved", "mixed"


def question_of(definition: Model, base: Model) -> str:
    """Return what the change from ``base`` to ``definition`` asks: the largest of its changes counts."""
    if definition.representation != base.representation:
        return INFORMATION
    if definition.normalisation != base.normalisation:
        return NORMALISATION
    return AUGMENTATION


def judge_ablations(
    judged: Mapping[str, Judged],
    kinds: AnyArray,
    ablations: Mapping[str, Ablation],
    definitions: Mapping[str, Model],
    bytes_per_object: Mapping[str, int],
    whole_bytes: int,
    judging: Judging,
) -> dict[str, Any]:
    """Measure all models and compare every ablation with those named by it.

    Parameters
    ----------
    judged
        Every ablation and every model that one is compared with, by name: on the same objects, with the same
        bootstrap draws.
    kinds
        Kind (n,) of the test objects.
    definitions
        The network of each of ``judged``.
    bytes_per_object
        What each of them reads of one object.
    whole_bytes
        Size of a whole cube.

    Returns
    -------
    ``measures`` by model, ``comparisons`` by ``<ablation>_against_<model>``; differences are ablation −
    model.

    Raises
    ------
    UserError
        If two models did not score the same test objects in the same order.
    """
    one = next(iter(judged.values()))
    measures = {
        name: _kept(
            metrics_of(of, kinds, judging, bytes_per_object[name], whole_bytes / bytes_per_object[name])
        )
        for name, of in judged.items()
    }
    comparisons = {}
    for name, ablation in ablations.items():
        for other in ablation.against:
            compared = _without_others(compare(judged[name], judged[other], judging))
            question = question_of(definitions[name], definitions[ablation.base])
            outcome = {"question": question, "outcome": outcome_of(compared)}
            comparisons[f"{name}_against_{other}"] = outcome | compared
    return {
        "n_test": len(one.rows),
        "n_lenses": int((one.test.label == 1).sum()),
        "threshold": judging.threshold,
        "interval_unit": one.groups.unit,
        "interval_groups": one.groups.count,
        "measures": measures,
        "comparisons": comparisons,
    }


def outcome_of(comparison: Mapping[str, Any]) -> str:
    """Return whether the first model is better or worse where an interval of :data:`DECIDING` excludes zero.

    :data:`OPEN` where none does, which is not to say that both are equal; :data:`MIXED` where they disagree.
    """
    signs = {comparison[f"{name}_difference"] > 0 for name in DECIDING if resolved(comparison, name)}
    if not signs:
        return OPEN
    if len(signs) > 1:
        return MIXED
    return BETTER if signs.pop() else WORSE


def _kept(metrics: Mapping[str, Any]) -> dict[str, Any]:
    names = ["n_test", *COUNTS]
    for name in MEASURES:
        names += [name, f"{name}_interval"]
        if name in RATES:
            names.append(f"{name}_wilson_interval")
    return {name: metrics[name] for name in (*names, "input_bytes_per_object", "data_size_saving")}


def _without_others(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out differences of measures that are not kept."""
    others = {f"{name}_difference" for name in DIFFERENCES if name not in MEASURES}
    return {key: value for key, value in comparison.items() if key.removesuffix("_interval") not in others}
