/* What the lab shows is one flat object of numbers and texts. It fits into an address.

   layout, convention, rForbidden, rBoundary, rTarget, rOther, slip, terminate, bump    the world;
             rows are parted by "/"; null: as the convention has it
   method, gamma, sweeps, alpha, epsilon, seed, q0, limit    the algorithm
   pi        letters of U R D L S: the policy that is evaluated, or the first one, uniform if "";
             with Q-learning the behaviour, its own if "". Around it epsilon is explored
   k         iterations, or steps of an agent, so far
   changes   "120_0.2_0.1~...": alpha and epsilon from step 120 on
   walk      the actions that the reader took, letters again
   cell, view    what the reader looks at */
(function (lab) {
  "use strict";

  const DEFAULTS = {
    layout: "...../.##../..#../.#T#./.#...", convention: "book",
    rForbidden: null, rBoundary: null, rTarget: null, rOther: null,
    slip: 0, terminate: null, bump: 0,
    method: "value_iteration", gamma: 0.9, sweeps: 5, alpha: 0.1, epsilon: 0.1,
    seed: 0, q0: 0, limit: 0, pi: "", k: 0, changes: "", walk: "", cell: null, view: "v",
  };

  /* [least, most, whole] of a number that is typed, or that stands in an address. */
  const RANGES = {
    gamma: [0, 1], alpha: [0.001, 1], epsilon: [0, 1], slip: [0, 1], sweeps: [1, 1000, true],
    rows: [1, 12, true], cols: [1, 12, true], seed: [0, 2 ** 32 - 1, true], limit: [0, 1e6, true],
    k: [0, 1e9, true],
  };
  const rangeOf = (name) => RANGES[name] || [-1e9, 1e9];

  /* The allowed number that is nearest to x. */
  lab.cut = function (name, x) {
    const [least, most, whole] = rangeOf(name);
    return Math.min(most, Math.max(least, whole ? Math.round(x) : x));
  };

  lab.wanted = function (name) {
    const [least, most, whole] = rangeOf(name);
    return `must be a ${whole ? "whole " : ""}number from ${least} to ${most}`;
  };

  /* The number that a text says, also with a true minus sign or a decimal comma; NaN: none. */
  lab.number = (text) => Number(text.trim().replace("\u2212", "-").replace(",", ".") || NaN);

  /* The state that a preset begins with. */
  lab.preset = function (id) {
    const chosen = lab.presets.find((x) => x.id === id) || lab.presets[0];
    return { ...DEFAULTS, ...chosen.state, preset: chosen.id };
  };

  /* "#lab=fig:3.4a&gamma=0.5": the preset, and what differs from it. */
  lab.toAddress = function (state) {
    const own = lab.preset(state.preset);
    const parts = [`#lab=${state.preset}`];
    for (const name of Object.keys(own)) {
      const text = String(state[name] ?? "").replaceAll("#", "x");
      if (state[name] !== own[name]) parts.push(`${name}=${text}`);
    }
    return parts.join("&");
  };

  /* The state of an address, or null if it holds none. What is out of range is cut, and told. */
  lab.fromAddress = function (address, told = []) {
    if (!address.startsWith("#lab=")) return null;
    const given = new URLSearchParams(address.slice(1));
    const state = lab.preset(given.get("lab"));
    for (const [name, usual] of Object.entries(DEFAULTS)) {
      const text = given.get(name);
      if (text === null) continue;
      if (typeof usual === "string") state[name] = text;
      else if (text === "" && usual === null) state[name] = null;
      else {
        const x = lab.number(text);
        if (!Number.isNaN(x)) state[name] = lab.cut(name, x);
        if (state[name] !== x) told.push(`${name}=${text} became ${state[name]}, it ${lab.wanted(name)}`);
      }
    }
    state.layout = state.layout.replaceAll("x", "#");
    return state;
  };

  /* What lab.world wants. */
  lab.spec = (state) => ({
    ...state,
    layout: state.layout.split("/"),
    terminate: state.terminate === null ? null : Boolean(state.terminate),
    bumpAddsForbidden: Boolean(state.bump),
    start: null, // cells 'S'
  });

  /* [step, alpha, epsilon] of each change while learning. */
  lab.changes = (state) =>
    state.changes.split("~").filter(Boolean).map((x) => {
      const [step, alpha, epsilon] = x.split("_").map(Number);
      return [step, lab.cut("alpha", alpha), lab.cut("epsilon", epsilon)];
    });

  /* The policy that the letters say, with a share epsilon for all actions alike. [Zhao (5.5)] */
  lab.policy = function (world, letters, epsilon) {
    const greedy = [...letters.replaceAll("/", "")].map((x) => "URDLS".indexOf(x));
    if (greedy.length !== world.S || greedy.includes(-1)) return lab.uniform(world);
    const { A } = world;
    return greedy.map((best) => Array.from({ length: A }, (_, a) =>
      a === best ? 1 - (epsilon * (A - 1)) / A : epsilon / A));
  };

  lab.learns = (method) =>
    ["monte_carlo", "sarsa", "expected_sarsa", "q_learning"].includes(method);
  lab.behaves = ({ method, pi }) => method === "q_learning" && pi !== "";
})((window.rlbookLab = window.rlbookLab || {}));
