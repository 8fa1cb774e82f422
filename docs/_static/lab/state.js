/* What the lab shows is one flat object of numbers and texts: it fits into an address, and into
   lines of Python.

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

  const MOST_SWEEPS = 1000; // an address asks for no more

  /* The state that a preset begins with. */
  lab.preset = function (id) {
    const chosen = lab.presets.find((x) => x.id === id) || lab.presets[0];
    return { ...DEFAULTS, ...chosen.state, preset: chosen.id };
  };

  /* "#lab=fig:3.4a&gamma=0.5": the preset, and what differs from it. */
  lab.toAddress = function (state) {
    const own = lab.preset(state.preset);
    const parts = [`#lab=${state.preset}`];
    for (const name of Object.keys(own))
      if (state[name] !== own[name]) parts.push(`${name}=${String(state[name] ?? "").replaceAll("#", "x")}`);
    return parts.join("&");
  };

  /* The state of an address, or null if it holds none. */
  lab.fromAddress = function (address) {
    if (!address.startsWith("#lab=")) return null;
    const given = new URLSearchParams(address.slice(1));
    const state = lab.preset(given.get("lab"));
    for (const [name, usual] of Object.entries(DEFAULTS)) {
      const text = given.get(name);
      if (text === null) continue;
      if (typeof usual === "string") state[name] = text;
      else if (text === "") state[name] = null;
      else if (Number.isFinite(Number(text))) state[name] = Number(text);
    }
    state.layout = state.layout.replaceAll("x", "#");
    state.sweeps = Math.min(state.sweeps, MOST_SWEEPS);
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
    state.changes.split("~").filter(Boolean).map((x) => x.split("_").map(Number));

  /* The policy that the letters say, with a share epsilon for all actions alike. [Zhao (5.5)] */
  lab.policy = function (world, letters, epsilon) {
    const greedy = [...letters.replaceAll("/", "")].map((x) => "URDLS".indexOf(x));
    if (greedy.length !== world.S || greedy.includes(-1)) return lab.uniform(world);
    const { A } = world;
    return greedy.map((best) => Array.from({ length: A }, (_, a) =>
      a === best ? 1 - (epsilon * (A - 1)) / A : epsilon / A));
  };

  lab.learns = (method) => method in AGENTS;
  lab.behaves = ({ method, pi }) => method === "q_learning" && pi !== "";

  /* The same in Python. */

  const AGENTS = {
    monte_carlo: "MonteCarlo", sarsa: "Sarsa", expected_sarsa: "ExpectedSarsa",
    q_learning: "QLearning",
  };
  const PLANNERS = {
    policy_evaluation: "evaluate", value_iteration: "value_iteration",
    policy_iteration: "policy_iteration", truncated: "truncated_policy_iteration",
  };
  const MAKERS = { book: "GridWorld", python: "GridWorld.zhao_python", matlab: "GridWorld.zhao_matlab" };

  /* Lines of rlbook that give the numbers on the screen. */
  lab.python = function (state, world) {
    const [maker, layout, more] = [MAKERS[state.convention], tuple(state.layout), options(state, world)];
    const lines = more.length
      ? [`world = ${maker}(`, ...[layout, ...more].map((x) => `    ${x},`), ")"]
      : [`world = ${maker}(${layout})`];
    if (state.method === "walk") return walkLines(state, lines);
    return lab.learns(state.method) ? agentLines(state, world, lines) : planLines(state, lines);
  };

  const tuple = (layout) => `[${layout.split("/").map((row) => `"${row}"`).join(", ")}]`;

  /* What the world has otherwise than its convention. */
  function options(state, world) {
    const { layout, convention, rForbidden } = world.spec;
    const own = lab.world({ layout, convention, rForbidden }).spec;
    const plain = lab.world({ layout, convention }).spec;
    const found = [];
    for (const [name, word, usual] of [
      ["rForbidden", "r_forbidden", plain], ["rBoundary", "r_boundary", own],
      ["rTarget", "r_target", own], ["rOther", "r_other", own], ["slip", "slip", { slip: 0 }],
    ])
      if (world.spec[name] !== usual[name]) found.push(`${word}=${world.spec[name]}`);
    if (world.spec.terminate !== own.terminate)
      found.push(`terminate_at_target=${world.spec.terminate ? "True" : "False"}`);
    if (state.bump) found.push("bump_adds_forbidden=True");
    return found;
  }

  const SHOW = ["print(v.reshape(world.shape).round(2))"];

  function planLines(state, world) {
    const { method, k, gamma, sweeps } = state;
    const name = PLANNERS[method];
    const begins = method === "policy_evaluation" || (method === "policy_iteration" && state.pi);
    const more = method === "truncated" ? `, sweeps=${sweeps}` : begins ? ", pi=pi" : "";
    const soft = method === "policy_evaluation" && state.epsilon > 0 && state.pi;
    const imports = ["GridWorld", name];
    if (soft) imports.push("epsilon_greedy");
    if (begins && !state.pi) imports.push("uniform");
    const pi = state.pi ? `world.policy("${state.pi}")` : "uniform(*world.model.R.shape)";
    return [
      "from itertools import islice",
      `from rlbook import ${imports.sort().join(", ")}`,
      "",
      ...world,
      ...(begins ? [`pi = ${soft ? `epsilon_greedy(${pi}, ${state.epsilon})` : pi}`] : []),
      `iterates = ${name}(world.model, gamma=${gamma}${more})`,
      `*_, ${method === "policy_evaluation" ? "v" : "(v, pi)"} = islice(iterates, ${Math.max(1, k)})`,
      ...SHOW,
      ...(method === "policy_evaluation" ? [] : ["print(world.arrows(pi))"]),
    ].join("\n");
  }

  function agentLines(state, world, made) {
    const { method, gamma, alpha, epsilon, seed, q0, limit, k } = state;
    const name = AGENTS[method];
    const step = method === "monte_carlo" ? "" : `alpha=${alpha}, `;
    const follows = lab.behaves(state);
    const behaviour = (epsilon) => `epsilon_greedy(world.policy("${state.pi}"), ${epsilon})`;
    const lines = [
      "from itertools import islice",
      "import numpy as np",
      ...(limit ? ["from gymnasium.wrappers import TimeLimit"] : []),
      `from rlbook import ${follows ? "Follow, " : ""}GridWorld, ${name}, ${follows ? "epsilon_greedy, " : ""}interact, learn`,
      "",
      ...made,
      `rng = np.random.default_rng(${seed})`,
      `agent = ${name}(${world.S}, 5, gamma=${gamma}, ${step}epsilon=${epsilon}, rng=rng${q0 ? `, q=${q0}` : ""})`,
      ...(follows ? [`behaviour = Follow(${behaviour(epsilon)}, rng)`] : []),
      ...(limit ? [`world_cut = TimeLimit(world, ${limit})`] : []),
      `steps = interact(${limit ? "world_cut" : "world"}, ${follows ? "behaviour" : "agent"}, seed=${seed})`,
      "stream = learn(agent, steps)",
    ];
    let t = 0;
    for (const [from, alpha, epsilon] of lab.changes(state).filter((x) => x[0] < k)) {
      lines.push(...take(from - t));
      if (method !== "monte_carlo") lines.push(`agent.alpha = ${alpha}`);
      lines.push(follows ? `behaviour.pi = ${behaviour(epsilon)}` : `agent.epsilon = ${epsilon}`);
      t = from;
    }
    lines.push(...take(k - t), "v = agent.q.max(-1)", ...SHOW, "print(world.arrows(agent.pi))");
    return lines.join("\n");
  }

  const take = (steps) => (steps ? [`for t in islice(stream, ${steps}):`, "    pass"] : []);

  const walkLines = (state, made) => [
    "from rlbook import GridWorld, returns",
    "",
    ...made,
    `s, _ = world.reset(seed=${state.seed})`,
    "rewards = []",
    `for action in "${state.walk}":`,
    '    s, r, *_ = world.step("URDLS".index(action))',
    "    rewards.append(r)",
    "print(s, rewards)",
    ...(state.walk ? [`print(returns(rewards, gamma=${state.gamma})[0])`] : []),
  ].join("\n");
})((window.rlbookLab = window.rlbookLab || {}));
