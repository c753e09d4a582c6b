"""The explorer without a browser: its answers, its roots under node, its files, and its command."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from derive import parse_scheme
from derive.gallery import gallery
from experiments.__main__ import main
from experiments.explorer import building, catalogue, runtime, serving
from experiments.explorer.answers import EXPECTED, answered

NODE = shutil.which("node")
HEAT = "u[1,0] == u[0,0] + r*(u[0,1] - 2*u[0,0] + u[0,-1])"


def asked(**question: object) -> dict:
    return json.loads(answered(json.dumps(question)))


def test_a_scheme_is_answered() -> None:
    found = asked(ask="scheme", equations=HEAT, positive="r")
    assert (found["status"], found["axes"], found["code"]["latex"]) == ("exact", 1, r"r \leq \frac{1}{2}")
    assert found["mathml"].startswith("<math")
    more = asked(ask="steps", equations=HEAT, positive="r", meaning="r == k*dt/dx**2")
    assert more["order"] == "O(dt + dx**2)"
    assert {"Condition", "Needed"} <= {step["title"] for step in more["steps"]}
    sampled = asked(ask="scheme", equations=HEAT.replace("r*", "(r + q)*"), sampled=True)
    assert (sampled["status"], sampled["condition"]) == ("decided", None)
    assert "function coefficients(" in sampled["coefficients"]


def test_an_optimiser_is_answered() -> None:
    found = asked(ask="optimizer", name="heavy-ball")
    assert "momentum" in found["edge"]["javascript"]
    assert found["axes"] == 0


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ({"ask": "scheme", "equations": " "}, f"error: {EXPECTED}"),
        ({"ask": "scheme", "equations": HEAT, "positive": "q"}, "error: unknown parameter 'q'"),
        ({"ask": "optimizer", "name": "lion"}, "error: no stability edge for 'lion'"),
        ({"ask": "nothing"}, "error: unknown question 'nothing'"),
    ],
)
def test_a_mistake_is_the_line_of_the_command_line(question: dict, line: str) -> None:
    assert asked(**question)["error"].startswith(line)


def test_textbooks_can_be_typed() -> None:
    """What is filled in when one is chosen says the same as the scheme itself."""
    for entry in map(catalogue._scheme, list(gallery)[::6]):
        names = [name for name in entry["positive"].split(", ") if name]
        typed = parse_scheme(*entry["equations"].splitlines(), assumptions=entry["assume"].splitlines(), positive=names)
        assert list(map(str, typed.residuals)) == list(map(str, gallery[entry["key"]].scheme.residuals))


def test_roots_are_those_of_numpy() -> None:
    if NODE is None:
        pytest.skip("node is not installed")
    generator = np.random.default_rng(1)
    cases = [generator.normal(size=2 * n) for n in range(2, 8) for _ in range(20)]
    module = (building.PAGE / "roots.js").resolve().as_uri()
    code = (
        f"import {{ moduli, outside }} from {json.dumps(module)}; const all = {json.dumps([list(c) for c in cases])};\n"
        "console.log(JSON.stringify(all.map((c) => [moduli(c), outside(c, 1.1)])));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "-"], input=code, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    for case, (found, verdict) in zip(cases, json.loads(done.stdout), strict=True):
        expected = np.sort(np.abs(np.roots(case[::2] + 1j * case[1::2])))[::-1]
        assert found == pytest.approx(expected, rel=1e-9)
        assert verdict is None or verdict == bool(expected[0] > 1.1)


def test_sources_are_packed_whole() -> None:
    names = set(zipfile.ZipFile(io.BytesIO(building._packed())).namelist())
    assert {
        "derive/conditions/search.py",
        "sympy/__init__.py",
        "mpmath/__init__.py",
        "experiments/explorer/answers.py",
    } <= names
    assert not any("tests" in name.split("/") for name in names)
    assert any(name.startswith("sympy-") and "licen" in name.lower() for name in names)


def test_a_port_is_told_of_before_anything_is_built(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "built", lambda _: pytest.fail("built"))
    with serving.server(0) as other:
        taken = other.server_address[1]
        assert main(["explore", "--port", str(taken)]) == 2
    assert capsys.readouterr().err.startswith(f"error: expected a free port, got {taken}: ")
    for port in ("65536", "-1"):
        assert main(["explore", "--port", port]) == 2
        assert capsys.readouterr().err == f"error: expected a port from 0, for any that is free, to 65535, got {port}\n"


def test_ctrl_c_ends_it_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(serving, "built", lambda _: tmp_path)
    monkeypatch.setattr(serving.Server, "serve_forever", interrupted)
    assert main(["explore", "--port", "0"]) == 0
    assert capsys.readouterr().err == ""


def test_another_runtime_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADCFL_CACHE", str(tmp_path))
    other = tmp_path / runtime.NAME
    other.write_bytes(b"another")
    assert main(["explore", "--port", "0", "--runtime", str(other)]) == 2
    assert capsys.readouterr().err.startswith(f"error: expected {runtime.NAME}")


def test_without_npm_and_network_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setenv("GRADCFL_CACHE", str(tmp_path))
    monkeypatch.setattr(runtime.shutil, "which", lambda _: None)
    monkeypatch.setattr(runtime.urllib.request, "urlopen", refuse)
    assert main(["explore", "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert "expected npm or a network" in said
    assert said.count("\n") == 1
