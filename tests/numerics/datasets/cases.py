"""Small data sets in the true formats, with their own checksums: nothing is ever read unchecked."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from numerics.datasets import cifar, idx
from numerics.datasets.sources import CIFAR_10, Packed, Source

TRAIN, TEST = 40, 20
"""Images of the small data sets."""

NOWHERE = "https://localhost:1/"
"""A place that nobody answers at."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def labels(count: int) -> np.ndarray:
    """Every class, again and again."""
    return (np.arange(count) * 3 % 10).astype(np.uint8)


def pixels(count: int, channels: int, size: int, seed: int = 0) -> np.ndarray:
    return rng(seed).integers(0, 256, (count, channels, size, size), dtype=np.uint8)


def idx_bytes(array: np.ndarray) -> bytes:
    """IDX by the letter of the format, with struct."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + b"".join(struct.pack(">I", n) for n in array.shape)
    return header + bytes(array.flatten().tolist())


def mnist_contents(seed: int = 0) -> dict[str, bytes]:
    return {
        "train-images-idx3-ubyte": idx_bytes(pixels(TRAIN, 1, 28, seed)[:, 0]),
        "train-labels-idx1-ubyte": idx_bytes(labels(TRAIN)),
        "t10k-images-idx3-ubyte": idx_bytes(pixels(TEST, 1, 28, seed + 1)[:, 0]),
        "t10k-labels-idx1-ubyte": idx_bytes(labels(TEST)),
    }


def cifar_bytes(images: np.ndarray, labels: np.ndarray) -> bytes:
    return b"".join(bytes([label, *image.flatten().tolist()]) for image, label in zip(images, labels, strict=True))


def cifar_contents(each: int = 8) -> dict[str, bytes]:
    names = [*cifar.TRAIN, cifar.TEST]
    return {name: cifar_bytes(pixels(each, 3, 32, seed), labels(each)) for seed, name in enumerate(names)}


def sha(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def tar_gz(contents: dict[str, bytes], folder: str = "cifar-10-batches-bin") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in {"readme.html": b"<html>", **contents}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def mnist_source(contents: dict[str, bytes], place: str = NOWHERE, **fields) -> Source:
    packed = tuple(
        Packed(
            f"{name}.gz",
            (f"{place}{name}.gz",),
            sha(gzip.compress(content, mtime=0)),
            {name: sha(content)},
            {name: len(content)},
        )
        for name, content in contents.items()
    )
    return Source(packed, **({"folders": ("MNIST/raw",), "parse": idx.mnist} | fields))


def cifar_source(contents: dict[str, bytes], place: str = NOWHERE) -> Source:
    name = "cifar-10-binary.tar.gz"
    holds = {file: sha(content) for file, content in contents.items()}
    sizes = {file: len(content) for file, content in contents.items()}
    packed = Packed(name, (f"{place}{name}",), sha(tar_gz(contents)), holds, sizes)
    return Source((packed,), CIFAR_10.folders, cifar.cifar10, refused=CIFAR_10.refused, reason=CIFAR_10.reason)


def put(folder: Path, contents: dict[str, bytes], packed: bool = True) -> Path:
    """Write files as they are published, or unpacked."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return folder
