#ifndef ECG_BEAT_FEATURES_OF_ROW_H
#define ECG_BEAT_FEATURES_OF_ROW_H

#include "../network/layer.h"

/* Takes the features of a row, limits them, and stores them beside what is there. */
static void ecg_beat_features(const int16_t *features, ecg_beat_cell *out)
{
    for (uint32_t i = 0; i < ECG_BEAT_N_RHYTHM; ++i) {
        const int32_t above = features[i] < 0 ? 0 : features[i];
        const int32_t limited = above > ECG_BEAT_FEATURE_MAX ? ECG_BEAT_FEATURE_MAX : above;
        out[i] = (ecg_beat_cell)(limited << ECG_BEAT_RHYTHM_SHIFT);
    }
}

#endif
