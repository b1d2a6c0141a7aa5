#ifndef ECG_BEAT_CLASSIFY_H
#define ECG_BEAT_CLASSIFY_H

#if ECG_BEAT_LANES
#include "../network/close_row.h"
#else
#include "../network/fill.h"
#endif
#include "../network/layer.h"
#if ECG_BEAT_STANDARDIZED
#include "../front_end/window_standardized.h"
#endif
#if ECG_BEAT_PLAIN
#include "../front_end/window_plain.h"
#endif
#if ECG_BEAT_IN_STEPS
#include "../front_end/window_of_row.h"
#endif
#include "layers.h"

/* The scratch buffer as cells. */
static ecg_beat_cell *ecg_beat_cells(uint8_t *scratch)
{
#if ECG_BEAT_LANES
    return scratch + ((0u - (uintptr_t)scratch) & 3u);
#else
#if ECG_BEAT_INT16
    return (ecg_beat_cell *)(void *)(scratch + ((uintptr_t)scratch & 1u));
#else
    return scratch;
#endif
#endif
}

/* Scales a window, and stores it where the first layer reads it. */
static void ecg_beat_store_window(const int16_t *window, uint8_t *scratch)
{
#if ECG_BEAT_LANES
    uint32_t *row = (uint32_t *)(void *)ecg_beat_cells(scratch) + ECG_BEAT_INPUT_HALO;
    for (uint32_t channel = 0; channel < ECG_BEAT_N_CHANNELS; ++channel) {
        ecg_beat_scale_window(window + channel * ECG_BEAT_N_SAMPLES, row);
        ecg_beat_close_row(row, ECG_BEAT_N_SAMPLES / 2, ECG_BEAT_INPUT_HALO,
                           ECG_BEAT_SAMPLE_OFFSET);
        row += ECG_BEAT_N_SAMPLES / 2 + 2 * ECG_BEAT_INPUT_HALO;
    }
#else
    ecg_beat_cell *samples =
        ecg_beat_fill(ecg_beat_cells(scratch), ECG_BEAT_INPUT_HALO, ECG_BEAT_SAMPLE_OFFSET);
    for (uint32_t channel = 0; channel < ECG_BEAT_N_CHANNELS; ++channel) {
        ecg_beat_scale_window(window + channel * ECG_BEAT_N_SAMPLES, samples);
        samples += ECG_BEAT_N_SAMPLES;
        samples = ecg_beat_fill(samples, ECG_BEAT_INPUT_PADDING, ECG_BEAT_SAMPLE_OFFSET);
    }
#endif
}

#endif
