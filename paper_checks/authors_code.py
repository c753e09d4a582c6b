"""Where the authors' public code does otherwise than their texts print, a finding each: the claim is the print's.

Code: https://github.com/sunyx523/surprising-instabilities (main6.py and mean_variance.py for Tab 1, main2.py and
compute_iteration.m for Fig 3 right, heat.py for Fig 1). It has no scripts for Tab 4, 5, 7 and 8, nor
for VGG16 and Fashion-MNIST.
"""

from __future__ import annotations

from paper_checks.printed_numbers import SETTING, TAB_1
from paper_checks.printed_training import BETA, OTHERWISE, UPDATE
from paper_checks.typeset import claim

AGAINST_CODE = [
    claim(
        "code-update", "4", "How k enters, in print and in the code",
        "The perturbed update is {update}.", "Section 4.1, against the authors' code",
        {"update": UPDATE}, authors={"update": OTHERWISE["update"]},
    ),
    claim(
        "code-average", "4", "Final accuracy, in print and in the code",
        "Tables show the final test accuracy, that after epoch {epochs}.", "Tab 1, 5, against the authors' code",
        epochs=SETTING["epochs"], average=1, authors={"average": OTHERWISE["average"]},
    ),
    claim(
        "code-shortcut", "4", "The network, in print and in the code",
        "{net} is the one of He et al. 2016, whose shortcuts on {data} are identities, padded with zeros where channels are "
        "added (option A).",
        "Section 4.2, against the authors' code",
        net=SETTING["net"], data=SETTING["data"], authors={"net": "resnet-b-56", "shortcut": OTHERWISE["shortcut"]},
    ),
    claim(
        "code-weights", "4", "Initial weights, in print and in the code",
        "The columns of Tab 1, seeds {seed}, differ in batch selection; the initialization is fixed.",
        "Section 4.2, against the authors' code",
        seed=TAB_1.values["seed"], authors={"initial_weights": OTHERWISE["initial_weights"]},
    ),
    claim(
        "code-figure-3-right", "4", "Fig 3 right, in print and in the code",
        "{net} under the same settings as before, momentum {momentum} among them (whether those with ReLU or with Swish is not "
        "said); RelL1 over all network parameters.",
        "Fig 3 right, against the authors' code",
        net=SETTING["net"], momentum=SETTING["momentum"],
        authors={"momentum": 0.0, "activation": "swish", "beta": BETA, "rel_l1_of": "layer2.5.conv1", "records": 100},
    ),
]  # fmt: skip
