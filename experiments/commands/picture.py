"""`python -m experiments picture`: amplification curves, stable regions and root loci of any scheme."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import tyro

from derive.errors import InputError, choose

KINDS = ("curves", "region", "locus")
Repeated = tyro.conf.UseAppendAction[tuple[str, ...]]


def picture(
    kind: Annotated[str, tyro.conf.Positional],
    scheme: Annotated[tuple[str, ...], tyro.conf.Positional],
    /,
    vary: Repeated = (),
    set: Repeated = (),  # the option is called --set
    phase: str = "",
    positive: Repeated = (),
    assume: Repeated = (),
    grade: str = "",
    format: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    width: str = "",
    style: str = "",
    out: Path = Path("results"),
) -> None:
    """Draw a scheme: |xi| of every mode, the stable region of two parameters, or the roots as one parameter varies.

    Example: python -m experiments picture region advection-diffusion-ftcs --vary r=0:0.7 --vary nu=-1.2:1.2

    Args:
        kind: curves, region or locus.
        scheme: equations as for `python -m derive scheme`, or the name of a scheme or an optimiser.
        vary: a parameter and its values, r=0.2,0.5,0.6, or its range, r=0:1; repeat it for a region.
        set: a parameter and its value, theta=0.5; may be repeated.
        phase: of a locus: phases in radians, such as 1.57,3.14159; by default pi, the shortest wave.
        positive: of typed equations: a parameter that is positive.
        assume: of typed equations: a relation of the parameters.
        grade: power-bounded, schur or von-neumann; by default the one that fits the scheme.
        format: also as pdf, eps or tiff, beside SVG and PNG; may be repeated.
        width: of the figure, such as 3.3in, 84mm or 240pt.
        style: a style of Matplotlib's by name, or a file of settings.
        out: the figure and data are written into OUT/picture-KIND.
    """
    from experiments.look import Look

    look = Look(format, width, style)
    from experiments.pictures.runner import run_picture
    from experiments.pictures.setting import Setting, assignments, numbers, scheme_of
    from experiments.style import looking

    choose("kind of picture", kind, dict.fromkeys(KINDS))
    title, found = scheme_of(scheme, [name for text in positive for name in text.split(",")], assume)
    fixed = {name: value for name, (value, *_) in assignments(set, False).items()}
    setting = Setting(title, found, assignments(vary, True), fixed, grade or None)
    if phase and kind != "locus":
        raise InputError(f"expected --phase with a locus alone, got it with {kind}")
    command = shlex.join(["python", "-m", "experiments", *sys.argv[1:]])
    with looking(look):
        print(run_picture(kind, setting, numbers(phase), out, command))
