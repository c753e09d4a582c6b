"""Activations: name -> expression, and its Taylor coefficients at a state.

Adding one is one entry of `activations`. Parameters: `beta`, the sharpness of Swish.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp

from derive.errors import InputError
from derive.fields.given import expression
from derive.fields.special import Negative, Sigmoid, Softplus
from derive.fields.symbols import beta, x
from derive.registry import Registry

KEPT_WHOLE = (Sigmoid, Softplus, Negative)


@dataclass(frozen=True)
class Activation:
    """A pointwise activation r(x).

    Attributes:
        name: key in `activations`.
        expression: r as an expression in `symbols.x`.
        note: what a reader should know of it.
    """

    name: str
    expression: sp.Expr
    note: str = ""

    def derivative(self, order: int = 1) -> sp.Expr:
        """The `order`-th derivative away from kinks, as an expression in `symbols.x`."""
        return sp.diff(self.expression, x, order)

    def at(self, order: int, point: sp.Expr = sp.S.Zero) -> sp.Expr:
        """Value of the `order`-th derivative at `point`.

        Raises:
            InputError: the derivative does not exist there; both one-sided values are named.
        """
        left, right = (self._one_sided(order, expression(point), side) for side in "-+")
        if sp.simplify(left - right) != 0:
            raise InputError(
                f"activation {self.name!r} has no derivative of order {order} at {point}: it is {left} from the left "
                f"and {right} from the right; linearise elsewhere or choose a smooth activation such as 'swish'"
            )
        return sp.simplify(right)

    def _one_sided(self, order: int, point: sp.Expr, side: str) -> sp.Expr:
        """Limit from one side; a jump of a lower derivative already means that this one does not exist."""
        if order > 0 and self.expression.has(sp.Piecewise):
            self.at(order - 1, point)
        sign = {"-": -1, "+": 1}[side]
        near = sp.Dummy(positive=True)
        branch = sp.piecewise_fold(self.derivative(order).subs(x, point + sign * near))
        return branch.subs(near, 0)

    def towards(self, order: int, sign: int) -> sp.Expr:
        """Limit of the `order`-th derivative as x goes to `sign` times infinity; may be infinite.

        Raises:
            InputError: no limit is found.
        """
        limit = _limit(self.expression, order, sign)
        if limit is None:
            raise InputError(
                f"activation {self.name!r}: its derivative of order {order} has no limit at {sign * sp.oo}; "
                f"a regime needs one, choose an activation that settles such as 'swish'"
            )
        return limit

    def asymptote(self, sign: int) -> Activation:
        """The straight line that r approaches as x goes to `sign` times infinity.

        Raises:
            InputError: it approaches none.
        """
        slope = self.towards(1, sign)
        rest = replace(self, expression=self.expression - slope * x).towards(0, sign) if slope.is_finite else slope
        if not rest.is_finite:
            raise InputError(
                f"activation {self.name!r} approaches no straight line at {sign * sp.oo}; "
                f"a regime needs one, choose an activation that settles such as 'swish'"
            )
        return Activation(f"{self.name} far out", slope * x + rest)

    def taylor(self, order: int, point: sp.Expr = sp.S.Zero) -> list[sp.Expr]:
        """Taylor coefficients r(p), r'(p), r''(p)/2, ... up to `order`."""
        return [self.at(n, point) / sp.factorial(n) for n in range(order + 1)]


@lru_cache(maxsize=128)  # a second of some; theorems, nets and their checks ask for the same few
def _limit(expr: sp.Expr, order: int, sign: int) -> sp.Expr | None:
    """Of a derivative, as x goes to `sign` times infinity; None if none is found."""
    far = sp.Dummy(positive=True)  # a sign that is known selects the branch of a piecewise function
    branch = sp.piecewise_fold(sp.diff(expr, x, order).subs(x, sign * far)).rewrite(KEPT_WHOLE, sp.exp)
    limit = sp.limit(branch, far, sp.oo)
    return None if limit.has(sp.AccumBounds, sp.Limit, sp.nan, far) else limit


_slope = sp.Rational(1, 100)

activations: Registry[Activation] = Registry.named(
    "activation",
    Activation("swish", x * Sigmoid(beta * x), "the paper's activation; beta -> oo gives ReLU"),
    Activation("silu", x * Sigmoid(x), "Swish with beta = 1"),
    Activation("relu", sp.Piecewise((x, x > 0), (0, True)), "kink at 0"),
    Activation("leaky-relu", sp.Piecewise((x, x > 0), (_slope * x, True)), "torch's negative slope 0.01; kink at 0"),
    Activation("gelu", x * (1 + sp.erf(x / sp.sqrt(2))) / 2, "exact, not the tanh approximation"),
    Activation("elu", sp.Piecewise((x, x > 0), (sp.exp(Negative(x)) - 1, True)), "torch's alpha = 1; r'' jumps at 0"),
    Activation("softplus", Softplus(x), "torch's beta = 1"),
    Activation("tanh", sp.tanh(x)),
    Activation("sigmoid", Sigmoid(x)),
)


def activation(name: str) -> Activation:
    """The activation called `name`.

    Raises:
        InputError: unknown name; the message lists the valid ones.
    """
    return activations[name]
