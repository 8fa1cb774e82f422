"""The twins of pictures for dark pages."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "_ext"))
import figures


def test_soft_edges_of_a_digit_on_a_fill_lie_between_the_two_new_colours(tmp_path):
    fill, ink = figures.FILLS[0], figures.ON_TOP[0]
    shares = np.linspace(0, 1, 5)[:, None]
    pixels = np.round(255 * (fill + shares * (ink - fill))).astype(np.uint8)
    Image.fromarray(pixels[None]).save(tmp_path / "a.png")
    with Image.open(figures.darken(tmp_path / "a.png")) as twin:
        found = np.asarray(twin.convert("RGB"))[0] / 255
    dark_fill, light_ink = figures.flip(np.array([fill, ink]))
    assert np.allclose(found, dark_fill + shares * (light_ink - dark_fill), atol=0.03)
    assert light_ink.mean() > 0.8
    assert dark_fill.mean() < 0.3
