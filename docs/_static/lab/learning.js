/* Learning while acting, step by step: Monte Carlo, Sarsa, Expected Sarsa, Q-learning.
   [Zhao chapters 5 and 7]

   All behave epsilon-greedily for the q that they have so far. Draw by draw and bit by bit a run is

       train(Agent(..., rng=np.random.default_rng(seed)), world, steps=n, seed=seed)

   of rlbook: the agent draws from one generator, the world from another, which begins each episode
   with a seed of its own. (train ends the last episode when its steps are used up, so that Monte
   Carlo learns from it; here it goes on.) */
(function (lab) {
  "use strict";

  /* An index, drawn from the distribution p with one number. */
  function sample(p, rng) {
    const u = rng.random();
    let upto = 0;
    for (let i = 0; i < p.length; i++) {
      upto += p[i];
      if (u < upto) return i;
    }
    return p.findLastIndex((x) => x > 0); // rounding may end a row below 1
  }

  lab.sample = sample;

  const argmax = (x) => x.indexOf(Math.max(...x));

  /* An action, drawn from the epsilon-greedy policy with one number. [Zhao 5.4.1; (5.5)] */
  function epsilonGreedy(q, epsilon, rng, ties) {
    const u = rng.random();
    if (u < epsilon) return Math.floor((u / epsilon) * q.length); // u / epsilon is uniform again
    if (ties === "first") return argmax(q);
    const most = Math.max(...q);
    const best = q.map((_, a) => a).filter((a) => q[a] === most);
    const k = Math.floor(((u - epsilon) / (1 - epsilon)) * best.length);
    return best[Math.min(k, best.length - 1)];
  }

  /* The TD target of each method for the transition t: r + gamma times what s' is worth. */
  const TARGETS = {
    sarsa(x, t) {
      if (t.terminated) return t.r;
      const a = x.draw(t.sNext);
      if (!t.truncated) x.promise = a; // it will be taken
      return t.r + x.gamma * x.q[t.sNext][a]; // (7.12)
    },
    expected_sarsa(x, t) {
      const q = x.q[t.sNext];
      const A = q.length;
      const best = argmax(q);
      const chance = (a) => (a === best ? 1 - (x.epsilon * (A - 1)) / A : x.epsilon / A); // (5.5)
      const mean = q.reduce((total, value, a) => total + chance(a) * value, 0);
      return t.r + goesOn(x, t) * mean; // (7.15)
    },
    q_learning: (x, t) => t.r + goesOn(x, t) * Math.max(...x.q[t.sNext]), // (7.18)
  };

  const goesOn = (x, t) => x.gamma * (t.terminated ? 0 : 1); // the future of an ended episode is 0

  /* q(s, a) moves by `share` of its way to the target; delta is the TD error, q(s, a) - target. */
  function move(x, s, a, target, share) {
    const delta = x.q[s][a] - target;
    x.q[s][a] -= share * delta; // (7.20)
    x.visits[s][a] += 1;
    return { s, a, target, delta };
  }

  function learnFromStep(x, method, t) {
    return [move(x, t.s, t.a, TARGETS[method](x, t), x.alpha)];
  }

  /* The episode backwards: each visit of a pair gives its return to the mean. [Zhao (5.3)] */
  function learnFromEpisode(x, path) {
    let g = 0;
    return path.reverse().map(({ s, a, r }) => {
      g = r + x.gamma * g; // g_t = r_{t+1} + gamma g_{t+1}
      const delta = x.q[s][a] - g;
      const n = (x.visits[s][a] += 1);
      x.q[s][a] += (x.alpha == null ? 1 / n : x.alpha) * (g - x.q[s][a]);
      return { s, a, target: g, delta };
    });
  }

  /* A learner from {method, gamma, alpha, epsilon, seed, q0, limit, ties, exploringStarts}.

     method             monte_carlo, sarsa, expected_sarsa, q_learning
     alpha              in (0, 1]; null, for Monte Carlo: plain means
     epsilon            from 0 to 1
     q0                 the initial values, a number or a table q[s][a]
     limit              an episode is cut off after so many steps; null: never
     ties               "first" or "random": which of equally good actions is taken
     exploringStarts    for Monte Carlo: the first action of an episode is drawn from all
     behaviour          for Q-learning: a policy that acts in place of its own, drawn from the same
                        generator; null: none

     Has q, visits, s, t (all steps so far), episode (its number, from 0), length (its steps so far),
     returns and lengths of the episodes that have ended, and step(). epsilon, alpha, gamma and
     behaviour may be changed at any time. */
  lab.learn = function (world, options) {
    const { method, seed = 0, q0 = 0, limit = null, ties = "first", exploringStarts } = options;
    const { behaviour = null } = options;
    if (method !== "monte_carlo" && !TARGETS[method])
      throw new Error(`there is no method ${method}`);
    const { gamma, epsilon, alpha = null } = options;
    const rng = lab.generator(seed); // the agent's
    let chance = null; // the world's
    let path = [];
    let total = 0;
    let over = true;
    const table = (value) => world.cells.map((_, s) => Array.from({ length: world.A }, (_, a) =>
      Array.isArray(value) ? value[s][a] : value));
    const x = { gamma, epsilon, alpha, q: table(q0), visits: table(0), promise: null, behaviour,
      t: 0, episode: -1, length: 0, returns: [], lengths: [] };
    x.draw = (s) => epsilonGreedy(x.q[s], x.epsilon, rng, ties);

    function begin() {
      x.episode += 1;
      chance = lab.generator(lab.episodeSeed(seed, x.episode));
      x.s = sample(world.start, chance);
      x.length = total = 0;
      path = [];
      x.promise = null;
      over = false;
    }

    function act() {
      if (x.behaviour) return sample(x.behaviour[x.s], rng);
      const promised = x.promise;
      x.promise = null;
      if (promised !== null) return promised;
      if (exploringStarts && x.length === 0) return Math.floor(rng.random() * world.A);
      return x.draw(x.s);
    }

    /* One transition, and the updates that it makes: returns {s, a, r, sNext, terminated, truncated,
       target, delta, updates}. updates lists {s, a, target, delta}: one of each step, or all of an
       episode at its end, backwards; target and delta are those of the first of them, or null.
       After the end of an episode, s of the learner is where it ended, until the next step. */
    x.step = function () {
      if (over) begin();
      const s = x.s;
      const a = act();
      const outcomes = world.outcomes[s][a];
      // A draw for each step, as rlbook has it, if any pair of the world has several outcomes.
      const k = world.K > 1 ? sample(outcomes.map((o) => o.p), chance) : 0;
      const { r, s: sNext, end: terminated } = outcomes[k];
      x.t += 1;
      x.length += 1;
      total += r;
      const t = { s, a, r, sNext, terminated, truncated: x.length === limit };
      over = t.terminated || t.truncated;
      if (method !== "monte_carlo") t.updates = learnFromStep(x, method, t);
      else {
        path.push(t);
        t.updates = over ? learnFromEpisode(x, path) : [];
      }
      const { target = null, delta = null } = t.updates[0] || {};
      x.s = sNext;
      if (over) {
        x.returns.push(total);
        x.lengths.push(x.length);
      }
      return Object.assign(t, { target, delta });
    };

    begin();
    return x;
  };
})((window.rlbookLab = window.rlbookLab || {}));
