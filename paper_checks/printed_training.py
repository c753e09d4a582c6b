"""What the paper PRINTS in Section 4 and Appendices B and C. Nothing here is derived or measured.

Tables and the setting are in `printed_numbers`; where the authors' public code does otherwise is in `authors_code`.
"""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import lr
from paper_checks.printed_numbers import (
    AVERAGES,
    BITS,
    ERRORS,
    FLUCTUATION,
    SETTING,
    TAB_1,
    TAB_4,
    TAB_5,
    TAB_6,
    TAB_6B,
    TAB_7,
    TAB_8,
)
from paper_checks.typeset import claim, plain, symbol

_n, _N = sp.symbols("i N", integer=True, positive=True)
OVER = (_n, 1, _N)
FIRST, SECOND = sp.IndexedBase("t", real=True), sp.IndexedBase("t'", real=True)
_BATCH, _MEAN = sp.IndexedBase("g", real=True), sp.IndexedBase("gbar", real=True)
GAP = sp.Abs(FIRST[_n] - SECOND[_n]) / (sp.Abs(FIRST[_n]) + sp.Abs(SECOND[_n]))
REL_L1 = symbol("RelL1", r"\mathrm{RelL1}")
WEIGHT = symbol("theta", r"\theta")
GRADIENT = symbol("g_t", "g")
MULTIPLE = symbol("k", "k", positive=True)
BITS_OF = symbol("s", "s", positive=True)
ERROR = symbol("error", r"\frac{|x - y|}{|x|}")
_BOUND = 2 ** -(BITS_OF - 1)


def _update(step: sp.Expr, direction: sp.Expr) -> sp.Expr:
    """A step in which k is put into one factor and taken out of the other, in this order of operations."""
    return WEIGHT - sp.Mul(sp.UnevaluatedExpr(step), sp.UnevaluatedExpr(direction))


UPDATE = _update(lr / MULTIPLE, MULTIPLE * GRADIENT)
CODE_UPDATE = _update(lr * MULTIPLE, GRADIENT / MULTIPLE)

OTHERWISE = {
    "update": plain(CODE_UPDATE),
    "average": 10,
    "shortcut": "1x1 convolution with batch norm where the shape changes (option B)",
    "initial_weights": "drawn by the seed of the column, as order and augmentation are",
}
"""What the authors' public code does for Tab 1 where the print says otherwise; `authors_code` has a finding on each."""

CODE = {"nesterov": True, "augmentation": "random crops (padding 4) and flips", "stds": "divided by n", **OTHERWISE}
"""And what it has where the print is silent."""

BETA = 5.0
"""Of Swish in the same code; no text prints it for Section 4."""

TRAINING = [
    claim(
        "perturbed-sgd", "4", "Perturbed SGD",
        "{update} instead of theta - dt g_t: k odd can change the last significant bit, with each choice of k a "
        "different change; k a power of two introduces no perturbation. With x = fl(dt g_t), y = fl(dt/k) fl(k g_t), error = |x - y|/|x| and s bits "
        "of significand, {bound}, the smallest perturbation that the machine can represent.", "Section 4.1",
        {"update": UPDATE, "bound": sp.Lt(ERROR, _BOUND)},
        authors={"update": OTHERWISE["update"]},
        bound_in_roundoffs=int(sp.simplify(_BOUND * 2**BITS_OF)),  # over the unit roundoff 2^-s
    ),
    claim(
        "rel-l1", "4", "Relative L1 distance", "{distance} lies in [{least:g}, {greatest:g}].", "Section 4.2",
        {"distance": sp.Eq(REL_L1, 2 / _N * sp.Sum(GAP, OVER))},
        least=0.0, greatest=2.0,
    ),
    claim(
        "gradient-fluctuation", "4", "Relative gradient fluctuation",
        "{statistic} of one batch's gradient g about the mean gbar of B batches, median over epochs: "
        "{fluctuation} for {net} on {data}, against 2^-{bits} for floating point; both give about the same spread of accuracy.",
        "Section 4.2, footnote 5",
        {"statistic": sp.Sum(sp.Abs(_BATCH[_n] - _MEAN[_n]) / sp.Abs(_MEAN[_n]), OVER) / _N},
        fluctuation=FLUCTUATION, bits=BITS, floating_point=2.0**-BITS, net=SETTING["net"], data=SETTING["data"],
    ),
    claim(
        "table-1", "4", "Accuracy over k and seed, ReLU",
        "Final test accuracy of {net} with {activation} on {data} (lr {lr:g}, times {lr_factor:g} every {lr_every} of {epochs} epochs, batches of "
        "{batch}, weight decay {weight_decay:g}, momentum {momentum:g}, {dtype}) for k = {k} and seeds {seed} of batch selection, one "
        "initialization: the STD over k is {floating_point} on average ({double} in float64), about that over batch selection, "
        "{batch_selection}.", "Tab 1",
        tables=(TAB_1, ERRORS), authors=CODE, **SETTING, activation="relu", **AVERAGES,
    ),
    claim(
        "table-4", "B", "Determinism: repeated trials", "Trials {trial} of k = {of_k} coincide at epochs {epoch}.", "Tab 4 (supp. Tab 1)",
        tables=(TAB_4,), of_k=1,
    ),
    claim(
        "table-5", "B", "Determinism: powers of two",
        "k and k 2^m have the same trajectory: k = {k}, in trials {trial} that coincide.", "Tab 5 (supp. Tab 2)",
        tables=(TAB_5,),
    ),
    claim(
        "table-6", "C", "Accuracy over k and seed, Swish",
        "As Tab 1, with {activation}: the STD over k, {floating_point}, is comparable to, even exceeds, that over batch selection, "
        "{batch_selection}.", "Tab 6 (supp. Tab 3)",
        tables=(TAB_6,), authors=CODE | {"beta": BETA}, **SETTING, activation="swish",
        **{name: TAB_6B.values[name][-1] for name in ("floating_point", "batch_selection")},
    ),
    claim(
        "table-6b", "C", "Other networks and data",
        "{activation}, mean accuracy +- average STD over k, and the STD of SGD over batch selection, for {setting}: the first STD is "
        "greater than or similar to the second.", "Tab 6b (supp. Tab 4)",
        tables=(TAB_6B,), authors=CODE | {"beta": BETA}, activation="swish",
    ),
    claim(
        "table-7", "C", "Accuracy over k and seed, Adam",
        "As Tab 1, with {optimizer}: the spread over k is there with adaptive rates too.", "Tab 7",
        tables=(TAB_7,), net=SETTING["net"], data=SETTING["data"], optimizer="adam",
    ),
    claim(
        "table-8", "C", "Accuracy over k and seed, float64",
        "As Tab 1, in {dtype}: the spread, {floating_point} on average, does not shrink with the precision, which suggests an instability.",
        "Tab 8",
        tables=(TAB_8,), **SETTING | {"dtype": "float64"}, floating_point=AVERAGES["double"],
    ),
    claim(
        "figure-3-left", "4", "Divergence over epochs",
        "RelL1 between k = {k[0]} and k = {k[1]}, several networks, decayed learning rate: grows rapidly, then the growth is restrained.",
        "Fig 3 left", k=(1, 3),
    ),
    claim(
        "figure-3-right", "4", "Divergence and learning rate",
        "RelL1 between k = {k[0]} and k = {k[1]} over early iterations at fixed learning rates, {net} under the settings of Tab 1, learning rate times "
        "iterations constant: below a threshold the perturbation is attenuated, above it amplified; {least_lr:g} is below.", "Fig 3 right",
        **SETTING | {"lr_every": 0}, k=(1, 3), least_lr=3.125e-6,
        authors={
            "lrs": (5e-2, 2.5e-2, 1.25e-2, 6.25e-3, 3.125e-3, 3.125e-4, 3.125e-5, 3.125e-6),
            "momentum": 0.0, "activation": "swish", "beta": BETA, "one_epoch_at": 0.1, "rel_l1_of": "layer2.5.conv1", "records": 100,
        },
    ),
    claim(
        "figure-10", "C", "Accuracy at the stable rate",
        "At the stable rate {lr:g} the test accuracy still rises, for k = {k[0]} and k = {k[1]}, and the curves overlap.", "Fig 10",
        k=(1, 3), lr=3.125e-6,
    ),
]  # fmt: skip
