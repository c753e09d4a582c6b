"""`python -m experiments picture`: amplification curves, stable regions, root loci and dispersion of any scheme."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import tyro

from derive.commands.scheme import Repeated, names_of
from derive.errors import InputError, choose

KINDS = ("curves", "region", "locus", "dispersion")


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
    small: Repeated = (),
    title: str = "",
    format: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    width: str = "",
    height: str = "",
    style: str = "",
    out: Path = Path("results"),
) -> None:
    """Draw a scheme: |xi| of every mode, the stable region of two parameters, roots as one varies, or speeds of its waves.

    Example: python -m experiments picture region advection-diffusion-ftcs --vary r=0:0.7 --vary nu=-1.2:1.2

    Example: python -m experiments picture dispersion lax-wendroff --vary nu=0.3,0.6,0.9

    Args:
        kind: curves, region, locus or dispersion: phase and group speed, in two dimensions by direction.
        scheme: equations as for `python -m derive scheme`, or the name of a scheme or an optimiser.
        vary: a parameter and its values, r=0.2,0.5,0.6, or its range, r=0:1; repeat it for a region.
        set: a parameter and its value, theta=0.5; may be repeated.
        phase: of a locus, and of dispersion in two dimensions: phases in radians, such as 1.57,3.14159; by default pi, the
            shortest wave, and pi/8, pi/4, pi/2 and 3 pi/4.
        positive: of typed equations: a parameter that is positive.
        assume: of typed equations: a relation of the parameters.
        grade: power-bounded, schur or von-neumann; by default the one that fits the scheme.
        small: of dispersion and curves: a parameter that vanishes with the step, such as a damping, where the phases alone do
            not tell which roots are physical; by default it is found.
        title: what stands above the picture, instead of the scheme; mathematics between dollar signs.
        format: also as pdf, eps or tiff, beside SVG and PNG; may be repeated.
        width: of the figure, such as 3.3in, 84mm or 240pt; a number alone is in inches.
        height: likewise; by default what the figure needs.
        style: a style of Matplotlib's by name, or a file of settings.
        out: the figure and data are written into OUT/picture-KIND.
    """
    from experiments.look import Look

    look = Look(format, width, style, height)
    from experiments.pictures.runner import run_picture
    from experiments.pictures.setting import Setting, assignments, numbers, scheme_of
    from experiments.style import looking

    choose("kind of picture", kind, dict.fromkeys(KINDS))
    equations, meaning = scheme_of(scheme, names_of(positive), assume)
    fixed = {name: value for name, (value, *_) in assignments(set, False).items()}
    vanishing = tuple(names_of(small)) or None
    setting = Setting(equations, meaning, assignments(vary, True), fixed, grade or None, title, vanishing)
    if small and kind not in ("dispersion", "curves"):
        raise InputError(f"expected --small with dispersion or curves, got it with {kind}")
    if phase and kind not in ("locus", "dispersion"):
        raise InputError(f"expected --phase with a locus or dispersion alone, got it with {kind}")
    command = shlex.join(["python", "-m", "experiments", *sys.argv[1:]])
    with looking(look):
        print(run_picture(kind, setting, numbers(phase), out, command))
