/* Pictures of a run, as SVG: the grid, a cell of it, and the curve of the error. */
(function (lab) {
  "use strict";

  const SIZE = 100; // of a cell
  const MANY = 7; // columns: the numbers of more are short, and large in their cells
  const SMALL = 80; // pixels: the action values of a smaller cell are short
  const DIRECTIONS = [[0, -1], [1, 0], [0, 1], [-1, 0]]; // x and y of up, right, down, left
  const KINDS = { ".": "free", S: "start", "#": "forbidden", T: "target" };
  lab.ACTIONS = ["up", "right", "down", "left", "stay"];

  /* A number to so many decimals, with a minus sign, and no minus at zero; large ones as 1.5e9. */
  lab.show = function (x, decimals = 2) {
    const large = Math.abs(x) >= 1e5;
    const text = large ? x.toExponential(decimals ? 1 : 0).replace("e+", "e")
      : (Math.abs(x) < 0.5 * 10 ** -decimals ? 0 : x).toFixed(decimals);
    return text.replace("-", "\u2212");
  };

  const largest = (x) => Math.max(...x.map(Math.abs));

  /* So many decimals, at most 2, that x has no more than `digits` in all. */
  function decimals(x, digits) {
    const before = Math.floor(Math.log10(Math.max(1, Math.abs(x)))) + 1;
    if (before > 5) return digits > 3 ? 1 : 0; // it is shown as 1.5e9, or 2e9
    return Math.min(2, Math.max(0, digits - before));
  }

  /* Fill the svg with cells to be drawn into; each can have the focus. */
  lab.layGrid = function (svg, { rows, cols }) {
    svg.setAttribute("viewBox", `0 0 ${cols * SIZE} ${rows * SIZE}`);
    svg.classList.toggle("many", cols > MANY);
    svg.setAttribute("aria-rowcount", rows);
    svg.setAttribute("aria-colcount", cols);
    const cell = (row, col) =>
      `<g role="gridcell" tabindex="${row + col ? -1 : 0}" data-s="${row * cols + col}" ` +
      `transform="translate(${col * SIZE} ${row * SIZE})"></g>`;
    const line = (row) => `<g role="row">${range(cols).map((col) => cell(row, col)).join("")}</g>`;
    svg.innerHTML =
      range(rows).map(line).join("") +
      '<polyline class="trail" aria-hidden="true"/>' + ROBOT;
  };

  const ROBOT = '<g class="robot" aria-hidden="true"><circle r="17"/><circle class="eye" cx="-6" cy="-3" r="3.6"/>' +
    '<circle class="eye" cx="6" cy="-3" r="3.6"/><path d="M-6 7q6 5 12 0"/></g>';

  const range = (n) => Array.from({ length: n }, (_, i) => i);

  /* Draw a run. look = {view, cell, printed}: printed is a part as lab.printed gives it. */
  lab.drawGrid = function (svg, run, look) {
    const most = run.v ? Math.max(1e-9, largest(look.view === "q" ? run.q.flat() : run.v)) : 1;
    svg.classList.toggle("small", svg.getScreenCTM()?.a * SIZE < SMALL);
    look.digits = look.view === "q" ? (svg.matches(".small") ? 2 : 3) : run.world.cols > MANY ? 3 : 4;
    svg.querySelectorAll("[data-s]").forEach((g, s) => {
      const kind = KINDS[run.world.cells[s]];
      g.setAttribute("class", `cell ${kind}${s === look.cell ? " chosen" : ""}`);
      const inside = cellOf(run, s, most, look);
      if (g.inside !== inside) g.innerHTML = g.inside = inside;
      g.setAttribute("aria-label", inWords(run, s, kind));
      g.setAttribute("aria-selected", s === look.cell);
    });
    drawRobot(svg, run);
  };

  const SQUARE = '<rect x="2" y="2" width="96" height="96" rx="9"';

  const MARKS = {
    T: '<path class="flag" d="M78 30V10l15 5-15 6"/>',
    S: '<circle class="home" cx="86" cy="17" r="6"/>',
  };

  function cellOf(run, s, most, look) {
    const name = `<text class="name" x="11" y="21">s${s + 1}</text>`;
    const back = SQUARE + ' class="back"/>';
    const mark = (MARKS[run.world.cells[s]] || "") + name;
    if (!run.v) return back + mark;
    if (look.view === "q") return back + triangles(run, s, most, look.digits);
    const part = look.printed;
    return (
      back + ("S.".includes(run.world.cells[s]) ? tint(SQUARE, run.v[s], most) : "") +
      (part ? printedOf(run, s, part) : mark) +
      (part && part.pi ? `<path class="ghost" d="${arrows(letterOf(part.pi[s]))}"/>` : "") +
      `<text class="v" x="50" y="52">${lab.show(run.v[s], decimals(most, look.digits))}</text>` +
      `<path class="pi" d="${arrows(run.pi[s])}"/>`
    );
  }

  function tint(shape, x, most) {
    const opacity = (0.6 * Math.abs(x)) / most;
    return `${shape} class="${x < 0 ? "low" : "high"}" fill-opacity="${opacity.toFixed(3)}"/>`;
  }

  const letterOf = (letter) => range(5).map((a) => Number("URDLS"[a] === letter));

  function printedOf(run, s, { v, pi }) {
    const fine = v ? !lab.off(v[s], run.v[s]) : lab.isBest(run, s, pi[s]);
    const mark = lab.knows(run, s) ? (fine ? "\u2009\u2713" : "\u2009\u2717") : "";
    const text = (v ? v[s].replace("-", "\u2212") : "") + mark;
    return `<text class="printed ${fine ? "fine" : "off"}" x="91" y="21">${text}</text>`;
  }

  /* A path: an arrow for each move, the longer, the likelier, and a ring for "stay". */
  function arrows(pi) {
    let path = "";
    pi.forEach((p, a) => {
      if (p < 0.05) return; // too short to be seen
      if (a === 4) {
        const r = 8 * Math.sqrt(p);
        path += `M${50 - r} 76a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
        return;
      }
      const [x, y] = DIRECTIONS[a];
      const at = (along, aside) =>
        `${(50 + along * x - aside * y).toFixed(1)} ${(76 + along * y + aside * x).toFixed(1)}`;
      const tip = 9 + 8 * p;
      const head = 3 + 5 * p;
      path += `M${at(-15 * p * p, 0)}L${at(tip, 0)}`;
      if (p > 0.3) path += `M${at(tip - head, head)}L${at(tip, 0)}L${at(tip - head, -head)}`;
    });
    return path;
  }

  const CORNERS = ["4 4 96 4", "96 4 96 96", "96 96 4 96", "4 96 4 4"];
  const PLACES = [[50, 22], [77, 54], [50, 87], [23, 54]];

  /* The action values of a cell: a triangle for each move, a ring for "stay". */
  function triangles({ q, pi }, s, most, digits) {
    const known = Math.min(...q[s]) < Math.max(...q[s]);
    const best = (a) => (known && pi[s][a] === 1 ? " best" : "");
    const moves = CORNERS.map((corner, a) =>
      `<g class="q${best(a)}">` + tint(`<polygon points="${corner} 50 50"`, q[s][a], most) +
      `<text x="${PLACES[a][0]}" y="${PLACES[a][1]}">${lab.show(q[s][a], decimals(q[s][a], digits))}</text></g>`);
    const ring = '<circle cx="50" cy="50" r="9"';
    const stay = `${ring} class="back"/>${tint(ring, q[s][4], most)}`;
    return moves.join("") + `<g class="q${best(4)}">${stay}</g>`;
  }

  function inWords(run, s, kind) {
    const { cols } = run.world;
    const place = `s${s + 1}, row ${Math.floor(s / cols) + 1}, column ${(s % cols) + 1}, ${kind}`;
    if (!run.v) return place + (run.s === s ? ", the robot is here" : "");
    const chosen = lab.ACTIONS.filter((_, a) => run.pi[s][a] > 0);
    const actions = chosen.length === 5 ? "any action" : chosen.join(" or ");
    return `${place}, v ${lab.show(run.v[s])}, ${actions}`;
  }

  function drawRobot(svg, run) {
    const { cols } = run.world;
    const at = (s) => [(s % cols) * SIZE, Math.floor(s / cols) * SIZE];
    const robot = svg.querySelector(".robot");
    robot.style.display = run.s === undefined ? "none" : "";
    const middle = run.trail.map((s) => at(s).map((x) => x + SIZE / 2).join(" "));
    svg.querySelector(".trail").setAttribute("points", middle.join(" "));
    if (run.s === undefined) return;
    const [x, y] = at(run.s);
    const [dx, dy] = run.v ? [80, 78] : [50, 55]; // beside the numbers, where there are some
    robot.style.transform = `translate(${x + dx}px, ${y + dy}px)`;
  }

  /* The errors as a curve, on a logarithmic axis. */
  lab.drawCurve = function (svg, run) {
    const errors = [...run.errors, run.error].map((x) => Math.max(x, 1e-12));
    const top = Math.ceil(Math.log10(Math.max(...errors)));
    const bottom = Math.min(top - 1, Math.floor(Math.log10(Math.min(...errors))));
    const last = Math.max(1, run.k);
    const x = (i) => 42 + (270 * Math.min(run.k, i * run.every)) / last;
    const y = (e) => 8 + (102 * (top - e)) / (top - bottom);
    const apart = Math.ceil((top - bottom) / 4);
    let lines = "";
    for (let e = top; e >= bottom; e -= apart)
      lines += `<path class="line" d="M42 ${y(e)}H312"/>${label(36, y(e) + 4, power(e))}`;
    const points = errors.map((error, i) => [x(i), y(Math.log10(error))].map((z) => z.toFixed(1)));
    const [left, height] = points[points.length - 1];
    svg.innerHTML =
      lines + label(48, 126, 0) + label(312, 126, last) +
      `<polyline points="${points.join(" ")}"/><circle cx="${left}" cy="${height}" r="3.5"/>`;
  };

  const label = (x, y, text) => `<text x="${x}" y="${y}">${text}</text>`;
  const power = (e) => (e < -2 || e > 3 ? `1e${e}` : 10 ** e);
})((window.rlbookLab = window.rlbookLab || {}));
