"""What the report says of baselines follows from the intervals."""

from __future__ import annotations

from typing import Any

import pytest

from lensfinder.report.baselines import baselines_verdict


def pair(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    return {"auc_difference": value, "auc_difference_interval": {"low": low, "high": high, "level": 0.95}}


WON, LOST, OPEN = pair(0.2, 0.1, 0.3), pair(-0.2, -0.3, -0.1), pair(0.01, -0.02, 0.04)


def test_that_all_is_beaten_is_said_shortly() -> None:
    against = {name: {"total_magnitude": WON, "boosted_trees": WON} for name in ("one", "two")}
    told = "In ROC AUC every network beats total magnitude and boosted trees."
    assert baselines_verdict(against) == told


def test_every_network_that_does_not_beat_a_baseline_is_named_with_its_interval() -> None:
    against = {
        "one": {"total_magnitude": WON, "boosted_trees": LOST},
        "two": {"total_magnitude": WON, "boosted_trees": OPEN},
        "three": {"total_magnitude": WON, "boosted_trees": WON},
    }
    assert baselines_verdict(against) == (
        "In ROC AUC (difference and its 95 % interval), worse than boosted trees: "
        "one (−0.2000 [−0.3000, −0.1000]); "
        "not shown to beat boosted trees: two (+0.0100 [−0.0200, +0.0400])."
    )


@pytest.mark.parametrize("of", [pair(0.1, 0.0, 0.2), pair(None, None, None)])
def test_what_is_not_wholly_above_zero_does_not_beat(of: dict[str, Any]) -> None:
    assert "not shown to beat boosted trees: one" in baselines_verdict({"one": {"boosted_trees": of}})
