"""What networks look at: how much their loss rises where a band or a place of the cube is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lensfinder.evaluation import intervals
from lensfinder.evaluation.intervals import Groups
from lensfinder.params import Judging
from lensfinder.typing import AnyArray, FloatArray

OBJECTS_PER_KIND = 130
"""Test objects of each kind that are judged again for every hidden region: a curve in a minute."""

PATCH_PIXELS = 5
"""Side of a hidden place, 1.1": as wide as the seeing."""

REPORTED_BY = "ablations"
"""Study in whose pipeline and report the outcome is."""

BANDS_FILE, PLACES_FILE, FIGURE_FILE = "occlusion_bands.csv", "occlusion_places.csv", "occlusion.png"
"""Names of the tables and of the figure, in the study's report folder."""

SCORE_MARGIN = 1e-7
"""Scores are kept this far from 0 and 1, as in the loss of the training: a sure mistake costs 16, not ∞."""

_STREAM = 0x6F63636C
"""Spawn key of the sample's random stream."""


def balanced_sample(kind: AnyArray, per_kind: int, seed: int) -> AnyArray:
    """Draw as many objects of each kind; return their positions in ``kind`` (n,), in order.

    At most ``per_kind``, and no more than there are of the rarest kind.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM,)))
    names, counts = np.unique(np.asarray(kind, dtype=str), return_counts=True)
    n = min(per_kind, int(counts.min()))
    drawn = [rng.choice(np.flatnonzero(kind == name), n, replace=False) for name in names]
    return np.sort(np.concatenate(drawn))


def cross_entropy(label: AnyArray, score: AnyArray) -> FloatArray:
    """Binary cross-entropy (..., n) of each object, in nat: −ln of the probability given to its class."""
    right = np.where(np.asarray(label) == 1, score, 1.0 - np.asarray(score, dtype=np.float64))
    loss: FloatArray = -np.log(np.clip(right, SCORE_MARGIN, 1 - SCORE_MARGIN))
    return loss


def loss_increase(
    label: AnyArray, whole: AnyArray, hidden: AnyArray, groups: Groups, judging: Judging, seed: int
) -> pd.DataFrame:
    """Rise of the mean cross-entropy with each of r regions hidden, with its bootstrap interval.

    Parameters
    ----------
    label
        Of the n objects.
    whole, hidden
        Scores (n,) of the whole cubes and (r, n) of those with a region hidden.
    groups, seed
        What the bootstrap draws; the same for all networks, so that they are compared draw by draw.

    Returns
    -------
    Table of r rows: ``loss`` of the whole cubes, ``loss_increase``, ``interval_low``, ``interval_high``.
    """
    loss = cross_entropy(label, whole)
    rise = cross_entropy(label, hidden) - loss

    def statistic(weight: FloatArray) -> dict[str, FloatArray]:
        return {"rise": weight @ rise.T / weight.sum(axis=1, keepdims=True)}

    draws = intervals.bootstrap(statistic, groups, judging.bootstrap_samples, seed)["rise"]
    low, high = intervals.percentile_interval(draws, judging.interval_level)
    return pd.DataFrame(
        {
            "loss": loss.mean(),
            "loss_increase": rise.mean(axis=1),
            "interval_low": low,
            "interval_high": high,
        }
    )


def band_table(
    rises: Mapping[str, pd.DataFrame], bands: Sequence[str], wavelength_aa: FloatArray
) -> pd.DataFrame:
    """Name the regions of single bands: one row a model and band; ``rises`` by model."""
    return _of_models(rises, {"band": bands, "wavelength_aa": wavelength_aa})


def place_table(rises: Mapping[str, pd.DataFrame], pixels: int, pixel_scale_arcsec: float) -> pd.DataFrame:
    """Name the regions of patches by their middles, from the stamp's centre: one row a model and patch."""
    starts = np.arange(0, pixels, PATCH_PIXELS)
    middle = (starts + 0.5 * (PATCH_PIXELS - pixels)) * pixel_scale_arcsec
    y, x = np.meshgrid(middle, middle, indexing="ij")
    return _of_models(rises, {"y_arcsec": y.ravel(), "x_arcsec": x.ravel()})


def _of_models(
    rises: Mapping[str, pd.DataFrame], regions: Mapping[str, AnyArray | Sequence[str]]
) -> pd.DataFrame:
    tables = []
    for model, rise in rises.items():
        named = pd.DataFrame({"model": [model] * len(rise), **regions})
        tables.append(pd.concat([named, rise.reset_index(drop=True)], axis=1))
    return pd.concat(tables, ignore_index=True)
