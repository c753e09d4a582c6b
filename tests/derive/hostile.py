"""Names and titles that are no words: what would be executed, or break the text, if it were pasted into code or LaTeX."""

from __future__ import annotations

DOOR = "__import__('pathlib').Path('smuggled').touch()"

WORDS = [  # that a symbol may well have, and that generated code, Python or NumPy has a use for
    *("lambda", "class", "None", "match", "exp", "abs", "min", "float", "isinstance", "inf", "nan", "where", "numpy", "torch"),
    *("math", "arrays", "like", "others", "renamed", "given", "name", "names", "values", "value", "argument", "dtype"),
    *("t0", "t1", "x0", "p1", "p2", "f", "is_stable", "coefficients", "covered", "asarray", "result_type", "sigmoid", "cos"),
]
ODD = [
    *(f"{DOOR}", f"z=[{DOOR}][0]", f"r, s={DOOR}", f"r):\n    {DOOR}\ndef g(r", f'"""\n{DOOR}\n"""', f"'; {DOOR}; '"),
    *("r; import os", "x y", "x\ny", "x\ry", "x\u2028y", "x\x00y", "", " ", "1+1", "1r", "$x$", "*", "**", "r)", "r#"),
    *("r:", "r,", "__import__", "__debug__", "__builtins__", "_r", "\\", "\\\\", '"', '"""', "'", '\\"', "{r}", "%s"),
    *("{DOOR}", "\\n", "\\N{BULLET}", "\\input{/etc/passwd}", "\\write18{true}", "r_{\\input{x}}", "^", "_", "~", "&", "#"),
    *("x" * 5000, "r" * 41, "\ufb01", "ſ", "ℎ", "ｒ", "r\u0301", "\ud800", "\u202e", "\u3164", "\uffa0"),
    *("г", "你", "Α", "ο", "r²", "r\u200b"),
]
