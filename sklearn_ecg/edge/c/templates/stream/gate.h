#ifndef ECG_BEAT_GATE_H
#define ECG_BEAT_GATE_H

#if ECG_BEAT_TWO_LEADS

/* Whether the first lead says enough, by its logits: surely of the commonest class. */
static int ecg_beat_is_enough(const int32_t *logits)
{
    for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
        if (i != (int)ECG_BEAT_GATE_LABEL &&
            logits[ECG_BEAT_GATE_LABEL] - logits[i] <= ECG_BEAT_GATE_LIMIT) {
            return 0;
        }
    }
    return 1;
}

#else
#include "features.h"

/* generated: gate_tables */
/* The usual value of each feature; what a step below it counts, and a step above. */
static const uint8_t ecg_beat_gate_center[ECG_BEAT_N_INPUT_FEATURES] = {
    60, 61
};
static const int8_t ecg_beat_gate_below[ECG_BEAT_N_INPUT_FEATURES] = {
    -9, -4
};
static const int8_t ecg_beat_gate_above[ECG_BEAT_N_INPUT_FEATURES] = {
    2, 3
};
/* end */

/* Whether a beat is surely of the commonest class, so that the network need not run. */
static int ecg_beat_passes(const uint8_t *features, uint32_t flags)
{
    int32_t score = 0;
    if ((flags & ECG_BEAT_GATE_STOPS) != 0) {
        return 0;
    }
    for (int i = 0; i < ECG_BEAT_N_INPUT_FEATURES; ++i) {
        const int32_t away = (int32_t)features[i] - (int32_t)ecg_beat_gate_center[i];
        score += away * (away < 0 ? ecg_beat_gate_below[i] : ecg_beat_gate_above[i]);
    }
    return score < ECG_BEAT_GATE_LIMIT;
}

#endif
#endif
