// The page: asks the worker, shows what it answers, and keeps what is shown in the address.
import { Asker } from "./asking.js";
import { Numbers } from "./numbers.js";

const $ = (id) => document.getElementById(id);
const FIELDS = ["equations", "positive", "assume", "meaning", "grade"];
const LANGUAGES = { latex: "LaTeX", python: "Python", numpy: "NumPy", torch: "torch", javascript: "JavaScript" };
const FIRST = "advection-diffusion-ftcs";

const response = await fetch("catalogue.json").catch(({ message }) => ({ statusText: message }));
if (!response.ok) throw new Error(`catalogue.json: ${response.status || response.statusText}`);
const catalogue = await response.json();
const asker = new Asker({ progress, ended });
const numbers = new Numbers(keepAddress);
let code = {}, shownQuestion = null, turn = 0;

fill();
restore();
window.addEventListener("hashchange", () => { if (location.hash.slice(1) !== address()) restore(); });
if ("serviceWorker" in navigator) navigator.serviceWorker.register("keep.js").catch(() => {});

function fill() {
  for (const { key, title } of catalogue.schemes) $("gallery").add(new Option(title, key));
  for (const { name } of catalogue.optimizers) $("optimizer").add(new Option(name, name));
  $("optimizer").value = "heavy-ball";
  $("gallery").addEventListener("change", () => { if (choose($("gallery").value)) ask(); });
  $("optimizer").addEventListener("change", () => { kind(); ask(); });
  for (const id of FIELDS) $(id).addEventListener("input", () => own(id));
  for (const radio of document.getElementsByName("kind")) radio.addEventListener("change", () => { kind(); ask(); });
  $("form").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  $("equations").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(); });
  $("stop").addEventListener("click", () => asker.stop("stopped; Python is started anew"));
  $("link").addEventListener("click", () => copy(location.href, "the link"));
  $("steps").addEventListener("toggle", () => { if ($("steps").open) steps(); });
}

function choose(key) {
  const entry = catalogue.schemes.find((one) => one.key === key);
  if (!entry) return false;
  for (const id of FIELDS) $(id).value = entry[id] || "";
  $("source").textContent = entry.source;
  return true;
}

// A scheme of one's own: what the textbook's assumed and meant goes with it.
function own(id) {
  if (id === "grade" || !$("gallery").value) return;
  $("gallery").value = $("source").textContent = "";
  if (id === "equations") $("assume").value = $("meaning").value = "";
}

function kind() {
  const optimizer = current() === "optimizer";
  $("of-scheme").hidden = optimizer;
  $("of-optimizer").hidden = !optimizer;
  const entry = catalogue.optimizers.find((one) => one.name === $("optimizer").value);
  $("recurrence").textContent = entry ? entry.recurrence.join("; ") : "";
}

function current() {
  return document.querySelector("input[name=kind]:checked").value;
}

function question() {
  if (current() === "optimizer") return { ask: "optimizer", name: $("optimizer").value };
  return { ask: "scheme", ...Object.fromEntries(FIELDS.map((id) => [id, $(id).value])) };
}

async function ask(values = {}, axes = []) {
  const asked = question(), mine = ++turn;
  $("state").textContent = asker.isReady ? "deriving …" : "waiting for Python, which is loading …";
  $("answer").setAttribute("aria-busy", "true");
  $("error").hidden = true;
  $("stop").hidden = false;
  const found = await asker.ask(asked);
  if (mine !== turn) return;
  $("answer").removeAttribute("aria-busy");
  $("stop").hidden = true;
  shownQuestion = asked;
  found.error ? mistake(found.error) : show(found, values, axes);
  keepAddress();
}

function mistake(line) {
  $("state").textContent = "";
  $("found").hidden = $("drawings").hidden = true;
  $("error").hidden = false;
  $("error").textContent = line;
}

function show(found, values, axes) {
  const sampled = found.condition === null;
  $("state").textContent = [found.note, sampled ? "no closed form; the drawings sample the roots" : `${found.status}, ${found.grade}`].filter(Boolean).join(": ");
  $("found").hidden = false;
  $("condition").hidden = !found.mathml;
  $("condition").innerHTML = found.mathml; // of ours: mathml.py escapes every text in it
  $("words").textContent = found.words;
  $("edge").hidden = !found.edge;
  if (found.edge) $("edge-formula").innerHTML = found.edge.mathml;
  $("order").textContent = "";
  $("steps").open = false;
  $("steps-list").textContent = "";
  code = found.code;
  copies();
  $("drawings").hidden = false; // before anything is drawn: a hidden canvas has no size
  numbers.show(found, values, axes);
  if (current() === "scheme" && !sampled) accuracy(turn);
}

async function accuracy(mine) {
  const found = await asker.ask({ ...shownQuestion, ask: "steps" });
  if (mine !== turn || found.error) return;
  if (found.order) $("order").textContent = `order of accuracy: ${found.order}`;
  list(found);
}

async function steps() {
  if ($("steps-list").childElementCount) return;
  const mine = turn;
  $("steps-list").textContent = "deriving …";
  const found = await asker.ask({ ...shownQuestion, ask: "steps" });
  if (mine !== turn) return;
  found.error ? ($("steps-list").textContent = found.error) : list(found);
}

function list(found) {
  $("steps-list").textContent = "";
  const all = found.modified ? [...found.steps, { title: "Modified equation", why: found.order, mathml: found.modified }] : found.steps;
  for (const { title, why, mathml } of all) {
    const [head, formula, text] = ["h3", "div", "p"].map((tag) => document.createElement(tag));
    head.textContent = title;
    text.textContent = why;
    formula.className = "formula";
    formula.tabIndex = 0;
    formula.innerHTML = mathml;
    $("steps-list").append(head, text, formula);
  }
}

function copies() {
  $("copies").textContent = "";
  for (const [key, name] of Object.entries(LANGUAGES)) {
    if (!code[key]) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.dataset.code = key;
    button.addEventListener("click", () => copy(code[key], name));
    $("copies").append(button, " ");
  }
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    $("copied").textContent = `${what} is copied`;
  } catch {
    window.prompt(`Copy ${what}:`, text);
  }
}

// What is shown, as the part of the address after #: the texts, numbers and axes; and back.
function address() {
  const asked = shownQuestion || question();
  const parts = new URLSearchParams(asked.ask === "optimizer" ? { optimizer: asked.name } : {});
  for (const id of FIELDS) if (asked.ask === "scheme" && asked[id]) parts.set(id, asked[id]);
  if ($("drawings").hidden) return parts.toString(); // a mistake has no numbers
  for (const [name, value] of Object.entries(numbers.values)) parts.append("at", `${name}=${value}`);
  if (numbers.axes.length) parts.set("axes", numbers.axes.join(","));
  return parts.toString();
}

function keepAddress() {
  history.replaceState(null, "", `#${address()}`);
}

function restore() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const values = Object.fromEntries(parts.getAll("at").map((text) => [text.slice(0, text.lastIndexOf("=")), Number(text.slice(text.lastIndexOf("=") + 1))]));
  document.querySelector(`input[name=kind][value=${parts.has("optimizer") ? "optimizer" : "scheme"}]`).checked = true;
  const known = parts.has("optimizer") ? pick("optimizer", parts.get("optimizer"))
    : parts.has("equations") ? texts(parts) : pick("gallery", parts.get("scheme") || FIRST) && choose($("gallery").value);
  if (!$("equations").value) choose($("gallery").value = FIRST); // behind an optimiser
  kind();
  if (known) ask(values, (parts.get("axes") || "").split(",").filter(Boolean));
}

function texts(parts) {
  $("gallery").value = $("source").textContent = "";
  for (const id of FIELDS) if (id !== "grade") $(id).value = parts.get(id) || "";
  return pick("grade", parts.get("grade") || "");
}

// Of a menu what a link names; false, with the line of a mistake, where the menu has none of that name.
function pick(id, value) {
  const menu = $(id), names = [...menu.options].map((one) => one.value);
  menu.value = names.includes(value) ? value : names[0];
  if (menu.value === value) return true;
  turn++;
  $("answer").removeAttribute("aria-busy");
  $("stop").hidden = true;
  mistake(`error: the link names an unknown ${id === "gallery" ? "scheme" : id} '${value}': expected one of ${names.filter(Boolean).join(", ")}`);
  return false;
}

function progress({ share, of, doing, ready, broken }) {
  $("loading").hidden = Boolean(ready);
  if (broken) {
    $("progress").hidden = true;
    $("doing").className = "error";
    $("doing").textContent = broken;
    return;
  }
  $("progress").value = share || 0;
  $("doing").textContent = doing || `loading Python and SymPy: ${Math.round(100 * (share || 0))} % of ${Math.round(of / 1e6)} MB, once`;
  if (ready && $("answer").hasAttribute("aria-busy")) $("state").textContent = "deriving …";
}

function ended(why) {
  $("state").textContent = why;
}
