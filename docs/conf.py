"""Sphinx's settings. The pages' own directives are in _ext/."""

import os
import sys
from pathlib import Path

from sphinxcontrib import katex

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from rlbook import __version__
from rlbook.book.items import load_chapters

load_chapters()

project = "rlbook"
author = "The rlbook contributors"
copyright = "The rlbook contributors, MIT licence"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.katex",
    "links",
    "boxes",
    "items",
    "listings",
    "docstrings",
    "speed",
    "verdicts",
    "homework",
    "sizes",
    "notebook",
    "find",
    "lab",
]
exclude_patterns = ["_build", "_generated", "_ext", "README.md"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say what an argument is, with its shape
autodoc_default_options = {"members": True, "inherited-members": "Env, tuple, ABC, Generic"}
smartquotes = False  # s' is the next state
autodoc_preserve_defaults = True
add_module_names = False
python_maximum_signature_line_length = 80
viewcode_line_numbers = True

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# KaTeX comes with sphinxcontrib-katex, all but its styles: these are in _static, of one version.
STYLES_OF = "0.16.22"
if katex.katex_version != STYLES_OF:
    raise RuntimeError(
        f"_static/katex holds the styles of KaTeX {STYLES_OF}, sphinxcontrib-katex has "
        f"{katex.katex_version}: replace them by those of that version"
    )
katex_css_path = "katex/katex.min.css"
katex_options = "throwOnError: true"

html_theme = "furo"
html_title = "rlbook"
html_static_path = ["_static"]
html_css_files = ["rlbook.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1b6b3a", "color-brand-content": "#1b6b3a"},
    "dark_css_variables": {"color-brand-primary": "#7bd19a", "color-brand-content": "#7bd19a"},
    "navigation_with_keys": True,
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
