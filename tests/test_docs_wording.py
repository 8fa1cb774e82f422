"""Formulas in plain text become letters, indices and powers."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "_ext"))
from wording import GREEK, SIGNS, SUM, formulas


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x_{k+1} = f(x_k), x_0 = 10", "x<sub>k+1</sub> = f(x<sub>k</sub>), x<sub>0</sub> = 10"),
        ("gamma^3 / (1 - gamma)", "{gamma}<sup>3</sup> / (1 - {gamma})"),
        ("v_pi, pi_ref, max_y", "v<sub>{pi}</sub>, {pi}<sub>ref</sub>, max<sub>y</sub>"),
        ("epsilon-greedy, a beta of 1 < 2", "{epsilon}-greedy, a {beta} of 1 &lt; 2"),
        ("chapters/ch03_optimality.py, Theta, metal", "chapters/ch03_optimality.py, Theta, metal"),
        ("sum_{s'} p(s'|s) <= 1", "{sum}<sub>s'</sub> p(s'|s) {at most} 1"),
        (r"$\bar r$", r'<span class="math notranslate nohighlight">\(\bar r\)</span>'),
    ],
)
def test_formulas(text, shown):
    for name, letter in {**GREEK, "sum": SUM, "at most": SIGNS["&lt;="]}.items():
        shown = shown.replace(f"{{{name}}}", letter)
    assert formulas(text) == shown
