"""export_page: a page in which a chain labels recordings, and which sends nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from ..._files import local_path, written_whole
from ..._types import PathLike
from ..._version import __version__
from ...report import MEANINGS, SHORT
from ...rhythm import FAST_RUN, KINDS, SLOW_RUN, SUSTAINED
from ...stream import APART, MARGIN_ONE, NEAR, asked_of
from ...templates import constants, grouping
from .._device_chain import UNCLASSIFIED, DeviceChain
from ._module import module_of, template

_WORKER = [
    "bytes",
    "units",
    "rates",
    "lowpass",
    "converter",
    "chain",
    "edf",
    "wfdb",
    "csv_layout",
    "csv",
    "choice",
    "opening",
    "looks",
    "grouping",
    "worker",
]
"""Scripts of the worker, in their order."""

_PAGE = [
    "calls",
    "beats",
    "episodes",
    "odd",
    "synthetic",
    "live",
    "course",
    "results",
    "saving",
    "questioning",
    "handing",
    "choosing",
]
"""Scripts of the page, in their order."""


def export_page(chain: DeviceChain, path: PathLike) -> Path:
    """Write a page in which a chain labels recordings, in any browser, offline.

    One file of HTML without anything from elsewhere. A recording (EDF, WFDB of the
    formats 16 and 212, CSV) is dropped into it or chosen; the chain's own C, compiled
    to WebAssembly, labels it piece by piece, and says event for event what
    ``annotate(recording, chain)`` says. Beats can be looked at and corrected, and saved
    as a WFDB annotation file, as CSV, and with what was corrected. Its Content Security
    Policy forbids any connection.

    Parameters
    ----------
    chain : DeviceChain
        What `quantize` makes of a model with `sampling_rate`, or
        :func:`~sklearn_ecg.models.load_pretrained_chain` loads.
    path : str or path-like
        The file, which ends with ``.html``.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        If `chain` is none.
    ValueError
        If it is told where beats are or looks at two leads, or the path ends otherwise.
    FileNotFoundError
        If clang or lld are missing; the message names their Debian packages. The chain
        in the box needs neither.
    RuntimeError
        If the C can't be compiled.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from sklearn_ecg.edge import export_page
    >>> from sklearn_ecg.models import load_pretrained_chain
    >>> page = export_page(load_pretrained_chain(), f"{mkdtemp()}/page.html")
    >>> page.name
    'page.html'
    """
    path = local_path(path)
    _check(chain, path)
    module = base64.b64encode(module_of(chain)).decode("ascii")
    environment = _environment()
    frame = environment.get_template("page/frame.html").render(
        labels=_labels(chain),
        choices=_labels(chain),
        asked=asked_of(_labels(chain)),
        meanings=MEANINGS,
        clock=None,
        is_short=False,
        days=None,
        found={"leads": []},
    )
    card = getattr(chain, "card_", None)
    text = environment.get_template("page/page.html").render(
        scripts=_joined("page", _PAGE),
        facts=_as_json(_facts(chain)),
        module=module,
        frame=_as_json(frame),
        worker=_as_json(_joined("worker", _WORKER)),
        chain=chain,
        card=card,
        version=__version__,
    )
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _check(chain, path):
    if not isinstance(chain, DeviceChain):
        raise TypeError(
            "export_page takes a DeviceChain, as quantize(..., sampling_rate=250) "
            f"makes, got a {type(chain).__name__}."
        )
    if not chain.inputs.detects:
        raise ValueError(
            "This chain is told where beats are, and a page has only the signal: "
            "quantize with detector=True."
        )
    if chain.inputs.n_leads != 1:
        raise ValueError(
            "This chain looks at two leads, and a page reads one: quantize a model of "
            "one lead, such as wearable."
        )
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{path}: give a page a name that ends with .html.")


def _environment():
    from jinja2 import ChoiceLoader, Environment, PackageLoader, select_autoescape

    rooms = ("sklearn_ecg.edge.page", "sklearn_ecg.report")
    return Environment(
        loader=ChoiceLoader([PackageLoader(room, "templates") for room in rooms]),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _joined(folder, names):
    """Return scripts as one; they are no templates."""
    texts = (template(f"{folder}/{name}.js").read_text("utf-8") for name in names)
    return "\n".join(texts)


def _labels(chain):
    return [str(label) for label in chain.classes_]


def _facts(chain) -> dict[str, Any]:
    """Return what the scripts read of a chain."""
    labels = _labels(chain)
    return {
        "rate": float(chain.inputs.sampling_rate),
        "gain": float(chain.adc_gain),
        "wanted": list(chain.lead),
        "labels": labels,
        "unclassified": UNCLASSIFIED,
        "meanings": {label: MEANINGS.get(label, "") for label in labels},
        "kinds": list(KINDS) if chain.has_rhythm else [],
        "runs": {"fast": FAST_RUN, "slow": SLOW_RUN, "sustained": SUSTAINED},
        "fingerprint": chain.fingerprint_[:16],
        "apart": APART,
        "near": NEAR,
        "constants": constants(),
        "grouping": {
            "classes": asked_of(_labels(chain)),
            "short": SHORT,
            "unit": MARGIN_ONE,
        }
        | grouping(),
    }


def _as_json(content):
    """Return JSON that no text in it can end the script of."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
