r"""What the paper PRINTS: each claim once, as expressions and numbers, with its source. Nothing here is derived.

The paper: Sun, Lao, Sundaramoorthi, Yezzi, "Surprising Instabilities in Training Deep Networks and a Theoretical
Analysis" (NeurIPS 2022), long version arXiv:2206.02001v4. Numbering is the long version's.

Sentence, LaTeX and values of a claim come from the same expressions (`typeset`), numbers of a table from the table, which knows
the place of each; settings that no text prints, but the authors' public code has, stand apart. Symbols are those of
`derive.fields.symbols` (dt is `lr`). A claim without a check yet is named by `pytest paper_checks/`.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations.error_linearised import GRAM, Kbar
from derive.derivations.forward_euler import K_next
from derive.derivations.layer_regimes import a_l
from derive.derivations.nesterov_limit import K_prev, V, grad, path, time
from derive.derivations.nesterov_transform import Khat_prev, Vhat
from derive.derivations.strong_decay import F
from derive.fields.calculus import Correlation, TimeDerivative, Windowed, pointwise
from derive.fields.dft import FrequencyConvolution, Khat, Khat_next
from derive.fields.differential import Div, Grad
from derive.fields.layers import I_prev, K_l, g_l
from derive.fields.symbols import (  # fmt: skip
    A,
    I,
    Ibar,
    K,
    a,
    alpha,
    alpha_max,
    alpha_min,
    beta,
    damping,
    dx,
    f,
    fidelity,
    grad_L,
    lr,
    omega,
    power,
    power_max,
    power_min,
    slope,
    u,
    width,
    x,
    y,
    yhat,
    z,
)
from derive.paper.claim import Claim
from derive.paper.printed_table import Table
from paper_checks import printed_remarks
from paper_checks.authors_code import AGAINST_CODE
from paper_checks.printed_runs import RUNS
from paper_checks.printed_training import TRAINING
from paper_checks.typeset import claim, symbol

_LETTERS = {"r": pointwise("r"), "r_prime": pointwise("r", None, 1), "r_second": pointwise("r", None, 2)}
SLOPE_0 = symbol("s'(0)", "s'(0)")
DELTA = symbol("delta", r"\delta(\omega)")
SIDE = symbol("L", "L")
OMEGA = tuple(symbol(f"omega_{n}", rf"\omega_{n}") for n in (1, 2))
LOWER, UPPER = sp.Function("alpha_min_e"), sp.Function("alpha_max_e")
"""Bounds of a window, over its side."""

MIN = sp.Function("min_omega")
"""Least value over frequency, as the supplement writes it."""

_WINDOWS = ("kernel", (16, 32, 64))
_READ_OFF = 0.03
_SLOPE = 1 / slope
_E = sp.exp(-beta * x)
_LINEARISED = -a / 2 * (Ibar + beta * GRAM) - alpha * K
_SINC = sp.sinc(width * omega / 2)
_DRIVEN = -a / 2 * lr * (Ibar + beta * Khat * power)
_FORCING = -a / 2 * lr * Ibar
_Z = alpha + a * beta * power / 2
_STEP, _MOMENTUM = 2 * lr**2 / (2 + damping * lr), (2 - damping * lr) / (2 + damping * lr)
_LOWEST, _HIGHEST = a * beta * power_min / 2, a * beta * power_max / 2
_ACTIVATED = -a * Ibar - Ibar**2 * Kbar / 8 - alpha * K
_ALONG = sp.Tuple(*(SIDE * sp.sinc(SIDE * one / 2) for one in OMEGA))
_ERROR_LINEAR = -a * beta * GRAM / 2 - SLOPE_0 * Ibar**2 * Kbar / 4 - alpha * K

BACKGROUND = [
    claim(
        "eq-1-3", "3", "CFL condition of the heat equation",
        "Forward Euler with central differences (diffusivity 1) has {amplifier}; |A| < 1 for all omega iff 0 < {largest_step}; u_n diverges "
        "if |A| >= 1.",
        "NeurIPS Eq 1-3",
        {"amplifier": sp.Eq(A, 1 - lr / dx**2 * (1 - sp.cos(omega * dx))), "largest_step": sp.Lt(lr, dx**2 / 2)},
    ),
    claim(
        "figure-1", "3", "Heat equation below and above the CFL bound",
        "On {points} points, dx = 1, a triangle and u = 0 at both ends: dt/dx^2 = {stable_ratio} decays to 0, {unstable_ratio} diverges.", "Fig 1",
        points=31, stable_ratio=0.4, unstable_ratio=0.8,
        authors={"height": 1.5, "times_stable": [0, 0.8, 2.4, 4, 40, 200, 800], "times_unstable": [0, 0.8, 2.4, 4], "labelled_40_is_drawn_at": 100},
    ),
    claim(
        "eq-4", "3", "CFL condition of the Beltrami flow",
        "The flow, {flow} with s^2 = |grad u|^2 + eps^2 (the print's formula is lost), is linearised by treating |grad u| as locally constant: "
        "a heat equation with diffusivity 1/s and the fidelity term. Its "
        "largest step depends on |grad u|, worst where grad u = 0; the PDE is stable iff the linearisation is; a step beyond the "
        "stable step of every point leads to a full blow-up.",
        "Eq 4, Section 3.2",
        {"flow": sp.Eq(TimeDerivative(u), Div(_SLOPE * Grad(u)) - fidelity * (u - f))},
        diffusivity=_SLOPE,
    ),
    claim(
        "figure-2", "3", "Beltrami flow at multiples of the stable step",
        "{stable[0]:g}x the worst-case stable step converges, {restrained[0]:g}x and {restrained[1]:g}x with a background of oscillation, larger at "
        "{restrained[1]:g}x; continued steps change the noise pattern alone; {unstable[0]:g}x blows up. Settings lost.", "Fig 2",
        stable=[1.0], restrained=[10.0, 100.0], unstable=[1000.0],
    ),
]  # fmt: skip

ONE_LAYER = [
    claim(
        "5.1", "5.1", "Gradient descent PDE", "{flow} with {error}; W is 1 without the support constraint.", "Thm 5.1, Eq 8, 9",
        {
            "flow": sp.Eq(TimeDerivative(K), Windowed(-a * Correlation(_LETTERS["r_prime"](Correlation(K, I)), I) - alpha * K)),
            "error": sp.Eq(a, yhat - y),
        },
    ),
    claim(
        "swish", "5.1", "Swish and its derivatives", "{r}, {r_prime}, {r_second}; {r_prime_at_0}, {r_second_at_0}.", "Section 5.1, App. D.2",
        {
            "r": sp.Eq(_LETTERS["r"](x), x / (1 + _E)),
            "r_prime": sp.Eq(_LETTERS["r_prime"](x), (1 + (1 + beta * x) * _E) / (1 + _E) ** 2),
            "r_second": sp.Eq(_LETTERS["r_second"](x), beta * _E * (-beta * x * (1 - _E) + 2 * (1 + _E)) / (1 + _E) ** 3),
            "r_prime_at_0": sp.Eq(_LETTERS["r_prime"](sp.S.Zero), sp.Rational(1, 2)),
            "r_second_at_0": sp.Eq(_LETTERS["r_second"](sp.S.Zero), beta / 2),
        },
    ),
    claim(
        "5.2", "5.2", "Linearised PDE", "About K = 0, a constant: {flow}.", "Thm 5.2, Eq 10",
        {"flow": sp.Eq(TimeDerivative(K), Windowed(_LINEARISED))},
    ),
    claim(
        "eq-11", "5.2", "Forward Euler", "{update}.", "Eq 11",
        {"update": sp.Eq(K_next - K, Windowed(-a / 2 * lr * (Ibar + beta * GRAM) - lr * alpha * K))},
    ),
    claim(
        "5.3", "5.2", "Fourier transform of the discretisation",
        "{windowed} (in every direction); as w grows {limit} with {amplifier}.", "Thm 5.3, Eq 12, 13",
        {
            "windowed": sp.Eq(Khat_next - Khat, FrequencyConvolution(_DRIVEN, _SINC) - lr * alpha * Khat),
            "limit": sp.Eq(Khat_next, A * Khat + _FORCING),
            "amplifier": sp.Eq(A, 1 - lr * _Z),
        },
        forcing_at_every_frequency=_FORCING, window_kernel=_SINC,  # convolved without any prefactor
    ),
    claim(
        "5.4", "5.2", "Stability conditions", "Stable (w large) iff {alpha_max} and {alpha_min}, a of either sign.", "Thm 5.4, Eq 14",
        {"alpha_max": sp.Lt(alpha, 2 / lr - _LOWEST), "alpha_min": sp.Gt(alpha, -_HIGHEST)},
    ),
    claim(
        "eq-19", "5.3", "Window of size 1", "{amplifier}: the upper bound rises, the lower falls.", "Eq 19",
        {"amplifier": sp.Eq(A, 1 - lr * (alpha + a * beta / 2 * FrequencyConvolution(power, _SINC)))},
        window_kernel=_SINC,
    ),
    claim(
        "conjecture", "5.3", "Bounds of finite windows",
        "Conjectured from the window of size 1 and Tab 2: for every finite support of K an upper and a lower bound on alpha exist, "
        "{upper} and {lower} of Eq 14, and they converge to Eq 14 as the support of K is increased, {upper_limit} and {lower_limit}.",
        "after Eq 19",
        {
            "upper": sp.Ge(UPPER(width), alpha_max), "lower": sp.Le(LOWER(width), alpha_min),
            "upper_limit": sp.Eq(sp.Limit(UPPER(width), width, sp.oo), alpha_max),
            "lower_limit": sp.Eq(sp.Limit(LOWER(width), width, sp.oo), alpha_min),
        },
        order=(sp.Le(LOWER(width), alpha_min), sp.Ge(UPPER(width), alpha_max)),
    ),
    claim(
        "figure-4", "5.3", "Linear PDE inside and outside the bounds",
        "dt = {lr:g}, a = {a}, beta = {beta:g}, K {kernel}x{kernel} ~ N(0, 1), I a {image}x{image} checkerboard: the loss converges for alpha "
        "between the bounds and diverges outside.", "Fig 4",
        lr=1e-8, a=-0.5, beta=1.0, kernel=32, image=256, authors={"iterations": 1000},
    ),
    claim(
        "table-2", "5.3", "Bounds of the windowed and the unwindowed linear PDE",
        "Measured and theoretical bounds on alpha for windows of {kernel}.", "Tab 2",
        tables=(Table("Tab 2", _WINDOWS, by_row={
            "alpha_min_measured": (3.8e6, 1.3e7, 3.8e7), "alpha_min": (1.07e9,) * 3,
            "alpha_max_measured": (2e8,) * 3, "alpha_max": (2e8,) * 3,
        }),),
    ),
    claim(
        "figure-5", "5.4", "Restrained instabilities of the nonlinear PDE",
        "alpha = {alpha:g}, beta = {beta:g}, y = {y:g}: dt > {blowup} blows up; {restrained} < dt <= {blowup} oscillates and RelL1 levels off; "
        "dt <= {restrained} converges and RelL1 is not amplified. {threshold} is read off.",
        "Fig 5", {"threshold": sp.Eq(lr, sp.Float(_READ_OFF, 1))},
        alpha=20.0, beta=1.0, y=1.0, kernel=32, image=256, k=(1, 3),
        authors={"iterations": 1000},
        blowup=0.1, restrained=_READ_OFF, stable_steps=[0.01, 0.03], restrained_steps=[0.05, 0.07, 0.09],
    ),
    claim(
        "5.5", "5.5", "Nesterov's continuum limit and its scheme",
        "The continuum limit is {flow}; semi-implicit Euler gives {look_ahead}, {scheme}.", "Thm 5.5, Eq 15-17",
        {
            "flow": sp.Eq(path.diff(time, 2) + damping * path.diff(time), -grad(path)),
            "look_ahead": sp.Eq(V, K + _MOMENTUM * (K - K_prev)),
            "scheme": sp.Eq(K_next, V - _STEP * grad(V)),
        },
        step=_STEP, momentum=_MOMENTUM, damped=path.diff(time, 2) + damping * path.diff(time),
    ),
    claim(
        "E.1", "E", "Fourier transform of Nesterov's scheme",
        "The transform of the scheme on the linearised PDE is {look_ahead}, {scheme} with {amplifier}.", "Thm E.1 (supp. E.2)",
        {
            "look_ahead": sp.Eq(Vhat, Khat + _MOMENTUM * (Khat - Khat_prev)),
            "scheme": sp.Eq(Khat_next, Vhat - _STEP * z * Vhat),
            "amplifier": sp.Eq(z, _Z),
        },
    ),
    claim(
        "eq-73", "E", "Step size of Nesterov's scheme", "To be stable the scheme has to satisfy {largest_step}.", "Eq 73",
        {"largest_step": sp.Lt(lr, 2 / sp.sqrt(3 * z))},
    ),
    claim(
        "5.6", "5.5", "Stability conditions of Nesterov's scheme",
        "Stable (w large) iff {alpha_max} and {alpha_min}; the choice of damping d has no impact on the stability bounds.",
        "Thm 5.6, Eq 18 (supp. E.3)",
        {"alpha_max": sp.Lt(alpha, 4 / (3 * lr**2) - _LOWEST), "alpha_min": sp.Gt(alpha, -_HIGHEST)},
    ),
    claim(
        "figure-11", "E", "Nesterov's scheme inside and outside the bounds",
        "dt = {lr:g}, momentum coefficient {momentum}, a = {a}, beta = {beta:g}, the data of Fig 4: there are upper and lower bounds on "
        "alpha between which the loss converges.", "Fig 11",
        lr=1e-4, momentum=0.9, a=-0.5, beta=1.0, image=256,
    ),
    claim(
        "table-9", "E", "Bounds of Nesterov's scheme, windowed and unwindowed",
        "Measured and theoretical bounds on alpha for windows of {kernel}; dt = {lr:g}, momentum coefficient {momentum}.", "Tab 9 (supp. 5)",
        tables=(Table("Tab 9 (supp. Tab 5)", _WINDOWS, by_row={
            "alpha_min_measured": (3.9e6, 1.3e7, 3.9e7), "alpha_min": (1.07e9,) * 3,
            "alpha_max_measured": (1.42e8,) * 3, "alpha_max": (1.33e8,) * 3,
        }),),
        lr=1e-4, momentum=0.9,
    ),
    claim(
        "D.4", "D.4", "Error linearised too",
        "{error} with a = s(0) - y gives {flow} to first order. The last term but one is a Dirac in {amplifier}, on a finite support of side L "
        "approximated by its sinc, {dirac}. CFL conditions and conclusions are similar to those of a constant error.",
        "App. D.4, Eq 59-64 (NeurIPS Eq 28-33)",
        {
            "error": sp.Eq(yhat - y, a + SLOPE_0 * Ibar * Kbar / 2),
            "flow": sp.Eq(TimeDerivative(K), _ERROR_LINEAR),
            "amplifier": sp.Eq(A, 1 - lr * (_Z + SLOPE_0 * Ibar**2 * DELTA / 4)),
            "dirac": sp.Eq(DELTA, sp.Mul(*_ALONG)),
        },
        dirac_along=_ALONG,  # one factor per axis; the print's sinc is normalised
    ),
    claim(
        "table-3", "D.5", "Three regimes",
        "Activated: {flow}, a = s(0) - y, stable iff {alpha_min} and {alpha_max}. Transitioning: Thm 5.4. Not activated: {decaying}, stable iff "
        "{not_activated}.",
        "App. D.5, Tab 3",
        {
            "flow": sp.Eq(TimeDerivative(K), _ACTIVATED),
            "alpha_min": sp.Gt(alpha, -(Ibar**2) / 8), "alpha_max": sp.Lt(alpha, sp.Min(2 / lr - Ibar**2 / 8, 2 / lr, evaluate=False)),
            "decaying": sp.Eq(TimeDerivative(K), -alpha * K), "not_activated": sp.Lt(alpha, 2 / lr),
        },
        rank_one=_ACTIVATED.coeff(Kbar).coeff(Ibar**2),
    ),
    claim(
        "5.7", "5.5", "Gradient of a multi-layer network",
        "With I_l = r(K_l * I_(l-1)) the gradient for K_l is {gradient}, {error}, g_l the gradient of the pooled output with respect to I_l.",
        "Thm 5.7, Eq 20-24, App. F",
        {
            "gradient": sp.Eq(grad_L, a * Correlation(_LETTERS["r_prime"](Correlation(K_l, I_prev)) * g_l, I_prev) + alpha * K_l),
            "error": sp.Eq(a, yhat - y),
        },
    ),
    claim(
        "eq-25", "5.5", "Stability layer by layer",
        "In each regime of the activation g_l is approximately independent of K_l, so the one-layer analysis holds with a_l = a g_l for a, "
        "g_l approximated by a constant: {alpha_max} and {alpha_min}, the extremes those of I_(l-1). Instability must arise at some layer; "
        "optimization is stable when the conditions are met for each layer.",
        "Eq 25 and the text after Thm 5.7, App. F",
        {"alpha_max": sp.Lt(alpha, 2 / lr - a_l * beta * power_min / 2), "alpha_min": sp.Gt(alpha, -a_l * beta * power_max / 2)},
        lost=sp.Integer(0),  # part of a layer's curvature through g_l, over the part kept
    ),
    claim(
        "supp-eq-51", "F", "Step size under strong weight decay",
        "A network of any depth is stable for {step}; as alpha grows this approaches {limit}.", "supp. Eq 50, 51",
        {"step": sp.Lt(lr, MIN(2 / (alpha + F))), "limit": sp.Lt(lr, 2 / alpha)},
    ),
    claim(
        "supp-figure-2", "F", "Strong regularisation", "Largest stable step size over 2/alpha approaches {limit:g} as alpha grows, on standard deep "
        "networks.", "Supp. Fig 2", limit=1.0,
    ),
]  # fmt: skip


EDGE = [
    claim(
        "figure-6", "6", "Sharpness of the one-layer PDE",
        "dt times sharpness: {above} steps exceed {edge}, {below} ones stay below it; the setting of Fig 5.", "Fig 6",
        above="restrained", below="stable", edge=2,
    ),
    claim(
        "figure-7", "6", "One and three layers, MNIST 0/1",
        "Chains of one channel, {kernel}x{kernel} kernels, {activation}, labels {classes[0]} and {classes[1]} of {data}, full batch, weight decay {alpha:g}: of "
        "{layers[1]} layers a step size is {kinds[1]} at which {layers[0]} layer is {kinds[0]}.", "Fig 7",
        layers=(1, 3), kinds=("stable", "restrained"), kernel=3, activation="swish", classes=(0, 1), data="mnist", alpha=0.0,
    ),
    claim(
        "figure-8", "6", "Two and four layers, CIFAR-5k",
        "Fully connected, {width} nodes, {activation}, {images} images of CIFAR-10, full batch, weight decay {alpha:g}: at a step size at which "
        "{layers[0]} layers are {kinds[0]}, {layers[1]} have spikes in loss and sharpness, {kinds[1]}.", "Fig 8",
        layers=(2, 4), kinds=("stable", "restrained"), width=200, activation="tanh", images=5000, data="cifar-5k", alpha=0.0,
    ),
    claim(
        "figure-9", "6", "One and two layers with weight decay",
        "Labels {classes[0]} and {classes[1]} of {data}, {kernel}x{kernel} kernels, {activation}: the largest stable step size lies between {largest[0][0]} and "
        "{largest[0][1]} for {layers[0]} layer, between {largest[1][0]} and {largest[1][1]} for {layers[1]}.", "Fig 9",
        layers=(1, 2), largest=((90, 100), (10, 20)), kernel=3, activation="swish", classes=(0, 1), data="mnist",
    ),
]  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    *BACKGROUND, *printed_remarks.BACKGROUND, *TRAINING, *AGAINST_CODE, *ONE_LAYER, *printed_remarks.NETWORK, *EDGE, *printed_remarks.EDGE, *RUNS,
)  # fmt: skip
PRINTED: dict[str, Claim] = {claim.id: claim for claim in CLAIMS}
