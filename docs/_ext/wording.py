"""Formulas in what the items say: titles, notes and names of parts are plain text, x_{k+1}."""

from __future__ import annotations

import html
import re
import unicodedata

NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "mu", "pi", "rho", "sigma"]
NAMES += ["tau", "phi"]
GREEK = {name: unicodedata.lookup(f"GREEK SMALL LETTER {name}") for name in NAMES}
SUM = unicodedata.lookup("N-ARY SUMMATION")
SIGNS = {
    "&lt;=": unicodedata.lookup("LESS-THAN OR EQUAL TO"),
    "&gt;=": unicodedata.lookup("GREATER-THAN OR EQUAL TO"),
}
_LETTER = re.compile(rf"(?<![A-Za-z])({'|'.join(GREEK)})(?![A-Za-z])")
_BELOW = re.compile(
    r"(?<!\w)([A-Za-z\u03b1-\u03c9]|max|\u2211)_(\{[^}]+\}|[A-Za-z\u03b1-\u03c90-9]+)"
)
_SUM = re.compile(r"(?<![A-Za-z])sum(?=_)")
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
    text = _SUM.sub(SUM, _LETTER.sub(lambda m: GREEK[m[1]], text))
    for typed, sign in SIGNS.items():
        text = text.replace(typed, sign)
    text = _BELOW.sub(lambda m: f"{m[1]}<sub>{m[2].strip('{}')}</sub>", text)
    return _ABOVE.sub(lambda m: f"<sup>{m[1].strip('{}')}</sup>", text)
