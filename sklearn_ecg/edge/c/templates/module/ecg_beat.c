/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * The classifier of ecg_beat.h.
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

#include "numbers.h"

#include "../network/fill.h"
#include "../network/layer.h"
#if ECG_BEAT_STANDARDIZED
#include "../front_end/window_standardized.h"
#endif
#if ECG_BEAT_PLAIN
#include "../front_end/window_plain.h"
#endif
#if ECG_BEAT_ROWS
#include "../front_end/window_of_row.h"
#endif
#include "layers.h"

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
    const int16_t *const window = row;
#if ECG_BEAT_RHYTHM
    const int16_t *const features = row + ECG_BEAT_N_CHANNELS * ECG_BEAT_N_SAMPLES;
#endif
#endif
#if ECG_BEAT_INT16
    ecg_beat_cell *const cells = (ecg_beat_cell *)(void *)(scratch + ((uintptr_t)scratch & 1u));
#else
    ecg_beat_cell *const cells = scratch;
#endif
    ecg_beat_cell *samples = ecg_beat_fill(cells, ECG_BEAT_INPUT_HALO, ECG_BEAT_SAMPLE_OFFSET);
    for (uint32_t channel = 0; channel < ECG_BEAT_N_CHANNELS; ++channel) {
        ecg_beat_scale_window(window + channel * ECG_BEAT_N_SAMPLES, samples);
        samples += ECG_BEAT_N_SAMPLES;
        samples = ecg_beat_fill(samples, ECG_BEAT_INPUT_PADDING, ECG_BEAT_SAMPLE_OFFSET);
    }
#if ECG_BEAT_RR
    return ecg_beat_run_layers(cells, rr, logits);
#else
#if ECG_BEAT_RHYTHM
    return ecg_beat_run_layers(cells, features, logits);
#else
    return ecg_beat_run_layers(cells, logits);
#endif
#endif
}
