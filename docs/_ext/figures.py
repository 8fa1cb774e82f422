"""Figures for the pages: smaller files, and twins for dark pages.

In a twin light and dark change places, of greys and of what is pale. Lines and surfaces keep their
colours; the fills of a grid's cells grow dark, since light numbers stand in them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

# Oklab: a space in which the first number is how light a colour looks. [Ottosson 2020]
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
DARKEST, LIGHTEST = 0.19, 0.93  # of the page behind the figure, and of its ink
DIM = 0.5  # a line that is darker would not be seen
GREY, COLOURED = 0.04, 0.12  # chroma up to which, and from which on
FILLS = np.array([[1.0, 0.753, 0.0], [0.4, 1.0, 1.0]])  # forbidden, target
ON_TOP = np.array([[0.1, 0.1, 0.1], [0.373, 0.537, 0.149], [0.12, 0.30, 0.65]])  # what lies on them
NEAR = 0.05  # how far a colour of a picture may be from the line between two of these


def slim(path: Path) -> Path:
    """Write a smaller SVG or PNG file beside the one drawn, with no loss to the eye; its path.

    A coordinate has two decimals, hundredths of a point, and nothing stands between two tags; a PNG
    has 256 colours.
    """
    small = path.with_name(f"{path.stem}.slim{path.suffix}")
    if _is_newer(small, path):
        return small
    if path.suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"scale\([^)]*\)|-?\d+\.\d{3,}(?!\d)", _short, text)
        text = re.sub(r">\s+<", "><", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
        small.write_text(text, encoding="utf-8")
    else:
        with Image.open(path) as image:
            image.convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE).save(
                small, optimize=True
            )
    return small


def _short(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("scale") else f"{float(match[0]):.2f}"


def _is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def darken(path: Path) -> Path:
    """Write the twin of an SVG, PNG or GIF file for dark pages beside it; returns its path."""
    twin = path.with_name(f"{path.stem}.dark{path.suffix}")
    if _is_newer(twin, path):
        return twin
    if path.suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"#[0-9a-f]{6}\b", lambda m: _flip_hex(m[0]), text)
        # What has no colour of its own, text, is black: one for the whole file changes that.
        ink = f'\\1 fill="{_flip_hex("#000000")}">'
        twin.write_text(re.sub(r"(<svg [^>]*)>", ink, text, count=1), encoding="utf-8")
    else:
        with Image.open(path) as image:
            pause = image.info.get("duration", 0)
            first, *rest = (_flip_image(f.convert("RGB")) for f in ImageSequence.Iterator(image))
        moving = dict(save_all=True, append_images=rest, duration=pause, loop=0) if rest else {}
        first.save(twin, optimize=True, **moving)
    return twin


def _flip_image(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image) / 255
    colours, where = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    flipped = _at_edges(colours, flip(colours))
    flipped = np.round(255 * flipped).astype(np.uint8)[where.reshape(-1)]
    return Image.fromarray(flipped.reshape(pixels.shape))


def _at_edges(colours: np.ndarray, flipped: np.ndarray) -> np.ndarray:
    """Soft edges of a digit or an arrow on a fill: the same mixture of the two new colours."""
    made = flipped.copy()
    nearest = np.full(len(colours), NEAR)
    for fill in FILLS:
        for ink in ON_TOP:
            share = np.clip((colours - fill) @ (ink - fill) / ((ink - fill) @ (ink - fill)), 0, 1)
            off = np.linalg.norm(colours - fill - share[:, None] * (ink - fill), axis=1)
            mixed = (off < nearest) & (share > 0.02)
            new_fill, new_ink = flip(np.array([fill, ink]))
            made[mixed] = (new_fill + share[:, None] * (new_ink - new_fill))[mixed]
            nearest[mixed] = off[mixed]
    return made


def flip(rgb: np.ndarray) -> np.ndarray:
    """Colours (..., 3) from 0 to 1 for a dark page: white to DARKEST and black to LIGHTEST."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ _LMS.T) @ _LAB.T
    light, chroma = np.clip(lab[..., 0], 0, 1), np.hypot(lab[..., 1], lab[..., 2])
    keep = np.clip((chroma - GREY) / (COLOURED - GREY), 0, 1)
    keep[(np.abs(rgb[..., None, :] - FILLS).max(-1) < 0.02).any(-1)] = 0.0
    flipped = LIGHTEST + (DARKEST - LIGHTEST) * light**1.6
    lab[..., 0] = keep * np.maximum(light, DIM) + (1 - keep) * flipped
    linear = ((lab @ np.linalg.inv(_LAB).T) ** 3) @ np.linalg.inv(_LMS).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _flip_hex(colour: str) -> str:
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)]]) / 255
    return "#" + "".join(f"{round(255 * float(x)):02x}" for x in flip(rgb)[0])
