#ifndef ECG_BEAT_INTERVALS_H
#define ECG_BEAT_INTERVALS_H

#include "../module/ecg_beat.h"
#include "../module/numbers.h"

/* 0 means that an interval isn't known. */
static uint32_t ecg_beat_known_interval(uint32_t milliseconds, uint32_t otherwise)
{
    if (milliseconds == 0) {
        return otherwise;
    }
    return milliseconds > ECG_BEAT_LONGEST_MS ? ECG_BEAT_LONGEST_MS : milliseconds;
}
#if ECG_BEAT_RATIOS

/* A ratio of two intervals. */
static uint32_t ecg_beat_ratio(uint32_t interval, uint32_t local)
{
    const uint32_t rounded = (interval * ECG_BEAT_RATIO_ONE + local / 2) / local;
    return rounded > ECG_BEAT_RATIO_MAX ? ECG_BEAT_RATIO_MAX : rounded;
}
#endif

#endif
