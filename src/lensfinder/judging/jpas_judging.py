"""What is particular to judging the J-PAS track: axes of completeness, names, the talk's results."""

from __future__ import annotations

from lensfinder.judging.measures import Confusion
from lensfinder.judging.tables import Axis

COMPLETENESS_AXES = (
    Axis("theta_e_arcsec", "Einstein radius θ$_E$ [arcsec]"),
    Axis("separation_arcsec", "largest image separation [arcsec]"),
    Axis("quasar_r_mag_observed", "quasar r, all images [AB mag]"),
    Axis("snr_median", "quasar S/N, median over bands", log=True),
    Axis("z_source", "quasar redshift"),
    Axis("z_lens", "lens redshift"),
)

KIND_NAMES = {
    "lensed_quasar": "lensed quasar",
    "quasar_near_galaxy": "quasar near a galaxy",
    "quasar_alone": "quasar alone",
}

MODEL_NAMES = {"cube": "the cube", "pseudo_spectra": "the two pseudo-spectra"}

TALK_SOURCE = (
    "Manjón-García et al., talk “Using convolutional neural networks to identify strong lenses in Euclid "
    "and J-PAS” (in prep.; 29,136 training and 12,721 test objects, one split, no cross-validation)"
)

TALK_RESULTS = {
    "cube": Confusion.of(tp=4212, fp=39, fn=39, tn=8431),
    "pseudo_spectra": Confusion.of(tp=4201, fp=41, fn=50, tn=8429),
}
"""Counts printed in the talk, at p ≥ 0.5."""

CAPTION_FIELDS = (
    ("theta_e_arcsec", 'θE {:.2f}"'),
    ("separation_arcsec", 'sep {:.1f}"'),
    ("quasar_r_mag_observed", "r {:.1f}"),
)

SPREAD_COLUMNS = {
    "lensed_quasar": "theta_e_arcsec",
    "quasar_near_galaxy": "separation_arcsec",
    "quasar_alone": "quasar_r_mag_observed",
}
"""Quantity over which the examples of each kind are spread in the atlas."""
