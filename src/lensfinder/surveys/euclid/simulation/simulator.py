"""Stamps and their rows of the catalogue, field by field; the bits depend on nothing but the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lensfinder.params import Params
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.surveys.euclid.bands import EuclidBands
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.simulation.camera import Camera
from lensfinder.surveys.euclid.simulation.fields import FIELD_STAMPS, STREAMS, Field, FieldDrawer
from lensfinder.surveys.euclid.simulation.measure import complete_catalogue
from lensfinder.surveys.euclid.simulation.render_compiled import Measures, measure_sources, render_stamps
from lensfinder.typing import AnyArray


def build_camera(params: Params, bands: EuclidBands) -> Camera:
    """Camera of the parameters and the instrument's table."""
    vis_pixels, nisp_pixels = (int(n) for n in bands.stamp_pixels[:2])
    return Camera.build(
        vis_pixels,
        nisp_pixels,
        float(bands.pixel_scale_arcsec[0]),
        bands.psf_fwhm_arcsec,
        params.section(Euclid).observation.moffat_beta,
        bands.background_sigma_ujy,
        bands.electrons_per_ujy,
    )


@dataclass(frozen=True)
class Simulator:
    """Draws, renders and measures fields."""

    params: Params
    drawer: FieldDrawer
    camera: Camera

    @classmethod
    def build(cls, params: Params, bands: EuclidBands, templates: GalaxyTemplates) -> Simulator:
        """Prepare populations and camera.

        Raises
        ------
        UserError
            If the populations cannot make what ``params`` asks for.
        """
        return cls(params, FieldDrawer(params, bands, templates), build_camera(params, bands))

    def simulate(self, sample: str, field: int, n: int) -> tuple[pd.DataFrame, AnyArray, AnyArray]:
        """Simulate the first ``n`` stamps of a field.

        Returns
        -------
        Rows of the catalogue; VIS stamps (n, y, x, 1) and NISP stamps (n, y, x, 3), float16, µJy per pixel.
        """
        drawn, camera = self.drawer.draw(sample, field).head(n), self.camera
        index = field * FIELD_STAMPS + np.arange(n)
        states = STREAMS.object_states(self.params.seed, np.repeat(sample, n), index)
        vis = np.empty((n, camera.vis_pixels, camera.vis_pixels, 1), np.float16)
        nisp = np.empty((n, camera.nisp_pixels, camera.nisp_pixels, 3), np.float16)
        measures = render_stamps(drawn.scenes, camera, states, vis, nisp)
        return self._catalogue(drawn, measures), vis, nisp

    def measure(self, sample: str, field: int) -> pd.DataFrame:
        """Catalogue of a field without its stamps; what needs the deflector's light is not measured."""
        drawn = self.drawer.draw(sample, field)
        return self._catalogue(drawn, measure_sources(drawn.scenes, self.camera))

    def _catalogue(self, drawn: Field, measures: Measures) -> pd.DataFrame:
        selection = self.params.section(Euclid).selection
        completed = complete_catalogue(drawn.catalogue, drawn.scenes, measures, self.camera, selection)
        return completed[list(CATALOGUE_COLUMNS)]
