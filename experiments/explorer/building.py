"""The explorer as files that any web server can serve: the page, Python's runtime, SymPy and our own sources.

SymPy, mpmath, latex2mathml and markupsafe are pure Python, and are packed as they are installed here: what answers in the
browser is what answers on the command line. Pyodide, CPython compiled to WebAssembly, is the npm package of that name.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from hashlib import sha256
from importlib.metadata import PackagePath, distribution
from importlib.util import find_spec
from pathlib import Path

from derive.bare import version_of
from derive.commands.installed import check_installed
from derive.files.writing import replace_forced
from experiments.explorer.catalogue import catalogue
from experiments.explorer.runtime import VERSION, tarball

PAGE = Path(__file__).parent / "page"
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "package.json")
LIBRARIES = {"sympy": "sympy", "mpmath": "mpmath", "latex2mathml": "latex2mathml", "markupsafe": "markupsafe"}
"""Package -> distribution."""
OURS = ("experiments/__init__.py", "experiments/page/__init__.py", "experiments/page/mathml.py")
"""What the answers need, beside `derive` and their own file."""
SKIPPED = {"tests", "__pycache__"}
_THEN = (1980, 1, 1, 0, 0, 0)  # zip archives of the same files are the same


def build(out: Path, runtime: Path | None = None) -> Path:
    """Write the site; files that it does not have are left alone.

    Args:
        out: folder, made where it lacks.
        runtime: Pyodide's package as a file, where there is no network.

    Returns:
        The page.

    Raises:
        InputError: a package that the page needs is not installed, or Pyodide is not to be had.
    """
    check_installed("explore")
    files = contents(tarball(runtime))
    for name, data in sorted(files.items(), key=lambda pair: pair[0] == "index.html"):  # the page last: it needs the others
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_forced(path, data)
    return out / "index.html"


def contents(tarball: bytes) -> dict[str, bytes]:
    """All files by name."""
    files = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.is_file()}
    files |= {f"pyodide/{name}": data for name, data in _unpacked(tarball).items()}
    files |= {"packages.zip": _packed(), "catalogue.json": json.dumps(catalogue()).encode()}
    files["sizes.json"] = json.dumps({name: len(data) for name, data in files.items()}).encode()
    told = {"@GRADCFL@": version_of("gradcfl"), "@SYMPY@": version_of("sympy"), "@PYODIDE@": VERSION}
    files["index.html"] = _filled(files["index.html"], told)
    total = sha256(b"".join(name.encode() + sha256(data).digest() for name, data in sorted(files.items())))
    return files | {"keep.js": _filled(files["keep.js"], {"@VERSION@": total.hexdigest()[:16]})}


def _filled(page: bytes, told: dict[str, str]) -> bytes:
    """With what is not known before the build."""
    for mark, text in told.items():
        page = page.replace(mark.encode(), text.encode())
    return page


def _unpacked(tarball: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        return {name: archive.extractfile(f"package/{name}").read() for name in RUNTIME}


def _packed() -> bytes:
    """One archive of all Python sources, with the licences of what is not ours."""
    root = Path(__file__).parents[2]
    files = {f"derive/{name}": data for name, data in _sources(Path(find_spec("derive").origin).parent).items()}
    files |= {name: (root / name).read_bytes() for name in OURS}
    files |= {f"experiments/explorer/{name}": (PAGE.parent / name).read_bytes() for name in ("__init__.py", "answers.py")}
    for package, name in LIBRARIES.items():
        files |= {f"{package}/{path}": data for path, data in _sources(Path(find_spec(package).origin).parent).items()}
        files |= {str(file): file.read_binary() for file in _told(name)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _THEN), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _sources(folder: Path) -> dict[str, bytes]:
    """Modules and the tables that they read, without tests."""
    files = (path for path in folder.rglob("*") if path.suffix in (".py", ".txt") and path.is_file())
    names = {path.relative_to(folder): path for path in files}
    return {name.as_posix(): path.read_bytes() for name, path in names.items() if not SKIPPED & set(name.parts)}


def _told(name: str) -> list[PackagePath]:
    """What a distribution says of itself, which some read at run time, and its licence."""
    files = [file for file in distribution(name).files or () if ".dist-info" in str(file)]
    return [file for file in files if file.name == "METADATA" or "licen" in file.name.lower()]
