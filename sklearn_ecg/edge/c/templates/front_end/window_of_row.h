#ifndef ECG_BEAT_WINDOW_OF_ROW_H
#define ECG_BEAT_WINDOW_OF_ROW_H

#include "sample.h"

/* Takes samples as they are, in steps of the network, and limits them. */
static void ecg_beat_scale_window(const int16_t *window, ecg_beat_cell *row)
{
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        row[i] = ecg_beat_stored_sample(window[i]);
    }
}

#endif
