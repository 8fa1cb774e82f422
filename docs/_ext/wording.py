"""Formulas in what the items say: titles, notes and names of parts are plain text, x_{k+1}."""

from __future__ import annotations

import html
import re
from unicodedata import lookup

SMALL = ["alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "mu", "pi", "rho", "sigma"]
LETTERS = {name: lookup(f"GREEK SMALL LETTER {name}") for name in [*SMALL, "tau", "phi"]}
LETTERS |= {name: lookup(f"GREEK CAPITAL LETTER {name}") for name in ("Delta", "Phi", "Pi")}
SIGNS = {
    r"(?<![A-Za-z])sum(?=_)": lookup("N-ARY SUMMATION"),
    "&lt;=": lookup("LESS-THAN OR EQUAL TO"),
    "&gt;=": lookup("GREATER-THAN OR EQUAL TO"),
    r"(?<![A-Za-z])inf(?![A-Za-z])": lookup("INFINITY"),
    r"(?<=\b[a-z])[-_]bar(?![A-Za-z])": lookup("COMBINING MACRON"),
    r"(?<=\b[A-Za-z])\^(?=[(_])": lookup("COMBINING CIRCUMFLEX ACCENT"),
}
_LETTER = re.compile(rf"(?<![A-Za-z])({'|'.join(LETTERS)})(?![A-Za-z])")
_INDEX = re.compile(
    r"[A-Za-z]{1,3}(?![A-Za-z])|[^\W\d_a-zA-Z]|\u221e|\d+|next|boundary|forbidden|other"
)
_POWER = re.compile(r"\*|-?\w+?(?=_|\b)")


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
    text = _LETTER.sub(lambda m: LETTERS[m[1]], text)
    for typed, sign in SIGNS.items():
        text = re.sub(typed, sign, text)
    return _placed(text)


def _placed(text: str) -> str:
    """What stands behind _ below, and behind ^ above; a name of code, td_fixed_point, stays."""
    out, k = "", 0
    while k < len(text):
        mark, rest = text[k], text[k + 1 :]
        token = _token(mark, rest) if mark in "_^" and out and not out[-1].isspace() else ""
        if token:
            tag = "sub" if mark == "_" else "sup"
            inner = token[1:-1] if token.startswith("{") else token
            out += f"<{tag}>{_placed(inner)}</{tag}>"
        else:
            out += mark
        k += 1 + len(token)
    return out


def _token(mark: str, rest: str) -> str:
    """What the mark places: all within braces, a letter or two, a number; else nothing."""
    if rest.startswith("{"):
        depth = 0
        for k, c in enumerate(rest):
            depth += (c == "{") - (c == "}")
            if depth == 0:
                return rest[: k + 1]
    found = (_INDEX if mark == "_" else _POWER).match(rest)
    return found[0] if found else ""
