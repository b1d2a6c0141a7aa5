#ifndef ECG_BEAT_FEATURES_OF_ROW_H
#define ECG_BEAT_FEATURES_OF_ROW_H

#include "../network/layer.h"

/* Takes the features of a row, limits them, and stores them beside what is there. */
static void ecg_beat_features(const int16_t *features, ecg_beat_cell *out)
{
    for (uint32_t i = 0; i < ECG_BEAT_N_RHYTHM; ++i) {
        const int32_t above = features[i] < 0 ? 0 : features[i];
        out[i] = (ecg_beat_cell)((above > 255 ? 255 : above) << ECG_BEAT_RHYTHM_SHIFT);
    }
}

#endif
