"""Columns of the catalogue of hard negatives: what looks like a lensed quasar and is none."""

from __future__ import annotations

from lensfinder.datasets.table import Column

PARTS = (1, 2)
"""A galaxy and its star, ring or companion; two stars; two quasars."""

IMPOSTOR_COLUMNS = {
    "object_id": Column("str", "", "unique and stable name of the object"),
    "tile": Column("int32", "", "sky tile of galaxy and quasar; no tile of training or test"),
    "kind": Column("str", "", "star_near_galaxy, two_stars, quasar_pair, ring_galaxy or merger"),
    "label": Column("int8", "", "0: none is a lensed quasar"),
    "galaxy_id": Column("str", "", "galaxy of the object; empty for none"),
    "spectrum_id": Column("str", "", "spectrum of the first quasar of a pair; else empty"),
    "z_galaxy": Column("float64", "", "redshift of the galaxy, or of both of a merger"),
    "z_quasar": Column("float64", "", "redshift of the first quasar of a pair"),
    "pair_velocity_km_s": Column("float64", "km / s", "velocity of the second quasar against the first"),
    "theta_e_arcsec": Column(
        "float64", "arcsec", "θ_E of the lens whose place the object takes: same galaxy, images, magnitudes"
    ),
    **{
        f"part_{i}_{name}": column
        for i in PARTS
        for name, column in {
            "r_mag": Column("float64", "mag(AB)", "rSDSS magnitude of this part"),
            "x_arcsec": Column("float64", "arcsec", "position in the stamp, from its centre"),
            "y_arcsec": Column("float64", "arcsec", "position in the stamp, from its centre"),
            "star_g_i": Column("float64", "mag(AB)", "SDSS g − i if this part is a star"),
        }.items()
    },
    "separation_arcsec": Column("float64", "arcsec", "distance of the two parts; semi-major axis of a ring"),
    "ring_light_fraction": Column("float64", "", "of a ring galaxy's light in rSDSS"),
    "mimic_r_mag": Column(
        "float64", "mag(AB)", "rSDSS of what stands for quasar images: stars, quasars, ring, companion galaxy"
    ),
    "snr_median": Column("float64", "", "median over bands of that light over 1σ in a 3 arcsec aperture"),
    "psf_fwhm_median_arcsec": Column("float64", "arcsec", "median over bands of the PSF's FWHM"),
}
