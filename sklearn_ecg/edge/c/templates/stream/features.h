#ifndef ECG_BEAT_STREAM_FEATURES_H
#define ECG_BEAT_STREAM_FEATURES_H

#include "integers.h"

/* generated: feature_tables */
/* What the network takes: the place of each feature, or 255; its lowest value, which
   becomes 0; and what one is worth, times 2^16. */
static const uint8_t ecg_beat_feature_place[75] = {
    0, 1
};
static const int16_t ecg_beat_feature_low[ECG_BEAT_N_INPUT_FEATURES] = {
    300, 400
};
static const uint16_t ecg_beat_feature_multiplier[ECG_BEAT_N_INPUT_FEATURES] = {
    13926, 11936
};
/* end */

/* Stores a feature, as an integer from 0 to 255, if the network takes it. */
static void ecg_beat_put(ecg_beat_patient *p, uint32_t feature, int32_t value)
{
    const uint32_t place = ecg_beat_feature_place[feature];
    if (place == ECG_BEAT_NOT_TAKEN) {
        return;
    }
    const int32_t above = value - ecg_beat_feature_low[place];
    const uint32_t least = above < 0 ? 0u : above > 65535 ? 65535u : (uint32_t)above;
    const uint32_t scaled = (least * ecg_beat_feature_multiplier[place] + 0x8000u) >> 16;
    const uint8_t stored = (uint8_t)ecg_beat_at_most(scaled, ECG_BEAT_FEATURE_MAX);
#if ECG_BEAT_TWO_LEADS
    for (uint32_t i = 0; i < ECG_BEAT_N_LEADS; ++i) {
        if (p->lead == i || p->lead == ECG_BEAT_N_LEADS) {
            p->features[i][place] = stored;
        }
    }
#else
    p->features[0][place] = stored;
#endif
}

#endif
