#ifndef ECG_BEAT_WINDOW_OF_ROW_H
#define ECG_BEAT_WINDOW_OF_ROW_H

#include "sample.h"

/* Takes samples as they are, in steps of the network, and limits them. */
static void ecg_beat_scale_window(const int16_t *window, ecg_beat_stored *row)
{
#if ECG_BEAT_LANES
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES / 2; ++i) {
        row[i] = ecg_beat_two_samples(
            ecg_beat_stored_sample(window[i]),
            ecg_beat_stored_sample(window[i + ECG_BEAT_N_SAMPLES / 2]));
    }
#else
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        row[i] = ecg_beat_stored_sample(window[i]);
    }
#endif
}

#endif
