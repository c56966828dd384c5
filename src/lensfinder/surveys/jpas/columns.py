"""Columns of the J-PAS track's tables: the catalogue, its populations and the splits."""

from __future__ import annotations

from collections.abc import Sequence

from lensfinder.datasets.scores import Columns, score_columns
from lensfinder.datasets.splits import split_columns
from lensfinder.datasets.table import Column

IMAGES_MAX = 5
"""Images of one source that the catalogue holds: a softened elliptical lens makes no more."""

GALAXY_COLUMNS = {
    "galaxy_id": Column("str", "", "unique name of the galaxy"),
    "tile": Column("int32", "", "sky tile the galaxy belongs to"),
    "sample": Column("str", "", "train or test: sample of the tile"),
    "ra_deg": Column("float64", "deg", "right ascension"),
    "dec_deg": Column("float64", "deg", "declination"),
    "type": Column("str", "", "early or late"),
    "z": Column("float64", "", "redshift"),
    "r_mag": Column("float64", "mag(AB)", "apparent magnitude in rSDSS"),
    "r_abs_mag": Column("float64", "mag(AB)", "absolute magnitude in rSDSS, rest frame"),
    "r_eff_arcsec": Column("float64", "arcsec", "half-light radius along the geometric-mean axis"),
    "sersic_n": Column("float64", "", "Sérsic index"),
    "axis_ratio": Column("float64", "", "axis ratio of the light, minor/major"),
    "pa_deg": Column("float64", "deg", "position angle of the light, from +x towards +y"),
    "sigma_v_km_s": Column("float64", "km / s", "velocity dispersion"),
    "theta_g_arcsec": Column("float64", "arcsec", "core radius θ_G of the mass"),
    "mass_axis_ratio": Column("float64", "", "axis ratio of the mass"),
    "mass_pa_deg": Column("float64", "deg", "position angle of the mass, from +x towards +y"),
    "shear_1": Column("float64", "", "external shear γ₁"),
    "shear_2": Column("float64", "", "external shear γ₂"),
    "template": Column("str", "", "template spectrum or mixture"),
}

QUASAR_COLUMNS = {
    "quasar_id": Column("str", "", "name of the quasar; draws of one real quasar share it"),
    "spectrum_id": Column("str", "", "unique name of the draw; of a real quasar, its file and a number"),
    "tile": Column("int32", "", "sky tile the quasar belongs to"),
    "sample": Column("str", "", "train or test: sample of the tile"),
    "ra_deg": Column("float64", "deg", "right ascension"),
    "dec_deg": Column("float64", "deg", "declination"),
    "source": Column("str", "", "synthetic or sdss"),
    "z": Column("float64", "", "redshift"),
    "r_mag": Column("float64", "mag(AB)", "unlensed apparent magnitude in rSDSS"),
    "i_abs_mag": Column("float64", "mag(AB)", "absolute magnitude M_i(z=2)"),
    "filled_fraction": Column("float64", "", "fraction of the bands filled from the synthetic template"),
    "bal": Column("bool", "", "has broad absorption lines"),
}

NEIGHBOUR_COLUMNS = {
    "object_id": Column("str", "", "object in whose stamp it lies"),
    "type": Column("str", "", "galaxy or star"),
    "r_mag": Column("float64", "mag(AB)", "apparent magnitude in rSDSS"),
    "x_arcsec": Column("float64", "arcsec", "position in the stamp, from its centre"),
    "y_arcsec": Column("float64", "arcsec", "position in the stamp, from its centre"),
    "z": Column("float64", "", "redshift; NaN of stars"),
    "r_eff_arcsec": Column("float64", "arcsec", "half-light radius along the geometric-mean axis"),
    "sersic_n": Column("float64", "", "Sérsic index"),
    "axis_ratio": Column("float64", "", "axis ratio"),
    "pa_deg": Column("float64", "deg", "position angle, from +x towards +y"),
    "star_g_i": Column("float64", "mag", "SDSS colour g − i of a star; NaN of galaxies"),
}

CATALOGUE_COLUMNS = {
    "object_id": Column("str", "", "unique and stable name of the object"),
    "sample": Column("str", "", "train or test: the two samples share no tile"),
    "tile": Column("int32", "", "sky tile of the galaxy and the quasar"),
    "kind": Column("str", "", "lensed_quasar, quasar_near_galaxy or quasar_alone"),
    "label": Column("int8", "", "1 for a lensed quasar, else 0"),
    "galaxy_id": Column("str", "", "galaxy of the system; empty for a quasar alone"),
    "quasar_id": Column("str", "", "quasar of the system"),
    "spectrum_id": Column("str", "", "spectrum of the quasar at its magnitude"),
    "z_lens": Column("float64", "", "redshift of the galaxy"),
    "z_source": Column("float64", "", "redshift of the quasar"),
    "galaxy_type": Column("str", "", "early or late; empty for a quasar alone"),
    "galaxy_r_mag": Column("float64", "mag(AB)", "galaxy magnitude in rSDSS"),
    "galaxy_r_eff_arcsec": Column("float64", "arcsec", "galaxy half-light radius"),
    "galaxy_sersic_n": Column("float64", "", "galaxy Sérsic index"),
    "galaxy_axis_ratio": Column("float64", "", "galaxy axis ratio (light)"),
    "galaxy_pa_deg": Column("float64", "deg", "galaxy position angle (light)"),
    "sigma_v_km_s": Column("float64", "km / s", "galaxy velocity dispersion"),
    "theta_e_arcsec": Column("float64", "arcsec", "θ_E of galaxy and quasar; 0 where the quasar is in front"),
    "theta_g_arcsec": Column("float64", "arcsec", "core radius θ_G"),
    "mass_axis_ratio": Column("float64", "", "axis ratio of the mass"),
    "mass_pa_deg": Column("float64", "deg", "position angle of the mass"),
    "shear_1": Column("float64", "", "external shear γ₁"),
    "shear_2": Column("float64", "", "external shear γ₂"),
    "galaxy_x_arcsec": Column("float64", "arcsec", "galaxy position in the stamp, from its centre"),
    "galaxy_y_arcsec": Column("float64", "arcsec", "galaxy position in the stamp, from its centre"),
    "source_x_arcsec": Column("float64", "arcsec", "unlensed quasar position, from the galaxy"),
    "source_y_arcsec": Column("float64", "arcsec", "unlensed quasar position, from the galaxy"),
    "quasar_r_mag": Column("float64", "mag(AB)", "unlensed quasar magnitude in rSDSS"),
    "quasar_r_mag_observed": Column(
        "float64", "mag(AB)", "rSDSS magnitude of all quasar images together, lensed only by the model"
    ),
    "n_images": Column("int8", "", "images of the quasar, the demagnified central one included"),
    "n_bright_images": Column("int8", "", "images with |μ| ≥ 0.1"),
    "magnification": Column("float64", "", "Σ|μ| over all images"),
    "separation_arcsec": Column(
        "float64", "arcsec", "largest separation of bright images (lensed); galaxy to quasar (pair)"
    ),
    **{
        f"image_{i}_{name}": column
        for i in range(1, IMAGES_MAX + 1)
        for name, column in {
            "x_arcsec": Column("float64", "arcsec", "image position in the stamp; images by falling |μ|"),
            "y_arcsec": Column("float64", "arcsec", "image position in the stamp"),
            "magnification": Column("float64", "", "signed magnification, negative at saddles"),
        }.items()
    },
    "n_neighbours": Column("int16", "", "unrelated galaxies and stars whose centre is in the stamp"),
    "neighbour_r_mag": Column("float64", "mag(AB)", "rSDSS magnitude of the brightest; NaN for none"),
    "snr_median": Column("float64", "", "median over bands of quasar flux over 1σ in a 3 arcsec aperture"),
    "psf_fwhm_median_arcsec": Column("float64", "arcsec", "median over bands of the PSF's FWHM"),
}

SPLIT_COLUMNS = split_columns("a lensed quasar")


def flux_columns(bands: Sequence[str]) -> dict[str, Column]:
    """Columns that hold one flux per band."""
    return {f"flux_{band}": Column("float64", "uJy", f"flux in {band}") for band in bands}


COLUMNS = Columns(
    catalogue=CATALOGUE_COLUMNS,
    scores=score_columns(
        {
            "tile": Column("int32", "", "sky tile"),
            "galaxy_id": Column("str", "", "galaxy of the system; empty for none"),
        }
    ),
)
