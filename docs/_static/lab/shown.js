/* What the page shows of a run: its fields, its numbers, its words. */
(function (lab) {
  "use strict";

  const SIGNS = ["\u2191", "\u2192", "\u2193", "\u2190", "\u25cb"];
  const CHIPS = { chance: "statistical", "not yet": "tested", "your own world": "tested" }; // colours of the pages' verdicts
  const { show } = lab;

  /* Draw all of it anew. */
  lab.drawPage = function (page) {
    const { run, state, root, part, field } = page;
    const { method } = state;
    const rates = lab.changes(state).filter((x) => x[0] <= run.k).pop();
    [run.alpha, run.epsilon] = rates ? rates.slice(1) : [state.alpha, state.epsilon];
    const shown = { ...state, ...run.world.spec, alpha: run.alpha, epsilon: run.epsilon, method,
      rows: run.world.rows, cols: run.world.cols, preset: run.figure ? run.figure.id : "" };
    const printed = field("printed").checked && lab.printed(run);
    shown.view = printed ? "v" : state.view;
    for (const input of root.querySelectorAll("input[name], select[name]")) fill(input, shown);
    const kinds = [method, lab.learns(method) ? "learns" : method === "walk" ? "" : "plans"];
    for (const x of root.querySelectorAll("[data-for]"))
      x.hidden = !x.dataset.for.split(" ").some((kind) => kinds.includes(kind));
    const { title, dataset } = field("preset").selectedOptions[0];
    part("says").textContent = title;
    part("figure").hidden = !dataset.page;
    part("figure").href = dataset.page;
    part("original").textContent = `Back to ${nameOf(page, state.preset)}`;
    lab.drawGrid(part("grid"), run, { ...state, view: shown.view, printed });
    root.dataset.tool = page.checked("tool").value;
    part("play").textContent = page.playing ? "\u275a\u275a Pause" : "\u25b6 Play";
    const fact = ([name, value]) => `<div><span>${name}</span><b>${value}</b></div>`;
    part("facts").innerHTML = facts(run).map(fact).join("");
    part("story").textContent = story(run);
    part("chosen").innerHTML = chosen(run, state.cell);
    part("curve").parentElement.hidden = run.error === null;
    if (run.error !== null) lab.drawCurve(part("curve"), run);
    drawVerdict(page);
    const python = part("python");
    if (python.closest("details").open) python.textContent = lab.python(state, run.world);
  };

  function fill(input, shown) {
    const value = shown[input.name];
    if (value === undefined || input.dataset.typing) return;
    if (input.type === "checkbox") input.checked = Boolean(value);
    else if (input.type === "radio") input.checked = input.value === value;
    else input.value = value;
  }

  const nameOf = ({ field }, id) => field("preset").querySelector(`[value="${id}"]`).text;

  function drawVerdict(page) {
    const { run, part } = page;
    const { figure, state } = run;
    const verdict = lab.verdict(run);
    part("printed").hidden = !verdict;
    if (!verdict) return;
    part("chip").className = `chip ${CHIPS[verdict.word] || verdict.word}`;
    part("chip").textContent = verdict.word;
    part("numbers").hidden = !lab.printed(run);
    const found = figure && figure.id !== state.preset;
    const whose = found ? `This is the world of ${nameOf(page, figure.id)}. ` : "";
    part("verdict").textContent = whose + verdict.text;
  }

  /* The numbers that count, each with its name. */
  function facts(run) {
    const { k, error, agent, state } = run;
    if (state.method === "walk") return [["step", k], ["return so far", show(run.g, 3)]];
    const found = agent ? [["step", k], ["episode", agent.episode + 1]] : [["iteration k", k]];
    const name = agent ? "error of max q" : "largest error of v";
    const small = error < 1e-3 && error > 0;
    const value = small ? error.toExponential(1).replace("-", "\u2212") : show(error, 3);
    return error === null ? found : [...found, [name, value]];
  }

  const plain = (x) => String(+x.toFixed(3)).replace("-", "\u2212");
  const moved = (t) => `s${t.s + 1}, ${lab.ACTIONS[t.a]} \u2192 s${t.sNext + 1}, r = ${plain(t.r)}`;

  const episodes = (n) =>
    n ? `The episode is over: ${n} returns join their means.` : "q waits for the end of the episode.";

  function story({ last, path, agent, state }) {
    if (path && !path.length) return "Press an arrow: the robot does what you say.";
    if (path) return path.slice(-9).map(moved).join("\n");
    if (!agent) return "";
    if (!last) return "Press Step to see one transition and what is learned from it.";
    if (state.method === "monte_carlo") return `${moved(last)}\n${episodes(last.updates.length)}`;
    return `${moved(last)}\ntarget ${show(last.target, 3)}, TD error ${show(last.delta, 3)}`;
  }

  function chosen({ q }, s) {
    const hint = (text) => `<span class="hint">${text}</span>`;
    if (!q || s === null || !q[s]) return hint("Choose a cell to see its action values.");
    const best = Math.max(...q[s]);
    const one = (x, a) => `<span${x === best ? ' class="best"' : ""}>${SIGNS[a]}` +
      `<span class="ear">${lab.ACTIONS[a]}</span> ${show(x)}</span>`;
    return hint(`action values q(s${s + 1}, a)`) + q[s].map(one).join("");
  }

  /* The same for those who listen. */
  lab.inWords = function (run) {
    const { word = "", text = "" } = lab.verdict(run) || {};
    return `${facts(run).map((x) => x.join(" ")).join(", ")}. ${word} ${text}`;
  };
})((window.rlbookLab = window.rlbookLab || {}));
