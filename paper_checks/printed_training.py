"""What the paper PRINTS in Section 4 and Appendices B and C. Nothing here is derived or measured.

Numbers are decimals as printed, so that .10 is known to two digits. Settings are those of Section 4.2; the rates of Fig 3
right, but for the least, are in the authors' code alone; k is named by the supplement where v4's text lost it.
"""

from __future__ import annotations

from decimal import Decimal

import sympy as sp

from derive.claim import Claim
from derive.symbols import lr
from paper_checks.typeset import claim, symbol

KS = (1, 3, 5, 7, 9, 11)
SEEDS = (1, 2, 3, 4, 5, 6)


def _numbers(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(number) for number in text.split())


def _rows(text: str) -> tuple[tuple[Decimal, ...], ...]:
    """Rows apart by a semicolon."""
    return tuple(_numbers(row) for row in text.split(";"))


def _table(accuracy: str, over_seeds: str, over_k: str) -> dict[str, object]:
    """A table of accuracies in percent, rows k, columns seeds, with its column and row of STDs."""
    return {
        "k": KS, "seed": SEEDS, "accuracy": _rows(accuracy),
        "std_over_seeds": _numbers(over_seeds), "std_over_k": _numbers(over_k),
    }  # fmt: skip


_SETTING = {
    "net": "resnet-56", "data": "cifar-10", "optimizer": "sgd", "lr": 0.1, "batch": 128, "weight_decay": 5e-4, "momentum": 0.9,
    "lr_every": 40, "lr_factor": 0.1, "epochs": 200, "dtype": "float32",
    "average": 1,  # "final test accuracies"
}  # fmt: skip

_AVERAGES = {"floating_point": Decimal(".16"), "double": Decimal(".15"), "batch_selection": Decimal(".17")}
_CODE = {
    "update": "theta - (eta k) (g/k), where the print has (eta/k) (k g)",
    "accuracy": "the mean of the last ten epochs, where the print has the final one",
    "shortcut": "1x1 convolutions, where ResNet-56 has identities padded with zeros (option A)",
    "weights": "drawn anew with every seed of the batches, where the print has all other randomness fixed",
}
"""Where the authors' public code and the print are not one."""

_TRIAL = "33.84 79.22 90.90 91.19 93.07 93.33 93.38 93.47 93.44 93.39 93.47"
_BY_K = "93.47 93.47 93.29 93.47 93.40 93.29 93.72 {} 93.62 93.40 93.79 93.29"

_n, _N = sp.symbols("i N", integer=True, positive=True)
OVER = (_n, 1, _N)
FIRST, SECOND = sp.IndexedBase("t", real=True), sp.IndexedBase("t'", real=True)
_BATCH, _MEAN = sp.IndexedBase("g", real=True), sp.IndexedBase("gbar", real=True)
GAP = sp.Abs(FIRST[_n] - SECOND[_n]) / (sp.Abs(FIRST[_n]) + sp.Abs(SECOND[_n]))
REL_L1 = symbol("RelL1", r"\mathrm{RelL1}")
WEIGHT = symbol("theta", r"\theta")
GRADIENT = symbol("g_t", "g")
MULTIPLE = symbol("k", "k", positive=True)
BITS = symbol("s", "s", positive=True)
ERROR = symbol("error", r"\frac{|x - y|}{|x|}")
_BOUND = 2 ** -(BITS - 1)
_UPDATE = WEIGHT - sp.Mul(sp.UnevaluatedExpr(lr / MULTIPLE), sp.UnevaluatedExpr(MULTIPLE * GRADIENT))

TRAINING = [
    claim(
        "perturbed-sgd", "4", "Perturbed SGD",
        "{update} instead of theta - dt g_t: k odd can change the last significant bit, with each choice of k a "
        "different change; k a power of two introduces no perturbation. With x = fl(dt g_t), y = fl(dt/k) fl(k g_t), error = |x - y|/|x| and s bits "
        "of significand, {bound}, the smallest perturbation that the machine can represent.", "Section 4.1",
        {"update": _UPDATE, "bound": sp.Lt(ERROR, _BOUND)},
        authors=_CODE,
        bound_in_roundoffs=int(sp.simplify(_BOUND * 2**BITS)),  # over the unit roundoff 2^-s
    ),
    claim(
        "rel-l1", "4", "Relative L1 distance", "{distance} lies in [{least:g}, {greatest:g}].", "Section 4.2",
        {"distance": sp.Eq(REL_L1, 2 / _N * sp.Sum(GAP, OVER))},
        least=0.0, greatest=2.0,
    ),
    claim(
        "gradient-fluctuation", "4", "Relative gradient fluctuation",
        "{statistic} of one batch's gradient g about the mean gbar of B batches, median over epochs: "
        "{fluctuation} for ResNet-56 on CIFAR-10, against 2^-23 for floating point; both give about the same spread of accuracy.",
        "Section 4.2, footnote 5",
        {"statistic": sp.Sum(sp.Abs(_BATCH[_n] - _MEAN[_n]) / sp.Abs(_MEAN[_n]), OVER) / _N},
        fluctuation=26.72, floating_point=2.0**-23,
    ),
    Claim(
        "table-1", "4", "Accuracy over k and seed, ReLU",
        f"Accuracy of ResNet-56 on CIFAR-10 for six k and six seeds of batch selection: the STD over k is {_AVERAGES['floating_point']} on average "
        f"({_AVERAGES['double']} in float64), about that over batch selection, {_AVERAGES['batch_selection']}.",
        values=_SETTING | {"activation": "relu", **_AVERAGES} | _table(
            "93.36 93.40 93.10 93.14 93.34 93.33; 93.49 93.37 93.08 93.68 93.16 93.12; 93.64 93.22 93.39 93.17 93.26 93.42;"
            "93.36 93.31 93.12 93.23 93.14 93.28; 93.87 93.55 93.08 93.35 93.42 93.41; 92.99 93.31 93.49 93.48 93.14 93.56",
            ".11 .22 .16 .09 .24 .21", ".27 .10 .16 .19 .10 .13",
        ),
        source="Tab 1",
    ),
    Claim(
        "table-4", "B", "Determinism: repeated trials", "Three trials of k = 1 coincide at every epoch.",
        values={"epoch": tuple(range(0, 201, 20)), "accuracy": _rows(f"{_TRIAL};{_TRIAL};{_TRIAL}")},
        source="Tab 4 (supp. Tab 1)",
    ),
    Claim(
        "table-5", "B", "Determinism: powers of two",
        "k and k 2^m have the same trajectory: k = 1..12, in three trials that coincide.",
        values={
            "k": tuple(range(1, 13)),
            "accuracy": _rows(";".join(_BY_K.format(eighth) for eighth in ("94.47", "93.47", "93.47"))),
        },
        source="Tab 5 (supp. Tab 2)",
    ),
    Claim(
        "table-6", "C", "Accuracy over k and seed, Swish",
        "As Tab 1, with Swish: the STD over k is comparable to, even exceeds, that over batch selection.",
        values=_SETTING | {"activation": "swish"} | _table(
            "93.81 93.79 93.62 93.83 93.72 93.59; 93.52 93.94 93.29 93.59 93.73 93.60; 93.39 93.89 93.89 93.60 93.71 93.62;"
            "93.35 93.59 93.52 93.48 93.37 93.43; 93.49 93.50 93.70 93.79 93.55 93.71; 93.84 93.71 93.72 93.91 93.71 93.56",
            ".09 .20 .17 .08 .12 .11", ".19 .15 .18 .14 .13 .082",
        ),
        source="Tab 6 (supp. Tab 3)",
    ),
    Claim(
        "table-6b", "C", "Other networks and data",
        "Swish, mean accuracy +- average STD over k, and the STD of SGD over batch selection: the first STD is greater than or "
        "similar to the second.",
        values={
            "net": ("vgg16-bn", "vgg16-bn", "resnet-56", "resnet-56"),
            "data": ("fashion-mnist", "cifar-10", "fashion-mnist", "cifar-10"),
            "accuracy": _numbers("94.81 93.76 94.81 93.72"),
            "floating_point": _numbers(".09 .13 .12 .15"), "batch_selection": _numbers(".10 .09 .10 .09"),
        },
        source="Tab 6b (supp. Tab 4)",
    ),
    Claim(
        "table-7", "C", "Accuracy over k and seed, Adam",
        "As Tab 1, with Adam: the spread over k is there with adaptive rates too.",
        values={"net": "resnet-56", "data": "cifar-10", "optimizer": "adam"} | _table(
            "88.16 88.36 88.88 88.43 88.63 88.39; 88.68 88.52 88.45 88.32 88.56 87.81; 88.59 88.30 88.33 88.25 88.62 88.79;"
            "88.71 88.68 88.74 88.11 88.32 88.78; 88.79 88.65 88.72 88.59 88.48 88.73; 88.00 88.73 88.78 88.71 88.21 88.42",
            ".22 .28 .19 .25 .10 .29", ".34 .21 .16 .36 .21 .13",
        ),
        source="Tab 7",
    ),
    Claim(
        "table-8", "C", "Accuracy over k and seed, float64",
        "As Tab 1, in float64: the spread does not shrink with the precision, which suggests an instability.",
        values=_SETTING | {"dtype": "float64", "floating_point": _AVERAGES["double"]} | _table(
            "93.10 93.63 93.31 93.45 93.26 93.60; 93.35 93.16 93.42 93.43 93.20 93.49; 93.32 93.38 93.23 92.74 93.37 93.29;"
            "93.05 93.39 93.46 93.20 93.58 93.26; 93.21 93.60 93.28 93.53 93.39 93.66; 93.22 93.26 93.33 93.35 93.56 93.62",
            ".19 .12 .22 .17 .16 .14", ".10 .16 .07 .26 .14 .15",
        ),
        source="Tab 8",
    ),
    Claim(
        "figure-3-left", "4", "Divergence over epochs",
        "RelL1 between k = 1 and k = 3, several networks, decayed learning rate: grows rapidly, then the growth is restrained.",
        values={"k": (1, 3)}, source="Fig 3 left",
    ),
    claim(
        "figure-3-right", "4", "Divergence and learning rate",
        "RelL1 between k = {k[0]} and k = {k[1]} over early iterations at fixed learning rates, {net} under the settings of Tab 1, learning rate times "
        "iterations constant: below a threshold the perturbation is attenuated, above it amplified; {least_lr:g} is below.", "Fig 3 right",
        **_SETTING | {"lr_every": 0}, k=(1, 3), least_lr=3.125e-6,
        authors={
            "lrs": (5e-2, 2.5e-2, 1.25e-2, 6.25e-3, 3.125e-3, 3.125e-4, 3.125e-5, 3.125e-6),
            "momentum": 0.0, "activation": "swish", "one_epoch_at": 0.1, "weights": "layer2.5.conv1",
        },
    ),
    claim(
        "figure-10", "C", "Accuracy at the stable rate",
        "At the stable rate {lr:g} the test accuracy still rises, for k = {k[0]} and k = {k[1]}, and the curves overlap.", "Fig 10",
        k=(1, 3), lr=3.125e-6,
    ),
]  # fmt: skip
