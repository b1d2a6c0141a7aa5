"""Recordings, whatever file they came from: leads by name, in mV, each at its rate."""

from ._annotations import (
    AAMI_CLASSES,
    BEAT_SYMBOLS,
    NO_BEAT,
    WFDB_SYMBOLS,
    Spans,
    aami_first,
    atrial_fibrillation,
    atrial_flutter,
    fibrillation,
    labels_in_order,
    map_symbols,
    resolve_scheme,
    rhythms_at,
    shutdown,
)
from ._directory import check_directory, list_records, recordings_in
from ._formats import WHOLE_FILES, has_extension
from ._invalid import LeftOut, refuse_impossible, without_mask
from ._lead_choice import (
    AS_NAMED,
    Choice,
    choose_leads,
    choose_second,
    ecg_leads,
    names_of,
    tell_of_choices,
)
from ._leads import (
    SECONDS,
    Lead,
    UnusableSignalError,
    check_r_peaks,
    leads_to_read,
    pieces,
    read_leads,
    without_signal,
)
from ._names import ANY_LEAD, USUAL_LEADS, is_voltage, lead_key, to_millivolts
from ._open import (
    RecordingLike,
    absolute_path,
    as_recording,
    is_recording,
    read_recording,
    recording_from_array,
    recording_name,
)
from ._recording import Recording, StoredLead
from ._write import check_annotator, write_edf, write_wfdb_annotations

# What users import; the other names above are for other rooms.
__all__ = ["Recording", "read_recording", "recording_from_array"]
