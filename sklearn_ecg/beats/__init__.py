"""The beat table: one row for each beat."""

# All for other rooms; users find what is public in `sklearn_ecg.datasets`.
from ._build import (
    Detector,
    align_table,
    beat_table,
    build_table,
    concatenate,
    entry_of,
    r_peaks_of_lead,
    read_one_lead,
)
from ._pairing import pair_beats, samples_in
from ._table import N_LOCAL_INTERVALS, check_table, rows_by_record, sample_numbers
