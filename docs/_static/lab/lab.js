/* The lab on its page: what the reader does, and what is shown of it.

   page = {root, state, run, playing}: fields of the page that have the name of a part of the state
   are that part; elements with data-part are drawn into, or pressed; data-for names the methods
   that need them. */
(function (lab) {
  "use strict";

  const SPEEDS = [1, 2, 4, 8, 16, 40, 150, 1000, 20000]; // steps a second
  const FRAME = 12; // milliseconds of a frame that may be spent on steps
  const ANEW = "The agent has begun anew, at step 0.";
  const OWN = { rForbidden: null, rBoundary: null, rTarget: null, rOther: null, terminate: null };

  document.addEventListener("DOMContentLoaded", function () {
    const root = document.querySelector(".lab");
    if (!root) return;
    const page = (lab.page = { root, playing: false, ...finders(root) });
    root.hidden = false;
    change(page, lab.preset(root.dataset.preset));
    openAddress(page, location.hash);
    listen(page);
  });

  const finders = (root) => ({
    part: (name) => root.querySelector(`[data-part=${name}]`),
    field: (name) => root.querySelector(`[name=${name}]`),
    checked: (name) => root.querySelector(`[name=${name}]:checked`),
  });

  /* What an address holds, if it is one of the lab. */
  function openAddress(page, address) {
    const told = [];
    const state = lab.fromAddress(address, told);
    if (!state) return;
    page.root.scrollIntoView();
    if (open(page, state) && told.length) tell(page, `The address is cut: ${told.join("; ")}.`);
  }

  const tell = (page, text) => (page.part("status").textContent = text);

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
    for (const x of page.root.querySelectorAll("[aria-invalid]")) x.removeAttribute("aria-invalid");
    lab.drawPage(page);
    return true;
  }

  function refuse(page, error) {
    tell(page, `Not possible: ${error.message}.`);
    lab.drawPage(page);
    return false;
  }

  /* Change some of the state by hand. What an agent has learned is of its world: it begins anew. */
  function set(page, changes) {
    const state = { ...page.state, ...changes };
    const learns = lab.learns(state.method);
    const anew = learns && (page.run.k > 0 || page.part("status").textContent === ANEW);
    if (learns) Object.assign(state, { k: 0, changes: "" });
    if (!change(page, state)) return false;
    settle(page);
    if (anew) tell(page, ANEW);
    return true;
  }

  /* Look at something else: no number changes. */
  function look(page, changes) {
    Object.assign(page.state, changes);
    lab.drawPage(page);
    settle(page);
  }

  /* Other world, other method: nothing plays. */
  function open(page, state) {
    page.playing = false;
    page.root.classList.remove("playing");
    const made = change(page, state);
    if (made) settle(page);
    return made;
  }

  /* A typed number counts when it is complete. What is none, or out of range, changes nothing. */
  function setTyped(page, field) {
    const { name, value } = field;
    const x = lab.number(value);
    delete field.dataset.typing;
    if (lab.cut(name, x) !== x) {
      const label = field.getAttribute("aria-label") || field.closest("label").textContent.trim();
      refuse(page, new Error(`${label} ${lab.wanted(name)}, not "${value}"`));
    } else if (setField(page, { name, value: x }) !== false) return;
    field.setAttribute("aria-invalid", true);
  }

  function setField(page, { name, value, type, checked }) {
    const { state, run } = page;
    const text = type === "select-one" || type === "radio";
    const number = type === "checkbox" ? Number(checked) : Number(value);
    const rate = name === "alpha" || name === "epsilon";
    if (name === "preset") open(page, lab.preset(value));
    else if (name === "method") setMethod(page, value);
    else if (name === "view") {
      if (value === "q") page.field("printed").checked = false; // the book's numbers are of v
      look(page, { view: value });
    } else if (name === "convention") set(page, { convention: value, ...OWN });
    else if (name === "rows" || name === "cols") return resize(page, name, number);
    else if (rate && run.agent && run.k > 0) changeLive(page, name, number);
    else if (name in state) return set(page, { [name]: text ? value : number });
    else lab.drawPage(page);
  }

  function setMethod(page, method) {
    const { run, state } = page;
    const pi = method === "policy_evaluation" && run.pi ? lettersOf(run) : "";
    const epsilon = method === "policy_evaluation" ? 0 : state.epsilon || 0.1;
    const view = lab.learns(method) ? "q" : "v";
    const endless = method === "monte_carlo" && !run.world.spec.terminate; // it waits for ends
    const limit = endless && !state.limit ? 100 : state.limit;
    open(page, { ...state, method, pi, epsilon, view, limit, k: 0, changes: "", walk: "" });
  }

  function lettersOf({ pi, world }) {
    const letters = pi.map((row) => "URDLS"[row.indexOf(Math.max(...row))]);
    return letters.map((x, s) => (s && s % world.cols === 0 ? "/" : "") + x).join("");
  }

  /* A step size or an epsilon that holds from the next step on. */
  function changeLive(page, name, value) {
    const { state, run } = page;
    const earlier = lab.changes(state).filter((x) => x[0] < run.k);
    const now = { alpha: run.alpha, epsilon: run.epsilon, [name]: value };
    state.changes = [...earlier, [run.k, now.alpha, now.epsilon]].map((x) => x.join("_")).join("~");
    Object.assign(run, now);
    lab.drawPage(page);
    settle(page);
  }

  function resize(page, name, n) {
    const rows = page.state.layout.split("/");
    const cols = name === "cols" ? n : rows[0].length;
    const wanted = Array.from({ length: name === "rows" ? n : rows.length }, (_, i) =>
      (rows[i] || "").padEnd(cols, ".").slice(0, cols));
    return set(page, { layout: wanted.join("/"), pi: "", cell: null, walk: "" });
  }

  function paint(page, s, letter) {
    const { layout } = page.state;
    const at = s + Math.floor(s / page.run.world.cols); // rows are parted by "/"
    if (layout[at] === letter) return;
    set(page, { layout: layout.slice(0, at) + letter + layout.slice(at + 1), walk: "" });
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
    lab.drawPage(page);
    if (!on) return settle(page);
    let before = performance.now();
    let due = 1;
    const frame = function (now) {
      if (!page.playing) return;
      due += ((now - before) / 1000) * SPEEDS[page.field("speed").value];
      before = now;
      let goesOn = true;
      const enough = performance.now() + FRAME;
      while (due >= 1 && goesOn && performance.now() < enough) {
        goesOn = step(page) && !lab.settled(page.run);
        due -= 1;
      }
      due = Math.min(due, 50);
      if (!page.playing) return;
      if (!goesOn) return play(page, false);
      lab.drawPage(page);
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
    tell(page, "");
    page.part("said").textContent = lab.inWords(page.run);
  }

  const save = (page) => history.replaceState(null, "", lab.toAddress(page.state));

  /* What the reader does. */

  function listen(page) {
    const { root, part } = page;
    root.addEventListener("input", function ({ target }) {
      if (target.type === "text") target.dataset.typing = 1;
      else setField(page, target);
    });
    root.addEventListener("change", ({ target }) => target.type === "text" && setTyped(page, target));
    root.addEventListener("focusout", ({ target }) => delete target.dataset.typing);
    root.addEventListener("toggle", () => lab.drawPage(page), true);
    const on = (name, act) => part(name).addEventListener("click", act);
    on("play", () => play(page, !page.playing));
    on("step", () => {
      if (page.playing) play(page, false);
      if (!step(page)) return;
      lab.drawPage(page);
      settle(page);
    });
    for (const name of ["reset", "again"])
      on(name, () => open(page, { ...page.state, k: 0, changes: "", walk: "" }));
    on("original", () => open(page, lab.preset(page.state.preset)));
    on("link", () => {
      save(page);
      const say = (text) => () => tell(page, text);
      const missing = say("The address of this page holds all of this: copy it from above.");
      if (!navigator.clipboard) return missing();
      navigator.clipboard.writeText(location.href).then(say("Link copied."), missing);
    });
    root.querySelectorAll("[data-act]").forEach((button) =>
      button.addEventListener("click", () => walk(page, Number(button.dataset.act))));
    lab.listenToGrid(page, part("grid"), { look, paint, setAction, walk });
    addEventListener("hashchange", () => openAddress(page, location.hash));
    document.addEventListener("click", function (event) {
      const link = event.target.closest('a[href^="#lab="]');
      if (!link || event.ctrlKey || event.metaKey) return;
      event.preventDefault(); // it opens again, too, where the address is still the same
      openAddress(page, link.hash);
    });
  }
})((window.rlbookLab = window.rlbookLab || {}));
