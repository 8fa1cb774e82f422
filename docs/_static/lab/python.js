/* The same in Python: lines of rlbook that give the numbers of the page. A test runs them. */
(function (lab) {
  "use strict";

  const AGENTS = {
    monte_carlo: "MonteCarlo", sarsa: "Sarsa", expected_sarsa: "ExpectedSarsa",
    q_learning: "QLearning",
  };
  const PLANNERS = {
    policy_evaluation: "evaluate", value_iteration: "value_iteration",
    policy_iteration: "policy_iteration", truncated: "truncated_policy_iteration",
  };
  const MAKERS = {
    book: "GridWorld", python: "GridWorld.zhao_python", matlab: "GridWorld.zhao_matlab",
  };

  /* Lines of rlbook that give the numbers on the screen. */
  lab.python = function (state, world) {
    const maker = `world = ${MAKERS[state.convention]}(`;
    const [layout, more] = [drawing(state.layout), options(state, world)];
    const lines = more.length
      ? [maker, ...[layout, ...more].map((x) => `    ${x},`), ")"]
      : [`${maker}${layout})`];
    if (state.method === "walk") return walkLines(state, lines);
    return lab.learns(state.method) ? agentLines(state, world, lines) : planLines(state, lines);
  };

  const drawing = (layout) => `[${layout.split("/").map((row) => `"${row}"`).join(", ")}]`;

  /* What the world has otherwise than its convention. */
  function options(state, world) {
    const { layout, convention, rForbidden } = world.spec;
    const own = lab.rules({ layout, convention, rForbidden });
    const plain = lab.rules({ layout, convention });
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
    const yields = method === "policy_evaluation" ? "v" : "(v, pi)";
    const first = k === 0; // before any iteration
    const imports = ["GridWorld", name];
    if (soft) imports.push("epsilon_greedy");
    if (begins && !state.pi) imports.push("uniform");
    const pi = state.pi ? `world.policy("${state.pi}")` : "uniform(*world.model.R.shape)";
    return [
      first ? "import numpy as np" : "from itertools import islice",
      `from rlbook import ${imports.sort().join(", ")}`,
      "",
      ...world,
      ...(begins ? [`pi = ${soft ? `epsilon_greedy(${pi}, ${state.epsilon})` : pi}`] : []),
      `iterates = ${name}(world.model, gamma=${gamma}${more})`,
      first
        ? "v = np.zeros(len(world.model.R))  # k = 0: before the first iteration"
        : `*_, ${yields} = islice(iterates, ${k})`,
      ...SHOW,
      ...(first || yields === "v" ? [] : ["print(world.arrows(pi))"]),
    ].join("\n");
  }

  function agentLines(state, world, made) {
    const { method, gamma, alpha, epsilon, seed, q0, limit, k } = state;
    const name = AGENTS[method];
    const follows = lab.behaves(state);
    const behaviour = (epsilon) => `epsilon_greedy(world.policy("${state.pi}"), ${epsilon})`;
    const imports = ["GridWorld", name, ...(follows ? ["Follow", "epsilon_greedy"] : [])];
    const settings = [
      `gamma=${gamma}`, ...(method === "monte_carlo" ? [] : [`alpha=${alpha}`]),
      `epsilon=${epsilon}`, "rng=rng", ...(q0 ? [`q=${q0}`] : []),
    ];
    const lines = [
      "from itertools import islice",
      "import numpy as np",
      ...(limit ? ["from gymnasium.wrappers import TimeLimit"] : []),
      `from rlbook import ${imports.sort().join(", ")}, interact, learn`,
      "",
      ...made,
      `rng = np.random.default_rng(${seed})`,
      `agent = ${name}(${world.S}, 5, ${settings.join(", ")})`,
      ...(follows ? [`behaviour = Follow(${behaviour(epsilon)}, rng)`] : []),
      `env = ${limit ? `TimeLimit(world, ${limit})` : "world"}`,
      `steps = interact(env, ${follows ? "behaviour" : "agent"}, seed=${seed})`,
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
