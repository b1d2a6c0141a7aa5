#ifndef ECG_BEAT_CUT_H
#define ECG_BEAT_CUT_H

#include "working.h"

/* Whether a beat was found so late that its samples may be forgotten. */
static int ecg_beat_is_late(int32_t decided, int32_t first_needed)
{
    return decided + ECG_BEAT_SLACK - first_needed >= ECG_BEAT_RING;
}

/* Whether one sees nothing in a part of the window around an R peak, and why. */
static uint8_t ecg_beat_quality(const ecg_beat_lead *lead, int32_t r_peak)
{
    const int32_t place = r_peak / (int32_t)ECG_BEAT_FACTOR;
    const int32_t first = place < ECG_BEAT_REACH_BEFORE ? 0 : place - ECG_BEAT_REACH_BEFORE;
    const uint32_t last = (uint32_t)(place + ECG_BEAT_REACH_AFTER) / ECG_BEAT_BLOCK;
    uint8_t flags = 0;
    for (uint32_t block = (uint32_t)first / ECG_BEAT_BLOCK; block <= last; ++block) {
        flags |= lead->quality[block % ECG_BEAT_BLOCKS];
    }
    return flags;
}

/* Cuts the samples around an R peak, by linear interpolation. */
static void ecg_beat_cut(const ecg_beat_lead *lead, int32_t r_peak, int16_t *window)
{
    const int32_t factor = ECG_BEAT_FACTOR;
    const int32_t start = r_peak / factor;
    const int32_t twice = (2 * (r_peak - start * factor) - (factor - 1)) * ECG_BEAT_HALF_PLACE;
    int32_t place = (twice < 0 ? twice - factor / 2 : twice + factor / 2) / factor;
    place += ECG_BEAT_SPAN_FIRST * ECG_BEAT_WINDOW_STEP;
    for (uint32_t i = 0; i < ECG_BEAT_SPAN; ++i) {
        const int32_t left = start + (place >> ECG_BEAT_PLACE_BITS);
        const int32_t low = ecg_beat_working(lead, left), high = ecg_beat_working(lead, left + 1);
        const int32_t part = place & (2 * ECG_BEAT_HALF_PLACE - 1);
        const int32_t rise = (high - low) * part + ECG_BEAT_HALF_PLACE;
        window[i] = (int16_t)(low + (rise >> ECG_BEAT_PLACE_BITS));
        place += ECG_BEAT_WINDOW_STEP;
    }
}

#endif
