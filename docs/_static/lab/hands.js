/* What the reader does to the grid, with the mouse, a finger or keys. */
(function (lab) {
  "use strict";

  /* act = {look, paint, setAction, walk}: what a page can do about a cell. */
  lab.listenToGrid = function (page, grid, act) {
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
      if (tool === "pi") return act.setAction(page, s, side(g, event));
      if (tool !== "look") {
        drag = { letter: tool };
        return act.paint(page, s, tool);
      }
      const letter = page.run.world.cells[s];
      if (letter === "T" || letter === "S") drag = { letter, at: s, under: "." };
      choose(page, act, s);
    });
    addEventListener("pointermove", function (event) {
      const g = drag && over(event);
      if (!g || Number(g.dataset.s) === drag.at) return;
      const s = Number(g.dataset.s);
      if (drag.at === undefined) return act.paint(page, s, drag.letter);
      const { at, under } = drag;
      drag = { letter: drag.letter, at: s, under: page.run.world.cells[s] };
      act.paint(page, s, drag.letter);
      act.paint(page, at, under);
    });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (drag = null));
    grid.addEventListener("keydown", (event) => press(page, grid, act, event));
  };

  const choose = (page, act, s) => act.look(page, { cell: page.state.cell === s ? null : s });

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

  function press(page, grid, act, event) {
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
    const { method } = page.state;
    const { tool } = page.root.dataset;
    if (letter) return act.paint(page, s, letter);
    if (method === "walk") return act.walk(page, enter ? 4 : a);
    const turns = method === "policy_evaluation" && event.shiftKey;
    if (turns) return act.setAction(page, s, enter ? 4 : a);
    if (enter) return tool.length === 1 ? act.paint(page, s, tool) : choose(page, act, s);
    const row = Math.floor(s / cols) + [-1, 0, 1, 0][a];
    const col = (s % cols) + [0, 1, 0, -1][a];
    if (row >= 0 && row < rows && col >= 0 && col < cols) focus(grid, row * cols + col);
  }
})((window.rlbookLab = window.rlbookLab || {}));
