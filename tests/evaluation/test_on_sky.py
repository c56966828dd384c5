"""Purity on the sky: each kind at its own number, and no certainty where no false positive was seen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta
from support.project import PARAMS

from lensfinder.evaluation.evaluated import Evaluated, evaluate_scores
from lensfinder.evaluation.intervals import independent_objects, object_groups, rate_bound
from lensfinder.evaluation.on_sky import OnSky, sky_metrics
from lensfinder.params import read_params

JUDGING = read_params(PARAMS).jpas.judging
DENSITY = {"lens": 0.05, "pair": 5.0, "alone": 200.0}


def evaluated_with(called: dict[str, int], n: dict[str, int]) -> Evaluated:
    """So many of the objects of each kind are called lenses."""
    kind = np.repeat(list(n), list(n.values()))
    score = np.concatenate([np.arange(of) < called[name] for name, of in n.items()]) * 0.8 + 0.1
    part = pd.DataFrame({"kind": kind, "label": (kind == "lens").astype(int), "score": score})
    scores = pd.concat([part.assign(part="validation"), part.assign(part="test")], ignore_index=True)
    return evaluate_scores("network", scores, lambda rows: object_groups(len(rows)), JUDGING, 1)


def on_sky(of: Evaluated, density: dict[str, float] = DENSITY) -> OnSky:
    kind = of.rows["kind"]
    return OnSky((kind.map(density) / kind.map(kind.value_counts())).to_numpy(), "a deg²")


def measured(of: Evaluated, sky: OnSky) -> dict:
    return sky_metrics(of, of.rows["kind"].to_numpy(), sky, JUDGING, 1)


def test_kinds_are_mixed_as_on_the_sky() -> None:
    of = evaluated_with({"lens": 380, "pair": 20, "alone": 1}, {"lens": 400, "pair": 400, "alone": 200})
    whole = measured(of, on_sky(of))
    found = whole["fixed"]
    true, false = 0.05 * 380 / 400, 5.0 * 20 / 400 + 200 / 200
    assert found["recall"] == pytest.approx(380 / 400)
    assert found["fpr"] == pytest.approx(false / 205)
    assert found["purity"] == pytest.approx(true / (true + false), abs=1e-8)
    assert found["purity_interval"]["low"] < found["purity"] < found["purity_interval"]["high"]
    assert found["fpr_bounds"] == {}
    assert {name: kind["number"] for name, kind in whole["kinds"].items()} == pytest.approx(DENSITY)
    # As many of each kind as in the test set: plain precision.
    same = measured(of, OnSky(np.ones(len(of.rows)), "of the objects"))["fixed"]
    assert same["purity"] == pytest.approx(float(of.value["precision"]), abs=1e-8)


def test_no_false_positive_is_no_certainty() -> None:
    n = {"lens": 400, "pair": 400, "alone": 200}
    of = evaluated_with({"lens": 400, "pair": 0, "alone": 0}, n)
    found = measured(of, on_sky(of))["fixed"]
    level = JUDGING.interval_level
    bounds = {name: beta.ppf(0.5 + 0.5 * level, 1, n[name]) for name in ("pair", "alone")}
    assert found["fpr_bounds"] == pytest.approx(bounds, abs=1e-7)
    false = sum(DENSITY[name] * bound for name, bound in bounds.items())
    assert found["purity"] == found["purity_interval"]["high"] == 1.0
    assert found["purity_interval"]["low"] == pytest.approx(0.05 / (0.05 + false), abs=1e-7)
    assert found["fpr_interval"]["high"] == pytest.approx(false / 205, abs=1e-7)
    # One kind without a false positive: the interval holds what the other kind scatters, and this bound.
    some = evaluated_with({"lens": 400, "pair": 8, "alone": 0}, n)
    mixed = measured(some, on_sky(some))["fixed"]
    assert list(mixed["fpr_bounds"]) == ["alone"]
    pairs_only = DENSITY["pair"] * 8 / 400
    assert mixed["purity"] == pytest.approx(0.05 / (0.05 + pairs_only), abs=1e-7)
    assert mixed["purity_interval"]["low"] < 0.05 / (0.05 + pairs_only + 200 * bounds["alone"])


def test_what_is_never_found_has_no_purity() -> None:
    of = evaluated_with({"lens": 0, "pair": 0, "alone": 0}, {"lens": 20, "pair": 20, "alone": 20})
    found = measured(of, on_sky(of))["fixed"]
    assert found["purity"] is None
    assert found["recall"] == 0.0


def test_a_kind_that_the_sky_does_not_have_bounds_nothing() -> None:
    of = evaluated_with({"lens": 20, "pair": 0, "alone": 0}, {"lens": 20, "pair": 20, "alone": 20})
    found = measured(of, on_sky(of, {**DENSITY, "pair": 0.0}))["fixed"]
    assert list(found["fpr_bounds"]) == ["alone"]


def test_shared_galaxies_leave_fewer_independent_objects() -> None:
    weight = np.ones(6)
    galaxy, quasar = np.array(list("aaabbc")), np.array(list("123456"))
    assert independent_objects(weight, []) == 6.0
    assert independent_objects(weight, [galaxy, quasar]) == pytest.approx(36 / (9 + 4 + 1))
    # Nobody shares the galaxy that is not there.
    assert independent_objects(weight, [np.array(["", "", "", "a", "a", "b"])]) == pytest.approx(36 / (3 + 5))
    # A stamp that stands for most of the sky counts nearly alone.
    assert independent_objects(np.array([100.0, 1, 1, 1]), []) == pytest.approx(103**2 / 10003)
    assert float(rate_bound(36 / 14, 0.95)) > float(rate_bound(6, 0.95))


def test_every_operating_point_is_there() -> None:
    of = evaluated_with({"lens": 15, "pair": 2, "alone": 1}, {"lens": 20, "pair": 20, "alone": 20})
    found = measured(of, on_sky(of))
    for name in ("recall", "fpr", "purity"):
        assert found["validation"][name] == found["fixed"][name]
    undefined = dataclasses.replace(of, validation_threshold=float("nan"))
    assert measured(undefined, on_sky(of))["validation"]["purity"] is None
