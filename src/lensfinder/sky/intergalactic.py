"""Transmission of the intergalactic medium."""

from __future__ import annotations

import numpy as np

from lensfinder.typing import FloatArray

LYMAN_LIMIT_A = 911.8

# Lyman series of Inoue et al. 2014 (MNRAS 442, 1805), table 2: wavelength in Å, and the coefficients of the
# optical depths of the Lyα forest (A_1, A_2, A_3 of eq. 21) and of damped systems (A_1, A_2 of eq. 22).
_LINES = np.array(
    [
        (1215.67, 1.690e-02, 2.354e-03, 1.026e-04, 1.617e-04, 5.390e-05),
        (1025.72, 4.692e-03, 6.536e-04, 2.849e-05, 1.545e-04, 5.151e-05),
        (972.537, 2.239e-03, 3.119e-04, 1.360e-05, 1.498e-04, 4.992e-05),
        (949.743, 1.319e-03, 1.837e-04, 8.010e-06, 1.460e-04, 4.868e-05),
        (937.803, 8.707e-04, 1.213e-04, 5.287e-06, 1.429e-04, 4.763e-05),
        (930.748, 6.178e-04, 8.606e-05, 3.752e-06, 1.402e-04, 4.672e-05),
        (926.226, 4.609e-04, 6.421e-05, 2.799e-06, 1.377e-04, 4.590e-05),
        (923.15, 3.569e-04, 4.971e-05, 2.167e-06, 1.355e-04, 4.516e-05),
        (920.963, 2.843e-04, 3.960e-05, 1.726e-06, 1.335e-04, 4.448e-05),
        (919.352, 2.318e-04, 3.229e-05, 1.407e-06, 1.316e-04, 4.385e-05),
        (918.129, 1.923e-04, 2.679e-05, 1.168e-06, 1.298e-04, 4.326e-05),
        (917.181, 1.622e-04, 2.259e-05, 9.847e-07, 1.281e-04, 4.271e-05),
        (916.429, 1.385e-04, 1.929e-05, 8.410e-07, 1.265e-04, 4.218e-05),
        (915.824, 1.196e-04, 1.666e-05, 7.263e-07, 1.250e-04, 4.168e-05),
        (915.329, 1.043e-04, 1.453e-05, 6.334e-07, 1.236e-04, 4.120e-05),
        (914.919, 9.174e-05, 1.278e-05, 5.571e-07, 1.222e-04, 4.075e-05),
        (914.576, 8.128e-05, 1.132e-05, 4.936e-07, 1.209e-04, 4.031e-05),
        (914.286, 7.251e-05, 1.010e-05, 4.403e-07, 1.197e-04, 3.989e-05),
        (914.039, 6.505e-05, 9.062e-06, 3.950e-07, 1.185e-04, 3.949e-05),
        (913.826, 5.868e-05, 8.174e-06, 3.563e-07, 1.173e-04, 3.910e-05),
        (913.641, 5.319e-05, 7.409e-06, 3.230e-07, 1.162e-04, 3.872e-05),
        (913.48, 4.843e-05, 6.746e-06, 2.941e-07, 1.151e-04, 3.836e-05),
        (913.339, 4.427e-05, 6.167e-06, 2.689e-07, 1.140e-04, 3.800e-05),
        (913.215, 4.063e-05, 5.660e-06, 2.467e-07, 1.130e-04, 3.766e-05),
        (913.104, 3.738e-05, 5.207e-06, 2.270e-07, 1.120e-04, 3.732e-05),
        (913.006, 3.454e-05, 4.811e-06, 2.097e-07, 1.110e-04, 3.700e-05),
        (912.918, 3.199e-05, 4.456e-06, 1.943e-07, 1.101e-04, 3.668e-05),
        (912.839, 2.971e-05, 4.139e-06, 1.804e-07, 1.091e-04, 3.637e-05),
        (912.768, 2.766e-05, 3.853e-06, 1.680e-07, 1.082e-04, 3.607e-05),
        (912.703, 2.582e-05, 3.596e-06, 1.568e-07, 1.073e-04, 3.578e-05),
        (912.645, 2.415e-05, 3.364e-06, 1.466e-07, 1.065e-04, 3.549e-05),
        (912.592, 2.263e-05, 3.153e-06, 1.375e-07, 1.056e-04, 3.521e-05),
        (912.543, 2.126e-05, 2.961e-06, 1.291e-07, 1.048e-04, 3.493e-05),
        (912.499, 2.000e-05, 2.785e-06, 1.214e-07, 1.040e-04, 3.466e-05),
        (912.458, 1.885e-05, 2.625e-06, 1.145e-07, 1.032e-04, 3.440e-05),
        (912.42, 1.779e-05, 2.479e-06, 1.080e-07, 1.024e-04, 3.414e-05),
        (912.385, 1.682e-05, 2.343e-06, 1.022e-07, 1.017e-04, 3.389e-05),
        (912.353, 1.593e-05, 2.219e-06, 9.673e-08, 1.009e-04, 3.364e-05),
        (912.324, 1.510e-05, 2.103e-06, 9.169e-08, 1.002e-04, 3.339e-05),
    ]
)

# Eqs. 21 and 22: τ = A_k (λ/λ_j)^p_k, where k goes with λ/λ_j, 1 + z of the absorber.
_FOREST_POWER, _FOREST_EDGES = np.array([1.2, 3.7, 5.5]), (2.2, 5.7)
_DAMPED_POWER, _DAMPED_EDGES = np.array([2.0, 3.0]), (3.0,)


def intergalactic_transmission(wavelength_A: FloatArray, z: FloatArray) -> FloatArray:
    """Return the mean transmission of the intergalactic medium, of shape ``(n, n_wave)``.

    The analytic model of Inoue et al. 2014 (MNRAS 442, 1805, eqs. 20–29): lines of the Lyman series and Lyman
    continuum, each of the Lyα forest and of damped systems. Its equations and table 2 were read in a public
    implementation (lbg_tools 1.7.0), whose values ours has.

    Parameters
    ----------
    wavelength_A
        Observed, rising, above the Lyman limit, of shape (n_wave,).
    z
        Redshifts, of shape (n,).
    """
    rest = wavelength_A / (1 + z[:, None])
    # What a line absorbs goes with the observed wavelength alone, if it absorbs at all: if λ_j > λ at rest.
    # Lines are sorted, so that the sum of those that do is a cumulative one.
    depths = np.vstack([np.zeros_like(wavelength_A), np.cumsum(_line_depths(wavelength_A), axis=0)])
    absorbing = np.searchsorted(-_LINES[:, 0], -rest, side="left")
    depth = depths[absorbing, np.arange(len(wavelength_A))]
    row, column = np.nonzero(rest < LYMAN_LIMIT_A)
    redshifted = wavelength_A[column] / LYMAN_LIMIT_A  # 1 + z of the absorber
    depth[row, column] += _forest_continuum_depth(redshifted, 1 + z[row])
    depth[row, column] += _damped_continuum_depth(redshifted, 1 + z[row])
    passed: FloatArray = np.exp(-depth)
    return passed


def _line_depths(wavelength_A: FloatArray) -> FloatArray:
    """Return the optical depth of each line, (n_lines, n_wave)."""
    redshifted = wavelength_A / _LINES[:, :1]
    line = np.arange(len(_LINES))[:, None]
    forest = np.searchsorted(_FOREST_EDGES, redshifted, side="right")
    damped = np.searchsorted(_DAMPED_EDGES, redshifted, side="right")
    depth = _LINES[line, 1 + forest] * redshifted ** _FOREST_POWER[forest]
    depth += _LINES[line, 4 + damped] * redshifted ** _DAMPED_POWER[damped]
    return np.where(redshifted > 1, depth, 0.0)


def _forest_continuum_depth(w: FloatArray, source: FloatArray) -> FloatArray:
    """Return τ of the Lyα forest's continuum (eqs. 25–27) at λ/λ_L, for sources of 1 + z."""
    near = 0.325 * (w**1.2 - source**-0.9 * w**2.1)
    middle = 2.55e-2 * source**1.6 * w**2.1 + np.where(
        w < 2.2, 0.325 * w**1.2 - 0.25 * w**2.1, -2.55e-2 * w**3.7
    )
    far = 5.22e-4 * source**3.4 * w**2.1 + np.select(
        [w < 2.2, w < 5.7],
        [0.325 * w**1.2 - 3.14e-2 * w**2.1, 0.218 * w**2.1 - 2.55e-2 * w**3.7],
        -5.22e-4 * w**5.5,
    )
    return np.select([source < 2.2, source < 5.7], [near, middle], far)


def _damped_continuum_depth(w: FloatArray, source: FloatArray) -> FloatArray:
    """Return τ of the damped systems' continuum (eqs. 28 and 29) at λ/λ_L, for sources of 1 + z."""
    near = 0.211 * source**2 - 7.66e-2 * source**2.3 * w**-0.3 - 0.135 * w**2
    far = (
        4.7e-2 * source**3
        - 1.78e-2 * source**3.3 * w**-0.3
        + np.where(w < 3.0, 0.634 - 0.135 * w**2 - 0.291 * w**-0.3, -2.92e-2 * w**3)
    )
    return np.where(source < 3.0, near, far)
