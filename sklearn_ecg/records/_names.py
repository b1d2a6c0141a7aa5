"""Names of leads and units of voltage, however they are spelled."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from .._constants import USUAL_LEADS as USUAL_LEADS

ANY_LEAD = "any"
"""What stands for any ECG lead of a recording, see `_lead_choice`."""

_LEAD = "lead|ecg|ekg|ableitung|derivation"
_PREFIX = re.compile(rf"^(?:(?:{_LEAD})[\s_:.-]+)+(?=.*[a-z])")
_SEPARATORS = re.compile(r"[\s_:.]+|(?<=\w)-+(?=\w)")
_STANDARD = re.compile(
    r"i{1,3}|av[rlf]|v(?:[1-9]r?)?|v[xyz]|d[1-4]|ml(?:i{1,3}|[1-6])|mv[1-6]|mcl[1-6]"
    r"|c[mcbr][1-7]"
)
"""Keys of standard leads: limb, chest, and those of ambulatory and bedside monitors."""

_GLUED = re.compile(rf"(?:{_LEAD})+({_STANDARD.pattern})")
_ROMANCE = {"di": "i", "dii": "ii", "diii": "iii"}
_SAME_KIND = ({"mlii", "ii"},)
"""Leads of one kind: the modified lead II of ambulatory recorders imitates lead II."""

_SAYS_ECG = re.compile(
    r"e[ck]g|vcg|electrocardi|elektrokardi|\u5fc3\u7535|\u5fc3\u96fb"
    # Russian, Greek, Korean.
    r"|\u044d\u043a\u0433|\u03b7\u03ba\u03b3|\uc2ec\uc804"
)
_INVERTED = {"inv", "inverse", "inverted", "neg", "negative", "minus"}
_TOLD_APART = re.compile(r" \(\d+\)$")


class _Terms:
    """Words that may end in digits; one with a star stands for all that begin so."""

    def __init__(self, text):
        terms = text.split()
        self._whole = {term for term in terms if not term.endswith("*")}
        self._begin = tuple(term[:-1] for term in terms if term.endswith("*"))

    def meet(self, words):
        """Tell whether any of some words is one of these."""
        stems = [word.rstrip("0123456789") for word in words]
        return any(s in self._whole or s.startswith(self._begin) for s in stems if s)


_DERIVED = _Terms(
    "resp* derived edr rate hr hrv bpm rr ibi st qrs qt pvc peak* qual* sqi status "
    "stat state off contact impedance imp mark* event* trig* annot* batt* bat "
    "temp temperature noise* amplitude confid* interval* index count* flag* pleth* "
    "packet* time timestamp*"
)
"""What is derived from an ECG, or lies beside it."""

_OTHER = _Terms(
    # Blood, gases, breath.
    "abp ibp bp nibp nbp art pap cvp icp press* pres ppg bvp pr ptt spo sao sp o co "
    "etco ox* nirs hb* air airflow flow* nflow tflow ptaf nasal* oral cannula therm* "
    "thor thorax thoracic abdo* sum effort belt rip snor* cpap bipap peep tidal* vol "
    "volume breath* "
    # Brain, eyes, muscles, other organs.
    "eeg eog emg ecog seeg lfp egg loc roc chin leg* lat rat tib* plm jaw masseter bis "
    "sef entropy fetal fecg bcg scg pcg icg phono* ballisto* seismo* "
    # Skin, movement, sound, surroundings, the recorder itself.
    "gsr eda edl scl scr skin* sweat* acc* gyr* magn* imu tilt pos position body "
    "motion move* activity actig* grip force torque gonio* sound audio mic microphone "
    "light lux baro* humid* alti* gps speed vbat vcc vdd supply power volt* pulse "
    "heartrate clock sync ttl stim* button gnd ground hypno* stage toco uter* "
    "digital glucose lactate strain stretch weight rri "
    # The same in German, French, Spanish, Italian.
    "atem* atmung haut* druck* temperat* schnarch* beweg* ronfl* pouls souffle "
    "ronqui* pulso presion flujo polso flusso"
)
"""What else recordings hold."""

_ELECTRODE = re.compile(r"(?:(?:fp|af|fc|cp|po|ft|tp|[fcptoame])[0-9z]{1,2}){1,2}|fpz")
"""Places of electrodes on the head, beside the eyes and behind the ears."""


def lead_key(name: str) -> str:
    """Return what the spellings of one lead have in common."""
    name = unicodedata.normalize("NFKC", name).strip().casefold()
    key = _SEPARATORS.sub("", _PREFIX.sub("", name))
    glued = _GLUED.fullmatch(key)
    key = glued[1] if glued else key
    return _ROMANCE.get(key, key)


def is_qualified(name: str, wanted: str) -> bool:
    """Tell whether a name is that of a lead with more words, as ``II (filtered)``."""
    key, words = lead_key(wanted), _words(_TOLD_APART.sub("", name))[:-1]
    if not key or says_other(name) or _INVERTED & set(words):
        return False
    standard = {lead_key(word) for word in words if _is_standard(lead_key(word))}
    if _is_standard(key) and standard - {key}:
        return False  # Such as V4-V5, the difference of two
    text = unicodedata.normalize("NFKC", name).casefold()
    if re.search(
        rf"(^|[\s(_])[-\u2212]\s*{re.escape(key)}|{re.escape(key)}-($|\s)", text
    ):
        return False  # Upside down
    return any(
        lead_key("".join(words[first:stop])) == key
        and (len(key) > 1 or not set(words[:first]) - {*_LEAD.split("|")})
        for first in range(len(words))
        for stop in range(first + 1, len(words) + 1)
    )


def says_ecg(name: str) -> bool:
    """Tell whether a name says ECG, or is or holds that of a standard lead."""
    text = unicodedata.normalize("NFKC", name).casefold()
    words = _words(name)
    if _DERIVED.meet(words):
        return False
    if _SAYS_ECG.search(text):
        return True
    keys = [lead_key(word) for word in words]
    # One letter is a lead if it is all there is: else it may be a unit or an axis.
    is_named = any(len(key) > 1 and _is_standard(key) for key in keys)
    return _is_standard(lead_key(name)) or (is_named and not says_other(name))


def says_other(name: str) -> bool:
    """Tell whether a name is that of another signal than an ECG."""
    words = _words(name)
    if _DERIVED.meet(words):
        return True
    text = unicodedata.normalize("NFKC", name).casefold()
    if _SAYS_ECG.search(text) or _is_standard(lead_key(name)):
        return False
    return _OTHER.meet(words) or any(_ELECTRODE.fullmatch(word) for word in words)


def _words(name):
    """Split a name into words, also before capitals; the last is all of it."""
    name = re.sub(r"(?<=[a-z]{2})(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return [*re.findall(r"[a-z0-9]+", name.casefold()), lead_key(name)]


def _is_standard(key):
    return _STANDARD.fullmatch(key) is not None


def numbered(names: Sequence[str]) -> list[str]:
    """Tell leads of one name apart by a number."""
    counts = Counter(names)
    seen: Counter[str] = Counter()
    told_apart = []
    for name in names:
        seen[name] += 1
        told_apart.append(f"{name} ({seen[name]})" if counts[name] > 1 else name)
    return told_apart


def is_stand_in(name: str, wanted: str) -> bool:
    """Tell whether a lead is of another kind than the one wanted."""
    keys = {lead_key(name), lead_key(wanted)}
    return len(keys) > 1 and not any(keys <= kind for kind in _SAME_KIND)


_PREFIXES = {"": 1e3, "m": 1.0, "milli": 1.0, "n": 1e-6, "nano": 1e-6}
_VOLTAGE = re.compile(
    r"[\[(]?(?P<prefix>milli|micro|nano|mc|m|u|n|\?|[^\x00-\x7f]{1,6})?\s*"
    r"v(?:ol(?:ts?)?)?[\])]?"
)
_CYRILLIC = str.maketrans("\u043c\u043a\u0432\u043d", "mcvn")


def _millivolts(unit):
    """Return how many millivolts a unit is, None if it is no voltage."""
    text = str(unit).strip().lower().translate(_CYRILLIC)
    match = _VOLTAGE.fullmatch(text)
    # Micro is the one prefix beyond ASCII, whatever a code page has made of its sign.
    return _PREFIXES.get(match["prefix"] or "", 1e-3) if match else None


def is_voltage(unit: str) -> bool:
    """Tell whether a unit is one of voltage."""
    return _millivolts(unit) is not None


def to_millivolts(signal: np.ndarray, unit: str) -> np.ndarray:
    """Convert a signal to millivolts, in place; one in another unit stays as it is."""
    factor = _millivolts(unit)
    if factor not in (None, 1.0):
        signal *= factor
    return signal
