"""Files are found where the docs say, and nothing damaged gets through."""

from __future__ import annotations

import gzip
import tarfile
import tracemalloc
from dataclasses import replace
from functools import cache

import pytest
import torch

from derive.errors import InputError
from numerics.datasets import DATASETS, available, first_available, load
from numerics.datasets.sources import SOURCES
from tests.numerics.datasets.cases import (
    TEST,
    TRAIN,
    cifar_contents,
    cifar_source,
    idx_bytes,
    mnist_contents,
    mnist_source,
    pixels,
    put,
)

CONTENTS = mnist_contents()
SOURCE = {"mnist": mnist_source(CONTENTS)}


@pytest.mark.parametrize("place", ["", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_files_are_found_in_the_users_folder(tmp_path, place, packed):
    assert not available("mnist", tmp_path, SOURCE)
    put(tmp_path / place, CONTENTS, packed)
    assert available("mnist", tmp_path, SOURCE)
    data = load("mnist", data_dir=str(tmp_path), download=False, sources=SOURCE)
    assert (data.name, data.classes, data.channels, data.size) == ("mnist", 10, 1, 28)
    assert data.train.images.shape == (40, 1, 28, 28)
    assert data.test.images.shape == (20, 1, 28, 28)


def test_it_does_not_matter_who_packed_the_files(tmp_path):
    first, second = put(tmp_path / "a", CONTENTS), put(tmp_path / "b", CONTENTS)
    for name, content in CONTENTS.items():  # as a package of a system may do it
        (second / f"{name}.gz").write_bytes(gzip.compress(content, compresslevel=1, mtime=5))
    one, other = (load("mnist", data_dir=folder, sources=SOURCE) for folder in (first, second))
    assert torch.equal(one.train.images, other.train.images)


def test_packages_of_the_system_and_the_cache_are_searched_after_the_users_folder(tmp_path, cache):
    other = mnist_contents(seed=50)
    source = {"mnist": replace(mnist_source(CONTENTS), installed=(tmp_path / "system",))}
    put(cache / "mnist", CONTENTS)
    load("mnist", download=False, sources=source)
    put(tmp_path / "system", other)
    with pytest.raises(InputError, match=str(tmp_path / "system")):  # the wrong files, but the first that are found
        load("mnist", download=False, sources=source)
    load("mnist", data_dir=put(tmp_path / "own", CONTENTS), download=False, sources=source)


def test_a_wrong_checksum_is_named_with_what_was_expected_and_found(tmp_path):
    changed = bytearray(CONTENTS["t10k-images-idx3-ubyte"])
    changed[777] ^= 1
    put(tmp_path, CONTENTS | {"t10k-images-idx3-ubyte": bytes(changed)})
    with pytest.raises(InputError) as caught:
        load("mnist", data_dir=tmp_path, sources=SOURCE)
    text = str(caught.value)
    expected = SOURCE["mnist"].packed[2].holds["t10k-images-idx3-ubyte"].split(":")[1]
    assert text.startswith(
        f"expected t10k-images-idx3-ubyte in {tmp_path / 't10k-images-idx3-ubyte.gz'} to have sha256 {expected}"
    )
    assert f"for its {len(changed)} bytes; get it again" in text
    assert "\n" not in text


@pytest.mark.parametrize("kept", [0, 5, 200, -1, -9])
def test_a_truncated_file_is_named(tmp_path, kept):
    path = put(tmp_path, CONTENTS) / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError) as caught:
        load("mnist", data_dir=tmp_path, sources=SOURCE)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("added", [b"x", b"\x1f\x8b", gzip.compress(b"more", mtime=0)])
def test_a_file_with_something_added_is_named(tmp_path, added):
    path = put(tmp_path, CONTENTS) / "train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes() + added)
    with pytest.raises(InputError, match=r"train-labels-idx1-ubyte.gz to"):
        load("mnist", data_dir=tmp_path, sources=SOURCE)


def test_every_flipped_bit_of_a_packed_file_is_noticed_or_harmless(tmp_path):
    """The header of gzip holds a time and a name, which may change; what is inside may not."""
    path = put(tmp_path, CONTENTS) / "t10k-labels-idx1-ubyte.gz"
    right, expected = path.read_bytes(), load("mnist", data_dir=tmp_path, sources=SOURCE).test.labels
    noticed = 0
    for place in range(len(right)):
        path.write_bytes(right[:place] + bytes([right[place] ^ 4]) + right[place + 1 :])
        try:
            assert torch.equal(load("mnist", data_dir=tmp_path, sources=SOURCE).test.labels, expected)
        except InputError:
            noticed += 1
    assert noticed >= len(right) - 10  # the header has ten bytes


def test_a_file_that_belongs_to_another_data_set_is_told(tmp_path, monkeypatch):
    put(tmp_path, mnist_contents(seed=9))
    monkeypatch.setattr("numerics.datasets.files.SOURCES", {"fashion-mnist": mnist_source(mnist_contents(seed=9))})
    with pytest.raises(InputError, match="which are of fashion-mnist"):
        load("mnist", data_dir=tmp_path, sources=SOURCE)


def test_without_files_and_downloads_it_says_which_file_to_put_where(tmp_path, cache):
    with pytest.raises(InputError) as caught:
        load("mnist", data_dir=tmp_path, download=False, sources=SOURCE)
    text = str(caught.value)
    for part in (
        "train-images-idx3-ubyte.gz of mnist",
        str(tmp_path),
        str(cache / "mnist"),
        "found none; put it there",
        "https:",
    ):
        assert part in text
    assert "\n" not in text


def test_a_folder_that_is_not_there_is_an_error_not_a_download(tmp_path):
    for call in (load, available):
        with pytest.raises(InputError, match=r"data_dir to be a folder, got .*/nowhere'"):
            call("mnist", data_dir=tmp_path / "nowhere")


def test_the_first_that_is_there_is_taken(tmp_path):
    assert first_available(("mnist", "digits"), tmp_path, SOURCE) == "digits"
    put(tmp_path, CONTENTS)
    assert first_available(("mnist", "digits"), tmp_path, SOURCE) == "mnist"
    assert available("digits")
    with pytest.raises(InputError, match="files of cifar-10 or cifar-5k on this machine, found none"):
        first_available(("cifar-10", "cifar-5k"), tmp_path)
    with pytest.raises(InputError, match=r"unknown data set 'minst'.*did you mean 'mnist'"):
        first_available(("minst", "digits"))


def test_no_look_for_files_uses_the_network(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.socket", None)
    assert not available("cifar-10", tmp_path)
    assert first_available(("mnist", "cifar-5k", "digits"), tmp_path) == "digits"
    load("digits")


def test_a_partial_set_is_not_available(tmp_path):
    (put(tmp_path, CONTENTS) / "t10k-labels-idx1-ubyte.gz").unlink()
    assert not available("mnist", tmp_path, SOURCE)


@pytest.mark.exact
@pytest.mark.skipif(not available("fashion-mnist"), reason="Debian's dataset-fashion-mnist is not installed")
def test_the_real_fashion_mnist_has_its_published_contents():
    """Source: Xiao, Rasul, Vollgraf 2017: 6000 and 1000 images per class; mean and std of pixels as everyone uses them."""
    data = load("fashion-mnist", download=False)
    assert data.train.images.shape == (60_000, 1, 28, 28)
    assert data.test.images.shape == (10_000, 1, 28, 28)
    assert data.train.labels.bincount().tolist() == [6000] * 10
    assert data.test.labels.bincount().tolist() == [1000] * 10
    step = float(data.train.images[:1000].unique().diff().mean())  # 1 / std in units of the pixel
    assert 1 / (255 * step) == pytest.approx(0.3530, abs=1e-4)
    assert -float(data.train.black[0]) / (255 * step) == pytest.approx(0.2860, abs=1e-4)


BOMB = 2**26


def bomb(size: int = BOMB) -> bytes:
    return gzip.compress(b"\0" * size, 9)


def claiming(size: int, kind: bytes = tarfile.REGTYPE, name: str = "data_batch_1.bin") -> bytes:
    """An archive of one header, which claims so many bytes."""
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT))


@cache
def bomb_behind(member: bytes) -> bytes:
    """An archive of one header, followed by zeros."""
    return gzip.compress(gzip.decompress(member) + b"\0" * BOMB, 9)


ARCHIVES = {  # the large ones are packed in their test, not while tests are collected
    "8 TB of ours": lambda: claiming(2**43),
    "8 TB of others": lambda: claiming(2**43, name="readme.html"),
    "8 TB of a header": lambda: claiming(2**43, tarfile.XHDTYPE),
    "8 TB of a name": lambda: claiming(2**43, tarfile.GNUTYPE_LONGNAME),
    "zeros": bomb,
    "zeros of others": lambda: bomb_behind(claiming(BOMB, name="readme.html")),
    "zeros of a header": lambda: bomb_behind(claiming(BOMB, tarfile.XHDTYPE)),
    "zeros of ours": lambda: bomb_behind(claiming(BOMB)),
}


def at_most(call) -> int:
    """Bytes that Python took at most during a call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ARCHIVES)
def test_what_an_archive_claims_is_not_believed(kind, tmp_path):
    contents = cifar_contents()
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(ARCHIVES[kind]())

    def call():
        with pytest.raises(InputError, match=r"expected .*cifar-10-binary.tar.gz to (be whole|hold .* as published, got more)"):
            load("cifar-10", data_dir=tmp_path, sources={"cifar-10": cifar_source(contents)})

    assert at_most(call) < BOMB / 8


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_that_holds_more_than_was_published_is_not_unpacked(packed, tmp_path):
    put(tmp_path, CONTENTS, packed)
    name = "train-images-idx3-ubyte"
    (tmp_path / (f"{name}.gz" if packed else name)).write_bytes(bomb() if packed else b"\0" * BOMB)

    def call():
        with pytest.raises(InputError, match=f"{name}.* to hold {len(CONTENTS[name])} bytes, as published, got more"):
            load("mnist", data_dir=tmp_path, sources=SOURCE)

    assert at_most(call) < BOMB / 8


def test_the_published_sizes_are_those_of_the_published_data_sets():
    """MNIST's page tells the bytes of the unpacked files; CIFAR-10's binary files are of 30,730,000 bytes each."""
    sizes = {name: size for packed in SOURCES["mnist"].packed for name, size in packed.sizes.items()}
    assert list(sizes.values()) == [47_040_016, 60_008, 7_840_016, 10_008]
    assert set(SOURCES["cifar-10"].packed[0].sizes.values()) == {30_730_000}
    digits = load("digits")
    assert DATASETS["digits"].published == (
        len(digits.train.labels),
        len(digits.test.labels),
        digits.channels,
        digits.size,
        digits.classes,
    )
    assert {known.files for known in DATASETS.values()} == {"", *SOURCES}


@pytest.mark.parametrize("device", ["x", "", "cuda:99", 5.5, b"cpu", ["cpu"], "cpu\n\x1b[31m"])
def test_a_device_that_is_none_is_one_line(device):
    with pytest.raises(InputError, match="expected a device of this machine") as error:
        load("digits", device=device)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("data_dir", [5, b"x", 1.5, ["x"], "\x00", "x" * 10**4])
def test_a_data_dir_that_is_none_is_one_line(data_dir):
    with pytest.raises(InputError, match="expected data_dir to be") as error:
        load("mnist", data_dir=data_dir)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("size", [10**6, 2**31, 2**70])
def test_images_that_no_memory_holds_are_one_line(size):
    with pytest.raises(InputError, match="expected images that fit into memory"):
        load("digits", size=size)


def test_a_long_name_is_not_echoed_whole():
    with pytest.raises(InputError, match="unknown data set 'xxx") as error:
        load("x" * 10**4)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(("train", "test", "message"), [(28, 8, "of one size to train and to test"), (0, 0, "square images")])
def test_images_of_no_or_of_two_sizes(train, test, message, tmp_path):
    changed = {
        f"{part}-images-idx3-ubyte": idx_bytes(pixels(count, 1, size)[:, 0])
        for part, count, size in (("train", TRAIN, train), ("t10k", TEST, test))
    }
    contents = CONTENTS | changed
    with pytest.raises(InputError, match=message):
        load("mnist", data_dir=put(tmp_path, contents), sources={"mnist": mnist_source(contents)})


def test_every_source_names_real_places_and_whole_checksums():
    length = {"md5": 32, "sha256": 64}
    for source in SOURCES.values():
        for packed in source.packed:
            assert all(url.startswith("http") and url.endswith(packed.name) for url in packed.urls)
            for checksum in (packed.checksum, *packed.holds.values()):
                algorithm, digits = checksum.split(":")
                assert len(digits) == length[algorithm]
                assert int(digits, 16) > 0
