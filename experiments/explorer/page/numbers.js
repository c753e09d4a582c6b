// Sliders, and what is drawn of the numbers they stand at, from JavaScript that was generated from what was derived.
import { curves, plane, region, shown } from "./draw.js";
import { isOutside, moduli, roots } from "./roots.js";

const $ = (id) => document.getElementById(id);
const CELLS = 48, CURVE = 181;
const PHASES = { 0: 1, 1: 90, 2: 24, 3: 10 }; // per axis, by number of axes
const GROWTH = 1e-6; // of a modulus beyond 1 that counts, above the rounding of a double root

export class Numbers {
  constructor(changed) {
    Object.assign(this, { changed, values: {}, axes: [], turn: 0 });
    for (const [id, k] of [["x-axis", 0], ["y-axis", 1]]) $(id).addEventListener("change", () => { this.choose(k, $(id).value); });
    let timer;
    window.addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => this.found && this.draw(), 200); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.found && this.draw());
  }

  show(found, values, axes) {
    this.found = found;
    this.coefficients = compiled(found.coefficients, "coefficients");
    this.condition = found.condition && compiled(found.condition, "is_stable");
    this.edge = found.edge && compiled(found.edge.javascript, "edge");
    this.grid = grid(found.axes);
    const names = found.parameters.map((p) => p.name);
    this.ranges = Object.fromEntries(found.parameters.map((p) => [p.name, range(p)]));
    this.values = Object.fromEntries(names.map((name) => [name, Number.isFinite(values[name]) ? values[name] : this.first(name)]));
    if (!names.some((name) => Number.isFinite(values[name]))) this.inside(names);
    for (const name of names) this.widen(name);
    const known = axes.filter((name) => names.includes(name));
    this.axes = [...new Set([...known, ...this.preferred(names)])].slice(0, 2);
    this.sliders();
    this.menus(names);
    this.draw();
  }

  first(name) {
    const [low, high] = this.ranges[name];
    const typical = { momentum: 0.9, beta1: 0.9, lr: 0.1, curvature: 4, weight_decay: 0, dampening: 0, nesterov: 0 };
    return this.found.edge && name in typical ? typical[name] : Number((low + (low < 0 ? 0.6 : 0.4) * (high - low)).toPrecision(3));
  }

  // Towards zero from either side, until it is stable: the first thing to see is a point of the region, where there is one.
  inside(names) {
    const start = { ...this.values };
    for (let k = 0; k < 9; k++) {
      for (const sign of [1, -1]) {
        for (const name of names) {
          const { free, 0: low, 1: high } = this.ranges[name], value = Number((sign * start[name] * 0.6 ** k).toPrecision(2));
          this.values[name] = free && value >= low && value <= high ? value : start[name];
        }
        if (this.condition ? this.condition(this.values) : this.stable(this.values)) return;
      }
    }
    this.values = start;
  }

  preferred(names) {
    const wanted = this.found.edge ? ["momentum", "beta1", "lr", "curvature"] : names;
    return [...wanted.filter((name) => names.includes(name)).slice(0, 1), ...(this.found.edge ? ["curvature", "lr"] : []), ...names].filter((name) => names.includes(name));
  }

  choose(k, name) {
    const other = this.axes[1 - k];
    if (name === other) this.axes[1 - k] = this.axes[k];
    this.axes[k] = name;
    [$("x-axis").value, $("y-axis").value] = [this.axes[0], this.axes[1] || ""];
    this.changed();
    this.draw();
  }

  menus(names) {
    $("axes-choice").hidden = names.length < 3;
    for (const [id, k] of [["x-axis", 0], ["y-axis", 1]]) {
      $(id).replaceChildren(...names.map((name) => new Option(name, name)));
      $(id).value = this.axes[k] || "";
    }
  }

  widen(name) {
    const value = this.values[name], ends = this.ranges[name];
    if (value > ends[1]) ends[1] = ends[0] + 1.25 * (value - ends[0]); // with room beyond the point
    if (value < ends[0]) ends[0] = ends[1] - 1.25 * (ends[1] - value);
  }

  sliders() {
    $("sliders").replaceChildren(...this.found.parameters.map((p, k) => this.slider(p, k)));
  }

  slider({ name, mathml }, k) {
    const row = document.createElement("div"), label = document.createElement("label");
    const [slide, number] = ["range", "number"].map((type) => Object.assign(document.createElement("input"), { type, step: "any" }));
    const [low, high] = this.ranges[name];
    row.className = "slider";
    Object.assign(slide, { id: `slider-${k}`, min: low, max: high, step: (high - low) / 400, value: this.values[name] });
    Object.assign(number, { value: this.values[name] });
    number.setAttribute("aria-label", `${name}, a number`);
    slide.dataset.name = number.dataset.name = name;
    label.htmlFor = slide.id;
    label.append(`${name} `);
    if (label.textContent.trim() !== new DOMParser().parseFromString(mathml, "text/html").body.textContent) label.insertAdjacentHTML("beforeend", mathml);
    const moved = (value, other) => {
      if (!Number.isFinite(value)) return;
      this.values[name] = value;
      this.widen(name);
      [slide.min, slide.max] = this.ranges[name];
      other.value = value;
      this.changed();
      this.draw();
    };
    slide.addEventListener("input", () => moved(Number(Number(slide.value).toPrecision(4)), number));
    number.addEventListener("input", () => { if (number.value !== "") moved(Number(number.value), slide); });
    row.append(label, slide, number);
    return row;
  }

  parts(values, angles) {
    const waves = {};
    this.found.waves.forEach(([cosine, sine], k) => { waves[cosine] = Math.cos(angles[k]); waves[sine] = Math.sin(angles[k]); });
    return this.coefficients({ ...values, ...waves });
  }

  // Of the roots on the grid of phases: whether none leaves the disc (for optimisers: whether all lie inside).
  stable(values) {
    const radius = this.found.grade === "schur" ? 1 - GROWTH : 1 + GROWTH;
    return !this.grid.some((angles) => isOutside(this.parts(values, angles), radius));
  }

  draw() {
    const mine = ++this.turn;
    this.modes();
    this.say();
    this.regions(mine);
  }

  modes() {
    if (!this.found.axes) {
      plane($("modes"), roots(this.parts(this.values, [])));
      $("modes-caption").textContent = "amplification factors ξ in the complex plane, and the unit circle";
      return;
    }
    const phases = Array.from({ length: CURVE }, (_, k) => -Math.PI + (2 * Math.PI * k) / (CURVE - 1));
    const along = phases.map((phase) => moduli(this.parts(this.values, Array(this.found.axes).fill(phase))));
    curves($("modes"), phases, along, this.found.axes > 1 ? "θ, all phases alike" : "θ");
    $("modes-caption").textContent = `|ξ(θ)| of ${along[0].length === 1 ? "the mode" : `all ${along[0].length} modes`}${this.found.axes > 1 ? ", along the diagonal" : ""}`;
  }

  say() {
    const largest = Math.max(...this.grid.map((angles) => Math.max(0, ...moduli(this.parts(this.values, angles)))));
    const roots = Number.isFinite(largest) ? `largest |ξ| = ${largest.toFixed(6)}` : "no new value is determined";
    const claim = this.condition ? `the condition says ${this.condition(this.values) ? "stable" : "not stable"}; ` : "";
    $("verdict").textContent = `${claim}${roots}${this.found.axes ? " over a grid of phases" : ""}`;
    $("modes").setAttribute("aria-label", `amplification factors: ${roots}`);
    if (!this.edge) return;
    const edge = this.edge(this.values);
    $("edge-number").textContent = `here: curvature < ${shown(edge)}`;
  }

  async regions(mine) {
    const [x, y] = this.axes;
    $("of-condition").hidden = !x || !this.condition;
    $("sampled").parentElement.hidden = !x;
    if (!x) return;
    const rows = y ? CELLS : 1, [a, b] = [this.ranges[x], y ? this.ranges[y] : [0, 1]];
    const at = (k) => {
      const [i, j] = [k % CELLS, Math.floor(k / CELLS)];
      const values = { ...this.values, [x]: a[0] + ((i + 0.5) / CELLS) * (a[1] - a[0]) };
      if (y) values[y] = b[0] + ((j + 0.5) / CELLS) * (b[1] - b[0]);
      return values;
    };
    const point = [this.values[x], y ? this.values[y] : 0.5];
    const all = Array.from({ length: CELLS * rows }, (_, k) => k);
    const drawn = (canvas, cells) => region(canvas, [a[0], a[1]], [b[0], b[1]], x, y || "", cells, CELLS, point);
    if (this.condition) drawn($("closed"), all.map((k) => Boolean(this.condition(at(k)))));
    const cells = [];
    let since = performance.now();
    for (const k of all) {
      cells.push(this.stable(at(k)));
      if (performance.now() - since < 30) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== this.turn) return;
      since = performance.now();
    }
    drawn($("sampled"), cells);
    $("sampled").dataset.stable = cells.filter(Boolean).length;
    if (this.condition) $("closed").dataset.stable = all.filter((k) => this.condition(at(k))).length;
  }
}

// The texts are written by the printers alone: nothing that was typed is in them but checked names.
function compiled(source, name) {
  return new Function(`"use strict"; ${source}; return ${name};`)();
}

function range({ low, high }) {
  const [bottom, top] = [low ?? (high === null ? -1.5 : high - 3), high ?? (low === null ? 1.5 : low + 2)];
  return Object.assign([bottom, top], { free: true });
}

function grid(axes) {
  const n = PHASES[axes], angles = Array.from({ length: n }, (_, k) => -Math.PI + (2 * Math.PI * k) / n);
  let found = [[]];
  for (let k = 0; k < axes; k++) found = found.flatMap((some) => angles.map((angle) => [...some, angle]));
  return found;
}
