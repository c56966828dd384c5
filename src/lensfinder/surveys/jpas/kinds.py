"""Kinds of object in the J-PAS track, as readers see them."""

from __future__ import annotations

KIND_NAMES = {
    "lensed_quasar": "lensed quasar",
    "quasar_near_galaxy": "quasar near a galaxy",
    "quasar_alone": "quasar alone",
}

SPREAD_COLUMNS = {
    "lensed_quasar": "theta_e_arcsec",
    "quasar_near_galaxy": "separation_arcsec",
    "quasar_alone": "quasar_r_mag_observed",
}
"""Quantity over which the examples of each kind are spread."""
