"""The beat table: one row for each beat."""

# All for other rooms; users find what is public in `sklearn_ecg.datasets`.
from ._build import (
    SHORTEST_RR,
    Detector,
    align_in_lead,
    align_table,
    beat_table,
    build_table,
    concatenate,
    entry_of,
    r_peaks_of_lead,
    read_one_lead,
    read_second_lead,
)
from ._pairing import pair_beats, samples_in
from ._table import (
    LONGEST_PAUSE,
    N_LOCAL_INTERVALS,
    PATIENCE,
    IntervalState,
    came_late,
    check_table,
    interval_columns,
    rows_by_record,
    rows_of_r_peaks,
    rr_intervals,
    sample_numbers,
)
