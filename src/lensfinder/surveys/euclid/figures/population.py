"""Figure of a simulated population: distributions of what an astronomer knows how to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.figures.style import log_x, new_figure, series, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANELS = (
    ("theta_e_arcsec", "Einstein radius θ$_E$ [arcsec]", False),
    ("z_lens", "deflector redshift", False),
    ("z_source", "source redshift", False),
    ("mag_lens", "deflector VIS [AB mag]", False),
    ("mag_source", "source VIS, unlensed [AB mag]", False),
    ("deflector_r_eff_arcsec", "deflector half-light radius [arcsec]", True),
    ("source_r_eff_arcsec", "source half-light radius [arcsec]", True),
    ("sigma_v_km_s", "deflector σ$_v$ [km/s]", False),
    ("mag_eff", "effective magnification μ$_{eff}$", True),
    ("n_pix_source", "n$_{pix}$ of the sources", True),
    ("arc_snr", "arc S/N", True),
    ("bulge_fraction", "bulge fraction of the deflector", False),
)
_BINS = 40
_WIDE = 30.0
"""Beyond this ratio of its ends a logarithmic axis has no room for three numbers a decade."""


def population_figure(catalogue: pd.DataFrame) -> Figure:
    """Histograms, as densities, of stamps with a source behind: all, test lenses, and weighted to the sky.

    Parameters
    ----------
    catalogue
        Rows of the Euclid track's catalogue, simulated ones.
    """
    lensed = catalogue[catalogue["kind"] == "lensed_source"]
    lenses = lensed[lensed["label"] == 1]
    groups = (
        (f"source behind ({len(lensed):,})", lensed, None),
        (f"lenses of the test rule ({len(lenses):,})", lenses, None),
        ("source behind, weighted to the sky", lensed, "sampling_weight"),
    )
    with styled():
        figure, panels = new_figure(12, 8.4, 3, 4)
        for panel, (column, label, log) in zip(panels, _PANELS, strict=True):
            shown = lensed[column].to_numpy(dtype=np.float64)
            shown = shown[np.isfinite(shown) & ((shown > 0) | (not log))]
            if shown.size < _BINS:
                panel.remove()
                continue
            low, high = np.quantile(shown, [0.001, 0.999])
            edges = np.geomspace(low, high, _BINS) if log else np.linspace(low, high, _BINS)
            for (name, rows, weight), (colour, dash, _) in zip(groups, series(len(groups)), strict=True):
                panel.hist(
                    rows[column],
                    bins=edges.tolist(),
                    weights=None if weight is None else rows[weight],
                    density=True,
                    histtype="step",
                    color=colour,
                    ls=dash,
                    label=name,
                )
            panel.set_xlabel(label)
            panel.set_yticks([])
            if log:
                log_x(panel, (1, 3) if high / low > _WIDE else (1, 2, 5))
        figure.suptitle(f"simulated population, {len(catalogue):,} stamps", x=0.01, ha="left")
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="upper right", ncols=3)
    return figure
