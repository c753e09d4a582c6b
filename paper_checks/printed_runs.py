"""What the paper PRINTS of runs in words, without figure or table: regimes, spreading, open questions. Nothing here is measured."""

from __future__ import annotations

from paper_checks.typeset import claim

RUNS = [
    claim(
        "restrained-path", "3.2", "Definition of a restrained instability",
        "A {kinds[1]} instability might be defined to occur when the path of the PDE continues to pass back and forth indefinitely "
        "through {sides[0]} and {sides[1]} regimes, as classified by the linearization of the system within such regimes.",
        "Section 3.2 (v4)",
        kinds=("stable", "restrained", "unstable"), sides=("stable", "unstable"),
    ),
    claim(
        "regimes", "5.4", "Switching between the three regimes",
        "Regions could switch between regimes throughout the evolution, and thus the evolution could go between stable and unstable regimes. When {restrained} < "
        "dt <= {blowup}, the PDE transitions between the (unstable) {visited} regime and the stable one ({other}), which introduces "
        "oscillations; at smaller steps all regimes are stable.",
        "Section 5.4, Tab 3, Fig 5",
        restrained=0.03, blowup=0.1, visited="transitioning", other="activated",
    ),
    claim(
        "spreading", "5.5", "Instability of one layer spreads",
        "Restrained instabilities arise locally at a layer and could spread to other layers through the network structure.",
        "Section 5.5, after Eq 25; Section 6.2",
    ),
    claim(
        "open-performance", "A", "Open question: does stable training perform better?",
        "Whether eliminating restrained instabilities in training results in better performance ({aspects}, etc) is an open question; it may well be the case that "
        "they (printed: \"such stabilities\") are helpful in training.",
        "App. A (NeurIPS supplement)",
        aspects="generalization, training time, robustness, reduced variance",
    ),
    claim(
        "open-variance", "A", "Open question: does stable training vary less?",
        "Whether eliminating the instability reduces stochastic test variance from {sources[0]} / {sources[1]} is an open question.",
        "App. A (NeurIPS supplement)",
        sources=("batch selection", "initialization"),
    ),
]  # fmt: skip
