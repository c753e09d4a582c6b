"""Settings of the site, which `make docs` builds. What is written from the code stands in `_ext`, one file a kind of page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

import derive

project, author, release = "gradcfl", "the authors of gradcfl", derive.__version__
project_copyright = "the authors of gradcfl, MIT licence"
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.intersphinx",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "site_mathml",
    "site_derived",
    "site_docstrings",
    "site_pages",
    "site_links",
]
exclude_patterns = ["_ext", "gallery", "**/*.ipynb", "generated/gallery/*.ipynb"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "index"
nitpicky = False  # types in signatures name private aliases; links that are written are all checked

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # fields of a NamedTuple are told once
add_module_names = False
default_role = "py:obj"

# Links into other projects' pages where there is a network; a build without one is the same but for them.
intersphinx_mapping = (
    {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "sympy": ("https://docs.sympy.org/latest", None),
        "torch": ("https://docs.pytorch.org/docs/stable", None),
    }
    if os.environ.get("INTERSPHINX")
    else {}
)

from site_gallery import stale

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "filename_pattern": "plot_",
    "within_subsection_order": "FileNameSortKey",
    "reset_modules": ("site_gallery.styled",),
    "run_stale_examples": stale(),
    "abort_on_example_error": True,
    "min_reported_time": 1e9,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "image_srcset": ["2x"],
    "copyfile_regex": r".*\.rst",
    "write_computation_times": False,
    "image_scrapers": ("matplotlib",),
    "plot_gallery": "True",
}

html_theme = "pydata_sphinx_theme"
html_title = f"gradcfl {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "gradcfl"},
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "show_prev_next": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
