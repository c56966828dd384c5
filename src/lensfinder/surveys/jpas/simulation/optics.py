"""What befalls the light: seeing of each band; dust, microlensing and variability of each quasar image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray
from scipy.special import ndtr

from lensfinder.simulation.seeds import Purpose, Streams
from lensfinder.surveys.jpas.columns import IMAGES_MAX
from lensfinder.surveys.jpas.params import Observation, Systems
from lensfinder.surveys.jpas.simulation.psf import draw_fwhms_arcsec
from lensfinder.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Optics:
    """Draws of n objects.

    Attributes
    ----------
    psf_fwhm_arcsec
        Of shape (n, bands).
    image_dust_ebv
        E(B−V) that the deflector's dust would give each image, of shape (n, images).
    image_ln_microlensing
        ln of the factor on all bands of each image, of shape (n, images).
    image_ln_variability
        ln of the factor on each image in each filter tray, of shape (n, images, trays).
    """

    psf_fwhm_arcsec: FloatArray
    image_dust_ebv: FloatArray
    image_ln_microlensing: FloatArray
    image_ln_variability: FloatArray


def draw_optics(
    streams: Streams,
    seed: int,
    samples: NDArray[np.str_],
    indices: IntArray,
    trays: IntArray,
    observation: Observation,
    systems: Systems,
) -> Optics:
    """Draw the optics of objects, each from its own stream; every kind of object draws the same numbers.

    Parameters
    ----------
    samples, indices
        Sample and index of each object, of shape (n,).
    trays
        Tray of each band from 0, of shape (bands,).
    """
    n_trays = int(trays.max()) + 1
    sizes = [n_trays, len(trays), IMAGES_MAX, IMAGES_MAX, IMAGES_MAX * n_trays, 1]
    normals = np.empty((len(indices), sum(sizes)))
    for row, (sample, index) in enumerate(zip(samples, indices, strict=True)):
        sequence = streams.object_sequence(seed, sample, index, Purpose.OPTICS)
        Generator(PCG64(sequence)).standard_normal(out=normals[row])
    tray, band, dust, microlensing, variability, rms = np.split(normals, np.cumsum(sizes)[:-1], axis=1)
    limits = systems.variability
    scatter = limits.low + (limits.high - limits.low) * ndtr(rms)
    return Optics(
        psf_fwhm_arcsec=draw_fwhms_arcsec(tray, band, trays, observation),
        # −ln of a uniform number is exponentially distributed.
        image_dust_ebv=-systems.image_dust_ebv_mean * np.log(ndtr(dust)),
        image_ln_microlensing=systems.microlensing_sigma * microlensing,
        image_ln_variability=(scatter * variability).reshape(-1, IMAGES_MAX, n_trays),
    )
