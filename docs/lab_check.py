"""Are the numbers of the grid lab those of the library? python docs/lab_check.py [--seed N]

rlbook makes random worlds, and traces of its planners and learners in them (`lab_traces.py`); the
lab's JavaScript makes them again, in a headless Chromium, from file://. What differs by more than
1e-12 of the largest number of its world is a fault. Learning runs must agree in every bit.
Exit status 1 where there are faults. Without Chromium it says so, and passes.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crawl import FLAGS, find_browser
from lab_traces import options, write

LAB = Path(__file__).parent / "_static" / "lab"
ENGINE = ("engine.js", "chance.js", "learning.js")
TOLERANCE = 1e-12

# Runs in the page, for the text of one file of traces. Counts what it compares, and notes faults.
REPLAY = """
text => {
  const lab = window.rlbookLab, counts = {}, faults = [];
  let largest = 0, unit = 1, here = "";
  const count = (name, n = 1) => { counts[name] = (counts[name] || 0) + n; };
  const flat = x => Array.isArray(x) ? x.flat(Infinity) : [x];

  function near(name, mine, theirs) {
    const x = flat(mine), y = flat(theirs);
    let most = x.length == y.length ? 0 : Infinity;
    x.forEach((z, i) => { if (z !== y[i]) most = Math.max(most, Math.abs(z - y[i]) / unit); });
    count("numbers", y.length);
    if (most === 0) count("of them bit for bit", y.length);
    if (!(most <= TOLERANCE)) faults.push(`${here}: ${name} differs by ${most}`);
    else largest = Math.max(largest, most);
  }
  function same(name, mine, theirs) {
    const [x, y] = [mine, theirs].map(z => JSON.stringify(z));
    if (x !== y) faults.push(`${here}: ${name} is ${x.slice(0, 99)}, not ${y.slice(0, 99)}`);
  }

  // Where two actions are equal but for rounding, either is a best one. A later iterate of another
  // choice may be another, so the planner goes on from the library's.
  function tied(planner, before, {pi}) {
    return before && pi.every((row, s) => {
      const a = planner.pi[s].indexOf(1), b = row.indexOf(1);
      return a === b || Math.abs(before.q[s][a] - before.q[s][b]) <= TOLERANCE * unit;
    });
  }

  function replayPlan(world, plan) {
    here = `${JSON.stringify(world.spec)} ${plan.method}`;
    const planner = lab.plan(world, plan);
    plan.iterates.forEach((theirs, k) => {
      count("iterates");
      if (plan.method === "truncated") count("sweeps", plan.sweeps); else count("sweeps");
      planner.step();
      const differs = JSON.stringify(planner.pi) !== JSON.stringify(theirs.pi);
      if (differs && tied(planner, plan.iterates[k - 1], theirs)) {
        count("iterates where rounding broke a tie otherwise");
        const again = {...plan, pi: theirs.pi, method: "policy_iteration"};
        if (plan.method === "policy_iteration") planner.v = lab.plan(world, again).step().v;
        else planner.v = theirs.v;
        planner.pi = theirs.pi;
        planner.q = lab.lookahead(world, planner.v, plan.gamma);
      } else near("pi", planner.pi, theirs.pi);
      near(`v of iterate ${k}`, planner.v, theirs.v);
      near(`q of iterate ${k}`, planner.q, theirs.q);
    });
  }

  function replayRun(world, run) {
    here = `${JSON.stringify(world.spec)} ${run.name}`;
    const learner = lab.learn(world, run.options);
    let updates = 0;
    for (const [n, theirs] of run.steps.entries()) {
      const [s, a, r, sNext, terminated, truncated, target, delta, all] = theirs;
      const t = learner.step();
      updates += t.updates.length;
      same(`step ${n}`,
           [t.s, t.a, t.r, t.sNext, t.terminated, t.truncated, updates],
           [s, a, r, sNext, terminated, truncated, all]);
      if (target !== null) same(`target of step ${n}`, [t.target, t.delta], [target, delta]);
      if (n + 1 === run.steps.length >> 1) Object.assign(learner, run.later);
      if (faults.length) break;
    }
    same("q in the end", learner.q, run.q);
    count("steps", run.steps.length);
    count("updates", updates);
  }

  for (const trace of JSON.parse(text)) {
    const world = lab.world(trace.spec);
    here = JSON.stringify(trace.spec);
    count("worlds");
    count("pairs", 5 * world.S);
    same("outcomes", world.outcomes, trace.outcomes);
    same("the start", world.start, trace.start);
    same("greedy", lab.greedy(trace.greedy[0]), trace.greedy[1]);
    unit = Math.max(1e-300, ...flat(trace.R).map(Math.abs), ...flat(trace.best || 0).map(Math.abs));
    near("R", world.R, trace.R);
    if (trace.best) near("v*", lab.best(world, trace.gamma).v, trace.best);
    for (const plan of trace.plans) { count(plan.method); replayPlan(world, plan); }
    for (const run of trace.runs) { count(run.name); replayRun(world, run); }
  }
  return {counts, largest, faults: faults.slice(0, 8)};
}
""".replace("TOLERANCE", str(TOLERANCE))


def page(browser: Any, folder: Path) -> Any:
    """A page with the lab's engine, opened from file://."""
    scripts = "".join(f'<script src="{(LAB / name).as_uri()}"></script>' for name in ENGINE)
    path = folder / "lab.html"
    path.write_text(f"<!doctype html><title>lab</title>{scripts}", encoding="utf-8")
    tab = browser.new_page()
    tab.on("pageerror", lambda error: print(f"error in the page: {error}"))
    tab.goto(path.as_uri(), wait_until="load")
    return tab


def replay(tab: Any, files: list[Path]) -> tuple[Counter[str], float, list[str]]:
    """What was compared, how often; the largest difference; the faults."""
    counts: Counter[str] = Counter()
    largest, faults = 0.0, []
    for file in files:
        found = tab.evaluate(REPLAY, file.read_text(encoding="utf-8"))
        counts.update(found["counts"])
        largest = max(largest, found["largest"])
        faults += found["faults"]
    return counts, largest, faults


def main(arguments: list[str]) -> int:
    """Print what was compared; returns 1 if there are faults."""
    given = options(__doc__, arguments)
    path = find_browser()
    if path is None:
        print("lab: there is no Chromium here, nothing was compared")
        return 0
    from playwright.sync_api import sync_playwright

    began = time.monotonic()
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        files = write(folder, given.seed, given.worlds)
        made = time.monotonic()
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        counts, largest, faults = replay(page(browser, folder), files)
        browser.close()
    print("\n".join(faults), end="\n" if faults else "")
    for what, n in counts.items():
        print(f"{n:>10,} {what}")
    print(
        f"lab: {len(faults)} faults; the largest difference is {largest:.1e} of the largest number "
        f"of its world; made in {made - began:.0f} s, replayed in {time.monotonic() - made:.0f} s"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
