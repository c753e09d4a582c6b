"""What the print leaves open of every preset `paper`, and we chose: experiment -> field of its setting -> why this value.

Every other field of that preset is as printed. `paper_checks/test_paper_presets.py` holds both against the claims, field by
field: one that is in neither of the two fails there. Only text, so that a list of it does not wait for torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Why = Mapping[str, str]

LOST = "lost in print"
OURS = "ours: how finely we look"
CODE = "the authors' code"
SEED = "the print names none"
ALL = "the whole set is named"
NO_FIGURE = "ours: the paper has no such figure"
NO_SETTING = "ours: the paper asks, or says so in words, and has no setting for it"
SHARE = "the print's weight decays are lost: shares of the edges on either side"


def _under(prefix: str, why: Why) -> dict[str, str]:
    return {f"{prefix}.{name}": reason for name, reason in why.items()}


RECIPE: Why = {
    "subset": ALL,
    "beta": f"Swish's; {CODE}'s, lost in print",
    "nesterov": f"momentum is printed, its kind is {CODE}'s",
    "augment": "crops and flips; usual for the network, not printed",
    "trace": OURS,
    "trace_of": "empty for all weights, which RelL1 is of",
    "probe": "none: the edge is not measured while it trains",
    "cap": "none: the step size is the printed one",
    "fluctuation": "batches of the gradient's fluctuation, besides; their number is lost in print",
}
_OTHER = ("data", "net", "activation", "optimizer", "lr", "momentum", "weight_decay")
_PACE = ("batch", "epochs", "lr_every", "lr_factor", "dtype")
OF_OURS: Why = dict.fromkeys((*RECIPE, *_OTHER, *_PACE), NO_SETTING)
ADAM: Why = RECIPE | {
    "lr": "not printed: torch's default",
    "momentum": "SGD's alone: Adam has torch's own",
    "nesterov": "SGD's alone",
}
FULL_BATCH: Why = {
    "beta": LOST,
    "steps": LOST,
    "every": OURS,
    "k": "of a perturbed run besides, ours",
    "seed": SEED,
    "dtype": "not printed",
}
ACCURACIES = _under("recipe", RECIPE)
DIVERGENCE: Why = ACCURACIES | {
    "recipe.lr": "has no effect: every run has one of `lrs`",
    "recipe.epochs": "has no effect: they follow from `travel`",
    "recipe.lr_factor": "has no effect: the step size is fixed",
    "lrs": f"but for the least, which is printed, {CODE}",
    "steps": "of an epoch: 50,000 images in batches of 128",
    "travel": f"constant, as printed; its value is {CODE}'s, an epoch at 0.1",
    "records": OURS,
    "layer": f"has no effect: of the form of {CODE} alone",
}
ALPHAS: Why = {"setting.seed": SEED, "iterations": CODE, "of_lower_edge": SHARE, "of_upper_edge": SHARE}
BISECTED: Why = {"setting.seed": SEED, "steps": "not printed", "rtol": OURS}
NONLINEAR: Why = {"setting.seed": SEED, "iterations": CODE, "lrs": "among them those printed"}

OPEN: Mapping[str, Why] = MappingProxyType(
    {
        "figure-1": {"height": CODE, "times": CODE},
        "last-bit-heat": dict.fromkeys(("points", "height", "ratios", "steps", "starts", "seed"), NO_FIGURE),
        "figure-2": _under("setting", dict.fromkeys(("points", "side", "fidelity", "epsilon", "noise"), LOST) | {"seed": SEED})
        | {"iterations": LOST, "lag": OURS, "shown": OURS, "sweep": OURS, "sweep_iterations": OURS}
        | _under("phases", dict.fromkeys(("points", "products", "multiples", "decay"), NO_FIGURE)),
        "figure-4": ALPHAS,
        "table-2": BISECTED,
        "window-bounds": dict.fromkeys(("pictures", "windows"), NO_FIGURE) | {"seed": "has no effect: no picture is random"},
        "figure-5": NONLINEAR | {"average": CODE, "rtol": OURS},
        "figure-11": ALPHAS,
        "table-9": BISECTED | {"momenta": "ours: besides the printed one"},
        "phase-diagram": {"setting.seed": SEED} | dict.fromkeys(("alphas", "lrs", "iterations", "stride"), NO_FIGURE),
        "table-1": ACCURACIES,
        "figure-3-left": _under("recipes", RECIPE | dict.fromkeys(("net", "data", "activation"), LOST))
        | {"kinds": "ours: besides the printed one"},
        "figure-3-right": DIVERGENCE,
        "table-4": ACCURACIES | {"control": "ours: a k that has to differ"},
        "table-5": ACCURACIES,
        "table-6": ACCURACIES,
        "table-6b": _under("tables", ACCURACIES),
        "table-7": _under("recipe", ADAM),
        "table-8": ACCURACIES,
        "figure-10": _under("divergence", DIVERGENCE),
        "below-the-edge": _under("recipe", OF_OURS) | dict.fromkeys(("cap", "seeds", "target"), NO_SETTING),
        "kept-last-bits": _under("recipe", OF_OURS) | dict.fromkeys(("steps", "below", "slow", "ks", "seeds"), NO_SETTING),
        "figure-6": NONLINEAR | {"every": OURS, "settled": OURS},
        "figure-7": _under("runs", FULL_BATCH | {"lrs": LOST, "subset": ALL}),
        "figure-8": _under(
            "runs", FULL_BATCH | {"lrs": LOST, "classes": "all ten: no selection is named", "beta": "has no effect: no Swish"}
        ),
        "figure-9": _under(
            "runs",
            FULL_BATCH
            | {"lrs": "among them the ends of the printed intervals", "subset": ALL, "alpha": LOST}
            | {"every": "has no effect here", "k": "has no effect here"},
        )
        | {"rtol": OURS, "rest": OURS},
        "supp-figure-2": _under(
            "runs",
            FULL_BATCH
            | dict.fromkeys(("nets", "data", "classes", "subset"), "'standard deep networks' is all that is printed")
            | dict.fromkeys(("lrs", "every", "k", "alpha"), "has no effect here"),
        )
        | {"alphas": "not printed", "ratios": OURS, "rtol": OURS},
        "regimes": NONLINEAR
        | {"lrs": "ours: some of Fig 5's, two next to its edge, and one beyond the blow-up"}
        | _under("nets", FULL_BATCH | {"lrs": LOST, "subset": ALL, "every": "has no effect here", "k": "has no effect here"}),
        "spreading": dict.fromkeys(
            ("data", "layers", "kernel", "alpha", "ahead", "base", "steps", "level", "nudge", "seed", "descent"), NO_SETTING
        ),
        "edge-of-optimizers": _under("blocks", dict.fromkeys(("net", "loss", "ahead", "adam", "classes", "batches"), NO_FIGURE))
        | dict.fromkeys(("data", "subset", "steps", "every", "seed", "dtype"), NO_FIGURE),
    }
)
