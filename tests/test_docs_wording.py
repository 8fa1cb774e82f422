"""Formulas in plain text become letters, indices and powers."""

import sys
from pathlib import Path
from unicodedata import lookup

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "_ext"))
from wording import LETTERS, formulas

SIGNS = LETTERS | {
    "sum": lookup("N-ARY SUMMATION"),
    "at most": lookup("LESS-THAN OR EQUAL TO"),
    "inf": lookup("INFINITY"),
    "hat": lookup("COMBINING CIRCUMFLEX ACCENT"),
    "bar": lookup("COMBINING MACRON"),
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x_{k+1} = f(x_k), x_0 = 10", "x<sub>k+1</sub> = f(x<sub>k</sub>), x<sub>0</sub> = 10"),
        ("gamma^3 / (1 - gamma)", "{gamma}<sup>3</sup> / (1 - {gamma})"),
        ("v_pi, pi_ref, max_y", "v<sub>{pi}</sub>, {pi}<sub>ref</sub>, max<sub>y</sub>"),
        ("r_{pi_{k+1}}", "r<sub>{pi}<sub>k+1</sub></sub>"),
        ("R^{(q+1)^2}, 10^6", "R<sup>(q+1)<sup>2</sup></sup>, 10<sup>6</sup>"),
        ("v^(s, w), A^_t, v^{(j)}", "v{hat}(s, w), A{hat}<sub>t</sub>, v<sup>(j)</sup>"),
        ("r_bar_pi, v-bar^0", "r{bar}<sub>{pi}</sub>, v{bar}<sup>0</sup>"),
        ("sum_{s'} p(s'|s) <= 1", "{sum}<sub>s'</sub> p(s'|s) {at most} 1"),
        ("||z||_inf, infinity", "||z||<sub>{inf}</sub>, infinity"),
        ("epsilon-greedy, a beta of 1 < 2", "{epsilon}-greedy, a {beta} of 1 &lt; 2"),
        ("chapters/ch03_optimality.py, Theta, metal", "chapters/ch03_optimality.py, Theta, metal"),
        (
            "td_fixed_point, policy_value, r_other",
            "td_fixed_point, policy_value, r<sub>other</sub>",
        ),
        (r"$\bar r$", r'<span class="math notranslate nohighlight">\(\bar r\)</span>'),
    ],
)
def test_formulas(text, shown):
    for name, sign in SIGNS.items():
        shown = shown.replace(f"{{{name}}}", sign)
    assert formulas(text) == shown
