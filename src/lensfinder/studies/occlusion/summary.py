"""What hidden light shows, in words that follow from the tables of :mod:`.measures`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from lensfinder.typing import FloatArray

CENTRE_ARCSEC = 2.0
"""Places nearer to the middle of the stamp than this are called its centre."""

_METHOD = (
    "The light of one band, or of one place in all bands, is set to 0 in the cube; each model gets what it "
    "reads of that cube, and its loss (mean binary cross-entropy) on the same test objects, as many of each "
    "kind, is compared with that of the whole cube. What the loss rises by is what the model takes from "
    "there and from nowhere else: light that other light replaces does not count."
)


def occlusion_words(bands: pd.DataFrame, places: pd.DataFrame, level: float) -> str:
    """Say which bands and places matter to each model, and whether the models agree.

    ``level`` is that of the intervals.
    """
    models = list(dict.fromkeys(bands["model"]))
    paragraphs = [
        _METHOD,
        *(_bands(model, bands[bands["model"] == model], level) for model in models),
        *(_places(model, places[places["model"] == model], level) for model in models),
    ]
    if len(models) > 1:
        paragraphs.append(_agreement(models[0], models[1], bands, places))
    return "\n\n".join(paragraphs)


def _bands(model: str, of: pd.DataFrame, level: float) -> str:
    rise, low, high = (_numbers(of, name) for name in ("loss_increase", "interval_low", "interval_high"))
    above = int((low > 0).sum())
    text = (
        f"**{model}**, bands: with the whole cube the loss is {_numbers(of, 'loss')[0]:.4f}. For {above} of "
        f"{len(of)} bands the interval of the rise lies above zero, where about "
        f"{0.5 * (1 - level) * len(of):.1f} would by chance."
    )
    if not above:
        return f"{text} No single band is seen to be needed."
    strongest = int(rise.argmax())
    return (
        f"{text} The rise is largest without {of['band'].iloc[strongest]} "
        f"({_numbers(of, 'wavelength_aa')[strongest]:.0f} Å): {_signed(rise[strongest])} "
        f"({_signed(low[strongest])} to {_signed(high[strongest])})."
    )


def _places(model: str, of: pd.DataFrame, level: float) -> str:
    centre = np.hypot(_numbers(of, "x_arcsec"), _numbers(of, "y_arcsec")) < CENTRE_ARCSEC
    rise = np.maximum(_numbers(of, "loss_increase"), 0.0)
    above = int((_numbers(of, "interval_low") > 0).sum())
    below = int((_numbers(of, "interval_high") < 0).sum())
    text = (
        f"**{model}**, places: for {above} of {len(of)} the interval lies above zero, for {below} below it "
        f"(light that misleads), where about {0.5 * (1 - level) * len(of):.1f} each would by chance."
    )
    if rise.sum() == 0:
        return text
    return (
        f"{text} Of the rises, added up over places, {100 * rise[centre].sum() / rise.sum():.0f} % come from "
        f'the {int(centre.sum())} places within {CENTRE_ARCSEC:g}" of the centre, '
        f"{100 * centre.mean():.0f} % of the stamp."
    )


def _agreement(first: str, second: str, bands: pd.DataFrame, places: pd.DataFrame) -> str:
    correlations = []
    for words, table in (("bands", bands), ("places", places)):
        one, two = (_numbers(table[table["model"] == model], "loss_increase") for model in (first, second))
        if np.ptp(one) > 0 and np.ptp(two) > 0:
            correlations.append(f"{_signed(stats.spearmanr(one, two).statistic, 2)} over {words}")
    if not correlations:
        return f"One of {first} and {second} does not react to hidden light at all."
    return (
        f"How much {first} and {second} react to the same hidden light has a rank correlation of "
        f"{' and '.join(correlations)} (1: they look at the same light; noise of the rises draws it to 0)."
    )


def _numbers(table: pd.DataFrame, column: str) -> FloatArray:
    return np.asarray(table[column], dtype=np.float64)


def _signed(value: float, digits: int = 4) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")
