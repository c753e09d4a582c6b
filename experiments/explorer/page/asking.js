// The worker, and questions to it one after the other. Time is bounded: a worker that takes too long is ended and another started.
// The limit is 60 s, or what the address says: ?seconds=300.
const patience = () => Number(new URLSearchParams(location.search).get("seconds")) || 60;

export class Asker {
  constructor({ progress, ended }) {
    Object.assign(this, { progress, ended, waiting: new Map(), next: 0, isReady: false });
    this.start();
  }

  start() {
    this.isReady = false;
    if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
      this.broken = "this browser has no WebAssembly, which Python needs here; use a newer one, or the command line: gradcfl scheme";
      this.progress({ broken: this.broken });
      return;
    }
    this.worker = new Worker("worker.js", { type: "module" });
    this.worker.onmessage = ({ data }) => this.heard(data);
    this.worker.onerror = (event) => this.fail(event.message || "the worker could not be started");
  }

  heard(data) {
    if (data.broken && !data.id) return this.fail(data.broken);
    if (data.ready) {
      this.isReady = true;
      this.progress({ ready: true });
      this.following();
    } else if ("progress" in data) this.progress({ share: data.progress, of: data.of, doing: data.doing });
    else if (this.waiting.has(data.id)) {
      const { resolve, timer, note } = this.waiting.get(data.id);
      clearTimeout(timer);
      this.waiting.delete(data.id);
      this.following();
      resolve(note ? { ...data.answer, note } : data.answer);
      if (data.broken) this.anew();
    }
  }

  ask(asked) {
    if (this.broken) return Promise.resolve({ error: `error: ${this.broken}` });
    return new Promise((resolve) => {
      for (const [id, one] of this.waiting) if (!one.timer) { // a newer question stands for those that have not begun
        this.waiting.delete(id);
        one.resolve({ error: "error: asked anew" });
      }
      const one = { asked, resolve };
      this.waiting.set(++this.next, one);
      if (this.isReady) this.following();
    });
  }

  following() {
    const all = [...this.waiting];
    if (this.isReady && all.length && !all.some(([, one]) => one.timer)) this.send(...all[0]);
  }

  send(id, one) {
    if (one.timer) return;
    const seconds = patience();
    one.timer = setTimeout(() => this.late(one, seconds), 1000 * seconds);
    this.worker.postMessage({ id, asked: one.asked });
  }

  // Once more without a search for a closed form; after that there is only the message.
  late(one, seconds) {
    const why = `no answer within ${seconds} s; the worker was ended and started anew`;
    if (one.asked.sampled || one.asked.ask === "steps") return this.stop(`${why}; ask for a smaller scheme, give it longer (?seconds=300 in the address), or use the command line: gradcfl scheme`);
    Object.assign(one, { timer: null, note: why, asked: { ...one.asked, sampled: true } });
    this.ended(why);
    this.anew();
  }

  stop(why) {
    for (const one of this.waiting.values()) {
      clearTimeout(one.timer);
      one.resolve({ error: `error: ${why}` });
    }
    this.waiting.clear();
    this.anew();
  }

  anew() {
    this.worker.terminate();
    this.start();
  }

  fail(message) {
    this.broken = `Python could not be loaded: ${message}; load the page again`;
    this.progress({ broken: this.broken });
    for (const one of this.waiting.values()) one.resolve({ error: `error: ${this.broken}` });
    this.waiting.clear();
  }
}
