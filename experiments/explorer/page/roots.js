// Roots of polynomials with complex coefficients, given as real and imaginary parts in turn, from the leading one down.

const EPS = 2 ** -52;
const SPARE = 8;

// Whether a root lies outside a circle, by the Schur-Cohn reduction, which computes none; null where rounding could decide.
export function outside(parts, radius) {
  const degree = parts.length / 2 - 1;
  let re = [], im = [];
  for (let k = 0; k <= degree; k++) {
    const scale = radius ** (degree - k);
    re.push(parts[2 * k] * scale);
    im.push(parts[2 * k + 1] * scale);
  }
  let rounding = EPS * re.length;
  while (re.length > 1) {
    const size = re[0] * re[0] + im[0] * im[0];
    if (!(size > 0)) return true;
    const a = re[0] / size, b = -im[0] / size;
    let most = 1;
    for (let k = 0; k < re.length; k++) {
      [re[k], im[k]] = [re[k] * a - im[k] * b, re[k] * b + im[k] * a];
      most = Math.max(most, Math.abs(re[k]) + Math.abs(im[k]));
    }
    const n = re.length - 1;
    const gap = 1 - re[n] * re[n] - im[n] * im[n];
    if (Math.abs(gap) <= SPARE * rounding * most) return null;
    if (gap < 0) return true;
    const p = re[n], q = im[n], x = [], y = [];
    for (let k = 0; k < n; k++) { // phi[k] - const * conj(phi[n - k])
      x.push(re[k] - (p * re[n - k] + q * im[n - k]));
      y.push(im[k] - (q * re[n - k] - p * im[n - k]));
    }
    [re, im, rounding] = [x, y, (rounding * most * 4) / gap];
  }
  return !Number.isFinite(re[0]);
}

// All roots, as [real, imaginary]; infinite where the leading coefficient vanishes.
export function roots(parts) {
  const degree = parts.length / 2 - 1;
  const size = parts[0] ** 2 + parts[1] ** 2;
  const monic = [];
  for (let k = 1; k <= degree; k++) {
    const [x, y] = [parts[2 * k], parts[2 * k + 1]];
    monic.push([(x * parts[0] + y * parts[1]) / size, (y * parts[0] - x * parts[1]) / size]);
  }
  if (!monic.flat().every(Number.isFinite)) return Array(degree).fill([Infinity, 0]);
  if (degree === 1) return [[-monic[0][0], -monic[0][1]]];
  return degree === 2 ? quadratic(...monic) : durandKerner(monic);
}

export function moduli(parts) {
  return roots(parts).map(([x, y]) => Math.hypot(x, y)).sort((a, b) => b - a);
}

// Whether a root is outside, whatever rounding does.
export function isOutside(parts, radius) {
  const verdict = outside(parts, radius);
  return verdict === null ? Math.max(0, ...moduli(parts)) > radius : verdict;
}

function quadratic([a, b], [c, d]) {
  const [x, y] = [-a / 2, -b / 2];
  const [s, t] = squareRoot(x * x - y * y - c, 2 * x * y - d);
  return [[x + s, y + t], [x - s, y - t]];
}

function squareRoot(x, y) {
  const r = Math.hypot(x, y);
  const s = Math.sqrt((r + Math.abs(x)) / 2);
  if (s === 0) return [0, 0];
  return x >= 0 ? [s, y / (2 * s)] : [Math.abs(y) / (2 * s), y < 0 ? -s : s];
}

// All at once, from points on a circle that holds them.
function durandKerner(monic) {
  const n = monic.length;
  const bound = Math.max(...monic.map(([x, y], k) => Math.hypot(x, y) ** (1 / (k + 1)))) || 1;
  let z = monic.map((_, k) => [bound * Math.cos((2 * Math.PI * k) / n + 0.4), bound * Math.sin((2 * Math.PI * k) / n + 0.4)]);
  for (let step = 0; step < 200; step++) {
    let moved = 0;
    for (let k = 0; k < n; k++) {
      let [p, q, u, v] = [1, 0, 1, 0];
      for (const [x, y] of monic) [p, q] = [p * z[k][0] - q * z[k][1] + x, p * z[k][1] + q * z[k][0] + y];
      for (let j = 0; j < n; j++) {
        if (j === k) continue;
        const [x, y] = [z[k][0] - z[j][0], z[k][1] - z[j][1]];
        [u, v] = [u * x - v * y, u * y + v * x];
      }
      const size = u * u + v * v;
      if (size === 0) continue;
      const [x, y] = [(p * u + q * v) / size, (q * u - p * v) / size];
      z[k] = [z[k][0] - x, z[k][1] - y];
      moved = Math.max(moved, Math.hypot(x, y));
    }
    if (moved <= 4 * EPS * bound) break;
  }
  return z;
}
