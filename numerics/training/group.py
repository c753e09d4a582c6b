"""A group of members in training: all on the same batches, each to the bits that it would reach alone.

Alone means: whoever else is in the group, side by side or one after another, interrupted or not. One after another this is so
as nothing is shared but the batches, which seeds and the epoch decide. Side by side, on a GPU, the same operations run
otherwise, and that no bit differs is tried on this device, not proved: a `preflight` takes a few steps of every kind that a
run has (a first one, recorded ones, a smaller batch, another step size), and they stand for all as the kernels are
deterministic. Where one bit differs, the members go one after another. A stored state is taken up only if its weights have
the `trail` that was stored with them. A member that leaves the finite numbers ends; the others go on.

>>> from numerics.datasets.split import Split
>>> from numerics.training.recipe import Recipe
>>> images = Split(torch.linspace(-1, 1, 32 * 64).view(32, 1, 8, 8), torch.arange(32) % 10, torch.zeros(1))
>>> recipe, data = Recipe(net="tiny", batch=32, epochs=1), Data("ramp", images, images, classes=10, channels=1, size=8)
>>> pair, alone = (GroupRun(Group(recipe, ks=ks), data, "cpu") for ks in ((1, 3), (3,)))
>>> pair.advance(), alone.advance()
(None, None)
>>> (first, second), (third,) = pair._trails(), alone._trails()
>>> second == third, first == second
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import xarray as xr
from torch import Tensor

from derive.errors import InputError
from numerics.common.determinism import reproducible
from numerics.datasets import Data
from numerics.pdes.simulate import Progress
from numerics.training.epoch import Passed, recorded_steps, train_epoch
from numerics.training.feed import steps_per_epoch
from numerics.training.history import History
from numerics.training.layout import Layout
from numerics.training.measure import RIGHT, Measured, after_epoch, blank, blank_step, right_at_the_end
from numerics.training.member import Member, members
from numerics.training.preflight import preflight
from numerics.training.recipe import Group
from numerics.training.restoring import check_back, check_history, check_member, check_meta, check_trails, refused
from numerics.training.snapshot import put_back, saved
from numerics.training.stepping import stepper
from numerics.training.trail import trail


class GroupRun:
    """The training of a group: `advance` until it is `finished`.

    On a GPU the members train side by side if a preflight finds that this changes no bit, else one after another.

    Attributes:
        group: the members, and what they share.
        epoch: epochs done.
        mode: how the members are trained, in words.
    """

    def __init__(self, group: Group, data: Data, device: str) -> None:
        """A group before its first epoch.

        Args:
            group: what to train.
            data: what on; resident on the device.
            device: "cpu" or a CUDA device.

        Raises:
            InputError: no members, or a member twice; net and data do not fit; the optimiser refuses the recipe; more
                batches for the fluctuation than an epoch has; a trace of a parameter that the net has not.
        """
        _check(group, data)
        self.group, self.data, self.device = group, data, device
        self.epoch, self._history = 0, History(group.ks)
        with reproducible():
            self._members = members(group, data, device)
            if group.recipe.trace_of not in ("", *self.layers):
                what = f"a parameter of {group.recipe.net}, such as {self.layers[0]}"
                raise InputError(f"expected trace_of to be {what}, got {group.recipe.trace_of!r}")
            checked = preflight(group, data, device)
        self.mode, self._beside = checked.sentence, checked.exact
        self._stepper = stepper(self._members, device, self._beside)

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch >= self.group.recipe.epochs

    @property
    def stable(self) -> list[Member]:
        """Members that are still in training."""
        return [member for member in self._members if member.k not in self._history.unstable]

    @property
    def layers(self) -> list[str]:
        """Names of the parameters, in their order."""
        return [name for name, _ in self._members[0].net.named_parameters()]

    def advance(self, report: Progress | None = None) -> None:
        """Train all members one epoch, and measure.

        A member whose loss, weights or buffers become NaN or infinite ends there; the others go on.

        Args:
            report: called with (steps done, steps of the epoch) after every step.

        Raises:
            InputError: the run is finished.
        """
        if self.finished:
            raise InputError(f"expected a run with epochs left, got one that has done all {self.epoch}")
        with reproducible():
            row, training = blank(self.group, len(self.layers)), self.stable
            if training:
                self._train(training, row, report)
            else:
                self._record([blank_step(self.group) for _ in recorded_steps(self.group, self.data, self.epoch)])
            self.epoch += 1
            if self.stable:
                self._place(row, self.stable, after_epoch(self.stable, self.group, self.data, self.epoch))
            self._record([row])
            self._history.trails.append(self._trails())

    def _train(self, training: Sequence[Member], row: Measured, report: Progress | None) -> None:
        """One epoch; members that have become unstable in it end."""
        passed = train_epoch(training, self._stepper, self.group, self.data, self.epoch, report)
        for traced in passed.traced:
            full = blank_step(self.group)
            self._place(full, training, traced)
            self._record([full])
        self._end_unstable(training, passed)
        kept = [n for n, member in enumerate(training) if member in self.stable]
        self._place(row, self.stable, {"loss": passed.loss[kept]} | {n: v[kept] for n, v in passed.probed.items()})

    def _end_unstable(self, training: Sequence[Member], passed: Passed) -> None:
        ended = [member.k for member, finite in zip(training, passed.finite.tolist(), strict=True) if not finite]
        self._history.unstable |= dict.fromkeys(ended, self.epoch + 1)
        if ended:
            self._stepper = stepper(self.stable, self.device, self._beside)

    def _place(self, row: Measured, found_on: Sequence[Member], measured: Measured) -> None:
        """Put what was found on some members in their places among all."""
        places = [self.group.ks.index(member.k) for member in found_on]
        for name, values in measured.items():
            row[name][places] = values.to("cpu", torch.float64)

    def _record(self, rows: Sequence[Measured]) -> None:
        for row in rows:
            self._history.add(row)

    def _trails(self) -> list[str]:
        of = {member.k: trail(member.net, member.optimizer) for member in self.stable}
        return [of.get(k, "") for k in self.group.ks]

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that decides the future, and the history: tensors on the CPU, and plain values for JSON."""
        tensors, history = self._history.state()
        tensors = {f"history/{name}": rows for name, rows in tensors.items()}
        numbers = {}
        for member in self.stable:
            own, numbers[str(member.k)] = saved(member)
            tensors |= {f"{member.k}/{name}": part for name, part in own.items()}
        return tensors, {"epoch": self.epoch, "ks": list(self.group.ks), "history": history, "numbers": numbers}

    def restore(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Be as when `state` gave these, and go on to the same bits.

        Raises:
            InputError: they are not the state of such a run: other members, names, types or shapes, or weights whose trail is
                not the stored one. The run is then as it was.
        """
        check_meta(meta, self.group)
        before = self.state()
        try:
            self._put_back(tensors, meta)
            check_trails(self._trails(), self._stored_trails(), self.group)
        except BaseException as error:
            self._put_back(*before)
            if isinstance(error, InputError) or not isinstance(error, Exception):
                raise
            raise refused(f"{type(error).__name__} in putting it back") from None  # torch raises whatever it likes

    def _put_back(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        self.epoch, history = meta["epoch"], _under("history", tensors)
        self._history.restore(history, meta["history"])
        check_history(self._history, history, self.group, self._layout())
        stable, numbers = [str(member.k) for member in self.stable], meta["numbers"]
        known = [name for name in tensors if name.startswith(tuple(f"{home}/" for home in ("history", *stable)))]
        if len(known) < len(tensors) or not isinstance(numbers, dict) or numbers.keys() != set(stable):
            raise refused(f"expected members {', '.join(stable)} to be in training, got others")
        for member in self.stable:
            own, values = _under(str(member.k), tensors), numbers[str(member.k)]
            check_member(member, own, values)
            put_back(member, own, values)
            check_back(member, own, values)
        # What was recorded before speaks of optimiser state that is no longer there.
        self._stepper = stepper(self.stable, self.device, self._beside)

    def _layout(self) -> Layout:
        return Layout(tuple(self.layers), self.epoch, steps_per_epoch(self.group, self.data), None)

    def _stored_trails(self) -> list[str]:
        """Of the last epoch; before the first one, those of fresh members."""
        if self.epoch:
            return self._history.trails[-1]
        return [trail(member.net, member.optimizer) for member in members(self.group, self.data, self.device)]

    def results(self) -> xr.Dataset:
        """Everything measured so far: dimensions k, epoch, layer, and step with `trace`; see `history.MEANINGS`.

        Once the run is finished also `right` (k, image): whether a test image is classified rightly; see `measure.RIGHT`.
        """
        dataset = self._history.dataset(self.layers, self.group.recipe.trace)
        if self.finished:
            with reproducible():
                right = right_at_the_end(self.stable, self.group, self.data).numpy()
            dataset["right"] = (("k", "image"), right, {"long_name": RIGHT})
        return dataset.assign_attrs(mode=self.mode)


def _check(group: Group, data: Data) -> None:
    if not group.ks or len(set(group.ks)) < len(group.ks):
        raise InputError(f"expected the numbers of the members, each once, got {group.ks}")
    asked, there = group.recipe.fluctuation, steps_per_epoch(group, data)
    if asked > there:
        raise InputError(f"expected fluctuation to be at most the {there} batches of an epoch, got {asked}")


def _under(folder: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(f"{folder}/"): part for name, part in tensors.items() if name.startswith(f"{folder}/")}
