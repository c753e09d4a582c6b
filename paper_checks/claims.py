r"""What the paper PRINTS: each claim once, as expressions and numbers, with its source. Nothing here is derived.

The paper: Sun, Lao, Sundaramoorthi, Yezzi, "Surprising Instabilities in Training Deep Networks and a Theoretical
Analysis" (NeurIPS 2022), long version arXiv:2206.02001v4. Numbering is the long version's.

Symbols are those of `derive.symbols` (dt is `lr`). A claim without a check yet is named by `pytest paper_checks/`.
"""

from __future__ import annotations

import sympy as sp

from derive.claim import Claim
from derive.symbols import (
    Ibar,
    a,
    alpha,
    beta,
    damping,
    diffusivity,
    dx,
    lr,
    omega,
    power,
    power_max,
    power_min,
    slope,
    x,
    y,
    yhat,
    z,
)  # fmt: skip
from paper_checks.printed_training import TRAINING

_E = sp.exp(-beta * x)
_SLOPE, _DELTA = sp.symbols("slope_at_0 delta", real=True)  # s'(0) and the Dirac of App. D.4

BACKGROUND = [
    Claim(
        "eq-1-3", "3", "CFL condition of the heat equation",
        "Forward Euler with central differences has A = 1 - (dt/dx^2)(1 - cos(omega dx)); |A| < 1 for all omega iff "
        "0 < dt < dx^2/2; u_n diverges if |A| >= 1.",
        r"A(\omega) = 1 - \frac{\Delta t}{\Delta x^2}\left[1 - \cos(\omega\Delta x)\right], \quad \Delta t < \tfrac12 \Delta x^2",
        {"amplifier": 1 - lr / dx**2 * (1 - sp.cos(omega * dx)), "largest_step": dx**2 / (2 * diffusivity)},
        "NeurIPS Eq 1-3",
    ),
    Claim(
        "figure-1", "3", "Heat equation below and above the CFL bound",
        "On 31 points, dx = 1, a triangle of height 1.5 and u = 0 at both ends: dt/dx^2 = 0.4 decays to 0, 0.8 diverges.",
        values={
            "points": 31, "height": 1.5, "stable_ratio": 0.4, "unstable_ratio": 0.8,
            "times_stable": [0, 0.8, 2.4, 4, 40, 200, 800], "times_unstable": [0, 0.8, 2.4, 4],
        },
        source="Fig 1",
    ),
    Claim(
        "eq-4", "3", "CFL condition of the Beltrami flow",
        "The flow (formula lost) is linearised by treating |grad u| as locally constant: a heat equation with the fidelity term. Its "
        "largest step depends on |grad u|, worst where grad u = 0; the PDE is stable iff the linearisation is; a step beyond the "
        "stable step of every point leads to a full blow-up.",
        r"\partial_t u = \operatorname{div}\frac{\nabla u}{\sqrt{|\nabla u|^2 + \varepsilon^2}} - \lambda(u - f), \quad "
        r"\kappa = \frac{1}{\sqrt{|\nabla u|^2 + \varepsilon^2}}",
        {"diffusivity": 1 / slope}, "Eq 4, Section 3.2",
    ),
    Claim(
        "figure-2", "3", "Beltrami flow at 1x to 1000x the stable step",
        "10x and 100x the worst-case stable step converge with a background of oscillation, larger at 100x; continued steps change "
        "the noise pattern alone; 1000x blows up. Settings lost.",
        values={"stable": [1.0], "restrained": [10.0, 100.0], "unstable": [1000.0]}, source="Fig 2",
    ),
]  # fmt: skip

ONE_LAYER = [
    Claim(
        "5.1", "5.1", "Gradient descent PDE",
        "dK/dt = -(yhat - y) r'(K*I)*I - alpha K; with the support constraint the right-hand side times W.",
        r"\partial_t K = \left[-(\hat y - y)\, r'(K * I) * I - \alpha K\right] W",
        {"error": yhat - y}, "Thm 5.1, Eq 8, 9",
    ),
    Claim(
        "swish", "5.1", "Swish and its derivatives", "r, r', r'' of Swish; r'(0) = 1/2, r''(0) = beta/2.",
        r"r'(x) = \frac{1 + (1 + \beta x)e^{-\beta x}}{(1 + e^{-\beta x})^2}, \quad r'(0) = \tfrac12, \quad r''(0) = \tfrac{\beta}{2}",
        {
            "r": x / (1 + _E),
            "r_prime": (1 + (1 + beta * x) * _E) / (1 + _E) ** 2,
            "r_second": beta * _E * (-beta * x * (1 - _E) + 2 * (1 + _E)) / (1 + _E) ** 3,
            "r_prime_at_0": sp.Rational(1, 2),
            "r_second_at_0": beta / 2,
        },
        "Section 5.1, App. D.2",
    ),
    Claim(
        "5.2", "5.2", "Linearised PDE", "About K = 0, a constant: dK/dt = [-(a/2)(Ibar + beta (K*I)*I) - alpha K] W.",
        r"\partial_t K = \left[-\tfrac{a}{2}(\bar I + \beta (K * I) * I) - \alpha K\right] W",
        {"constant": -a / 2, "correlation": -a * beta / 2, "decay": -alpha}, "Thm 5.2, Eq 10",
    ),
    Claim(
        "eq-11", "5.2", "Forward Euler", "K_next - K = [-(a/2) dt (Ibar + beta (K*I)*I) - dt alpha K] W.",
        r"K^{n+1} - K^n = \left[-\tfrac{a}{2}\Delta t(\bar I + \beta (K^n * I) * I) - \Delta t\,\alpha K^n\right] W",
        {"constant": -a * lr / 2, "correlation": -a * beta * lr / 2, "decay": -alpha * lr}, "Eq 11",
    ),
    Claim(
        "5.3", "5.2", "Fourier transform of the discretisation",
        "Khat_next - Khat = -(a/2) dt (Ibar + beta Khat |Ihat|^2) ** sinc(w/2 .) - dt alpha Khat; as w grows "
        "Khat_next = A Khat - (a/2) dt Ibar with A = 1 - dt (alpha + a beta |Ihat|^2 / 2).",
        r"A(\omega) = 1 - \Delta t\left(\alpha + \tfrac12 a\beta|\hat I(\omega)|^2\right), \quad "
        r"\hat K^{n+1} = A\hat K^n - \tfrac{a}{2}\Delta t\,\bar I",
        {
            "amplifier": 1 - lr * (alpha + a * beta * power / 2),
            "forcing_at_every_frequency": -a * lr / 2,  # times Ibar
            "window_kernel": lambda w, frequency: sp.sinc(w * frequency / 2),  # convolved without any prefactor
        },
        "Thm 5.3, Eq 12, 13",
    ),
    Claim(
        "5.4", "5.2", "Stability conditions",
        "Stable (w large) iff alpha < 2/dt - a beta min|Ihat|^2 / 2 and alpha > -a beta max|Ihat|^2 / 2, a of either sign.",
        r"\alpha < \frac{2}{\Delta t} - \tfrac12 a\beta\min_\omega|\hat I|^2, \quad \alpha > -\tfrac12 a\beta\max_\omega|\hat I|^2",
        {"alpha_min": -a * beta * power_max / 2, "alpha_max": 2 / lr - a * beta * power_min / 2},
        "Thm 5.4, Eq 14",
    ),
    Claim(
        "eq-19", "5.3", "Window of size 1",
        "A(omega) = 1 - dt (alpha + a beta |Ihat|^2 ** sinc(w omega/2) / 2): the upper bound rises, the lower falls.",
        r"A(\omega) = 1 - \Delta t\left(\alpha + \tfrac12 a\beta\,|\hat I|^2 ** \operatorname{sinc}(\tfrac{w}{2}\omega)\right)",
        {"window_kernel": lambda w, frequency: sp.sinc(w * frequency / 2)}, "Eq 19",
    ),
    Claim(
        "conjecture", "5.3", "Bounds of finite windows",
        "Conjectured from the window of size 1 and Tab 2: for every finite support of K an upper and a lower bound on alpha exist, "
        "the upper above and the lower below those of Eq 14, and they converge to Eq 14 as the support of K is increased.",
        r"\alpha_{\max}^e \ge \alpha_{\max}, \quad \alpha_{\min}^e \le \alpha_{\min}, \quad "
        r"(\alpha_{\min}^e, \alpha_{\max}^e) \to (\alpha_{\min}, \alpha_{\max})",
        source="after Eq 19",
    ),
    Claim(
        "figure-4", "5.3", "Linear PDE inside and outside the bounds",
        "dt = 1e-8, a = -0.5, beta = 1, K 32x32 ~ N(0, 1), I a 256x256 checkerboard: the loss converges for alpha "
        "between the bounds and diverges outside.",
        values={"lr": 1e-8, "a": -0.5, "beta": 1.0, "kernel": 32, "image": 256, "iterations": 1000}, source="Fig 4",
    ),
    Claim(
        "table-2", "5.3", "Bounds of the windowed and the unwindowed linear PDE",
        "Measured and theoretical bounds on alpha for windows of 16, 32, 64.",
        values={
            "kernel": [16, 32, 64],
            "alpha_min_measured": [3.8e6, 1.3e7, 3.8e7], "alpha_min": [1.07e9] * 3,
            "alpha_max_measured": [2e8] * 3, "alpha_max": [2e8] * 3,
        },
        source="Tab 2",
    ),
    Claim(
        "figure-5", "5.4", "Restrained instabilities of the nonlinear PDE",
        "alpha = 20, beta = 1, y = 1: dt > 0.1 blows up; 0.03 < dt <= 0.1 oscillates and RelL1 levels off; dt <= 0.03 "
        "converges and RelL1 is not amplified. 0.03 is read off.",
        values={
            "alpha": 20.0, "beta": 1.0, "y": 1.0, "kernel": 32, "image": 256, "iterations": 1000,
            "blowup": 0.1, "restrained": 0.03, "stable_steps": [0.01, 0.03], "restrained_steps": [0.05, 0.07, 0.09],
        },
        source="Fig 5",
    ),
    Claim(
        "5.5", "5.5", "Nesterov's continuum limit and its scheme",
        "The continuum limit is d^2K/dt^2 + d dK/dt = -grad L; semi-implicit Euler gives V = K + (2 - d dt)/(2 + d dt) "
        "(K - K_prev), K_next = V - 2 dt^2/(2 + d dt) grad L(V).",
        r"\ddot K + d\,\dot K = -\nabla L, \quad V = K^n + \tfrac{2 - d\Delta t}{2 + d\Delta t}(K^n - K^{n-1}), \quad "
        r"K^{n+1} = V - \tfrac{2\Delta t^2}{2 + d\Delta t}\nabla L(V)",
        {
            "step": 2 * lr**2 / (2 + damping * lr), "momentum": (2 - damping * lr) / (2 + damping * lr),
            "flow": (1, damping, -1),  # coefficients of d^2K/dt^2, dK/dt and, on the right, grad L
        },
        "Thm 5.5, Eq 15-17",
    ),
    Claim(
        "E.1", "E", "Fourier transform of Nesterov's scheme",
        "The transform of the scheme on the linearised PDE is Vhat = Khat + (2 - d dt)/(2 + d dt) (Khat - Khat_prev), "
        "Khat_next = Vhat - 2 dt^2/(2 + d dt) z Vhat with z = alpha + a beta |Ihat|^2 / 2.",
        r"\hat K^{n+1} = \hat V - \tfrac{2\Delta t^2}{2 + d\Delta t}\,z\,\hat V, \quad z = \alpha + \tfrac12 a\beta|\hat I(\omega)|^2",
        {"amplifier": alpha + a * beta * power / 2, "forcing": sp.Integer(0)}, "Thm E.1 (supp. E.2)",
    ),
    Claim(
        "eq-73", "E", "Step size of Nesterov's scheme", "To be stable the scheme has to satisfy dt < 2/sqrt(3 z).",
        r"\Delta t < \frac{2}{\sqrt{3 z}}", {"largest_step": 2 / sp.sqrt(3 * z)}, "Eq 73",
    ),
    Claim(
        "5.6", "5.5", "Stability conditions of Nesterov's scheme",
        "Stable (w large) iff alpha < 4/(3 dt^2) - a beta min|Ihat|^2 / 2 and alpha > -a beta max|Ihat|^2 / 2; the choice "
        "of damping d has no impact on the stability bounds.",
        r"\alpha < \frac{4}{3\Delta t^2} - \tfrac12 a\beta\min_\omega|\hat I|^2, \quad \alpha > -\tfrac12 a\beta\max_\omega|\hat I|^2",
        {"alpha_min": -a * beta * power_max / 2, "alpha_max": 4 / (3 * lr**2) - a * beta * power_min / 2},
        "Thm 5.6, Eq 18 (supp. E.3)",
    ),
    Claim(
        "figure-11", "E", "Nesterov's scheme inside and outside the bounds",
        "dt = 1e-4, momentum coefficient 0.9, a = -0.5, beta = 1, the data of Fig 4: there are upper and lower bounds on "
        "alpha between which the loss converges.",
        values={"lr": 1e-4, "momentum": 0.9, "a": -0.5, "beta": 1.0, "image": 256}, source="Fig 11",
    ),
    Claim(
        "table-9", "E", "Bounds of Nesterov's scheme, windowed and unwindowed",
        "Measured and theoretical bounds on alpha for windows of 16, 32, 64; dt = 1e-4, momentum coefficient 0.9.",
        values={
            "lr": 1e-4, "momentum": 0.9, "kernel": [16, 32, 64],
            "alpha_min_measured": [3.9e6, 1.3e7, 3.9e7], "alpha_min": [1.07e9] * 3,
            "alpha_max_measured": [1.42e8] * 3, "alpha_max": [1.33e8] * 3,
        },
        source="Tab 9 (supp. 5)",
    ),
    Claim(
        "D.4", "D.4", "Error linearised too",
        "yhat - y ~ s(0) - y + s'(0) Ibar Kbar / 2 gives dK/dt = -(s(0) - y) beta (K*I)*I / 2 - s'(0) Ibar^2 Kbar / 4 - alpha K. The "
        "last term but one is a Dirac at omega = 0 in A(omega), on a finite support of side L approximated by its sinc. CFL "
        "conditions and conclusions are similar to those of a constant error.",
        r"A(\omega) = 1 - \Delta t\left[\tfrac12(s(0) - y)\beta|\hat I|^2 + \tfrac14 s'(0)\bar I^2\delta(\omega) + \alpha\right], \quad "
        r"\delta(\omega) \approx L^2\operatorname{sinc}\left(\tfrac{\omega_1 L}{2\pi}\right)\operatorname{sinc}\left(\tfrac{\omega_2 L}{2\pi}\right)",
        {
            "error": _SLOPE * Ibar / 2, "correlation": -a * beta / 2, "rank_one": -_SLOPE / 4,  # times Kbar; (K*I)*I; Ibar^2 Kbar
            "amplifier": 1 - lr * (a * beta * power / 2 + _SLOPE * Ibar**2 * _DELTA / 4 + alpha),  # a = s(0) - y
            "dirac": lambda side, frequency: side * sp.sinc(frequency * side / 2),  # one factor per axis; the print's sinc is normalised
            "slope_at_0": _SLOPE, "delta": _DELTA,
        },
        "App. D.4, Eq 59-64 (NeurIPS Eq 28-33)",
    ),
    Claim(
        "table-3", "D.5", "Three regimes",
        "Activated: dK/dt = -(s(0) - y) Ibar - Ibar^2 Kbar / 8 - alpha K, stable iff alpha > -Ibar^2/8 and "
        "alpha < min(2/dt - Ibar^2/8, 2/dt). Transitioning: Thm 5.4. Not activated: dK/dt = -alpha K, stable iff alpha < 2/dt.",
        r"\partial_t K = -(s(0) - y)\bar I - \tfrac18\bar I^2\bar K - \alpha K, \quad "
        r"-\tfrac18\bar I^2 < \alpha < \min\left(\tfrac{2}{\Delta t} - \tfrac18\bar I^2, \tfrac{2}{\Delta t}\right)",
        {
            "constant": -a * Ibar, "rank_one": -sp.Rational(1, 8),
            "alpha_min": -(Ibar**2) / 8, "alpha_max": sp.Min(2 / lr - Ibar**2 / 8, 2 / lr), "not_activated": 2 / lr,
        },
        "App. D.5, Tab 3",
    ),
    Claim(
        "5.7", "5.5", "Gradient of a multi-layer network",
        "With I_l = r(K_l * I_{l-1}) the gradient for K_l is (yhat - y) [r'(K_l * I_{l-1}) g_l] * I_{l-1} + alpha K_l, g_l the gradient "
        "of the pooled output with respect to I_l.",
        r"\nabla_{K_l} L = (\hat y - y)\left[r'(K_l * I_{l-1})\, g_l\right] * I_{l-1} + \alpha K_l",
        {"error": yhat - y}, "Thm 5.7, Eq 20-24, App. F",
    ),
    Claim(
        "eq-25", "5.5", "Stability layer by layer",
        "In each regime of the activation g_l is approximately independent of K_l, so the one-layer analysis holds with a_l = a g_l for a, "
        "g_l approximated by a constant. Instability must arise at some layer; optimization is stable when the conditions are met for "
        "each layer.",
        r"\alpha < \frac{2}{\Delta t} - \tfrac12 a_l\beta\min_\omega|\hat I_{l-1}|^2, \quad \alpha > -\tfrac12 a_l\beta\max_\omega|\hat I_{l-1}|^2",
        {"lost": sp.Integer(0)},  # part of a layer's curvature through g_l, over the part kept
        "Eq 25 and the text after Thm 5.7, App. F",
    ),
    Claim(
        "supp-eq-51", "F", "Step size under strong weight decay",
        "A network of any depth is stable for dt < min 2/(alpha + F(omega)), which approaches 2/alpha as alpha grows.",
        r"\Delta t < \min_\omega \frac{2}{\alpha + F(\omega)} \to \frac{2}{\alpha}",
        {"limit": sp.Integer(1)}, "supp. Eq 50, 51",  # of the largest step over 2/alpha
    ),
    Claim("supp-figure-2", "F", "Strong regularisation", "Largest stable lr over 2/alpha tends to 1.", source="Supp. Fig 2"),
]  # fmt: skip

EDGE = [
    Claim("figure-6", "6", "Sharpness of the one-layer PDE", "Restrained steps exceed 2, stable ones do not.", source="Fig 6"),
    Claim("figure-7", "6", "One and three layers, MNIST 0/1", "Three layers are restrained where one is stable.", source="Fig 7"),
    Claim("figure-8", "6", "Two and four layers, CIFAR-5k", "Four layers show spikes.", source="Fig 8"),
    Claim("figure-9", "6", "One and two layers with weight decay", "Largest stable lr 90-100 and 10-20.", source="Fig 9"),
]  # fmt: skip

CLAIMS: tuple[Claim, ...] = (*BACKGROUND, *TRAINING, *ONE_LAYER, *EDGE)
PRINTED: dict[str, Claim] = {claim.id: claim for claim in CLAIMS}
