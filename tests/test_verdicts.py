"""How often items fail: what is counted, and what CI does with it."""

import sys

import numpy as np
import pytest
from scipy import stats

from benchmarks import verdicts, verdicts_table


def row(seed, verdict="statistical", **evidence):
    return {
        "id": "fig:0.0", "seed": seed, "quick": True, "kernel": None, "verdict": verdict,
        "seconds": 2.0, "why": "share" if verdict == "fails" else "", "evidence": evidence,
        "chance": True,
    }  # fmt: skip


def a_share(count):
    return {"count": count, "runs": 5, "share": 0.9, "bound": "at least", "fewest": 2, "most": 5}


def test_runs_are_added_up():
    rows = [
        row(0, share=a_share(5), mean={"z": [1.0, -2.0], "width": 4.1}),
        row(1, "fails", share=a_share(1), mean={"z": [3.0, 0.0], "width": 4.1}),
    ]
    (item,) = verdicts_table.summary(rows)
    assert item["runs"] == 2
    assert item["fails"] == [{"seed": 1, "kernel": None, "why": "share"}]
    share, mean = item["claims"]["share"], item["claims"]["mean"]
    assert (share["count"], share["runs"]) == (6, 10)
    low = share["surely"]  # so few successes, or more, have a chance of 1 in 1000 there
    assert stats.binom.sf(5, 10, low) == pytest.approx(1e-3, rel=0.01)
    assert mean["estimates"] == 4
    assert mean["mean"] == 0.5
    assert mean["rms"] == pytest.approx(np.sqrt(14 / 4), abs=1e-3)
    assert mean["largest"] == 3
    text = verdicts_table.show([item])
    assert "6 of 10, surely above" in text
    assert "claimed at least 0.9, accepted 2 to 5 of 5" in text
    assert "failed at seed 1, None: share" in text


def test_a_later_run_adds_items_and_keeps_the_runs_apart():
    def one(name, runs, quick=False):
        return {"id": name, "quick": quick, "runs": runs}

    order = ["fig:1.1", "fig:1.2", "fig:1.3"]
    before = {"about": {"first": 1}, "items": [one("fig:1.1", 20), one("fig:1.3", 20)]}
    found = verdicts.added(before, {"first": 2}, [one("fig:1.2", 5), one("fig:1.3", 5)], order)
    assert found["about"] == {"first": 1}
    assert found["items"] == [one("fig:1.1", 20), one("fig:1.2", 5), one("fig:1.3", 5)]
    assert found["later"] == [{"first": 2, "quick": False, "items": ["fig:1.2", "fig:1.3"]}]
    # a third run takes one of them over, and in another mode replaces nothing
    found = verdicts.added(found, {"first": 3}, [one("fig:1.3", 9)], order)
    assert [x["items"] for x in found["later"]] == [["fig:1.2"], ["fig:1.3"]]
    found = verdicts.added(found, {"first": 4}, [one("fig:1.3", 9, True)], order)
    assert [(x["first"], x["items"]) for x in found["later"]] == [
        (2, ["fig:1.2"]), (3, ["fig:1.3"]), (4, ["fig:1.3"]),
    ]  # fmt: skip
    assert [x["quick"] for x in found["items"]] == [False, False, False, True]


@pytest.mark.parametrize("more", [[], ["--json", "nowhere.json"]])
def test_items_are_added_to_a_summary_that_is_there(more, capsys):
    with pytest.raises(SystemExit):
        verdicts.main(["--add", *more])
    assert "--add needs --json FILE, a summary that is there" in capsys.readouterr().err


def test_without_scipy_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(SystemExit) as stopped:
        verdicts.main(["--help"])
    assert stopped.value.code == 0
    with pytest.raises(SystemExit) as stopped:
        verdicts.main(["--seeds", "1"])
    assert stopped.value.code == 2
    assert "SciPy is not installed: python -m pip install" in capsys.readouterr().err


def test_an_item_runs_on_its_own_generator(tmp_path):
    from rlbook.book import items as book
    from rlbook.book import report

    book.load_chapters()
    found = verdicts.run("fig:6.5", 3, True, None)
    (entry,) = report.carry_out(book.ITEMS["fig:6.5"], tmp_path, seed=3, quick=True)
    assert found["verdict"] == entry.verdict == "statistical"
    evidence = {c.name: c.evidence for c in entry.result.comparisons if c.evidence}
    assert found["evidence"] == evidence


def test_an_item_that_raises_has_failed(monkeypatch):
    from rlbook.book import items as book

    def broken(fig, rng):
        """Broken?"""
        raise ZeroDivisionError("here")

    book.load_chapters()
    monkeypatch.setitem(book.ITEMS, "fig:0.0", book.Item(("fig:0.0",), "ch00", broken))
    found = verdicts.run("fig:0.0", 0, True, None)
    assert found["verdict"] == "fails"
    assert "ZeroDivisionError: here" in found["why"]
    assert len(verdicts_table.summary([found])[0]["fails"]) == 1


@pytest.mark.parametrize(("twice", "expected"), [(True, ["a"]), (False, [])])
def test_ci_fails_only_for_what_fails_on_two_seeds(monkeypatch, capsys, twice, expected):
    asked = []

    def run_all(jobs, kernels, workers, tell):
        asked.append(jobs)
        fails = ["a"] if len(asked) == 1 or twice else []
        return [
            {"id": name, "verdict": "fails" if name in fails else "shape", "why": "so"}
            for name, *_ in jobs
        ]

    monkeypatch.setattr(verdicts, "run_all", run_all)
    assert verdicts.rotate(["a", "b"], 1, None) == expected
    first, second = asked
    assert [name for name, *_ in first] == ["a", "b"]
    assert [name for name, *_ in second] == ["a"]
    assert first[0][1] != second[0][1]  # another seed
    assert "2 items, 1 failed" in capsys.readouterr().out
