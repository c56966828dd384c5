"""Shortcuts: single numbers that tell the classes apart where nothing physical makes them differ.

A network finds any such number. So each is asked what it is worth alone: the area under the ROC curve (AUC)
of lenses against the others, which must be compatible with ½ for the numbers that a survey names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata, t

from lensfinder.multiplicity import holm
from lensfinder.typing import AnyArray, BoolArray, FloatArray, IntArray

P_MIN = 0.01
"""A gated number fails with a smaller p-value: of a hundred honest datasets one is refused."""


@dataclass(frozen=True)
class Gated:
    """A number that must say nothing, what a sentence calls it, and how far from ½ its AUC is no fault."""

    number: str
    words: str
    tolerance: float = 0.0


def shortcuts_table(
    numbers: pd.DataFrame,
    label: AnyArray,
    stratum: AnyArray,
    cluster: AnyArray,
    gated: Sequence[Gated],
) -> pd.DataFrame:
    """Measure how well each number alone tells label 1 from label 0.

    Objects of one stratum are compared with each other only, so that samples with other fractions of lenses,
    or of another origin, make no difference.

    Parameters
    ----------
    numbers
        Shape (n, numbers). Objects without a finite value are left out of that number's AUC: a number that is
        given for a subset is compared within the subset.
    label
        1 or 0, of shape (n,).
    stratum, cluster
        Of shape (n,): the sample of each object, and what it shares with others; no cluster is in two strata.
    gated
        The numbers that must say nothing.

    Returns
    -------
    DataFrame
        A row per number that both classes have in some stratum, and per gated number that any object has:
        ``number``, ``n`` (objects compared), ``auc``, ``standard_error``, ``tolerance`` (NaN of those not
        gated), ``p_holm`` (two-sided, that the AUC lies within the tolerance of ½; Holm's correction over the
        gated numbers; NaN of those not gated) and ``gated``. Gated numbers come first, then the farthest from
        ½. A gated number that one class alone has can be compared with nothing: AUC NaN and p = 0.
    """
    positive, strata = np.asarray(label) == 1, pd.factorize(np.asarray(stratum))[0]
    clusters = pd.factorize(np.asarray(cluster))[0]
    tolerances = {of.number: of.tolerance for of in gated}
    rows = []
    for name in numbers:
        value = numbers[name].to_numpy(dtype=np.float64)
        given = np.isfinite(value)
        auc, error, freedom, n = stratified_auc(value[given], positive[given], strata[given], clusters[given])
        is_gated = name in tolerances
        if n == 0 and not (is_gated and given.any()):
            continue
        tolerance = tolerances.get(str(name), np.nan)
        p = p_value(auc, error, freedom, tolerance) if is_gated else np.nan
        rows.append((name, n, auc, error, tolerance, p, is_gated))
    columns = ["number", "n", "auc", "standard_error", "tolerance", "p_holm", "gated"]
    table = pd.DataFrame(rows, columns=columns)
    table["p_holm"] = holm(table["p_holm"].to_numpy(dtype=np.float64))
    order = np.lexsort((-(table["auc"] - 0.5).abs().to_numpy(), ~table["gated"].to_numpy(dtype=bool)))
    return table.iloc[order].reset_index(drop=True)


def stratified_auc(
    value: FloatArray, positive: BoolArray, stratum: IntArray, cluster: IntArray
) -> tuple[float, float, int, int]:
    """Return AUC, its standard error, degrees of freedom, and the number of objects compared.

    The mean over strata of :func:`clustered_auc`, weighted with their pairs of a positive and a negative; a
    stratum without any is left out. All NaN and 0 if none is left.
    """
    parts = []
    for one in np.unique(stratum):
        inside = stratum == one
        n_positive = int(positive[inside].sum())
        pairs = n_positive * (int(inside.sum()) - n_positive)
        if pairs:
            of_one = clustered_auc(value[inside], positive[inside], cluster[inside])
            parts.append((pairs, *of_one, int(inside.sum())))
    if not parts:
        return np.nan, np.nan, 0, 0
    pairs_of, auc, variance, clusters, n = (np.array(of, dtype=np.float64) for of in zip(*parts, strict=True))
    weight = pairs_of / pairs_of.sum()
    error = float(np.sqrt(weight**2 @ variance))
    return float(weight @ auc), error, max(int(clusters.sum()) - len(parts), 0), int(n.sum())


def clustered_auc(value: FloatArray, positive: BoolArray, cluster: IntArray) -> tuple[float, float, int]:
    """Return AUC, its variance where objects of a cluster are not independent, and the number of clusters.

    Placement values, the part of the other class that an object is above (ties count half), are summed by
    cluster (Obuchowski 1997, Biometrics 53, 567). The variance is NaN for fewer than two clusters of a class.
    """
    placement, (n_negative, n_positive) = _placements(value, positive), np.bincount(positive, minlength=2)
    auc = float(placement[positive].mean())
    groups, group = np.unique(cluster, return_inverse=True)
    sums, n_clusters = [], []
    for members in (positive, ~positive):
        centred = np.where(members, placement - auc, 0.0)
        sums.append(np.bincount(group, centred, minlength=groups.size))
        n_clusters.append(np.unique(group[members]).size)
    if min(n_clusters) < 2:
        return auc, np.nan, groups.size
    of_positive, of_negative = (
        n / (n - 1) * (of @ of) / size**2
        for n, of, size in zip(n_clusters, sums, (n_positive, n_negative), strict=True)
    )
    covariance = groups.size / (groups.size - 1) * (sums[0] @ sums[1]) / (n_positive * n_negative)
    return auc, float(max(of_positive + of_negative + 2 * covariance, 0.0)), groups.size


def _placements(value: FloatArray, positive: BoolArray) -> FloatArray:
    """Of a positive the part of negatives below it, of a negative the part of positives above it."""
    among_all, among_own = rankdata(value), np.empty(value.size)
    for members in (positive, ~positive):
        among_own[members] = rankdata(value[members])
    others = np.where(positive, (~positive).sum(), positive.sum())
    below: FloatArray = (among_all - among_own) / others
    return np.where(positive, below, 1 - below)


def p_value(auc: float, error: float, freedom: int, tolerance: float) -> float:
    """Two-sided p-value that an AUC lies within the tolerance of ½; 0 where there is no AUC.

    Student's t with one degree of freedom less than there are clusters: of few tiles the error is uncertain.
    """
    if np.isnan(auc):
        return 0.0
    excess = max(abs(auc - 0.5) - tolerance, 0.0)
    if excess == 0 or np.isnan(error):
        return 1.0
    return float(2 * t.sf(excess / error, freedom)) if error > 0 else 0.0
