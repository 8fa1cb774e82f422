/* The lab on its page: what the reader does, and what is shown of it.

   page = {root, state, run, playing}: fields of the page that have the name of a part of the state
   are that part; elements with data-part are drawn into; data-for names the methods that need them. */
(function (lab) {
  "use strict";

  const SPEEDS = [1, 2, 4, 8, 16, 40, 150, 1000, 20000]; // steps a second
  const FRAME = 12; // milliseconds of a frame that may be spent on steps
  const REWARDS = ["rForbidden", "rBoundary", "rTarget", "rOther"];
  const SIGNS = ["\u2191", "\u2192", "\u2193", "\u2190", "\u25cb"];
  const CHIPS = { chance: "statistical", "not yet": "tested" }; // colours of the pages' verdicts
  const { show } = lab;

  document.addEventListener("DOMContentLoaded", function () {
    const root = document.querySelector(".lab");
    if (!root) return;
    const page = (lab.page = { root, playing: false, ...finders(root) });
    root.hidden = false;
    if (!change(page, lab.fromAddress(location.hash) || lab.preset(root.dataset.preset)))
      change(page, lab.preset(root.dataset.preset));
    if (lab.fromAddress(location.hash)) root.scrollIntoView();
    listen(page);
  });

  const finders = (root) => ({
    part: (name) => root.querySelector(`[data-part=${name}]`),
    field: (name) => root.querySelector(`[name=${name}]`),
    checked: (name) => root.querySelector(`[name=${name}]:checked`),
  });

  /* Begin anew with another state; a state that makes no world is refused, and the reason told. */
  function change(page, state) {
    let run;
    try {
      run = lab.begin(state);
    } catch (error) {
      return refuse(page, error);
    }
    if (!page.run || run.world.S !== page.run.world.S || run.world.cols !== page.run.world.cols)
      lab.layGrid(page.part("grid"), run.world);
    Object.assign(page, { state, run });
    draw(page);
    return true;
  }

  function refuse(page, error) {
    page.part("status").textContent = `Not possible: ${error.message}.`;
    if (page.run) draw(page);
    return false;
  }

  /* Change some of the state by hand. What an agent has learned is of its world: it begins anew. */
  function set(page, changes) {
    const state = { ...page.state, ...changes };
    if (lab.learns(state.method)) Object.assign(state, { k: 0, changes: "" });
    if (change(page, state)) settle(page);
  }

  function setField(page, { name, value, type, checked }) {
    const { state, run } = page;
    const number = type === "checkbox" ? Number(checked) : type === "number" || type === "range" ? Number(value) : value;
    if (name === "preset") change(page, lab.preset(value)) && settle(page);
    else if (name === "convention") set(page, { convention: value, terminate: null, ...nothing(REWARDS) });
    else if (name === "method") setMethod(page, value);
    else if (name === "rows" || name === "cols") resize(page, name, number);
    else if ((name === "alpha" || name === "epsilon") && run.agent && run.k > 0) changeLive(page, name, number);
    else if (name in state) set(page, { [name]: number });
    else draw(page);
  }

  const nothing = (names) => Object.fromEntries(names.map((name) => [name, null]));

  function setMethod(page, method) {
    const { run, state } = page;
    const pi = method === "policy_evaluation" && run.pi ? lettersOf(run) : "";
    const epsilon = method === "policy_evaluation" ? 0 : state.epsilon || 0.1;
    const view = lab.learns(method) ? "q" : "v";
    const endless = method === "monte_carlo" && !run.world.spec.terminate; // it waits for ends
    const limit = endless && !state.limit ? 100 : state.limit;
    set(page, { method, pi, epsilon, view, limit, k: 0, changes: "", walk: "" });
  }

  const lettersOf = ({ pi, world }) =>
    pi.map((row, s) => (s && s % world.cols === 0 ? "/" : "") + "URDLS"[row.indexOf(Math.max(...row))]).join("");

  /* A step size or an epsilon that holds from the next step on. */
  function changeLive(page, name, value) {
    const { state, run } = page;
    const earlier = lab.changes(state).filter((x) => x[0] < run.k);
    const now = { alpha: run.alpha, epsilon: run.epsilon, [name]: value };
    state.changes = [...earlier, [run.k, now.alpha, now.epsilon]].map((x) => x.join("_")).join("~");
    Object.assign(run, now);
    draw(page);
    settle(page);
  }

  function resize(page, name, n) {
    if (!(n >= 1 && n <= 12)) return;
    const rows = page.state.layout.split("/");
    const cols = name === "cols" ? n : rows[0].length;
    const wanted = Array.from({ length: name === "rows" ? n : rows.length }, (_, i) =>
      (rows[i] || "").padEnd(cols, ".").slice(0, cols));
    set(page, { layout: wanted.join("/"), pi: "", cell: null, walk: "" });
  }

  function paint(page, s, letter) {
    const { layout } = page.state;
    const at = s + Math.floor(s / page.run.world.cols); // rows are parted by "/"
    if (layout[at] !== letter) set(page, { layout: layout.slice(0, at) + letter + layout.slice(at + 1), walk: "" });
  }

  function setAction(page, s, a) {
    const letters = lettersOf(page.run);
    const at = s + Math.floor(s / page.run.world.cols);
    set(page, { pi: letters.slice(0, at) + "URDLS"[a] + letters.slice(at + 1) });
  }

  /* Play and step. */

  /* One step; false where the world has none, as at gamma = 1 without an end. */
  function step(page) {
    try {
      page.run.step();
    } catch (error) {
      if (page.playing) play(page, false);
      return refuse(page, error);
    }
    page.state.k = page.run.k;
    return true;
  }

  function play(page, on) {
    if (on && lab.settled(page.run)) change(page, { ...page.state, k: 0 });
    page.playing = on;
    page.root.classList.toggle("playing", on);
    draw(page);
    if (!on) return settle(page);
    let before = performance.now();
    let due = 1;
    const frame = function (now) {
      if (!page.playing) return;
      due += ((now - before) / 1000) * SPEEDS[page.field("speed").value];
      before = now;
      let goesOn = true;
      while (due >= 1 && goesOn && performance.now() - now < FRAME) {
        goesOn = step(page) && !lab.settled(page.run);
        due -= 1;
      }
      due = Math.min(due, 50);
      if (!page.playing) return;
      if (!goesOn) return play(page, false);
      draw(page);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /* The robot does what the reader says. */
  function walk(page, a) {
    if (page.run.last && page.run.last.terminated) return;
    change(page, { ...page.state, walk: page.state.walk + "URDLS"[a] });
    settle(page);
  }

  /* When nothing moves: the address, and a word for those who listen. A browser takes a new address
     some times a second only. */
  function settle(page) {
    if (page.playing) return;
    clearTimeout(page.timer);
    page.timer = setTimeout(() => save(page), 400);
    page.part("status").textContent = facts(page.run).map((x) => x.join(" ")).join(", ");
  }

  const save = (page) => history.replaceState(null, "", lab.toAddress(page.state));

  /* What is shown. */

  function draw(page) {
    const { run, state, root, part, field } = page;
    const { method } = state;
    const rates = lab.changes(state).filter((x) => x[0] <= run.k).pop();
    [run.alpha, run.epsilon] = rates ? rates.slice(1) : [state.alpha, state.epsilon];
    const shown = { ...state, ...run.world.spec, alpha: run.alpha, epsilon: run.epsilon, method,
      rows: run.world.rows, cols: run.world.cols };
    for (const input of root.querySelectorAll("input[name], select[name]")) fill(input, shown);
    for (const x of root.querySelectorAll("output")) x.textContent = shown[x.dataset.of];
    const kinds = [method, lab.learns(method) ? "learns" : method === "walk" ? "" : "plans"];
    for (const x of root.querySelectorAll("[data-for]"))
      x.hidden = !x.dataset.for.split(" ").some((kind) => kinds.includes(kind));
    part("says").textContent = field("preset").selectedOptions[0].title;
    const printed = field("printed").checked && lab.printed(run);
    lab.drawGrid(part("grid"), run, { ...state, view: printed ? "v" : state.view, printed });
    root.dataset.tool = page.checked("tool").value;
    part("play").textContent = page.playing ? "\u275a\u275a Pause" : "\u25b6 Play";
    part("facts").innerHTML = facts(run).map(([name, value]) => `<div><span>${name}</span><b>${value}</b></div>`).join("");
    part("story").textContent = story(run);
    part("chosen").innerHTML = chosen(run, state.cell);
    part("curve").parentElement.hidden = run.error === null;
    if (run.error !== null) lab.drawCurve(part("curve"), run);
    drawVerdict(page);
    if (part("python").closest("details").open) part("python").textContent = lab.python(state, run.world);
  }

  function fill(input, shown) {
    const value = shown[input.name];
    if (value === undefined || input === document.activeElement && input.type === "number") return;
    if (input.type === "checkbox") input.checked = Boolean(value);
    else if (input.type === "radio") input.checked = input.value === value;
    else input.value = value;
  }

  function drawVerdict({ run, part }) {
    const verdict = lab.verdict(run);
    part("printed").hidden = !verdict;
    if (!verdict) return;
    part("chip").className = `chip ${CHIPS[verdict.word] || verdict.word}`;
    part("chip").textContent = verdict.word;
    part("verdict").textContent = verdict.text;
  }

  function facts(run) {
    const { k, error, agent, state } = run;
    if (state.method === "walk") return [["step", k], ["return so far", show(run.g, 3)]];
    const found = agent ? [["step", k], ["episode", agent.episode + 1]] : [["iteration k", k]];
    const name = agent ? "error of max q" : "largest error of v";
    return error === null ? found : [...found, [name, error < 1e-3 && error > 0 ? error.toExponential(1).replace("-", "\u2212") : show(error, 3)]];
  }

    const plain = (x) => String(+x.toFixed(3)).replace("-", "\u2212");
  const moved = (t) => `s${t.s + 1}, ${lab.ACTIONS[t.a]} \u2192 s${t.sNext + 1}, r = ${plain(t.r)}`;

  function story({ last, path, agent, state }) {
    if (path) return path.length ? path.slice(-9).map(moved).join("\n") : "Press an arrow: the robot does what you say.";
    if (!agent) return "";
    if (!last) return "Press Step to see one transition and what is learned from it.";
    if (last.target === null) return `${moved(last)}\nq is learned at the end of the episode.`;
    return `${moved(last)}\ntarget ${show(last.target, 3)}, TD error ${show(last.delta, 3)}`;
  }

  function chosen({ q }, s) {
    const hint = (text) => `<span class="hint">${text}</span>`;
    if (!q || s === null || !q[s]) return hint("Choose a cell to see its action values.");
    const best = Math.max(...q[s]);
    const one = (x, a) => `<span${x === best ? ' class="best"' : ""}>${SIGNS[a]}<span class="ear">${lab.ACTIONS[a]}</span> ${show(x)}</span>`;
    return hint(`action values q(s${s + 1}, a)`) + q[s].map(one).join("");
  }

  /* What the reader does. */

  function listen(page) {
    const { root, part } = page;
    root.addEventListener("input", (event) => setField(page, event.target));
    root.addEventListener("toggle", () => draw(page), true);
    const on = (name, act) => part(name).addEventListener("click", act);
    on("play", () => play(page, !page.playing));
    on("step", () => {
      if (page.playing) play(page, false);
      if (!step(page)) return;
      draw(page);
      settle(page);
    });
    for (const name of ["reset", "again"])
      on(name, () => {
        page.playing = false;
        root.classList.remove("playing");
        change(page, { ...page.state, k: 0, changes: "", walk: "" });
        settle(page);
      });
    on("link", () => {
      save(page);
      const say = (text) => () => (part("status").textContent = text);
      const missing = say("The address of this page holds all of this: copy it from above.");
      if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(say("Link copied."), missing);
      else missing();
    });
    root.querySelectorAll("[data-act]").forEach((button) =>
      button.addEventListener("click", () => walk(page, Number(button.dataset.act))));
    listenToGrid(page, part("grid"));
    addEventListener("hashchange", () => {
      const state = lab.fromAddress(location.hash);
      if (state) change(page, state);
    });
  }

  function listenToGrid(page, grid) {
    let drag = null; // {letter, at, under}: a target or a start that moves, or a letter to paint
    const over = (event) => {
      const g = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-s]");
      return g && grid.contains(g) ? g : null;
    };
    grid.addEventListener("pointerdown", function (event) {
      const g = over(event);
      if (!g) return;
      const s = Number(g.dataset.s);
      const tool = page.root.dataset.tool;
      focus(grid, s);
      if (tool === "pi") return setAction(page, s, side(g, event));
      if (tool !== "look") {
        drag = { letter: tool };
        return paint(page, s, tool);
      }
      const letter = page.run.world.cells[s];
      if (letter === "T" || letter === "S") drag = { letter, at: s, under: "." };
      page.state.cell = page.state.cell === s ? null : s;
      draw(page);
      settle(page);
    });
    addEventListener("pointermove", function (event) {
      const g = drag && over(event);
      if (!g || Number(g.dataset.s) === drag.at) return;
      const s = Number(g.dataset.s);
      if (drag.at === undefined) return paint(page, s, drag.letter);
      const { at, under } = drag;
      drag = { letter: drag.letter, at: s, under: page.run.world.cells[s] };
      paint(page, s, drag.letter);
      paint(page, at, under);
    });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (drag = null));
    grid.addEventListener("keydown", (event) => press(page, grid, event));
    grid.querySelector("[data-s]").setAttribute("tabindex", 0);
  }

  /* The action that a click in this part of a cell means. */
  function side(g, { clientX, clientY }) {
    const { left, top, width, height } = g.getBoundingClientRect();
    const x = (clientX - left) / width - 0.5;
    const y = (clientY - top) / height - 0.5;
    if (Math.hypot(x, y) < 0.18) return 4;
    return Math.abs(x) > Math.abs(y) ? (x > 0 ? 1 : 3) : y > 0 ? 2 : 0;
  }

  function focus(grid, s) {
    grid.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    const g = grid.querySelector(`[data-s="${s}"]`);
    g.setAttribute("tabindex", 0);
    g.focus({ preventScroll: true });
  }

  const ARROWS = ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"];
  const PAINTS = { ".": ".", "#": "#", f: "#", t: "T", s: "S" };

  function press(page, grid, event) {
    const g = event.target.closest("[data-s]");
    if (!g || event.ctrlKey || event.metaKey || event.altKey) return;
    const { cols, rows } = page.run.world;
    const s = Number(g.dataset.s);
    const a = ARROWS.indexOf(event.key);
    const enter = event.key === "Enter" || event.key === " ";
    const letter = PAINTS[event.key.toLowerCase()];
    if (a < 0 && !enter && !letter) return;
    event.preventDefault();
    event.stopPropagation(); // furo turns the page at an arrow key
    if (letter) return paint(page, s, letter);
    if (page.state.method === "walk") return walk(page, enter ? 4 : a);
    if (page.state.method === "policy_evaluation" && event.shiftKey) return setAction(page, s, enter ? 4 : a);
    if (enter && page.root.dataset.tool.length === 1) return paint(page, s, page.root.dataset.tool);
    if (enter) return set(page, { cell: page.state.cell === s ? null : s });
    const row = Math.floor(s / cols) + [-1, 0, 1, 0][a];
    const col = (s % cols) + [0, 1, 0, -1][a];
    if (row >= 0 && row < rows && col >= 0 && col < cols) focus(grid, row * cols + col);
  }
})((window.rlbookLab = window.rlbookLab || {}));
