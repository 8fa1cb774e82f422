import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from rlbook.book import items as book
from rlbook.book.claims import Estimate, at_least, share_of
from rlbook.book.items import (
    ITEMS,
    Part,
    Result,
    best_actions,
    item,
    listed,
    load_chapters,
    printed,
    printed_parts,
    reference,
    select,
)

load_chapters()


def one(expected, found, within=None, **more):
    """A Result of a single part."""
    return Result(Part("", expected, found, within), **more)


@pytest.mark.parametrize(
    ("printed_text", "computed", "verdict"),
    [
        ("5.8", 5.75, "agrees"),  # half a unit of the last printed digit
        ("5.8", 5.85009, "agrees"),  # and 1e-4 more
        ("5.8", 5.85011, "fails"),
        ("5.80", 5.806, "fails"),
        ("6.65", 6.6549, "agrees"),
        ("10", 10.00009, "agrees"),  # without decimals a number is exact
        ("10", 10.0002, "fails"),
        ("-6.6", 6.6, "fails"),
        ("5.8", np.nan, "fails"),
        ("5.8", np.inf, "fails"),
    ],
)
def test_numbers_agree_within_half_a_unit_of_their_last_digit(printed_text, computed, verdict):
    assert one(np.array([printed_text]), [computed]).verdict == verdict


def test_exact_numbers_letters_and_claims():
    assert one([1.0, 2.0], [1.00009, 2.0]).verdict == "agrees"
    assert one([1.0, 2.0], [1.0002, 2.0]).verdict == "fails"
    assert one([1.0], [1.4], within=0.5).verdict == "agrees"
    assert one(["D", "R"], ["DL", "R"]).verdict == "agrees"  # a printed action among the best
    assert one(["D", "R"], ["L", "R"]).verdict == "fails"
    assert one(["0", "b"], ["b", "b"]).verdict == "fails"
    assert one([True], [True], within=5.0).verdict == "agrees"
    assert one([True], [False], within=5.0).verdict == "fails"
    assert one([True], [1.0]).verdict == "fails"


def test_each_part_may_have_its_own_tolerance():
    a = Part("a", [0.0], [0.4], within=0.5)
    assert Result(a, Part("b", [0.0], [0.4], within=0.5)).verdict == "agrees"
    assert Result(a, Part("b", [0.0], [0.4], within=0.1)).verdict == "fails"
    assert Result(a, Part("b", [0.0], [0.4])).verdict == "fails"  # b: 1e-4


def test_kinds():
    assert one([0.0], Estimate([0.3], 0.1)).verdict == "statistical"
    assert one([0.0], Estimate([0.6], 0.1)).verdict == "fails"
    assert one(at_least(0.9), share_of([True] * 9 + [False])).verdict == "statistical"
    assert one([True], [True], kind="shape").alarm == 0
    assert one([True], [True], kind="shape").verdict == "shape"
    assert one([True], [False], kind="shape").verdict == "fails"


def test_declared_differences_hold_exactly_where_and_by_how_much_they_say():
    v = Part("v", np.array([["-1.2", "0.5"]]), [[-1.134, 0.5]])
    where = ("v", 0, 0)
    assert Result(v).verdict == "fails"
    assert Result(v, differs={where: 0.066}, note="why").verdict == "differs"
    assert Result(v, differs={where: 0.07}, note="why").verdict == "fails"
    assert Result(v, differs={("v", 0, 1): 0.066}, note="why").verdict == "fails"
    both = {where: 0.066, ("v", 0, 1): 0.0}
    assert Result(v, differs=both, note="why").verdict == "fails"
    agreeing = v._replace(found=[[-1.2, 0.5]])
    assert Result(agreeing, differs={where: 0.066}, note="why").verdict == "fails"


def test_parts_and_the_largest_difference():
    result = Result(Part("a", [1.0, 2.0], [1.0, 2.5], within=1), Part("b", ["D"], ["D"]))
    assert result.max_difference == 0.5
    assert result.max_tolerance == 1
    assert [c.name for c in result.comparisons] == ["a", "b"]
    assert one([[1.0, 2.0]], [1.0, 2.0]).verdict == "agrees"  # takes the printed shape


A, B = Part("a", [1], [1]), Part("b", [1], [2])


@pytest.mark.parametrize(
    ("parts", "more", "message"),
    [
        ([], {}, r"parts must be Parts with names of their own, got \(\)"),
        ([{"a": [1]}, {"a": [1]}], {}, "parts must be Parts with names of their own, got"),
        ([A, A], {}, "parts must be Parts with names of their own, got"),
        ([Part("a", [1, 2], [1])], {}, r"found of 'a' must have shape \(2,\), got \(1,\)"),
        ([Part("a", [], [])], {}, r"found of 'a' must have shape"),
        ([A], {"kind": "perhaps"}, r"kind must be exact or shape"),
        ([B], {"differs": {("b", 0): 1.0}}, r"note must give the reason"),
        (
            [A, B],
            {"differs": {("b", 7): 1.0}, "note": "why"},
            r"differs must name cells \(part, row, col\), got \[\('b', 7\)\]",
        ),
    ],
)
def test_bad_results(parts, more, message):
    with pytest.raises(ValueError, match=message):
        Result(*parts, **more)


def test_printed_tables_keep_their_digits():
    v = printed("fig:3.4a", "v")
    assert v.shape == (5, 5)
    assert v[0].tolist() == ["5.8", "5.6", "6.2", "6.5", "5.8"]
    assert printed("fig:3.4a")["pi"][3].tolist() == list("RRSLL")
    assert printed("tab:1.3", "r")[0].tolist() == list("b00b0")
    assert printed("fig:2.4", "v").tolist() == ["9", "10", "10", "10"]
    with pytest.raises(ValueError, match=r"no printed numbers under 'fig:99' for 'fig:99'"):
        printed("fig:99")
    with pytest.raises(ValueError, match=r"no printed numbers under 'w' for 'fig:3.4a'"):
        printed("fig:3.4a", "w")


def test_references():
    w = reference("fig:6.4", "w")
    assert (w.sd, w.runs) == (0.0, np.inf)
    assert w.mean == pytest.approx([3, 2.0360, 1.6478, 1.4578, 1.3507, 1.2833, 1.2373, 1.2040,
                                    1.1789, 1.1592, 1.1434], abs=5e-5)  # fmt: skip
    gone = reference("fig:6.3", "share that diverges, 1/(k+1)")
    assert gone.mean == pytest.approx(0.29315, abs=1e-5)
    assert gone.sd == pytest.approx(np.sqrt(0.29315 * 0.70685), abs=1e-5)
    for part, mean, sd in (("mean length", 12.4, 0.3), ("mean reward", -15.4, 0.8)):
        found = reference("fig:7.3", f"last 100 episodes: {part}")
        assert found.mean == pytest.approx(mean, abs=sd / 3)
        assert found.sd == pytest.approx(sd, rel=0.2)
        assert found.runs >= 400
    shortest = reference("fig:7.2", "share of seeds with an 11-step path")
    count = shortest.mean * shortest.runs
    assert count == pytest.approx(round(count), abs=1e-9)
    assert shortest.sd == pytest.approx(np.sqrt(shortest.mean * (1 - shortest.mean)))
    assert reference("td:comparison", "TD(0): v in the end").mean.shape == (24,)
    with pytest.raises(ValueError, match=r"no reference under 'fig:99' for 'fig:99'"):
        reference("fig:99", "w")
    with pytest.raises(ValueError, match=r"no reference under 'v' for 'fig:6.4'"):
        reference("fig:6.4", "v")


def test_parts_of_what_is_printed():
    found = {"pi": ["D"] * 25, "v": np.zeros(25)}
    pi, v = printed_parts("fig:3.4a", found, within=0.5)
    assert (pi.name, v.name, v.within) == ("pi", "v", 0.5)
    assert v.expected.tolist() == printed("fig:3.4a", "v").tolist()
    assert v.found is found["v"]
    with pytest.raises(ValueError, match="no printed numbers under 'w'"):
        printed_parts("fig:3.4a", {"w": 1})


def test_numbers_in_a_note():
    assert listed([0.314, 2], ".2f") == "0.31, 2.00"
    assert listed({"a": 0.5, "b": 12.25}, ".1f") == "a 0.5, b 12.2"
    assert listed(["x", 3]) == "x, 3"


def test_best_actions():
    assert best_actions([[1, 2, 2 - 1e-12], [3, 0, 0]], "LSR").tolist() == ["SR", "L"]


def test_items_and_printed_numbers_belong_together():
    names = json.loads((book.resources.files("rlbook") / "data/printed.json").read_text())
    assert set(names) - {"about"} <= set(ITEMS)


EXPECTED = {
    1: "tab:1.1 tab:1.2 tab:1.3 fig:1.6 fig:1.7 loop:agent-environment",
    2: "fig:2.2 fig:2.3 fig:2.4 fig:2.5 fig:2.6 fig:2.7 fig:2.8 eq:2.11",
    3: "fig:3.2 fig:3.4a fig:3.4b fig:3.4c fig:3.4d fig:3.5 ex:3.1 ex:3.3 ex:3.4 thm:3.2 thm:3.3 "
    "fig:3.3 thm:3.6",
    4: "alg:4.1 alg:4.2 alg:4.3 fig:4.2 tab:4.1 tab:4.2 tab:4.3 fig:4.3 tab:4.4 tab:4.5 fig:4.4 "
    "fig:4.5 tab:4.6",
    5: "fig:5.2 fig:5.3 fig:5.4 alg:5.1 alg:5.2 fig:5.5 alg:5.3 fig:5.6 fig:5.7 fig:5.8",
    6: "eq:6.4 eq:6.1 fig:6.3 fig:6.4 fig:6.5 adam:decay",
    7: "box:7.1 fig:7.2 alg:7.1 fig:7.3 alg:7.2 fig:7.4 alg:7.3 fig:7.5 tab:7.1 tab:7.2 "
    "td:comparison",
    8: "fig:8.2 eq:8.1 eq:8.2 fig:8.4 fig:8.5 fig:8.6 fig:8.7 alg:8.1 fig:8.8 fig:8.9 alg:8.2 "
    "fig:8.10 alg:8.3 eq:8.32 fa:lstd fa:mountain-car fig:8.11 alg:8.3b fig:8.12 dqn:cartpole",
    9: "thm:9.1 thm:9.2 thm:9.3 lemma:9.1 thm:9.4 thm:9.5 alg:9.1 pg:cartpole",
    10: "fig:10.2 alg:10.1 alg:10.2 alg:10.3 eq:10.5 alg:10.4 ac:gaussian ac:estimators "
    "ac:gumbel-max ac:straight-through ac:cartpole",
    11: "ddpg:lqr ddpg:dimensions ddpg:pendulum ddpg:ablation ddpg:value",
    12: "dpo:closed-form dpo:one-over-n dpo:losses dpo:frontier dpo:rlhf dpo:gridworld "
    "dpo:language-model",
}


def test_ids_never_change():
    for chapter, names in EXPECTED.items():
        found = [name for name, i in ITEMS.items() if i.chapter.startswith(f"ch{chapter:02}")]
        assert found == names.split()


def test_select():
    assert [i.ids for i in select(["fig:3.4"])] == [(f"fig:3.4{x}",) for x in "abcd"]
    assert [i.ids for i in select(["fig:3.5", "fig:3.4b"])] == [("fig:3.4b",), ("fig:3.5",)]
    assert {i.chapter for i in select(["ch03"])} == {"ch03_optimality"}
    assert select(["ch03_optimality"]) == select(["ch03"])
    assert len(select([])) == len(set(ITEMS.values()))
    for word in ("fig:3", "fig:3.44", "ch33", ""):
        with pytest.raises(ValueError, match="is neither an item nor a chapter"):
            select([word])
    with pytest.raises(ValueError, match=r"the item of this name is Fig. 1.6 of the book: fig:1.6"):
        select(["fig:1.5"])


def test_registering():
    with pytest.raises(ValueError, match=r"ids must be new, got \['fig:3.5'\] again"):

        @item("fig:3.5")
        def again(fig, rng):
            """Again?"""

    with pytest.raises(ValueError, match="an item needs an id and a docstring"):

        @item("fig:0.0")
        def silent(fig, rng): ...

    assert "fig:0.0" not in ITEMS


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """Writes a file of items and loads it, as often as one likes; ITEMS is as before afterwards."""
    monkeypatch.setattr("rlbook.book.items.ITEMS", {})
    items = importlib.import_module("rlbook.book.items")
    path = tmp_path / "sheet1.py"

    def load(*named, file=path, names=None):
        text = ["from rlbook.book import Part, Result, item"]
        for k, (ids, title) in enumerate(named):
            head = f"@item({', '.join(map(repr, ids.split()))})\ndef f{k}(fig, rng):"
            text.append(f'{head}\n    """{title}"""\n    return Result(Part("", [1], [1]))')
        file.write_text("\n".join(text))
        code = compile(file.read_text(), file, "exec")
        names = {"__name__": "__main__"} if names is None else names
        exec(code, names)
        return {name: found.title for name, found in items.ITEMS.items()}

    return load


def test_a_file_that_is_loaded_again_registers_its_items_anew(chapter):
    assert chapter(("a:1", "One?"), ("a:2 a:3", "Two?")) == {
        "a:1": "One?", "a:2": "Two?", "a:3": "Two?",
    }  # fmt: skip
    again = {"a:1": "Uno?", "a:2": "Due?"}  # an id that is given up is gone
    assert chapter(("a:1", "Uno?"), ("a:2", "Due?")) == again
    module = {"__name__": "sheet1"}
    for _ in range(3):  # as importlib.reload does, into the names of before
        assert chapter(("a:1", "Uno?"), ("a:2", "Due?"), names=module) == again
    assert list(chapter(("a:2", "Due?"), ("a:1", "Uno?"))) == ["a:2", "a:1"]


def test_two_items_of_one_load_do_not_share_an_id(chapter):
    for _ in range(2):
        with pytest.raises(ValueError, match=r"ids must be new, got \['a:1'\] again"):
            chapter(("a:1", "One?"), ("a:1", "Two?"))
        with pytest.raises(ValueError, match=r"ids must be new, got \['a:2'\] again"):
            chapter(("a:1 a:2", "One?"), ("a:3", "Three?"), ("a:2 a:4", "Two?"))


def test_another_file_does_not_take_an_id(chapter, tmp_path):
    chapter(("a:1", "One?"))
    with pytest.raises(ValueError, match=r"ids must be new, got \['a:1'\] again"):
        chapter(("a:1", "One?"), file=tmp_path / "sheet2.py")


def test_the_cells_of_a_notebook_register_their_items_anew(chapter, tmp_path):
    shared = {"__name__": "__main__"}  # every cell is a file of its own name
    chapter(("a:1", "One?"), file=tmp_path / "1234.py", names=shared)
    later = chapter(("a:1", "Uno?"), file=tmp_path / "5678.py", names=shared)
    assert later == {"a:1": "Uno?"}


def test_a_chapter_is_run_and_imported_in_one_session():
    before, names = list(ITEMS), {"__name__": "of a notebook"}
    path = Path(ITEMS["fig:3.4a"].function.__code__.co_filename)
    for _ in range(2):
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), dict(names))
    load_chapters()
    assert list(ITEMS) == before
    assert ITEMS["fig:3.4a"].function.__globals__["__name__"] == "of a notebook"
    module = sys.modules["rlbook.chapters.ch03_optimality"]
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), module.__dict__)
    load_chapters()
    assert list(ITEMS) == before
