/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * What ecg_beat.h declares.
 *
 * Made by sklearn_ecg @VERSION@; don't edit, export again.
 */
#include "ecg_beat.h"

#include <stddef.h>

/* generated: same_export */
#if ECG_BEAT_MODEL != 0x1b3eb892u || ECG_BEAT_SCRATCH_BYTES != 36
#error "ecg_beat.h is of another export than this file"
#endif
/* end */

#ifdef ECG_BEAT_NO_LIBC
#include "memory.h"
#endif

#include "numbers.h"

#include "classify.h"
#if ECG_BEAT_STREAM
#include "../stream/poll.h"
#else

int ecg_beat_classify(
#if ECG_BEAT_ROWS
    const int16_t *row,
#else
    const int16_t *window,
#endif
#if ECG_BEAT_RR
    const ecg_beat_rr *rr,
#endif
    uint8_t *scratch,
    int32_t *logits)
{
#if ECG_BEAT_ROWS
    ecg_beat_store_window(row, scratch);
#else
    ecg_beat_store_window(window, scratch);
#endif
#if ECG_BEAT_RR
    return ecg_beat_run_layers(ecg_beat_cells(scratch), rr, logits);
#else
#if ECG_BEAT_RHYTHM
    const int16_t *const features = row + ECG_BEAT_N_CHANNELS * ECG_BEAT_N_SAMPLES;
    return ecg_beat_run_layers(ecg_beat_cells(scratch), features, logits);
#else
    return ecg_beat_run_layers(ecg_beat_cells(scratch), logits);
#endif
#endif
}
#endif
