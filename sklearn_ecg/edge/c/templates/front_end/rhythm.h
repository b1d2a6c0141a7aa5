#ifndef ECG_BEAT_RHYTHM_H
#define ECG_BEAT_RHYTHM_H

#include "../network/layer.h"
#include "intervals.h"

/* The distance of a feature from the lowest, in steps from 0 to 255. */
static ecg_beat_cell ecg_beat_stored_feature(uint32_t value, int32_t low, uint32_t multiplier)
{
    const int32_t above = (int32_t)value - low;
    const uint32_t scaled = above < 0 ? 0 : ((uint32_t)above * multiplier + 0x8000u) >> 16;
    return (ecg_beat_cell)((scaled > ECG_BEAT_FEATURE_MAX ? ECG_BEAT_FEATURE_MAX : scaled)
                           << ECG_BEAT_RHYTHM_SHIFT);
}

/* Stores the rhythm features of a beat beside what is there. */
static void ecg_beat_features(const ecg_beat_rr *rr, ecg_beat_cell *out)
{
    const uint32_t local = ecg_beat_known_interval(
        rr->rr_local, ecg_beat_known_interval(rr->rr_prev, ECG_BEAT_UNKNOWN_MS));
    /* generated: features */
    const uint32_t rr_prev = ecg_beat_known_interval(rr->rr_prev, local);
    const uint32_t rr_next = ecg_beat_known_interval(rr->rr_next, local);
    out[0] = ecg_beat_stored_feature(rr_next, 300, 13926u);
    out[1] = ecg_beat_stored_feature(ecg_beat_ratio(rr_prev, local), 400, 11936u);
    /* end */
}

#endif
