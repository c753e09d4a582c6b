// Before all else, and no module: one line, the first, of whatever part of the page cannot be loaded or fails.
const tell = (why) => {
  const line = document.getElementById("doing");
  if (line.className) return;
  document.getElementById("loading").hidden = false;
  document.getElementById("progress").hidden = true;
  line.className = "error";
  line.textContent = `error: this page failed: ${why}`;
};

if (location.protocol === "file:") tell("browsers load no modules from a folder; serve it: gradcfl explore, or python -m http.server there");
addEventListener("error", ({ target, message }) => tell(`${target.src || target.href || message.replace("Uncaught Error: ", "")}; load it again`), true);
addEventListener("unhandledrejection", ({ reason }) => tell(`${(reason && reason.message) || reason}; load it again`));
