#ifndef ECG_BEAT_FEATURES_OF_STREAM_H
#define ECG_BEAT_FEATURES_OF_STREAM_H

#include "../network/layer.h"

/* Stores features, integers from 0 to 255, beside what is there. */
static void ecg_beat_features(const uint8_t *features, ecg_beat_cell *out)
{
    for (uint32_t i = 0; i < ECG_BEAT_N_INPUT_FEATURES; ++i) {
        out[i] = (ecg_beat_cell)(features[i] << ECG_BEAT_RHYTHM_SHIFT);
    }
}

#endif
