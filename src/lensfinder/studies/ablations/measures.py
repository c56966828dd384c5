"""What the ablations achieve, and what each is worse or better than: the content of ``ablations.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lensfinder.evaluation.comparison import compare, first_is_better, resolve, resolved, scatters_of
from lensfinder.evaluation.measure_table import COUNTS, compared
from lensfinder.evaluation.metrics import metrics_of
from lensfinder.evaluation.replicated import Replicated
from lensfinder.params import Judging, Model
from lensfinder.studies.ablations.params import Ablation
from lensfinder.typing import AnyArray

LEFT_OUT = ("f_beta", "tpr_at_0_fp", "tpr_at_10_fp")
"""Measures of comparisons that are not kept."""

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
    models: Mapping[str, Replicated],
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
    models
        Every ablation and every model that one is compared with, by name, on the same objects.
    kinds
        Kind (n,) of the test objects.
    definitions
        The network of each of ``models``.
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
    one, scatters = next(iter(models.values())).committee, scatters_of(models.values())
    measures = {
        name: _kept(metrics_of(of, kinds, scatters, judging))
        | {
            "input_bytes_per_object": bytes_per_object[name],
            "data_size_saving": whole_bytes / bytes_per_object[name],
        }
        for name, of in models.items()
    }
    comparisons = {}
    for name, ablation in ablations.items():
        for other in ablation.against:
            pair = _without_others(compare(models[name], models[other], scatters, judging))
            question = question_of(definitions[name], definitions[ablation.base])
            comparisons[f"{name}_against_{other}"] = {"question": question, **pair}
    resolve(list(comparisons.values()), judging.interval_level)
    for pair in comparisons.values():
        pair["outcome"] = outcome_of(pair)
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
    """Return whether the first model is better or worse where a difference in :data:`DECIDING` is resolved.

    :data:`OPEN` where none does, which is not to say that both are equal; :data:`MIXED` where they disagree.
    """
    first = {first_is_better(comparison, name) for name in DECIDING if resolved(comparison, name)}
    if not first:
        return OPEN
    if len(first) > 1:
        return MIXED
    return BETTER if first.pop() else WORSE


def _kept(metrics: Mapping[str, Any]) -> dict[str, Any]:
    names = ["replicas", "n_test", *COUNTS]
    for name in (name for name in compared() if name not in LEFT_OUT):
        names += [name, f"{name}_interval"]
    return {name: metrics[name] for name in names if name in metrics}


def _without_others(comparison: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in comparison.items()
        if not any(key.startswith(f"{name}_difference") for name in LEFT_OUT)
    }
