"""Worlds of several layers: gradients and Hessian blocks by automatic differentiation, strong decay, the active mode."""

from __future__ import annotations

import numpy as np
import sympy as sp
import torch
from torch import Tensor

from derive.derivations import coupling, layer_regimes, strong_decay
from derive.derivations.layer_hessian import d_grad
from derive.fields.calculus import TimeDerivative
from derive.fields.layers import (
    I_l,
    I_prev,
    K_l,
    dg_l,
    dg_prev,
    dI_l,
    dI_prev,
    dK_l,
    error_slope,
    g_l,
    g_prev,
    kernel_variation,
    kernels,
    u_l,
)
from derive.fields.networks import g
from derive.fields.symbols import (  # fmt: skip
    I,
    Ibar,
    K,
    L,
    a,
    alpha,
    alpha_max,
    alpha_min,
    area,
    beta,
    grad_L,
    kappa,
    lr,
    pooled,
    power,
    share,
    xi,
    y,
    yhat,
)
from paper_checks.worlds import linear
from paper_checks.worlds.autograd import (
    BETA,
    N,
    along,
    correlate,
    cross_entropy,
    curve,
    field,
    gradient,
    named,
    rayleigh,
    swish,
    wave,
)
from paper_checks.worlds.evaluate import World, convolution, correlation

DECAY, STEP, LABEL, ERROR = 0.4, 0.03, 0.3, 0.7
OWN, BELOW, ABOVE, D_OWN, D_BELOW, D_ABOVE = (field(20 + n, 0.4) for n in range(6))
FIRST, SECOND, D_FIRST, D_SECOND = (field(30 + n, 0.3) for n in range(4))
IMAGE = field(2, 0.5) + 0.2
BASE = {"grid": (N, N), alpha: DECAY, lr: STEP, a: ERROR, I: IMAGE.numpy(), Ibar: float(IMAGE.sum())} | named("r", curve)


def layer(kernel: Tensor, below: Tensor) -> Tensor:
    return curve(correlate(kernel, below))


def to_kernel(kernel: Tensor, below: Tensor, above: Tensor) -> Tensor:
    """Gradient of <g_l, I_l> in K_l."""
    return gradient(lambda k: (above * layer(k, below)).sum(), kernel)


def to_input(below: Tensor, above: Tensor, kernel: Tensor = OWN) -> Tensor:
    """The same in I_{l-1}."""
    return gradient(lambda i: (above * layer(kernel, i)).sum(), below)


def numbers(**tensors: Tensor) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


GENERIC = BASE | {
    K_l: OWN.numpy(), I_prev: BELOW.numpy(), g_l: ABOVE.numpy(), dK_l: D_OWN.numpy(), dI_prev: D_BELOW.numpy(), dg_l: D_ABOVE.numpy(),
    u_l: correlate(OWN, BELOW).numpy(), I_l: layer(OWN, BELOW).numpy(), g_prev: to_input(BELOW, ABOVE).detach().numpy(),
}  # fmt: skip


def chain(weights: tuple[Tensor, ...]) -> Tensor:
    """Pooled response of a network."""
    found = IMAGE
    for weight in weights:
        found = layer(weight, found)
    return found.sum()


def held(weights: tuple[Tensor, ...], n: int, decay: float = DECAY) -> Tensor:
    """Gradient of one layer's kernel, the output error held."""
    whole = lambda k: ERROR * chain((*weights[:n], k, *weights[n + 1 :])) + decay / 2 * (k**2).sum()  # noqa: E731
    return gradient(whole, weights[n])


def multilayer() -> dict[str, list[World]]:
    """Thm 5.7."""
    out = torch.sigmoid(chain((FIRST, SECOND)))
    change = along(lambda k: layer(k, BELOW), OWN, D_OWN) + along(lambda i: layer(OWN, i), BELOW, D_BELOW)
    named_kernels = dict(zip(kernels(2), (FIRST.numpy(), SECOND.numpy()), strict=True))
    decay = DECAY / 2 * ((FIRST**2).sum() + (SECOND**2).sum())
    entropy = lambda v: -LABEL * torch.log(v) - (1 - LABEL) * torch.log(1 - v)  # noqa: E731
    loss = named("s", torch.sigmoid) | named("ell", entropy) | {L: float(cross_entropy(chain((FIRST, SECOND)), LABEL) + decay)}
    generic = {
        "Variation of one layer": {dI_l: change.numpy()}, "Loss, of two layers": loss | named_kernels,
        "Top": {g_l: gradient(lambda i: i.sum(), BELOW).detach().numpy()},
        "Gradient": {grad_L: (ERROR * to_kernel(OWN, BELOW, ABOVE) + DECAY * OWN).detach().numpy()},
        "Cross-entropy": {a: float(gradient(lambda v: cross_entropy(v, LABEL), torch.logit(out)).detach()), yhat: float(out), y: LABEL},
    }  # fmt: skip
    whole = {
        f"Two layers, whole, K_{n + 1}": named_kernels | {grad_L: held((FIRST, SECOND), n).detach().numpy()} for n in (0, 1)
    }
    return {"*": [World(GENERIC)]} | {title: [World(GENERIC | values)] for title, values in (generic | whole).items()}


def layer_hessian() -> dict[str, list[World]]:
    """The block of one layer, in parts."""
    kept = ERROR * along(lambda k: to_kernel(k, BELOW, ABOVE), OWN, D_OWN)
    through_g = ERROR * to_kernel(OWN, BELOW, D_ABOVE).detach()
    own, logit = to_kernel(OWN, BELOW, ABOVE).detach(), torch.tensor(0.6, dtype=torch.float64)
    # Neither cross-entropy nor the sigmoid, whose slope is even.
    end = {"s": lambda v: torch.exp(v / 3), "ell": lambda v: torch.exp(v / 2) + v**3}
    bent = gradient(lambda v: gradient(lambda w: end["ell"](end["s"](w)), v), logit)
    bent = bent.detach()
    through_a = bent * float((own * D_OWN).sum()) * own
    down = along(lambda i: to_input(i, ABOVE), BELOW, D_BELOW) + to_input(BELOW, D_ABOVE).detach()
    values = GENERIC | {error_slope: float(bent), g: float(logit), dg_prev: down.numpy()}
    values |= {key: found for base, function in end.items() for key, found in named(base, function).items()}
    blocks = {"Through r'(u_l)": kept, "Through g_l": through_g, "Through a": through_a}
    blocks["Block"] = kept + through_g + through_a + DECAY * D_OWN
    found = {title: [World(values | {d_grad: block.numpy()})] for title, block in blocks.items()}
    top = World({dg_l: along(lambda k: gradient(lambda i: i.sum(), layer(k, BELOW)), OWN, D_OWN).numpy()})
    return found | {"dg_l, from the top": [top], "dg_l, one layer down": [World(values)], "a'": [World(values)]}


def layer_regimes_() -> dict[str, list[World]]:
    """Eq 25: constants for r' and r'', by loops over the grid and FFT."""
    lr_ = layer_regimes
    kernel, image, direction, into = (t.numpy() for t in (OWN, IMAGE, D_OWN, D_BELOW))
    flat, bent, level, fed, ones = 0.6, 0.9, 1.4, 0.3, np.ones((N, N))
    response = correlation(kernel, into)
    down = convolution(kernel, flat * fed * flat * response + bent * level * response)
    move = correlation(direction, image)
    curved = ERROR * correlation(bent * level * move + flat * fed * flat * move, image)
    powers = {lr_.kernel_power: np.abs(np.fft.fft2(kernel)) ** 2, power: np.abs(np.fft.fft2(image)) ** 2}
    values = powers | {
        "grid": (N, N), a: ERROR, beta: BETA, lr_.slope: flat, lr_.bend: bent, lr_.G_l: level, lr_.S_l: fed, lr_.kernel_sum: kernel.sum(),
        lr_.G_prev: convolution(kernel, flat * level * ones)[0, 0], lr_.S_prev: ratio(down, into), lr_.F_l: ratio(curved, direction),
    }  # fmt: skip
    constant, multiplier = convolution(kernel, flat * ones)[0, 0], ratio(convolution(kernel, bent * response), into)
    lost = values | {lr_.lost: flat**2 * multiplier / (bent * constant)}
    at_zero = float(named("r", swish)["r", 2](np.zeros(1))[0])
    layerwise = values | {lr_.a_l: -0.8, lr_.F_l: ratio(-0.8 * correlation(at_zero * move, image), direction)}
    idle = {lr_.S_prev: 0.0, lr_.F_l: 0.0}
    edges = {key: [World(w.values | {lr_.a_l: w.values[a]}, w.holds) for w in linear.edges(key)] for key in (alpha, lr)}
    return {
        "*": [World(values)], "Regimes of Swish": [World({beta: BETA} | named("r", swish))], "Activated, not activated": [World(idle)],
        "Transitioning: what is lost": [World(lost)], "Layer-wise curvature": [World(layerwise)],
        "Weight decay": linear.facts(edges[alpha]), "Step size": edges[lr],
    }  # fmt: skip


def ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Of two fields' transforms."""
    return np.fft.fft2(first) / np.fft.fft2(second)


def joint_curvature(weights: Tensor) -> np.ndarray:
    """Hessian of the data term over all kernels at once, the error held."""
    return torch.autograd.functional.hessian(lambda w: ERROR * chain(tuple(w)), weights).reshape(weights.numel(), -1).numpy()


def coupling_() -> dict[str, list[World]]:
    """Two layers near zero kernels."""
    zero, directions = torch.zeros(2, N, N, dtype=torch.float64), torch.stack((D_FIRST, D_SECOND))
    matrix = joint_curvature(zero)
    blocks = {
        coupling.dgrad[n + 1, m + 1]: (matrix.reshape(2, N * N, 2, N * N)[n, :, m] @ directions[m].flatten().numpy()).reshape(N, N)
        for n in (0, 1) for m in (0, 1)
    }  # fmt: skip
    cells, areas = N * N, (N * N, 3)  # the second kernel is three cells wide
    assert np.abs(matrix.reshape(2, cells, 2, cells)[[0, 1], :, [0, 1]]).max() < 1e-12
    matrix = matrix[: sum(areas), : sum(areas)]
    whole, strength = matrix + DECAY * np.eye(sum(areas)), float(np.linalg.eigvalsh(matrix)[-1])
    sums = dict(zip(coupling.sums, (0.4, -0.9), strict=True))
    weights = np.concatenate([np.full(n, value / n) for n, value in zip(areas, sums.values(), strict=True)])
    rates = [part.sum() for part in np.split(-whole @ weights, [areas[0]])]
    values = BASE | blocks | sums | dict(zip(coupling.areas, areas, strict=True)) | {
        kernel_variation(n + 1): d.numpy() for n, d in enumerate(directions)
    } | {coupling.slope: float(named("r", curve)["r", 1](np.zeros(1))[0]), coupling.coupling: strength}  # fmt: skip
    values |= {TimeDerivative(s): rate for s, rate in zip(coupling.sums, rates, strict=True)}
    lone = values | {alpha_min: 0.0, alpha_max: 2 / STEP}
    third = torch.autograd.functional.hessian(lambda w: ERROR * chain(tuple(w)), torch.zeros(3, N, N, dtype=torch.float64))
    triple = values | {coupling.dgrad[1, 2]: third[0, :, :, 1].abs().max().numpy()}
    both = _both(values, matrix)
    multiplied = np.linalg.eigvalsh(np.eye(sum(areas)) - STEP * whole)
    return {
        "*": [World(values)], "Each layer by itself": [World(lone)], "Three layers": [World(triple)], "Condition": both,
        "Weight decay": linear.facts(both), "Amplification polynomial": [World(values | {xi: root}) for root in multiplied[[0, -1]]],
    }  # fmt: skip


def _both(values: dict, matrix: np.ndarray) -> list[World]:
    """Just inside and outside the edges of the joint Hessian."""
    drives = np.linalg.eigvalsh(matrix)
    step = 0.6 / np.abs(drives).max()
    ends = {alpha_min: -drives[0], alpha_max: 2 / step - drives[-1]}
    tried = [end + sign * 1e-3 * np.ptp(list(ends.values())) for end in ends.values() for sign in (-1, 1)]
    return [World(values | ends | {lr: step, alpha: d}, bool(np.abs(1 - step * (d + drives)).max() < 1)) for d in tried]


def strong() -> dict[str, list[World]]:
    """Supp. Eq 48-51: all kernels of two layers at once."""
    s, weights = strong_decay, torch.stack((FIRST, SECOND))
    parts = lambda decay: sum(  # noqa: E731
        along(lambda k: held((k, SECOND), 0, decay), FIRST, D_FIRST) if m == 0
        else along(lambda k: held((FIRST, k), 0, decay), SECOND, D_SECOND) for m in (0, 1)
    )  # fmt: skip
    drives = np.linalg.eigvalsh(joint_curvature(weights))
    update = np.eye(len(drives)) - STEP * (joint_curvature(weights) + DECAY * np.eye(len(drives)))
    fields = dict(
        zip(
            (*kernels(2), kernel_variation(1), kernel_variation(2)),
            (f.numpy() for f in (FIRST, SECOND, D_FIRST, D_SECOND)),
            strict=True,
        )
    )
    values = BASE | fields | {
        s.VARIED: parts(DECAY).numpy(), s.DECAYED: (parts(DECAY) - parts(0.0)).numpy(), s.F: drives[-1], xi: np.linalg.eigvalsh(update)[0],
        s.F_min: drives[0], s.F_max: drives[-1],
    }  # fmt: skip
    single = ERROR * torch.autograd.functional.hessian(
        lambda k: swish(correlate(k, IMAGE)).sum(), torch.zeros(N, N, dtype=torch.float64)
    )
    spectrum = np.abs(np.fft.fft2(IMAGE.numpy())) ** 2
    one = values | {beta: BETA, power: spectrum[1, 2], s.F: rayleigh(single.reshape(N * N, N * N).numpy(), wave(1, 2))}
    stable = [World(values | w.values, w.holds) for w in _both({}, joint_curvature(weights))]
    decay = 2 - drives[0]
    edge = 2 / (decay + drives[-1])
    steps = [World(values | {alpha: decay, lr: q * edge}, q < 1) for q in (0.999, 1.001)]
    weak = drives[-1] * 1e4
    return {
        "*": [World(values)], "One layer": [World(one)], "Condition": stable, "Weight decay": linear.facts(stable), "Step size": steps,
        "Over 2/alpha": [World(values | {alpha: decay, s.ratio: edge * decay / 2})],
        "First order": [World(values | {alpha: weak, s.ratio: weak / (weak + drives[-1])})],
    }  # fmt: skip


def checkerboard() -> dict[str, list[World]]:
    """The active mode: a kernel of 2^2 cells inside a checkerboard of 6^2, so that +1 and -1 are not alike in number."""
    side, cells = 6, 2
    board = torch.tensor((-1.0) ** np.indices((side, side)).sum(0), dtype=torch.float64)
    patches = board.unfold(0, cells, 1).unfold(1, cells, 1).reshape(-1, cells**2)
    kernel = field(41, 0.3)[:cells, :cells].flatten()
    window = board[:cells, :cells].flatten()
    response = patches @ kernel
    out = torch.sigmoid(curve(response).sum())
    slope = gradient(lambda k: curve(patches @ k).sum(), kernel).detach()
    rate = -ERROR * slope - DECAY * kernel
    outputs = len(patches)
    mode = BASE | named("s", torch.sigmoid) | {
        kappa: float(kernel @ window), area: cells**2, pooled: outputs, share: float((patches[:, 0] > 0).double().mean()),
        TimeDerivative(kappa): float(rate @ window), y: LABEL,
    }  # fmt: skip
    whole = torch.tensor((-1.0) ** np.indices((N, N)).sum(0), dtype=torch.float64)
    free = FIRST - (FIRST * whole).mean() * whole
    flat = -ERROR * gradient(lambda k: curve(correlate(k, whole)).sum(), free).detach() - DECAY * free
    general = -ERROR * gradient(lambda k: curve(correlate(k, IMAGE)).sum(), FIRST).detach() - DECAY * FIRST
    board_ = BASE | {I: whole.numpy(), K: FIRST.numpy(), kappa: float((FIRST * whole).sum())}
    slope_of = sp.Function("F")(kappa).diff(kappa)
    return {
        "Flow": [World(BASE | {K: FIRST.numpy(), TimeDerivative(K): general.numpy()})], "Checkerboard": [World(board_)],
        "Active mode": [World(mode)], "Output error": [World(mode | {a: float(out) - LABEL})],
        "Other modes": [World(board_ | {K: free.numpy(), TimeDerivative(K): flat.numpy()})],
        "Edge between stable and restrained": [World({slope_of: -3.0, lr: s * 2 / 3}, abs(1 - 3 * s * 2 / 3) < 1) for s in (0.999, 1.001)],
    }  # fmt: skip


WORLDS = {
    "5.7": multilayer, "layer-hessian": layer_hessian, "eq-25": layer_regimes_, "coupling": coupling_, "supp-eq-51": strong,
    "checkerboard": checkerboard,
}  # fmt: skip
