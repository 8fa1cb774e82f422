"""What the README says works."""

import re
from pathlib import Path

import pytest

from rlbook import optimal_policy, policy_value

TEXT = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_python_of_the_readme_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    planning, learning, large, deep, preferences = re.findall(
        r"```python\n(.*?)```", TEXT, flags=re.DOTALL
    )
    names = {}  # of each block anew: a reader may copy one alone
    exec(planning, names)
    best = names["best"]
    arrows, values = capsys.readouterr().out.splitlines()
    assert arrows == "['RRRD', 'DDRD', 'RRRS']"
    assert values.startswith("0.542")
    names = {}
    exec(learning, names)
    learned = policy_value(names["world"].model, names["agent"].pi, 0.9)
    assert learned == pytest.approx(best.v, abs=1e-6)
    names = {}
    exec(large, names)
    assert names["answer"].bound <= 1e-6
    names = {}
    exec(deep, names)
    assert names["watch"].best >= 475
    assert [path.name for path in tmp_path.iterdir()] == ["cartpole.npz"]
    names = {}
    exec(preferences, names)
    best = optimal_policy(names["pi_ref"], names["reward"], 0.5)
    assert names["dpo"].pi == pytest.approx(best, abs=0.06)  # four standard errors
    assert str(best) in capsys.readouterr().out


def test_the_three_commands_are_there():
    assert "python -m pip install -e . && rlbook reproduce\n" in TEXT
    assert "python -m pip install -e '.[test]' && pytest\n" in TEXT
    assert "python -m pip install -e '.[docs]' && python docs/build.py\n" in TEXT


def test_what_the_readme_links_to_is_there():
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\(([^)#]+)", TEXT)
    here = [link for link in links if not link.startswith("http")]
    assert len(here) >= 15
    assert [link for link in here if not (root / link).is_file()] == []
