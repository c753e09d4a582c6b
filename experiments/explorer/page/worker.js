// Python in a thread of its own: loads the runtime and our packages, then answers what the page asks, one after the other.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const PARTS = ["pyodide/pyodide.asm.wasm", "pyodide/pyodide.asm.mjs", "pyodide/python_stdlib.zip", "packages.zip"];
const say = (message) => self.postMessage(message);

async function started() {
  const sizes = JSON.parse(new TextDecoder().decode(await fetched("sizes.json", () => {})));
  const all = PARTS.reduce((sum, name) => sum + sizes[name], 0);
  let done = 0;
  const bytes = {};
  for (const name of PARTS) bytes[name] = await fetched(name, (n) => say({ progress: (done += n) / all, of: all }));
  say({ progress: 1, of: all, doing: "starting Python" });
  const python = await loadPyodide({ indexURL: new URL("pyodide/", self.location.href).href });
  python.unpackArchive(bytes["packages.zip"], "zip", { extractDir: "/packages" });
  say({ progress: 1, of: all, doing: "loading SymPy" });
  python.runPython('import sys; sys.path.insert(0, "/packages")');
  return python.runPython("from experiments.explorer.answers import answered; answered");
}

async function fetched(name, read) {
  const response = await fetch(name).catch(({ message }) => { throw new Error(`${name}: ${message}`); });
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  const reader = response.body.getReader(), chunks = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    read(value.length);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const ready = started().then(
  (answered) => { say({ ready: true }); return answered; },
  (error) => { say({ broken: String(error && error.message || error) }); },
);

self.onmessage = async ({ data }) => {
  const answered = await ready;
  if (!answered) return;
  try {
    say({ id: data.id, answer: JSON.parse(answered(JSON.stringify(data.asked))) });
  } catch (error) { // of ours, or memory of the browser that ran out
    const last = String(error.message || error).trim().split("\n").pop();
    say({ id: data.id, answer: { error: `error: this could not be answered (${last})` }, broken: !/^[A-Za-z.]+Error/.test(last) && last });
  }
};
