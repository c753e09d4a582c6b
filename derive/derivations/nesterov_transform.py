r"""Transform of Nesterov's scheme on the linearised PDE: its gradient amplifier z and its amplification polynomial.

Source: Thm E.1 (Eq 70-72), App. E.1.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import linearization
from derive.derivations.amplifier import WINDOW, large_window
from derive.derivations.nesterov_limit import coefficients, look_ahead
from derive.fields.dft import FrequencyConvolution, Khat, Khat_next, transform
from derive.fields.symbols import Field, K, declare, momentum, step, xi, z
from derive.modes.amplification import amplification
from derive.paper.derivation import Derivation, Step
from derive.schemes.grid import GridFunction, GridScheme

Khat_prev = declare("Khat_prev", r"\hat{K}^{n-1}", "transform of the kernel one iteration before", kind=Field)
Vhat = declare("Vhat", r"\hat{V}", "transform of the look-ahead point", kind=Field)


def windowed_gradient() -> sp.Expr:
    """Transform of the linearised gradient at V, windowed; the decay acts on a kernel that is windowed already."""
    linear = sp.expand(-linearization.flow())
    decay = linear.coeff(K) * K
    driven = FrequencyConvolution(transform(linear - decay), WINDOW)
    return (driven + transform(decay)).xreplace({Khat: Vhat})


def gradient() -> sp.Expr:
    """The same of a large window."""
    return large_window(windowed_gradient())


def forcing() -> sp.Expr:
    """What a step adds beyond (1 - step z) Vhat."""
    return sp.expand(-step * (gradient() - gradient_amplifier() * Vhat))


def gradient_amplifier() -> sp.Expr:
    """z(omega): the factor of Vhat in the gradient."""
    return gradient().coeff(Vhat)


def scheme(size: sp.Expr = step, by: sp.Expr = momentum) -> GridScheme:
    """Nesterov's scheme on one mode, where the gradient is z V; the constant forcing does not act on perturbations."""
    u = GridFunction("u", dims=0)
    point = look_ahead(u[0], u[-1], by)
    return GridScheme(sp.Eq(u[1], point - size * z * point))


def polynomial(size: sp.Expr = step, by: sp.Expr = momentum) -> sp.Poly:
    """Amplification polynomial in xi, monic."""
    return amplification(scheme(size, by)).polynomial


def derive() -> Derivation:
    """Transform look-ahead and gradient, read off z, insert Khat^n = xi^n."""
    size, by = coefficients()
    point = sp.Eq(Vhat, look_ahead(Khat, Khat_prev))
    limit = sp.Eq(Khat_next, (1 - step * z) * Vhat + forcing())
    steps = (
        Step("Look-ahead point", point, "A sum with constant coefficients is transformed term by term."),
        Step(
            "Windowed form", sp.Eq(Khat_next, Vhat - step * windowed_gradient()), "A product with W is a convolution with What."
        ),
        Step("Large window", limit, "What/(2 pi)^2 tends to a Dirac; the forcing sits at omega = 0."),
        Step("Gradient amplifier", sp.Eq(z, gradient_amplifier()), "The factor of Vhat in the gradient."),
        Step("As torch has it", sp.Tuple(sp.Eq(step, size), sp.Eq(momentum, by)), "Two numbers say it all, see 5.5."),
        Step(
            "Amplification polynomial", sp.Eq(collected(), 0), "Insert Khat^n = xi^n; the forcing drops out of perturbations."
        ),
    )
    return Derivation(
        id="E.1",
        title="Fourier transform of Nesterov's scheme",
        assumptions=("real image and kernel", "the large-window limit: the kernel may grow over the whole domain"),
        steps=steps,
        result=steps[-1].expression,
        source="Thm E.1",
        outputs={"amplifier": (gradient_amplifier(),)},
    )


def collected() -> sp.Expr:
    """The polynomial with factored coefficients."""
    return sp.Add(*(sp.factor(c) * xi**k for (k,), c in polynomial().terms()))
