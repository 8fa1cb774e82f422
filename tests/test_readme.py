"""What the README says works."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_python_of_the_readme_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(code, {})
    arrows, values = capsys.readouterr().out.splitlines()
    assert arrows == "['RRRD', 'DDRD', 'RRRS']"
    assert values.startswith("0.542")


def test_the_two_commands_are_there():
    assert "python -m pip install -e . && rlbook reproduce\n" in TEXT
    assert "python -m pip install -e '.[test]' && pytest\n" in TEXT
