"""What networks read of a stamp: VIS and NISP, each an input of its own."""

from __future__ import annotations

from lensfinder.datasets.representation import InputForm, Representation

STAMPS = Representation(
    "stamps",
    (
        InputForm("vis", "datasets/euclid/images/vis.npy", False, 0.0018, pixels_per_shift=3),
        InputForm("nisp", "datasets/euclid/images/nisp.npy", False, 0.024),
    ),
    {"two_branch_cnn": "lensfinder.surveys.euclid.networks:two_branch_cnn"},
)
REPRESENTATIONS = {STAMPS.name: STAMPS}
