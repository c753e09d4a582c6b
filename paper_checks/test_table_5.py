"""Tab 5: k and k 2^m are one run bit for bit; one printed entry contradicts the other two trials."""

from __future__ import annotations

from collections import Counter

from derive.paper.claim import Verdict
from experiments.last_bits.table_5 import PRESETS, Config, collect, exact, groups, odd_part
from paper_checks.claims import PRINTED
from paper_checks.printed_tables import OTHERWISE_IN_CODE
from paper_checks.small_runs import SETTING, recipe, trained

CLAIM = "table-5"
CONFIG = Config("smoke", recipe(epochs=2), trials=1)


def contradictions() -> list[str]:
    """Printed entries other than most of those with the same odd part of k, whatever the trial."""
    (table,), found = PRINTED[CLAIM].tables, []
    for n, trial in zip(table.values["trial"], table.cells, strict=True):
        for k, entry in zip(table.values["k"], trial, strict=True):
            if entry != (most := _most(odd_part(k))):
                where = table.place("accuracy", trial=n, k=k)
                found.append(f"{where}: printed {entry}, the others with odd part {odd_part(k)} have {most}")
    return found


def _most(odd: int):
    values = PRINTED[CLAIM].values
    alike = [entry for trial in values["accuracy"] for k, entry in zip(values["k"], trial, strict=True) if odd_part(k) == odd]
    return Counter(alike).most_common(1)[0][0]


def ours():
    """k = 1 to 12 on the same batches."""
    return collect(CONFIG, [trained(group) for group in groups(CONFIG)])


def verdict() -> Verdict:
    """The misprint, and exactness by hash."""
    wrong, found = contradictions(), ours()
    states = int(found.states[-1])
    return Verdict(
        CLAIM, "erratum" if wrong or not exact(found) else "agrees", "", "",
        f"{'; '.join(wrong)}. On {SETTING}, k = 1 to 12 end in {states} states, one for each odd part, by hash of weights, buffers and "
        f"optimiser state after every epoch; by accuracy alone they could not be told apart that early. {OTHERWISE_IN_CODE}",
        "python -m experiments run table-5",
        f"The claim is exact, but one entry contradicts it: {'; '.join(wrong)}: most likely a misprint.",
        "None; as printed, the first trial would not coincide with the other two.",
    )  # fmt: skip


def test_one_entry_contradicts_the_claim() -> None:
    (found,) = contradictions()
    assert "row trial = 1, column k = 8: printed 94.47, the others with odd part 1 have 93.47" in found


def test_odd_part_decides_everything() -> None:
    assert exact(ours())


def test_a_wrong_partition_would_be_seen() -> None:
    """Negative control: k = 6 where k = 5 is."""
    run = trained(groups(CONFIG)[0])
    moved = run.trail.copy()
    moved.loc[{"k": 6}] = run.trail.sel(k=5)
    assert not exact(collect(CONFIG, [run.assign(trail=moved)]))


def test_odd_part() -> None:
    assert [odd_part(k) for k in range(1, 13)] == [1, 1, 3, 1, 5, 3, 7, 1, 9, 5, 11, 3]


def test_paper_preset_has_the_papers_k_and_trials() -> None:
    assert PRESETS["paper"].ks == PRINTED[CLAIM].values["k"]
    assert PRESETS["paper"].trials == len(PRINTED[CLAIM].values["accuracy"])
