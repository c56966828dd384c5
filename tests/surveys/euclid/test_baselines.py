"""Numbers of annuli, on stamps that are known."""

from __future__ import annotations

import numpy as np
import pytest

from lensfinder.surveys.euclid.baselines import ANNULI_ARCSEC, BASELINES, SOFTENING_UJY, annuli

RINGS = len(ANNULI_ARCSEC) - 1
PARTS = {"brightness": RINGS, "change": RINGS, "residual": RINGS, "slope": RINGS - 1, "colours": 3 * RINGS}


def stamp(arc_ujy: float = 0.0, y_arcsec: float = 0.0, redness: float = 1.0) -> list[np.ndarray]:
    """A round galaxy, and on one of its sides an arc, 1.2″ to 1.6″ from its centre, in VIS alone."""
    images = []
    for side, scale, bands in ((200, 0.1, (1.0,)), (66, 0.3, (redness, redness, redness))):
        # The centre lies on a pixel of both.
        offset = (np.arange(side) - side // 2) * scale
        radius = np.hypot(offset[:, None] - y_arcsec, offset)
        image = 10.0 * np.exp(-radius / 0.5) * scale**2
        if side == 200:
            image += arc_ujy * ((radius >= 1.2) & (radius < 1.6) & (offset > 0.9))
        images.append((image[None, ..., None] * bands).astype(np.float32))
    return images


def parts(images: list[np.ndarray]) -> dict[str, np.ndarray]:
    (row,) = annuli(images)
    return dict(zip(PARTS, np.split(row, np.cumsum(list(PARTS.values()))[:-1]), strict=True))


def test_a_round_galaxy_has_a_falling_profile_and_no_side() -> None:
    of = parts(stamp())
    assert (of["slope"] < 0).all()
    assert of["change"] == pytest.approx(np.zeros(RINGS), abs=1e-3)
    middle = np.arcsinh(10.0 * 0.01 * np.exp(-1.4 / 0.5) / SOFTENING_UJY)
    assert of["brightness"][ANNULI_ARCSEC.index(1.2)] == pytest.approx(middle, abs=0.1)


def test_an_arc_is_seen_in_its_own_annulus_as_light_on_one_side() -> None:
    bare, lens = parts(stamp()), parts(stamp(0.05))
    own = ANNULI_ARCSEC.index(1.2)
    for name in ("brightness", "change", "residual"):
        rise = lens[name] - bare[name]
        assert rise.argmax() == own
        assert rise[own] > 0.5
        assert np.delete(rise, own) == pytest.approx(np.zeros(RINGS - 1), abs=1e-3)
    blue = (lens["colours"] - bare["colours"]).reshape(RINGS, 3)
    assert (blue[own] > 0.5).all()


def test_colours_follow_the_ratio_of_the_bands() -> None:
    inner = ANNULI_ARCSEC.index(0.9)
    colours = [parts(stamp(redness=of))["colours"].reshape(RINGS, 3)[inner] for of in (1.0, 3.0)]
    assert colours[0] - colours[1] == pytest.approx(np.full(3, np.log(3.0)), abs=0.05)


def test_numbers_follow_the_galaxy_and_do_not_hang_on_neighbouring_stamps() -> None:
    centred, moved = stamp(0.05), stamp(0.05, y_arcsec=0.3)
    assert parts(moved)["brightness"] == pytest.approx(parts(centred)["brightness"], abs=2e-2)
    rng = np.random.default_rng(3)
    noisy = [rng.normal(0, SOFTENING_UJY, (5, *of.shape[1:])).astype(np.float16) for of in centred]
    for of in BASELINES.values():
        together = of(noisy)
        assert np.isfinite(together).all()
        alone = np.concatenate([of([images[row : row + 1] for images in noisy]) for row in range(5)])
        assert together == pytest.approx(alone, rel=1e-4, abs=1e-5)
