"""Tab 7, Adam: the printed STDs over k are not those of the printed accuracies."""

from __future__ import annotations

import numpy as np

from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED
from paper_checks.contrary import contrary
from paper_checks.printed_tables import accuracies, accuracy_verdict, entries, mean_std, misprints, possible

CLAIM = "table-7"


def fits_no_column() -> int:
    """How many of the printed STDs over k belong to no column at all, so that an exchange of columns explains nothing."""
    columns, printed = accuracies(CLAIM).T, PRINTED[CLAIM].values["std_over_k"]
    return sum(not any(possible(column, std, 0) for column in columns) for std in printed)


def verdict() -> Verdict:
    """Entry by entry; the spread itself stands, from the accuracies."""
    right, (against, decision) = np.round(accuracies(CLAIM).std(0), 2), contrary(CLAIM)
    return accuracy_verdict(
        CLAIM, "pytest paper_checks/test_table_7.py",
        f"The row of STDs over k is not that of the printed accuracies; theirs is {', '.join(f'{std:.2f}' for std in right)}.",
        f"None for the conclusion: the mean of the row is {mean_std(CLAIM, 'std_over_k', 0):.2f} (printed: "
        f"{float(sum(PRINTED[CLAIM].values['std_over_k'])) / 6:.2f}). {against}",
        f"{fits_no_column()} of the 6 printed ones belong to no column of the table, the column of STDs over seeds agrees. {decision}",
    )  # fmt: skip


def test_the_row_is_wrong_and_the_column_is_right() -> None:
    wrong = misprints(CLAIM)
    assert len(wrong) == 6
    assert all("row std over k" in text for text in wrong)
    assert len([entry for entry in entries(CLAIM) if entry[0] == "std_over_seeds"]) == 6


def test_by_hand() -> None:
    """Seed 1, with nothing but arithmetic: the variance is a mean of squares less the square of the mean."""
    column = [8816, 8868, 8859, 8871, 8879, 8800]
    variance = sum(6 * c * c for c in column) - sum(column) ** 2
    assert (variance / 36) ** 0.5 / 100 < 0.299  # printed: .34; the accuracies would have to be .04 off, they are .005 at most


def test_verdict_is_an_erratum() -> None:
    assert verdict().status == "erratum"
