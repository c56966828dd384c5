"""Columns of the Euclid track's catalogue, those of the second lens-finding challenge first."""

from __future__ import annotations

from lensfinder.datasets.scores import Columns, score_columns
from lensfinder.datasets.table import Column

BANDS = ("VIS", "Y", "J", "H")

KINDS = ("lensed_source", "source_in_front", "no_source")

CHALLENGE_COLUMNS = {
    "ID": Column("int64", "", "image number, as in the challenge's file names"),
    "z_lens": Column("float64", "", "redshift of the deflector"),
    "z_source": Column("float64", "", "redshift of the main source; NaN for none"),
    "mag_lens": Column("float64", "mag(AB)", "VIS magnitude of the deflector"),
    "mag_source": Column("float64", "mag(AB)", "unlensed VIS magnitude of the main source"),
    "ein_area": Column("float64", "rad2", "area inside the tangential critical curve; NaN for none"),
    "n_crit": Column("float64", "", "number of critical curves for the main source; 0 with no source behind"),
    "n_source_im": Column(
        "float64", "", "images of the main source's centre in the stamp with |μ| ≥ 0.1; 0 with no source"
    ),
    "n_pix_source": Column(
        "float64", "", "VIS pixels of the noise-free image of the sources alone above 1σ of the background"
    ),
    "n_pix_lens": Column("float64", "", "the same of the deflector alone"),
    "source_flux": Column("float64", "uJy", "VIS flux of the sources in those pixels"),
    "lens_flux": Column("float64", "uJy", "VIS flux of the deflector in those pixels"),
    "mag_eff": Column(
        "float64",
        "",
        "effective magnification μ_eff: Σ lensed / Σ unlensed VIS flux of the sources, over the whole plane; "
        "1 where nothing deflects them, NaN with no source",
    ),
    "n_gal_3": Column("float64", "", "neighbours within 3 arcsec of the deflector"),
    "n_gal_5": Column("float64", "", "neighbours within 5 arcsec of the deflector"),
    "n_gal_10": Column("float64", "", "neighbours within 10 arcsec of the deflector"),
    "n_sources": Column("float64", "", "number of sources"),
}
"""Columns whose meaning in the challenge's catalogue is known; floats, since any may be NaN there."""

TRUTH_COLUMNS = {
    "deflector_type": Column("str", "", "early or late"),
    "deflector_r_eff_arcsec": Column("float64", "arcsec", "half-light radius of the deflector"),
    "deflector_axis_ratio": Column("float64", "", "axis ratio of the deflector's light"),
    "deflector_x_arcsec": Column("float64", "arcsec", "deflector's position in the stamp, from its centre"),
    "deflector_y_arcsec": Column("float64", "arcsec", "deflector's position in the stamp, from its centre"),
    "bulge_fraction": Column("float64", "", "part of the deflector's VIS flux in the bulge"),
    "sigma_v_km_s": Column("float64", "km / s", "velocity dispersion of the deflector"),
    "theta_e_arcsec": Column("float64", "arcsec", "θ_E for the main source; 0 where it is in front"),
    "theta_g_arcsec": Column("float64", "arcsec", "core radius θ_G"),
    "mass_axis_ratio": Column("float64", "", "axis ratio of the mass"),
    "mass_pa_deg": Column("float64", "deg", "position angle of the mass, from +x towards +y"),
    "shear_1": Column("float64", "", "external shear γ₁"),
    "shear_2": Column("float64", "", "external shear γ₂"),
    "source_x_arcsec": Column("float64", "arcsec", "unlensed main source, from the deflector"),
    "source_y_arcsec": Column("float64", "arcsec", "unlensed main source, from the deflector"),
    "source_r_eff_arcsec": Column("float64", "arcsec", "half-light radius of the main source"),
    "n_clumps": Column("float64", "", "star-forming clumps of the main source"),
    "sampling_weight": Column(
        "float64",
        "",
        "probability of such a stamp on the sky, over the probability with which it was drawn",
    ),
}
"""What only a simulation knows; NaN or "" in an imported catalogue."""

CATALOGUE_COLUMNS = {
    "object_id": Column("str", "", "unique and stable name of the object"),
    "sample": Column("str", "", "train or test: independent samples"),
    "origin": Column("str", "", "simulated or imported"),
    "kind": Column("str", "", "lensed_source, source_in_front or no_source"),
    "label": Column("int8", "", "1 for a lens of the test, 0 for a non-lens, -1 for neither"),
    **CHALLENGE_COLUMNS,
    **TRUTH_COLUMNS,
    "arc_snr": Column(
        "float64", "", "VIS flux of the sources above 1σ over the noise of all light in those pixels"
    ),
}

SET_COLUMNS = {
    "object_id": Column("str", "", "name of the object"),
    "row": Column("int64", "", "its row in catalogue and images"),
    "label": Column("int8", "", "1 for a lens, 0 for a non-lens"),
    "kind": Column("str", "", "kind of object"),
    "part": Column("str", "", "train, validation or test"),
}
"""Columns of a selected set: of a training set, of the control, of "assessable 1"."""

OBJECT_ID_WIDTH = 7


def object_id(sample: str, index: int) -> str:
    """Name of an object: survey, sample and index, from which its random streams follow."""
    return f"euclid-{sample}-{index:0{OBJECT_ID_WIDTH}d}"


COLUMNS = Columns(catalogue=CATALOGUE_COLUMNS, scores=score_columns({}))
