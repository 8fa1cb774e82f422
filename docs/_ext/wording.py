"""Formulas in what the items say: titles, notes and names of parts are plain text, x_{k+1}."""

from __future__ import annotations

import html
import re
import unicodedata

NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "mu", "pi", "rho", "sigma"]
NAMES += ["tau", "phi"]
GREEK = {name: unicodedata.lookup(f"GREEK SMALL LETTER {name}") for name in NAMES}
_LETTER = re.compile(rf"(?<![A-Za-z])({'|'.join(GREEK)})(?![A-Za-z])")
_BELOW = re.compile(r"\b([A-Za-z\u03b1-\u03c9]|max)_(\{[^}]+\}|[A-Za-z\u03b1-\u03c90-9]+)")
_ABOVE = re.compile(r"\^(\{[^}]+\}|\*|-?\w+)")


def formulas(text: str) -> str:
    """Text as HTML: Greek letters, indices below and powers above; $...$ is left to KaTeX."""
    out = ""
    for k, piece in enumerate(re.split(r"\$([^$]+)\$", text)):
        if k % 2:
            out += rf'<span class="math notranslate nohighlight">\({html.escape(piece)}\)</span>'
        else:
            out += _plain(html.escape(piece, quote=False))
    return out


def _plain(text: str) -> str:
    text = _LETTER.sub(lambda m: GREEK[m[1]], text)
    text = _BELOW.sub(lambda m: f"{m[1]}<sub>{m[2].strip('{}')}</sub>", text)
    return _ABOVE.sub(lambda m: f"<sup>{m[1].strip('{}')}</sup>", text)
