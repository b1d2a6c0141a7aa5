"""Configuration of the documentation; nothing in it needs a network."""

import os

# The examples train small networks. Several threads for each take ten times the CPU.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from sphinx_gallery.sorting import ExplicitOrder

import sklearn_ecg
from sklearn_ecg.edge import export_page
from sklearn_ecg.models import load_pretrained_chain

project = "sklearn_ecg"
author = "The sklearn_ecg developers"
copyright = "The sklearn_ecg developers, BSD-3-Clause"
release = version = sklearn_ecg.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
# Names in single backticks become links where they are ours, and code where not.
default_role = "obj"
add_module_names = False
autosummary_generate = True
autodoc_member_order = "bysource"
# The docstrings say the types in words, with shapes and units.
autodoc_typehints = "none"
# A full name of ours that leads nowhere is a mistake; all others may be code.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!sklearn_ecg).*")]
# The pages of the classes list their members themselves.
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "backreferences_dir": "api/generated/backreferences",
    "doc_module": ("sklearn_ecg",),
    "within_subsection_order": ExplicitOrder(
        [
            "plot_one_hour.py",
            "plot_train_and_evaluate.py",
            "plot_af_in_a_day.py",
            "plot_live.py",
            "live_chest_strap.py",
            "plot_choose_sparsity.py",
            "plot_own_network.py",
            "plot_deploy.py",
        ]
    ),
    "abort_on_example_error": True,
    # Tables are worth showing, the addresses of objects are not.
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
}

html_theme = "furo"
html_title = f"sklearn_ecg {release}"
html_theme_options = {
    # The arrow keys turn the pages; "/" goes to the search, as everywhere in Sphinx.
    "navigation_with_keys": True,
    "light_css_variables": {
        "color-brand-primary": "#005a94",
        "color-brand-content": "#005a94",
    },
    "dark_css_variables": {
        "color-brand-primary": "#6bb8ea",
        "color-brand-content": "#6bb8ea",
    },
}
html_static_path = ["_static"]
# The front page has it live.
export_page(
    load_pretrained_chain(),
    os.path.join(os.path.dirname(__file__), "_static/page.html"),
)
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_copy_source = False
