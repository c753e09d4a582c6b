"""Every symbol once: its assumptions, LaTeX, unit and meaning.

Parameters carry torch's names, so that a printed condition and a `torch.optim` object speak of the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True)
class Meaning:
    """How a symbol is written and read."""

    latex: str
    unit: str
    text: str


class Symbol(sp.Symbol):
    """A symbol of this package: equal to itself alone, never to another that happens to have its name.

    So what is said of ours (LaTeX, unit, meaning) is never said of a user's `gamma`, nor of another of ours. The class has
    SymPy's name, by which SymPy sorts the terms of a sum.
    """

    __slots__ = ("text",)

    def __new__(cls, name: str, text: str = "", **assumptions: bool) -> Symbol:
        """The symbol that `text` describes."""
        symbol = cls.__xnew__(cls, name, **assumptions)  # not the cached one of this name
        symbol.text = text
        return symbol

    def _hashable_content(self) -> tuple:
        return (*super()._hashable_content(), self.text)

    def __getnewargs_ex__(self) -> tuple:
        """To be copied and pickled."""
        return (self.name, self.text), self._assumptions_orig


class Field(Symbol):
    """A real function of space (a kernel, an image), as against a number."""


MEANINGS: dict[sp.Symbol, Meaning] = {}


def declare(name: str, latex: str, text: str, unit: str = "1", kind: type[Symbol] = Symbol, **assumptions: bool) -> Symbol:
    """Make a symbol and enter its meaning; the only place where symbols come from."""
    symbol = kind(name, text, **assumptions)
    MEANINGS[symbol] = Meaning(latex, unit, text)
    return symbol


def reserve(name: str, latex: str, text: str, unit: str = "1", **assumptions: bool) -> sp.Symbol:
    """A symbol of the analysis, whose name no parameter may have: SymPy's own of this name."""
    symbol = sp.Symbol(name, **assumptions)
    MEANINGS[symbol] = Meaning(latex, unit, text)
    return symbol


def latex_names() -> dict[sp.Symbol, str]:
    """The `symbol_names` argument of `sympy.latex`."""
    return {symbol: meaning.latex for symbol, meaning in MEANINGS.items()}


# Time steps
theta = declare("theta", r"\theta", "weight of the new time level", nonnegative=True)

# Training
lr = declare("lr", r"\Delta t", "step size (learning rate)", "time", positive=True)
alpha = declare("alpha", r"\alpha", "weight decay", "1/time", real=True)
alpha_min = declare("alpha_min", r"\alpha_{\min}", "least stable weight decay", "1/time", real=True)
alpha_max = declare("alpha_max", r"\alpha_{\max}", "greatest stable weight decay", "1/time", real=True)
momentum = declare("momentum", r"\mu", "momentum coefficient", nonnegative=True)
curvature = declare("curvature", r"\lambda", "curvature: an eigenvalue of the loss's Hessian", "1/time", real=True)
deviation = declare(
    "deviation", r"\sigma", "standard deviation of a curvature that is drawn anew at each step", "1/time", nonnegative=True
)

# Optimisers, by torch's names
weight_decay = declare("weight_decay", r"\alpha", "weight decay of an optimiser", "1/time", nonnegative=True)
dampening = declare("dampening", r"\tau", "dampening of the momentum", nonnegative=True)
nesterov = declare("nesterov", r"\nu", "1 for Nesterov's momentum, 0 without", integer=True, nonnegative=True)
beta1 = declare("beta1", r"\beta_1", "decay of the gradient's running mean", nonnegative=True)
denominator = declare("denominator", "D", "frozen preconditioner, sqrt(v) + eps", positive=True)
look_ahead = declare("look_ahead", "c_m", "weight of NAdam's running mean in its step", positive=True)
gradient_weight = declare("gradient_weight", "c_g", "weight of the gradient in NAdam's step", positive=True)
bias_correction1 = declare("bias_correction1", r"b_t", "1 - beta1^t, bias of the running mean at step t", positive=True)
averaging = declare("averaging", "c", "weight of the newest iterate in an average; 1 - decay of an EMA", positive=True)

# The network
beta = declare("beta", r"\beta", "sharpness of the Swish activation", "1/activation", positive=True)
L = declare("L", "L", "regularised loss", real=True)
dL = declare("dL", r"\delta L", "first variation of the loss", real=True)
grad_L = declare("grad_L", r"\nabla L", "gradient of the loss", real=True)
y = declare("y", "y", "label, 0 or 1", real=True)
yhat = declare("yhat", r"\hat{y}", "the network's output", real=True)
a = declare("a", "a", "output error yhat - y", real=True)
x = declare("x", "x", "argument of an activation", real=True)

# Fields
K = declare("K", "K", "convolution kernel", kind=Field, real=True)
dK = declare("dK", r"\delta K", "a variation of the kernel", kind=Field, real=True)
I = declare("I", "I", "input image", kind=Field, real=True)  # noqa: E741  the paper's name
W = declare("W", "W", "window: 1 on the kernel's support, 0 outside", kind=Field, real=True)
Ibar = declare("image_integral", r"\bar{I}", "integral (sum) of the image", "image", real=True)

# Frequency
omega = declare("omega", r"\omega", "spatial frequency", "1/length", real=True)
width = declare("width", "w", "side of the kernel's support", "length", positive=True)
power = declare("power", r"|\hat{I}|^2", "power spectrum of the image", "image^2", nonnegative=True)
power_min = declare("power_min", r"P_{\min}", "least value of |Ihat|^2 over frequency", "image^2", nonnegative=True)
power_max = declare("power_max", r"P_{\max}", "greatest value of |Ihat|^2 over frequency", "image^2", nonnegative=True)
power_mean = declare("power_mean", r"\bar{P}", "mean of |Ihat|^2 over frequency", "image^2", nonnegative=True)
A = declare("A", r"A(\omega)", "amplification factor at frequency omega", real=True)
xi = reserve("xi", r"\xi", "amplification factor: root of the amplification polynomial")

# Nesterov's flow
damping = declare("damping", "d", "damping coefficient of Nesterov's flow", "1/time", positive=True)
step = declare("step", "s", "step of Nesterov's scheme, 2 dt^2/(2 + d dt); torch's lr", "time^2", positive=True)
z = declare("z", "z", "gradient amplifier: an eigenvalue of the linearised loss's Hessian", "1/time^2", real=True)

# The heat equation
diffusivity = declare("diffusivity", r"\kappa", "diffusivity", "length^2/time", positive=True)
dx = declare("dx", r"\Delta x", "grid spacing", "length", positive=True)

# The one active mode of a checkerboard
kappa = declare("kappa", r"\varkappa", "amplitude of the active mode, <K, I> over the window", real=True)
area = declare("area", "|W|", "number of cells of the window", positive=True)
share = declare("share", "p", "share of the outputs that sit on a +1 cell", nonnegative=True)
pooled = declare("pooled", "N", "weight of the pooling: 1 for the mean, the number of outputs for the sum", positive=True)

# The Beltrami flow
u = declare("u", "u", "image that is fitted", kind=Field, real=True)
du = declare("du", r"\delta u", "a variation of u", kind=Field, real=True)
f = declare("f", "f", "image that is given", kind=Field, real=True)
fidelity = declare("fidelity", r"\lambda", "weight of the data", "1/time", positive=True)
epsilon = declare(
    "epsilon", r"\varepsilon", "slope below which the total variation is rounded off", "image/length", positive=True
)
slope = declare("slope", r"|\nabla u|_\varepsilon", "local slope sqrt(|grad u|^2 + epsilon^2)", "image/length", positive=True)
amplitude = declare("amplitude", "c", "amplitude of a chequered oscillation", "image", positive=True)
multiple = declare("multiple", "m", "step size over the worst-case stable one", positive=True)
