"""CIFAR-10's binary version, packed and unpacked; its pickles are refused and never opened."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

from derive.errors import InputError
from numerics.datasets import available, cifar, load
from tests.numerics.datasets.cases import cifar_bytes, cifar_contents, cifar_source, labels, pixels, put, tar_gz

pytestmark = pytest.mark.exact


def test_a_record_is_a_label_and_three_planes():
    record = bytes([7, *range(256), *([9] * (1024 - 256)), *([1] * 1024), *([2] * 1024)])
    split = cifar.parse(record * 2, "x")
    assert split.labels.tolist() == [7, 7]
    assert split.images.shape == (2, 3, 32, 32)
    assert split.images[0, 0, 0].tolist() == list(range(32))
    assert split.images[1, 0, 7].tolist() == list(range(224, 256))
    assert (split.images[:, 1] == 1).all()
    assert (split.images[:, 2] == 2).all()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "records of 3073 bytes, got 0 bytes"),
        (bytes(3072), "got 3072 bytes; it is truncated"),
        (bytes(3074), "got 3074 bytes"),
        (bytes([10]) + bytes(3072), "labels from 0 to 9, got 10"),
    ],
)
def test_what_is_not_records_is_named(content, told):
    with pytest.raises(InputError, match=told):
        cifar.parse(content, "data_batch_1.bin")


@pytest.mark.parametrize("form", ["packed", "unpacked", "in its folder"])
def test_archive_and_unpacked_files_give_the_same_images_in_the_order_of_the_batches(tmp_path, form):
    contents, folder = cifar_contents(), tmp_path / "own"
    folder.mkdir()
    if form == "packed":
        turned = dict(reversed(contents.items()))  # members may stand in any order
        (folder / "cifar-10-binary.tar.gz").write_bytes(tar_gz(turned, "somewhere/else"))
    else:
        put(folder / "cifar-10-batches-bin" if form == "in its folder" else folder, contents, packed=False)
    data = load("cifar-10", data_dir=folder, download=False, sources={"cifar-10": cifar_source(contents)})
    expected = np.concatenate([pixels(8, 3, 32, seed) for seed in range(5)])
    for channel in range(3):  # normalised, so up to a scale: the ranks of the values are those of the bytes
        got = data.train.images[:, channel].numpy()
        ranks, own = (np.unique(values, return_inverse=True)[1] for values in (got, expected[:, channel]))
        assert np.array_equal(ranks, own)
    assert data.train.labels.tolist() == labels(8).tolist() * 5
    assert (data.channels, data.size, data.classes) == (3, 32, 10)


class Trap:
    """Whoever unpickles it leaves a trace."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("name", ["cifar-10-python.tar.gz", "cifar-10-batches-py", "data_batch_1"])
def test_pickles_are_refused_with_the_way_out_and_never_opened(tmp_path, name):
    trace, source = tmp_path / "trace", {"cifar-10": cifar_source(cifar_contents(), "https://www.cs.toronto.edu/~kriz/")}
    folder = tmp_path / "own"
    folder.mkdir()
    if name == "cifar-10-batches-py":
        (folder / name).mkdir()
        (folder / name / "data_batch_1").write_bytes(pickle.dumps(Trap(trace)))
    else:
        content = pickle.dumps(Trap(trace))
        (folder / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(InputError) as caught:
        load("cifar-10", data_dir=folder, sources=source)
    text = str(caught.value)
    assert text.startswith(f"expected cifar-10-binary.tar.gz for cifar-10, got {folder / name}")
    assert "pickles" in text
    assert text.endswith("put https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz in its place")
    assert "\n" not in text
    assert not trace.exists()
    assert not available("cifar-10", folder, sources=source)


def test_a_pickle_under_the_name_of_the_binary_version_is_not_opened_either(tmp_path):
    trace, contents, folder = tmp_path / "trace", cifar_contents(), tmp_path / "own"
    put(folder, contents | {"data_batch_1.bin": pickle.dumps(Trap(trace))}, packed=False)
    with pytest.raises(InputError, match=r"data_batch_1.bin to have sha256"):
        load("cifar-10", data_dir=folder, sources={"cifar-10": cifar_source(contents)})
    assert not trace.exists()


def test_an_archive_that_lacks_a_batch_is_named(tmp_path):
    contents, folder = cifar_contents(), tmp_path / "own"
    folder.mkdir()
    (folder / "cifar-10-binary.tar.gz").write_bytes(tar_gz({k: v for k, v in contents.items() if k != "test_batch.bin"}))
    with pytest.raises(InputError, match=r"cifar-10-binary.tar.gz to be whole, got KeyError: 'test_batch.bin'"):
        load("cifar-10", data_dir=folder, sources={"cifar-10": cifar_source(contents)})


def test_cifar_5k_are_the_first_5000_images_and_all_to_test_on(tmp_path):
    sizes = {name: 1100 for name in cifar.TRAIN} | {cifar.TEST: 10}
    contents = {
        name: b"".join([bytes([n % 10]) + bytes([n % 256]) * 3072 for n in range(count)]) for name, count in sizes.items()
    }
    folder, source = put(tmp_path / "own", contents, packed=False), {"cifar-10": cifar_source(contents)}
    whole, part = (load(name, data_dir=folder, sources=source) for name in ("cifar-10", "cifar-5k"))
    assert len(whole.train.labels) == 5500
    assert len(part.train.labels) == 5000
    assert len(part.test.labels) == 10
    assert part.train.labels.tolist() == whole.train.labels[:5000].tolist()
    assert available("cifar-5k", folder, source)
    with pytest.raises(InputError, match="subset to be an integer from 1 to 5000"):
        load("cifar-5k", data_dir=folder, sources=source, subset=5001)


def test_records_survive_a_round_trip():
    images, own = pixels(5, 3, 32, 9), labels(5)
    split = cifar.parse(cifar_bytes(images, own), "x")
    assert np.array_equal(split.images, images)
    assert np.array_equal(split.labels, own)
