"""Run the user's training to whatever end it comes to, and say which."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from derive.errors import InputError
from derive.shown import message
from experiments.audit.blame import blamed
from experiments.audit.hooks import Hooks, hooked
from experiments.audit.session import Audit, Enough, Session
from experiments.audit.target import Target
from numerics.monitor import StabilityWarning


@dataclass(frozen=True)
class Outcome:
    """How the training ended.

    Attributes:
        kind: "finished", "ended" (by the audit), "failed" (the user's error), "refused" (the audit's own) or "interrupted".
        line: one line for the user; empty for a training that finished.
    """

    kind: str
    line: str = ""


def run(target: Target, session: Session) -> Outcome:
    """Call the user's function and watch it; whatever it raises is told, not raised.

    Raises:
        InputError: nothing was measured, and why.
    """
    with nullcontext() if target.takes else hooked(session) as hooks, _as_a_program(target), _quietly():
        outcome = _called(target, session)
        session.stop()
        if outcome.kind != "interrupted":
            session.finish()
    if session.meter is not None:
        session.meter.close()
    return _checked(outcome, target, session, hooks)


def _called(target: Target, session: Session) -> Outcome:
    try:
        target.call(Audit(session))
    except Enough:
        return Outcome("ended", session.ended)
    except KeyboardInterrupt:
        return Outcome("interrupted", f"interrupted after {session.steps} steps")
    except InputError as error:
        return Outcome("refused", message(error))
    except SystemExit as error:
        if error.code in (None, 0):
            return Outcome("finished")
        return Outcome("failed", blamed(error, target.file))
    except Exception as error:
        return Outcome("failed", blamed(error, target.file))
    return Outcome("ended", session.ended) if session.ended else Outcome("finished")


def _checked(outcome: Outcome, target: Target, session: Session, hooks: Hooks | None) -> Outcome:
    """The outcome; or an error where there is nothing to write a page of."""
    measured = session.meter is not None and bool(session.meter.dataset().step.size)
    if measured:
        return outcome
    if outcome.kind == "interrupted":
        raise KeyboardInterrupt
    if outcome.kind in ("failed", "refused"):
        raise InputError(outcome.line if session.meter is None else f"{outcome.line} (nothing was measured before it)")
    raise InputError(f"{target.name} ended and nothing was measured: {_missing(target, session)}")


def _missing(target: Target, session: Session) -> str:
    if session.notes and session.steps:
        return "; ".join(session.notes)
    if target.takes is None:
        return f"expected optimizer steps after loss.backward(), got {session.steps} of a torch.optim.Optimizer"
    if session.meter is None:
        return f"expected {target.takes}(model, optimizer, loss_fn) to be called, got no call"
    return f"expected monitor.step(inputs, targets) after each optimizer.step(), got {session.steps} steps and no such call"


@contextmanager
def _as_a_program(target: Target) -> Iterator[None]:
    """The user's own parser of arguments must not read ours."""
    ours, sys.argv = sys.argv, [target.file]
    try:
        yield
    finally:
        sys.argv = ours


@contextmanager
def _quietly() -> Iterator[None]:
    """The monitor's warnings stand on the page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StabilityWarning)
        yield
