/* The grid world of rlbook and the planning of chapters 2 to 4, in the browser.

   s, a, r       states from 0, row by row; actions 0 up, 1 right, 2 down, 3 left, 4 stay
   v[s]          state values
   q[s][a]       action values
   pi[s][a]      a policy: each row sums to one
   gamma         the discount

   Its numbers are those of rlbook: docs/lab_check.py replays the library's and compares. */
(function (lab) {
  "use strict";

  const A = 5;
  const MOVES = [[-1, 0], [0, 1], [1, 0], [0, -1], [0, 0]]; // rows down, columns to the right

  /* What each convention says where a spec says nothing. The boundary of "python" and "matlab"
     pays what a forbidden cell pays. */
  const CONVENTIONS = {
    book: { rForbidden: -1, rBoundary: -1, rTarget: 1, rOther: 0, walls: false, terminate: false },
    python: { rForbidden: -5, rTarget: 10, rOther: -1, walls: true, terminate: true },
    matlab: { rForbidden: -1, rTarget: 1, rOther: 0, walls: false, terminate: false },
  };

  /* A grid world from {layout, convention, start, rForbidden, rBoundary, rTarget, rOther, walls,
     terminate, slip, bumpAddsForbidden}; what is left out, null or undefined, is as the convention
     has it.

     layout               rows of '.' free, '#' forbidden, 'T' target, 'S' a start
     start                a state; null: the cells 'S', or else all where an episode can begin
     walls                forbidden cells cannot be entered
     terminate            the episode ends at the target
     slip                 the probability to slip, half of it to each side
     bumpAddsForbidden    an attempt to leave the grid from a forbidden cell pays both rewards

     Returns {rows, cols, S, A, cells, start, outcomes, R, K, spec}: start[s] is a distribution,
     outcomes[s][a] a list of {p, s, r, end}, R[s][a] the mean reward, K the most outcomes of a
     pair. Throws an Error for a layout or a number that makes no world. */
  lab.world = function (spec) {
    const rules = lab.rules(spec);
    const cells = [...rules.layout.join("")];
    const rows = rules.layout.length;
    const cols = rules.layout[0].length;
    const S = cells.length;
    const world = { rows, cols, S, A, cells, spec: rules };
    world.outcomes = cells.map((_, s) => MOVES.map((_, a) => outcomesOf(world, rules, s, a)));
    world.R = world.outcomes.map((row) => row.map((x) => expected(x, (o) => o.r)));
    world.K = Math.max(...world.outcomes.flat().map((x) => x.length));
    world.start = startOf(world, rules);
    return world;
  };

  /* A spec with all that its convention says. */
  lab.rules = function (spec) {
    const convention = CONVENTIONS[spec.convention || "book"];
    if (!convention) throw new Error(`there is no convention ${spec.convention}`);
    const rules = { convention: "book", start: null, slip: 0, bumpAddsForbidden: false };
    for (const given of [convention, spec])
      for (const [name, value] of Object.entries(given)) if (value != null) rules[name] = value;
    if (rules.rBoundary === undefined) rules.rBoundary = rules.rForbidden;
    check(rules);
    return rules;
  };

  function check(rules) {
    const { layout, start, slip } = rules;
    const cells = layout.join("");
    if (!cells || layout.some((row) => row.length !== layout[0].length))
      throw new Error("the rows of a layout must be of one length");
    if (/[^.#TS]/.test(cells)) throw new Error("a layout is made of '.', '#', 'T' and 'S'");
    if (!cells.includes("T")) throw new Error("a layout must have a target 'T'");
    for (const name of ["rForbidden", "rBoundary", "rTarget", "rOther"])
      if (!Number.isFinite(rules[name])) throw new Error(`${name} must be a number`);
    if (!(slip >= 0 && slip <= 1)) throw new Error("slip must be from 0 to 1");
    if (start !== null && !(Number.isInteger(start) && start >= 0 && start < cells.length))
      throw new Error(`start must be a state from 0 to ${cells.length - 1}`);
  }

  /* Where action a leads from s, the move meant first, then its two sides. [Zhao 1.7] */
  function outcomesOf(world, rules, s, a) {
    const sides = a < 4 && rules.slip > 0 ? [(a + 1) % 4, (a + 3) % 4] : [];
    const moves = [a, ...sides];
    const p = sides.length ? [1 - rules.slip, rules.slip / 2, rules.slip / 2] : [1];
    const found = [];
    moves.forEach((move, k) => {
      const o = { p: p[k], ...consequence(world, rules, s, move) };
      const same = found.find((x) => x.s === o.s && x.r === o.r);
      if (same) same.parts.push(o.p);
      else if (o.p > 0) found.push({ ...o, parts: [o.p] });
    });
    // Rounded as numpy adds: the first, and the sum of the others.
    return found.map(({ parts, ...o }) => ({ ...o, p: parts[0] + sum(parts.slice(1)) }));
  }

  /* The next state, the reward, and whether the episode ends, of a move that does not slip. */
  function consequence({ rows, cols, cells }, rules, s, move) {
    const row = Math.floor(s / cols) + MOVES[move][0];
    const col = (s % cols) + MOVES[move][1];
    const ends = (x) => rules.terminate && cells[x] === "T";
    if (row < 0 || row >= rows || col < 0 || col >= cols) {
      const both = rules.bumpAddsForbidden && cells[s] === "#";
      return { s, r: rules.rBoundary + (both ? rules.rForbidden : 0), end: ends(s) };
    }
    const to = row * cols + col;
    if (cells[to] === "#")
      return { s: rules.walls ? s : to, r: rules.rForbidden, end: rules.walls && ends(s) };
    return { s: to, r: cells[to] === "T" ? rules.rTarget : rules.rOther, end: ends(to) };
  }

  /* The distribution of the first state. */
  function startOf({ S, cells, outcomes }, rules) {
    if (rules.start !== null) return uniformOver(cells.map((_, s) => s === rules.start));
    const ended = new Set();
    for (const o of outcomes.flat(2)) if (o.end) ended.add(o.s);
    const standable = cells.map((cell) => !(rules.walls && cell === "#"));
    const open = standable.map((free, s) => free && (ended.size === S || !ended.has(s)));
    const marked = cells.map((cell) => cell === "S");
    return uniformOver([marked, open, standable].find((states) => states.includes(true)));
  }

  function uniformOver(states) {
    const n = states.filter(Boolean).length;
    return states.map((chosen) => (chosen ? 1 / n : 0));
  }

  /* sum_k p f, added up as numpy's einsum does, for the same last bit and so the same ties. */
  function expected(outcomes, f) {
    const [x, y = 0, z = 0] = outcomes.map((o) => o.p * f(o));
    return x + z + y;
  }

  const sum = (x) => x.reduce((total, y) => total + y, 0);
  const argmax = (x) => x.indexOf(Math.max(...x)); // of equal ones the first

  /* What is each action worth, if the future is worth v? */
  lab.lookahead = function (world, v, gamma) {
    return world.outcomes.map((row, s) =>
      row.map((outcomes, a) => {
        const future = expected(outcomes, (o) => (o.end ? 0 : v[o.s]));
        return world.R[s][a] + gamma * future; // (2.14)
      })
    );
  };

  lab.uniform = (world) => world.cells.map(() => Array(A).fill(1 / A));

  /* All the probability on the best action, the first of equal ones. [Zhao (3.6)] */
  lab.greedy = (q) => q.map((row) => row.map((_, a) => (a === argmax(row) ? 1 : 0)));

  const maximum = (q) => q.map((row) => Math.max(...row));
  const mean = (pi, q) => q.map((row, s) => sum(row.map((x, a) => pi[s][a] * x))); // (2.13)

  /* v_pi in closed form, by elimination. Throws an Error where there is no solution. */
  lab.policyValue = function (world, pi, gamma) {
    const { S, cols, outcomes, R } = world;
    const v = mean(pi, R); // r_pi
    const M = Array.from({ length: S }, () => new Float64Array(S)); // I - gamma P_pi
    for (let s = 0; s < S; s++) {
      M[s][s] = 1;
      for (let a = 0; a < A; a++)
        for (const o of outcomes[s][a]) if (!o.end) M[s][o.s] -= gamma * pi[s][a] * o.p;
    }
    // (I - gamma P_pi) v = r_pi, (2.12). A move leads at most `cols` states on, so that all other
    // entries are zero and stay so; the diagonal is the largest of its row, so none is exchanged.
    for (let k = 0; k < S; k++) {
      if (M[k][k] < 1e-12) throw new Error(`gamma = ${gamma} leaves no solution: no end in reach`);
      const last = Math.min(S - 1, k + cols);
      for (let i = k + 1; i <= last; i++) {
        const factor = M[i][k] / M[k][k];
        if (factor === 0) continue;
        for (let j = k; j <= last; j++) M[i][j] -= factor * M[k][j];
        v[i] -= factor * v[k];
      }
    }
    for (let k = S - 1; k >= 0; k--) {
      for (let j = k + 1; j <= Math.min(S - 1, k + cols); j++) v[k] -= M[k][j] * v[j];
      v[k] /= M[k][k];
    }
    return v.map((x) => x + 0); // -0 becomes 0
  };

  /* {v, q, pi}: v*, right to rounding, by policy iteration. Throws an Error at gamma = 1 where a
     policy never ends. */
  lab.best = function (world, gamma) {
    let pi = lab.uniform(world);
    let before = -Infinity;
    for (;;) {
      const v = lab.policyValue(world, pi, gamma);
      const q = lab.lookahead(world, v, gamma);
      const noise = (1e-15 * Math.max(...v.map(Math.abs))) / Math.max(1 - gamma, 1e-3);
      const better = q.map((row, s) => Math.max(...row) > v[s] + noise);
      // Among equal actions rounding may seem to find better ones for ever: v must rise, too.
      if (!better.includes(true) || sum(v) <= before) return { v, q, pi: lab.greedy(q) };
      const best = lab.greedy(q);
      pi = pi.map((row, s) => (better[s] ? best[s] : row));
      before = sum(v);
    }
  };

  /* One iteration of each algorithm, on x = {v, q, pi, k, sweeps}; q is lookahead(v). */
  const ITERATIONS = {
    policy_evaluation(x) {
      x.v = mean(x.pi, x.q); // (2.11)
    },
    value_iteration(x) {
      x.pi = lab.greedy(x.q); // (4.2)
      x.v = maximum(x.q); // (4.1)
    },
    policy_iteration(x, world, gamma) {
      if (x.k > 0) x.pi = lab.greedy(x.q); // (4.3); the first iterate is v of the first policy
      x.v = lab.policyValue(world, x.pi, gamma); // (2.12)
    },
    truncated(x, world, gamma) {
      x.pi = lab.greedy(x.q); // (4.2)
      for (let j = 0; j < x.sweeps; j++) x.v = mean(x.pi, lab.lookahead(world, x.v, gamma)); // (4.4)
    },
  };

  /* A planner {v, q, pi, k, sweeps, step()}: each step is what rlbook's generator yields next.

     method    policy_evaluation (of pi), value_iteration, policy_iteration, truncated
     v         v_0, zero if left out; pi: the first policy, uniform if left out
     sweeps    of truncated, may be changed at any time

     k counts the steps made; q is always what each action is worth if the future is worth v. */
  lab.plan = function (world, { method, gamma, sweeps = 1, pi = null, v = null }) {
    if (!ITERATIONS[method]) throw new Error(`there is no method ${method}`);
    const x = { k: 0, sweeps, pi: pi || lab.uniform(world), v: v || world.cells.map(() => 0) };
    x.q = lab.lookahead(world, x.v, gamma);
    x.step = function () {
      ITERATIONS[method](x, world, gamma);
      x.q = lab.lookahead(world, x.v, gamma);
      x.k += 1;
      return x;
    };
    return x;
  };

  /* The largest difference, and the root mean squared error, of two arrays or two tables. */
  lab.furthest = (x, y) => Math.max(...differences(x, y).map(Math.abs));
  lab.rmse = function (x, y) {
    const d = differences(x, y);
    return Math.sqrt(sum(d.map((z) => z * z)) / d.length);
  };
  function differences(x, y) {
    const other = y.flat();
    return x.flat().map((z, i) => z - other[i]);
  }
})((window.rlbookLab = window.rlbookLab || {}));
