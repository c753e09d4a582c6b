"""Tab 6, Swish: the printed accuracies; a smooth activation of large beta amplifies a last bit steadily where ReLU jumps."""

from __future__ import annotations

from derive.paper.claim import Verdict
from experiments.last_bits.table_6 import PRESETS
from paper_checks.claims import PRINTED
from paper_checks.contrary import contrary
from paper_checks.printed_tables import accuracy_verdict, misprints, spreads
from paper_checks.settings import same_setting
from paper_checks.small_runs import divergence, in_words

CLAIM = "table-6"
STEEP = {"activation": "swish", "beta": 5.0, "epochs": 16}  # the authors' other beta


def verdict() -> Verdict:
    """Consistent with itself; over seeds not wider than over k."""
    flat = divergence(activation="swish", epochs=12)
    return accuracy_verdict(
        CLAIM, "python -m experiments run table-6 --preset paper --device cuda", *contrary(CLAIM),
        more=f"So \"comparable\" is supported, \"exceeds\" is not. With Swish of beta = 5: {in_words(**STEEP)} With beta = 1 the same small net "
        f"reaches {float(flat.rel_l1_net[-1]):.1e} only after {flat.sizes['epoch']} epochs.",
    )  # fmt: skip


def test_the_table_is_consistent_with_itself() -> None:
    assert misprints(CLAIM) == []


def test_neither_spread_is_larger() -> None:
    found = spreads(CLAIM)
    assert found.low < 1 < found.high


def test_no_kink_is_needed() -> None:
    """The qualitative claim at its smallest: a smooth activation amplifies a last bit too."""
    found = divergence(**STEEP)
    assert float(found.rel_l1_net[-1]) > 1e3 * float(found.rel_l1_net[0])


def test_paper_preset_is_the_papers_setting() -> None:
    assert same_setting(PRESETS["paper"].recipe, PRINTED[CLAIM].values)


def test_verdict_says_it_was_not_run() -> None:
    assert verdict().status == "not run at the paper's setting"
