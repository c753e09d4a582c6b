"""The preset `paper` takes the data that it names, or refuses before anything is computed: it never takes others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from derive.errors import InputError
from experiments import registry
from experiments.running.leaves import leaves
from experiments.running.means import Means

PAPER = "paper"


def reads_files(setting: Any) -> bool:
    """Whether a setting names a data set that is made of files."""
    from numerics.datasets import DATASETS

    return any(DATASETS[data].files for data in named(setting))


def check_data(name: str, experiment: Any, setting: Any, means: Means) -> None:
    """Check that all data of a setting are on this machine; the network is not used.

    What trains groups needs none for members that are finished; on the machines of a Dask cluster each worker looks for itself.

    Args:
        name: of the experiment, for the message.
        experiment: the experiment.
        setting: one of its presets.
        means: its data folder is searched first.

    Raises:
        InputError: which files are missing, where they were looked for, how to get them.
    """
    from numerics.datasets import check_available

    for data in dict.fromkeys(_missing(experiment, setting, means) if registry.trains(experiment) else named(setting)):
        try:
            check_available(data, means.data_dir)
        except InputError as error:
            raise InputError(f"{name}, preset {PAPER}: {error}") from None


def named(setting: Any) -> Iterable[str]:
    """The data sets that a setting names."""
    for name, value in leaves(setting).items():
        if name.rpartition(".")[2] == "data":
            yield from value if isinstance(value, tuple) else (value,)


def _missing(training: registry.Training, setting: Any, means: Means) -> Iterable[str]:
    """Data of the groups that still have to be trained here."""
    if means.scheduler is None:
        from experiments.running.members import GroupFolder

        for group in training.groups(setting):
            if GroupFolder.within(means.store, group).missing():
                yield group.recipe.data
