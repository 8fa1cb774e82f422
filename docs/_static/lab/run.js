/* A run: the world and the algorithm of a state, made step by step, with its error on the way. */
(function (lab) {
  "use strict";

  const MOST_POINTS = 400; // of the error curve
  const LONGEST_TRAIL = 24;
  const MOST_CELLS = 400;
  const PATIENCE = 5000; // milliseconds for the steps that an address asks for

  /* {world, state, k, v, q, pi, goal, error, errors, every, last, trail, step()}.

     figure    the preset whose world this is, or null
     goal      what v should come to: v_pi for policy evaluation, otherwise v*; null: there is none
     errors    the error at k = 0, every, 2 every, ...: max |v - goal|, of an agent the root mean
               squared error, as in Fig. 7.4
     last      the last transition of an agent

     Throws an Error where state makes no world. */
  lab.begin = function (state) {
    const world = lab.world(lab.spec(state));
    if (world.S > MOST_CELLS) throw new Error(`the lab shows at most ${MOST_CELLS} cells`);
    const run = { world, state, k: 0, errors: [], every: 1, last: null, trail: [], goal: null };
    run.figure = figureOf(state);
    const kind = state.method === "walk" ? walker : lab.learns(state.method) ? agent : planner;
    const advance = kind(run);
    note(run);
    run.step = function () {
      advance();
      run.k += 1;
      note(run);
    };
    const wanted = state.method === "walk" ? state.walk.length : state.k;
    const late = performance.now() + PATIENCE;
    while (run.k < wanted && performance.now() < late) run.step();
    state.k = run.k;
    return run;
  };

  function planner(run) {
    const { world, state } = run;
    const { method, gamma, sweeps } = state;
    const pi = lab.policy(world, state.pi, method === "policy_evaluation" ? state.epsilon : 0);
    const x = lab.plan(world, { method, gamma, sweeps, pi });
    run.goal = solved(method === "policy_evaluation"
      ? () => lab.policyValue(world, pi, gamma)
      : () => lab.best(world, gamma).v);
    run.distance = lab.furthest;
    const show = () => Object.assign(run, { v: x.v, q: x.q, pi: x.pi });
    show();
    return () => {
      x.step();
      show();
    };
  }

  function agent(run) {
    const { world, state } = run;
    const { method, gamma, seed, q0 } = state;
    /* What may change while it learns. */
    const rates = ({ alpha, epsilon }) => ({
      epsilon,
      alpha: method === "monte_carlo" ? null : alpha, // plain means
      behaviour: lab.behaves(state) ? lab.policy(world, state.pi, epsilon) : null,
    });
    const limit = state.limit || null;
    const x = lab.learn(world, { method, gamma, seed, q0, limit, ...rates(state) });
    run.agent = x;
    run.goal = solved(() => lab.best(world, gamma).v);
    run.distance = lab.rmse;
    const show = function () {
      const v = x.q.map((row) => Math.max(...row));
      Object.assign(run, { q: x.q, v, pi: lab.greedy(x.q), s: x.s });
    };
    show();
    return () => {
      for (const [from, alpha, epsilon] of lab.changes(state))
        if (from === run.k) Object.assign(x, rates({ alpha, epsilon }));
      run.last = x.step();
      follow(run, run.last);
      show();
    };
  }

  /* The reader is the agent: the letters of state.walk are its actions. */
  function walker(run) {
    const { world, state } = run;
    const chance = lab.generator(state.seed);
    run.s = lab.sample(world.start, chance);
    run.path = [];
    run.g = 0;
    return () => {
      const a = "URDLS".indexOf(state.walk[run.k]);
      const outcomes = world.outcomes[run.s][a];
      const k = world.K > 1 ? lab.sample(outcomes.map((o) => o.p), chance) : 0;
      const { s, r, end } = outcomes[k];
      run.last = { s: run.s, a, r, sNext: s, terminated: end };
      run.g += state.gamma ** run.k * r; // the discounted return, chapter 1
      run.path.push(run.last);
      follow(run, run.last);
      run.s = s;
    };
  }

  function follow(run, t) {
    if (!run.trail.length) run.trail = [t.s];
    run.trail.push(t.sNext);
    if (run.trail[run.trail.length - 2] !== t.s) run.trail = [t.s, t.sNext]; // another episode
    run.trail = run.trail.slice(-LONGEST_TRAIL);
  }

  function solved(solve) {
    try {
      return solve();
    } catch {
      return null; // at gamma = 1 there need not be one
    }
  }

  function note(run) {
    run.error = run.goal ? run.distance(run.v, run.goal) : null;
    if (run.k % run.every === 0) run.errors.push(run.error);
    if (run.errors.length > MOST_POINTS) {
      run.errors = run.errors.filter((_, i) => i % 2 === 0);
      run.every *= 2;
    }
  }

  /* Whether more iterations of a planner would change no shown digit. */
  lab.settled = function ({ goal, agent, error }) {
    if (goal === null || agent) return false;
    return error < 5e-5 * Math.max(1, ...goal.map(Math.abs));
  };

  /* The printed numbers. */

  const RULES = ["rForbidden", "rBoundary", "rTarget", "rOther", "slip", "terminate", "walls",
    "bumpAddsForbidden"];

  /* What decides the values: the world, gamma, and the policy that is evaluated. */
  function question(state) {
    const rules = lab.rules(lab.spec(state));
    const evaluated = state.method === "policy_evaluation" && [state.pi, state.epsilon];
    return String([state.layout, RULES.map((name) => rules[name]), state.gamma, evaluated]);
  }

  /* The preset that asks what state asks: its own, or another with printed numbers; or null. */
  function figureOf(state) {
    const asked = question(state);
    const own = lab.presets.find((x) => x.id === state.preset);
    const others = lab.presets.filter((x) => x.printed.length);
    return [own, ...others].find(function ({ id, printed }) {
      const other = lab.preset(id);
      if (printed.some((x) => x.epsilon === state.epsilon)) other.epsilon = state.epsilon;
      return question(other) === asked;
    }) || null;
  }

  const SLACK = 1e-4; // beyond half a unit of the last digit, as rlbook's own verdicts allow

  /* The part of the figure that belongs to what is shown: {name, v, pi, path}, or null. */
  lab.printed = function (run) {
    const { state, figure } = run;
    if (!figure || !run.v) return null;
    const k = lab.preset(figure.id).method === state.method ? run.k : undefined;
    const fits = (k) => (x) => x.k === k && [undefined, state.epsilon].includes(x.epsilon);
    const part = figure.printed.find(fits(k)) || figure.printed.find(fits(undefined));
    if (!part) return null;
    const v = part.v === undefined ? null : lab.values[part.v].split(" ");
    return (v || part.pi).length === run.world.S ? { ...part, v } : null;
  };

  /* How far v(s) is from the printed number, 0 within its last digit. */
  lab.off = function (printed, v) {
    const digits = (printed.split(".")[1] || "").length;
    const difference = Math.abs(v - Number(printed));
    return difference <= 0.5 * 10 ** -digits + SLACK ? 0 : difference;
  };

  /* Whether a printed action is among the best: rounding, and what is left of the error, may make
     it look a little worse. */
  lab.isBest = function (run, s, letter) {
    const q = run.q[s];
    const tolerance = run.agent ? 1e-9 : Math.min(1e-2, 2 * (run.error || 0)) + 1e-9;
    return q["URDLS".indexOf(letter)] >= Math.max(...q) - tolerance;
  };

  /* Whether an agent has learned which action is better here: before, its q are all alike. */
  lab.knows = ({ agent, q }, s) => !agent || q[s].some((x) => x !== q[s][0]);

  const ENDLESS = "At \u03b3 = 1 without an end there is no solution: v may grow for ever.";

  /* {word, text}: agrees, differs, not yet, chance, or that the world is the reader's own. */
  lab.verdict = function (run) {
    if (!run.figure) {
      const endless = run.v && !run.goal;
      const policy = run.state.method === "policy_evaluation" ? " with this policy" : "";
      const none = `The book prints no numbers for this world${policy}.`;
      return say("your own world", endless ? ENDLESS : none);
    }
    const part = lab.printed(run);
    if (!part || (run.agent && part.v && !part.pi)) return null;
    if (part.path) return pathVerdict(run, part.path);
    const off = part.v ? run.v.map((v, s) => lab.off(part.v[s], v)) : [];
    const wrong = off.filter((x) => x > 0).length;
    const greedy = [...(part.pi || "")].map((x, s) => lab.knows(run, s) && lab.isBest(run, s, x));
    const right = greedy.filter(Boolean).length;
    const n = run.world.S;
    if (run.agent) return chanceVerdict(run, right);
    if (wrong && part.k === undefined && !lab.settled(run))
      return say("not yet", `${n - wrong} of ${n} values are as printed so far.`);
    const most = Math.max(0, ...off).toPrecision(2);
    if (wrong) return say("differs", `${wrong} of ${n} values differ, by up to ${most}.`);
    if (part.pi && right < n)
      return say("differs", `${n - right} of ${n} printed actions are not among the best here.`);
    return say("agrees", `All ${n} values agree to the last printed digit.`);
  };

  const say = (word, text) => ({ word, text });

  function chanceVerdict(run, right) {
    const known = run.q.filter((_, s) => lab.knows(run, s)).length;
    if (!known) return say("not yet", "The agent has learned nothing so far.");
    const where = known < run.world.S ? "in the cells learned so far" : "here";
    return say("chance", `${right} of ${known} printed actions are the greedy ones ${where}.`);
  }

  function pathVerdict(run, printed) {
    const steps = lab.pathLength(run);
    if (steps === printed)
      return say("agrees", `The greedy path takes ${steps} steps, as printed.`);
    const own = steps ? `takes ${steps} steps` : "does not arrive";
    return say("not yet", `The greedy path ${own}; the printed one takes ${printed}.`);
  }

  /* The steps of the greedy path from the first start to a target, 0 if it does not arrive. */
  lab.pathLength = function ({ world, pi }) {
    let s = world.start.findIndex((p) => p > 0);
    for (let t = 0; t <= world.S; t++) {
      if (world.cells[s] === "T") return t;
      s = world.outcomes[s][pi[s].indexOf(Math.max(...pi[s]))][0].s;
    }
    return 0;
  };
})((window.rlbookLab = window.rlbookLab || {}));
