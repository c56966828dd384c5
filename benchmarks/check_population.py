"""Are the populations those that were counted in the sky?

python benchmarks/check_population.py [euclid] [--stamps 50000] [--figure population.png]
python benchmarks/check_population.py jpas

Euclid: lenses by n_pix and effective magnification of 50,000 catalogue rows beside the talk's counts, with a
figure. J-PAS: galaxies, quasars and lenses of the checkout's parameters beside published numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, described, stamp_simulator
from scipy.stats import mannwhitneyu

from lensfinder.datasets.chunks import in_threads
from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.figures.style import save_figure
from lensfinder.params import Params, read_params
from lensfinder.progress import Progressing
from lensfinder.sky.distances import Distances
from lensfinder.sky.early_types import EarlyTypes, dispersion_function
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.luminosity import QUASAR_LUMINOSITY_FUNCTIONS, DensitySampler
from lensfinder.sky.neighbours import NeighbourPopulation
from lensfinder.sky.quasars import QuasarPopulation, i_k_correction
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.surveys.euclid.figures.population import population_figure
from lensfinder.surveys.euclid.selection_counts import TALK_ASSESSABLE, TALK_LENSES, TALK_STAMPS
from lensfinder.surveys.euclid.simulation.fields import FIELD_STAMPS
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import IMAGES_MAX
from lensfinder.surveys.jpas.simulation.catalogue import Instrument, draw_catalogue
from lensfinder.surveys.jpas.simulation.densities import sky_densities
from lensfinder.surveys.jpas.simulation.populations import draw_populations
from lensfinder.typing import FloatArray


def measure(stamps: int) -> pd.DataFrame:
    """Catalogue of the training sample's first stamps, without their images."""
    simulator = stamp_simulator()
    frames: list[pd.DataFrame] = [pd.DataFrame()] * -(-stamps // FIELD_STAMPS)
    with Progressing("measure", len(frames) * FIELD_STAMPS, "stamps") as progress:

        def work(chunk: slice) -> None:
            frames[chunk.start] = simulator.measure("train", chunk.start)
            progress.advance(FIELD_STAMPS)

        in_threads([slice(field, field + 1) for field in range(len(frames))], work, workers=0)
    return pd.concat(frames, ignore_index=True)


def check_euclid(stamps: int, figure: Path) -> None:
    catalogue = measure(stamps)
    selection = read_params(ROOT / "params.yaml").euclid.selection
    n = len(catalogue)
    lenses = (catalogue["mag_eff"] >= selection.training_mag_eff_min) & (catalogue["n_source_im"] > 0)
    ends = selection.left_out_mag_eff
    found = {
        name: int((lenses & (catalogue["n_pix_source"] > bound)).sum())
        for name, bound in selection.training_n_pix_above.items()
    } | {"left_out": int(catalogue["mag_eff"].between(ends.low, ends.high, inclusive="neither").sum())}
    print(f"of 100,000, from {n:,} rows{'':10}95 % interval      talk   ratio")
    for name, count in found.items():
        low, high = (100_000 * float(end) for end in wilson_interval(count, n, 0.95))
        per = 100_000 * count / n
        talk = TALK_LENSES.get(name, TALK_STAMPS - TALK_ASSESSABLE)
        print(f"{name:20} {per:8,.0f}   {low:8,.0f}–{high:<8,.0f} {talk:8,}   {per / talk:.3f}")
    total = catalogue["sampling_weight"].sum() / n
    print(
        f"sampling weights add up to {total:.4f} of the stamps; with a source behind, by weight, "
        f"{np.average(catalogue['kind'] == 'lensed_source', weights=catalogue['sampling_weight']):.3f}"
    )
    save_figure(population_figure(catalogue), figure)
    print(figure)


def row(name: str, found: float, reference: str) -> None:
    print(f"{name:56} {found:9.4g}   {reference}")


def check_jpas() -> None:
    params = read_params(ROOT / "params.yaml")
    filters, distances = read_filters(ROOT / "catalogs"), Distances(params.cosmology)
    check_galaxies(params)
    check_quasars(params, distances)
    galaxies = GalaxyPopulation(params.jpas.galaxies, params.cosmology, filters, read_galaxy_templates())
    quasars = QuasarPopulation(
        params.jpas.quasars,
        params.cosmology,
        filters,
        read_composite_lines(ROOT / "catalogs"),
        read_line_trends(ROOT / "catalogs"),
    )
    instrument = Instrument.build(params, filters)
    populations = draw_populations(params, galaxies, quasars, instrument.filters.names)
    check_patch(populations[0], params, distances)
    for name, number in sky_densities(params, *populations, quasars).items():
        row(f"{name} a deg²", number, "223 Palanque-Delabrouille+16" if name == "quasars" else "")
    neighbours = NeighbourPopulation(params.jpas.neighbours, filters, read_galaxy_templates())
    catalogue, _ = draw_catalogue(params, *populations, neighbours, instrument)
    check_lenses(catalogue[catalogue["kind"] == "lensed_quasar"])
    check_shortcuts(dict(iter(catalogue.groupby("kind"))))


def check_galaxies(params: Params) -> None:
    """Velocity dispersions of a million early types before any cut."""
    early, rng = EarlyTypes(params.jpas.galaxies.faber_jackson_scatter_dex), np.random.default_rng(0)
    z, abs_mag = DensitySampler(early.density, (0.1, 0.8), (-26.0, -14.0)).draw(1_000_000, rng)
    sigma = early.draw_velocity_dispersions(z, abs_mag, rng)
    for limit in (250, 300, 350):
        ratio = (sigma > limit).sum() / (sigma > 200).sum()
        row(
            f"early types: N(> {limit} km/s)/N(> 200 km/s)",
            ratio,
            f"{heavier(limit) / heavier(200):.4g} Choi+07",
        )


def heavier(than_km_s: float) -> float:
    """Number per Mpc³ of early types of a higher velocity dispersion in the published function."""
    log_sigma = np.linspace(np.log10(than_km_s), 3.0, 2001)
    return float(np.trapezoid(dispersion_function(10**log_sigma), log_sigma))


def check_patch(galaxies: pd.DataFrame, params: Params, distances: Distances) -> None:
    """Heavy early types of the patch where the cuts in r and M_r leave them all."""
    z_low, z_high = params.jpas.galaxies.redshift.low, 0.6
    z = np.linspace(z_low, z_high, 500)
    volume = np.trapezoid(distances.volume_per_redshift(z), z) * np.radians(1.0) ** 2
    early = galaxies[(galaxies["type"] == "early") & (galaxies["z"] < z_high)]
    for limit in (200, 250):
        number = (early["sigma_v_km_s"] > limit).sum() / params.jpas.sky.area_deg2
        row(
            f"early types > {limit} km/s at z < {z_high} a deg²",
            number,
            f"{heavier(limit) * volume:.4g} Choi+07",
        )


def check_quasars(params: Params, distances: Distances) -> None:
    """Counts of the luminosity function in i; the paper's are of r, 0.1 to 0.2 mag fainter."""
    published = {21.5: 115, 22.5: 223}
    function = QUASAR_LUMINOSITY_FUNCTIONS[params.jpas.quasars.luminosity_function]

    def density(z: FloatArray, abs_mag: FloatArray) -> FloatArray:
        i_mag = abs_mag + distances.distance_modulus(z) + i_k_correction(z)
        return function(z, abs_mag) * distances.volume_per_redshift(z) * (i_mag < limit)

    for limit, count in published.items():
        number = DensitySampler(density, (0.3, 5.0), (-32.0, -15.0), (400, 4000)).total * np.radians(1.0) ** 2
        row(
            f"quasars of i < {limit}, 0.3 < z < 5, a deg²",
            number,
            f"{count} of r < {limit} Palanque-Delabrouille+16",
        )


def check_lenses(lenses: pd.DataFrame) -> None:
    images = range(1, IMAGES_MAX + 1)
    magnification = np.abs(lenses[[f"image_{i}_magnification" for i in images]].to_numpy())
    offsets = [
        lenses[[f"image_{i}_{axis}_arcsec" for i in images]].to_numpy()
        - lenses[[f"galaxy_{axis}_arcsec"]].to_numpy()
        for axis in "xy"
    ]
    innermost = np.nanargmin(np.hypot(*offsets), axis=1)
    central = magnification[np.arange(len(lenses)), innermost] / magnification[:, 0]
    row("lenses: central image > 10 % of the brightest", (central > 0.1).mean(), "at most 0.01")
    row("lenses: central image > 1 % of the brightest", (central > 0.01).mean(), "at most 0.06")
    row(
        "lenses: median sigma_v [km/s]",
        lenses["sigma_v_km_s"].median(),
        "218 Oguri & Marshall 2010, > 0.5 arcsec",
    )
    row("lenses: median theta_E [arcsec]", lenses["theta_e_arcsec"].median(), "")
    for limit in (1.6, 2.0):
        row(f"lenses: theta_E > {limit} arcsec", (lenses["theta_e_arcsec"] > limit).mean(), "no target")
    separation = lenses["separation_arcsec"]
    row(
        "lenses: separation > 3 of > 1 arcsec",
        (separation > 3).sum() / (separation > 1).sum(),
        "0.08 same mock",
    )
    row(
        "lenses: median R_e/theta_E",
        (lenses["galaxy_r_eff_arcsec"] / lenses["theta_e_arcsec"]).median(),
        "0.8 to 2 in surveys of lenses",
    )


def check_shortcuts(by_kind: dict[str, pd.DataFrame]) -> None:
    """What one number tells, and whether all kinds have the same surroundings."""
    lenses, pairs, alone = (by_kind[kind] for kind in ("lensed_quasar", "quasar_near_galaxy", "quasar_alone"))
    for name, other in (("pairs", pairs), ("quasars alone", alone)):
        magnitudes = lenses["quasar_r_mag_observed"], other["quasar_r_mag_observed"]
        auc = mannwhitneyu(*magnitudes).statistic / (len(lenses) * len(other))
        row(
            f"total magnitude, lenses against {name}: AUC",
            auc,
            "0.45 to 0.55" if other is pairs else "physics",
        )
    x, y = (pairs[f"galaxy_{axis}_arcsec"] - pairs[f"image_1_{axis}_arcsec"] for axis in "xy")
    from_diagonal = np.abs(np.degrees(np.arctan2(y, x)) % 90 - 45)
    row("pairs within 15 deg of a diagonal", (from_diagonal < 15).mean(), "0.30 to 0.36")
    for kind, of in by_kind.items():
        row(f"{kind}: neighbours a stamp", of["n_neighbours"].mean(), "the same for all")
        row(f"{kind}: brightest neighbour, median r", of["neighbour_r_mag"].median(), "the same for all")


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("survey", nargs="?", choices=("euclid", "jpas"), default="euclid")
    parser.add_argument("--stamps", type=int, default=50_000)
    parser.add_argument("--figure", type=Path, default=Path("population.png"))
    arguments = parser.parse_args()
    if arguments.survey == "euclid":
        check_euclid(arguments.stamps, arguments.figure)
    else:
        check_jpas()


if __name__ == "__main__":
    main()
