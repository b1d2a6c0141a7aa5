#ifndef ECG_BEAT_WINDOW_PLAIN_H
#define ECG_BEAT_WINDOW_PLAIN_H

#include "sample.h"

/* Turns counts into steps of the network. */
static void ecg_beat_scale_window(const int16_t *window, ecg_beat_stored *row)
{
#if ECG_BEAT_LANES
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES / 2; ++i) {
        row[i] = ecg_beat_two_samples(
            ecg_beat_scaled_sample(window[i], ECG_BEAT_WINDOW_FACTOR),
            ecg_beat_scaled_sample(window[i + ECG_BEAT_N_SAMPLES / 2], ECG_BEAT_WINDOW_FACTOR));
    }
#else
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        row[i] = ecg_beat_scaled_sample(window[i], ECG_BEAT_WINDOW_FACTOR);
    }
#endif
}

#endif
