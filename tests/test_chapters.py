"""Every item, quickly: a verdict, a figure with something on it, and nothing that is no number."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from rlbook.book import items as book
from rlbook.book import report
from rlbook.book.items import ITEMS, load_chapters, printed
from rlbook.book.show import ledger

load_chapters()


@pytest.fixture(scope="module")
def quickly(tmp_path_factory):
    """(entries, folder) of an item, quickly; carried out once for all tests that ask."""
    done = {}

    def carry_out(item):
        if item not in done:
            folder = tmp_path_factory.mktemp("item")
            done[item] = report.carry_out(item, folder, seed=1, quick=True), folder
        return done[item]

    return carry_out


@pytest.mark.parametrize("item", dict.fromkeys(ITEMS.values()), ids=lambda i: i.ids[0])
def test_item(item, quickly):
    entries, folder = quickly(item)
    assert [e.id for e in entries] == list(item.ids)
    for entry in entries:
        assert entry.verdict in report.GOOD, entry.as_json()
        assert ledger()[entry.id]["verdict"] == entry.verdict, "as docs/_ext/ledger.py wrote it"
        text = json.dumps(entry.as_json(), allow_nan=False)
        assert "null" not in text
        assert any(path.endswith(".svg") for path in entry.figures)
    for path in entries[0].figures:
        if path.endswith(".png"):
            pixels = np.asarray(Image.open(folder / path).convert("L"))
            assert (pixels < 200).mean() > 0.001, "an empty figure"
        assert (folder / path).stat().st_size > 1000
    assert item.title.endswith(("?", "."))


INPUTS = {  # what an item starts from, and so does not compare
    "fig:2.7": {"pi, good, top", "pi, good, bottom", "pi, bad, top", "pi, bad, bottom"},
    "fig:4.4": {"pi_0", "pi_9"},  # pi_8 is not printed
    "fig:5.5": {"pi, 1", "pi, 2"},
    "fig:6.3": {"eta"},
    "fig:7.2": {"pi"},
    "fig:7.3": {"pi"},
    "fig:7.5": {"pi, behaviour c"},
    "fig:8.12": {"pi, learned"},  # a policy that is not the best one
}


def test_every_printed_number_is_compared(quickly):
    for name in book._printed_texts():
        parts = set(printed(name)) - INPUTS.get(name, set())
        if parts:
            entry = quickly(ITEMS[name])[0][0]
            compared = {c.name: c.printed for c in entry.result.comparisons}
            assert parts <= set(compared), name
            for part in parts:
                assert np.array_equal(compared[part], printed(name, part)), (name, part)


@pytest.mark.parametrize("name", ["fig:7.2", "fig:5.5", "fig:6.3", "tab:7.2"])
def test_the_same_seed_in_two_processes(name, tmp_path):
    code = (
        "import sys; from pathlib import Path; from rlbook.book import report, items as book; "
        "book.load_chapters(); "
        f"e = report.carry_out(book.ITEMS[{name!r}], Path(sys.argv[1]), seed=2, quick=True)[0]; "
        "print(e.as_json()['computed'])"
    )
    out = [
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / k], capture_output=True, text=True, check=True
        ).stdout
        for k in "ab"
    ]
    here = report.carry_out(ITEMS[name], tmp_path / "c", seed=2, quick=True)[0]
    again = report.carry_out(ITEMS[name], tmp_path / "d", seed=2, quick=True)[0]
    assert out[0] == out[1] == f"{here.as_json()['computed']}\n"
    assert here.as_json()["computed"] == again.as_json()["computed"]


def test_value_iteration_is_also_an_animation(tmp_path):
    (entry,) = report.carry_out(ITEMS["alg:4.1"], tmp_path)
    with Image.open(tmp_path / "figures/alg-4.1.gif") as gif:
        assert gif.n_frames == 24
    assert "figures/alg-4.1.gif" in entry.figures


def test_an_item_does_the_same_alone_and_in_company(tmp_path):
    def numbers(entries):
        return [{k: v for k, v in e.as_json().items() if k != "seconds"} for e in entries]

    alone = report.carry_out(ITEMS["thm:3.2"], tmp_path / "a", seed=3, quick=True)
    report.carry_out(ITEMS["ex:3.3"], tmp_path / "b", seed=3, quick=True)
    later = report.carry_out(ITEMS["thm:3.2"], tmp_path / "b", seed=3, quick=True)
    assert numbers(alone) == numbers(later)
    other = report.carry_out(ITEMS["thm:3.2"], tmp_path / "c", seed=4, quick=True)
    assert numbers(alone) != numbers(other)
    for name in ("thm-3.2.svg", "thm-3.2.png"):
        a, b = (tmp_path / folder / "figures" / name for folder in "ab")
        assert a.read_bytes() == b.read_bytes()
