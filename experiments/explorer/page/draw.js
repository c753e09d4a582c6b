// The drawings: curves of |xi|, roots beside the unit circle, and a region of two parameters.

const MARGIN = { left: 44, right: 10, top: 10, bottom: 34 };

function prepared(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth || 320, canvas.clientHeight || 240];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px system-ui, sans-serif";
  return { pen, width, height };
}

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function frame(canvas, [x0, x1], [y0, y1], xLabel, yLabel) {
  const { pen, width, height } = prepared(canvas), colour = colours();
  const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  const x = (value) => MARGIN.left + ((value - x0) / (x1 - x0)) * w;
  const y = (value) => MARGIN.top + h - ((value - y0) / (y1 - y0)) * h;
  const axes = () => {
    pen.strokeStyle = pen.fillStyle = colour("ink");
    pen.lineWidth = 1;
    pen.strokeRect(MARGIN.left, MARGIN.top, w, h);
    pen.textAlign = "center";
    for (const t of ticks(x0, x1)) pen.fillText(shown(t), x(t), height - MARGIN.bottom + 14);
    pen.fillText(xLabel, MARGIN.left + w / 2, height - 4);
    pen.textAlign = "right";
    for (const t of yLabel ? ticks(y0, y1) : []) pen.fillText(shown(t), MARGIN.left - 4, y(t) + 4);
    pen.save();
    pen.translate(11, MARGIN.top + h / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.fillText(yLabel, 0, 0);
    pen.restore();
  };
  return { pen, x, y, w, h, axes, colour };
}

function ticks(low, high) {
  const raw = (high - low) / 4, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw) || raw;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

export const shown = (value) => String(Number(value.toPrecision(4))).replace("-", "−");

// curves: for every phase the moduli of all modes, the largest first
export function curves(canvas, phases, moduli, label) {
  const flat = moduli.flat().filter(Number.isFinite);
  const most = Math.min(5, Math.max(1.2, 1.05 * Math.max(...flat)));
  const { pen, x, y, axes, colour } = frame(canvas, [-Math.PI, Math.PI], [0, most], label, "|ξ|");
  pen.fillStyle = colour("unstable-fill");
  pen.fillRect(x(-Math.PI), y(most), x(Math.PI) - x(-Math.PI), y(1) - y(most));
  pen.strokeStyle = colour("ink");
  pen.beginPath();
  pen.moveTo(x(-Math.PI), y(1));
  pen.lineTo(x(Math.PI), y(1));
  pen.stroke();
  pen.lineWidth = 2;
  for (let mode = 0; mode < moduli[0].length; mode++) {
    pen.strokeStyle = colour(`mode-${mode % 4}`);
    pen.setLineDash(mode ? [6, 2 * mode] : []);
    pen.beginPath();
    phases.forEach((phase, k) => {
      const value = Math.min(moduli[k][mode], most);
      k ? pen.lineTo(x(phase), y(value)) : pen.moveTo(x(phase), y(value));
    });
    pen.stroke();
  }
  pen.setLineDash([]);
  axes();
}

export function plane(canvas, found) {
  const most = Math.min(5, Math.max(1.25, ...found.map(([x, y]) => 1.1 * Math.hypot(x, y)).filter(Number.isFinite)));
  const ratio = (canvas.clientWidth - MARGIN.left - MARGIN.right) / (canvas.clientHeight - MARGIN.top - MARGIN.bottom);
  const { pen, x, y, axes, colour } = frame(canvas, [-most * ratio, most * ratio], [-most, most], "Re ξ", "Im ξ");
  pen.fillStyle = colour("stable-fill");
  pen.strokeStyle = colour("ink");
  pen.beginPath();
  pen.arc(x(0), y(0), x(1) - x(0), 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  found.forEach(([re, im], mode) => {
    pen.fillStyle = colour(`mode-${mode % 4}`);
    pen.beginPath();
    pen.arc(x(Math.max(-most * ratio, Math.min(most * ratio, re))), y(Math.max(-most, Math.min(most, im))), 6, 0, 2 * Math.PI);
    pen.fill();
  });
  axes();
}

// A region: cells of true or false, row by row from below, and the point where the sliders are.
export function region(canvas, xRange, yRange, xLabel, yLabel, cells, columns, point) {
  const { pen, x, y, w, h, axes, colour } = frame(canvas, xRange, yRange, xLabel, yLabel);
  const rows = cells.length / columns;
  pen.fillStyle = colour("unstable-fill");
  pen.fillRect(MARGIN.left, MARGIN.top, w, h);
  pen.fillStyle = colour("stable");
  cells.forEach((stable, k) => {
    if (!stable) return;
    const [i, j] = [k % columns, Math.floor(k / columns)];
    pen.fillRect(MARGIN.left + (i * w) / columns, MARGIN.top + h - ((j + 1) * h) / rows, w / columns + 0.6, h / rows + 0.6);
  });
  pen.strokeStyle = pen.fillStyle = colour("ink");
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x(point[0]), y(point[1]), 5, 0, 2 * Math.PI);
  pen.stroke();
  axes();
}
