"""Two forms of the trainings of Section 4: as the texts print them, and as the authors' public code runs them.

                         paper                        code
    k enters as          (eta/k)(k d)                 (eta k)(d/k)
    final accuracy       after the last epoch         mean of the last ten epochs
    ResNet's shortcuts   identities, option A         1 x 1 convolutions, option B
    initial weights      one for all columns          by the seed of the column
    Fig 3 right          momentum, ReLU, all weights  no momentum, Swish, one layer's weights

What no text prints is the authors' in both: Nesterov's momentum, crops and flips, beta = 5 of Swish, step sizes of Fig 3 right.

Source: Section 4, Appendices B and C; https://github.com/sunyx523/surprising-instabilities.
"""

from __future__ import annotations

from dataclasses import replace

from numerics.training.recipe import Recipe, Seeds

AVERAGE = {"paper": 1, "code": 10}
"""Epochs at the end whose accuracy is averaged."""

TOLD = (
    "In the form of the authors' public code: k enters as (eta k)(d/k), final accuracies are means of the last ten epochs, "
    "shortcuts of residual nets are 1 x 1 convolutions, initial weights are drawn by the seed of the column."
)


def recipe_in(form: str, recipe: Recipe) -> Recipe:
    """The recipe with the network of that form."""
    return replace(recipe, net=recipe.net.replace("resnet-", "resnet-b-")) if form == "code" else recipe


def seeds_in(form: str, seed: int) -> Seeds:
    """Those of a column of a table."""
    return Seeds(init=seed if form == "code" else Seeds().init, order=seed, augment=seed)
