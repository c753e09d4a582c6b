"""Files are fetched from a server on this very machine: whole and right, or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from derive.errors import InputError
from numerics.datasets import available, load
from numerics.datasets.sources import Source
from tests.numerics.datasets.cases import cifar_contents, cifar_source, mnist_contents, mnist_source, put, tar_gz

pytestmark = pytest.mark.exact

CONTENTS = mnist_contents()


class Quiet(SimpleHTTPRequestHandler):
    """Counts what was asked for, and says nothing."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        super().do_GET()

    def log_message(self, *arguments) -> None:
        pass


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder, self.handler = folder, type("Handler", (Quiet,), {"asked": []})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), partial(self.handler, directory=str(folder)))
        self.place = f"http://127.0.0.1:{self.http.server_port}/"
        self.asked: list[str] = self.handler.asked


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    server = Server(folder)
    thread = Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def test_files_are_fetched_once_into_the_cache(server, cache):
    put(server.folder, CONTENTS)
    source = {"mnist": mnist_source(CONTENTS, server.place)}
    assert not available("mnist", sources=source)
    first = load("mnist", sources=source)
    assert sorted(path.name for path in (cache / "mnist").iterdir()) == sorted(f"{name}.gz" for name in CONTENTS)
    assert available("mnist", sources=source)
    assert load("mnist", download=False, sources=source).train.images.equal(first.train.images)
    assert len(server.asked) == 4


def test_an_archive_too(server, cache):
    contents = cifar_contents()
    (server.folder / "cifar-10-binary.tar.gz").write_bytes(tar_gz(contents))
    source = cifar_source(contents, server.place)
    assert len(load("cifar-10", sources={"cifar-10": source}).train.labels) == 40
    assert [path.name for path in (cache / "cifar-10").iterdir()] == ["cifar-10-binary.tar.gz"]


def test_a_download_with_a_wrong_checksum_is_refused_and_leaves_nothing(server, cache):
    put(server.folder, mnist_contents(seed=3))
    with pytest.raises(InputError, match=r"cannot fetch train-images-idx3-ubyte.gz .*does not match the known hash") as caught:
        load("mnist", sources={"mnist": mnist_source(CONTENTS, server.place)})
    assert "\n" not in str(caught.value)
    assert not list((cache / "mnist").glob("*.gz"))


def with_places(source: Source, *places: str) -> Source:
    packed = (replace(one, urls=tuple(place + one.name for place in places)) for one in source.packed)
    return replace(source, packed=tuple(packed))


def test_the_next_place_is_tried(server):
    put(server.folder, CONTENTS)
    source = with_places(mnist_source(CONTENTS), f"{server.place}lost/", server.place)
    load("mnist", sources={"mnist": source})
    assert server.asked[:2] == ["/lost/train-images-idx3-ubyte.gz", "/train-images-idx3-ubyte.gz"]


def test_all_places_are_named_in_the_end(server, cache):
    source = with_places(mnist_source(CONTENTS), f"{server.place}lost/", f"{server.place}gone/")
    with pytest.raises(InputError) as caught:
        load("mnist", sources={"mnist": source})
    for place in ("lost", "gone"):
        assert f"{server.place}{place}/train-images-idx3-ubyte.gz: HTTPError" in str(caught.value)
    assert f"put it into {cache / 'mnist'}" in str(caught.value)


def test_without_network_it_says_which_file_to_put_where(cache):
    with pytest.raises(InputError, match=r"cannot fetch train-images-idx3-ubyte.gz .*ConnectionError") as caught:
        load("mnist", sources={"mnist": mnist_source(CONTENTS, "http://127.0.0.1:9/")})
    assert f"put it into {cache / 'mnist'}, or name its folder as data_dir" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_of_the_cache_is_fetched_again_only_on_request(server, cache):
    put(server.folder, CONTENTS)
    source = {"mnist": mnist_source(CONTENTS, server.place)}
    load("mnist", sources=source)
    damaged = cache / "mnist" / "t10k-labels-idx1-ubyte.gz"
    damaged.write_bytes(gzip.compress(b"other"))
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte.gz to have .*; refetch=True fetches it again"):
        load("mnist", sources=source)
    assert len(server.asked) == 4
    assert gzip.decompress(damaged.read_bytes()) == b"other"
    load("mnist", sources=source, refetch=True)
    assert server.asked[4:] == ["/t10k-labels-idx1-ubyte.gz"]


def test_a_request_leaves_the_users_own_files_alone(server, tmp_path):
    put(server.folder, CONTENTS)
    own = put(tmp_path / "own", mnist_contents(seed=8))
    before = {path: path.read_bytes() for path in own.iterdir()}
    load("mnist", data_dir=own, sources={"mnist": mnist_source(CONTENTS, server.place)}, refetch=True)
    assert {path: path.read_bytes() for path in own.iterdir()} == before
