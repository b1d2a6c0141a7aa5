#ifndef ECG_BEAT_INTERVALS_H
#define ECG_BEAT_INTERVALS_H

#include "../module/ecg_beat.h"

/* 0 means that an interval isn't known. */
static uint32_t ecg_beat_known_interval(uint32_t milliseconds, uint32_t otherwise)
{
    if (milliseconds == 0) {
        return otherwise;
    }
    return milliseconds > 3000 ? 3000 : milliseconds;
}
#if ECG_BEAT_RATIOS

/* A ratio of two intervals, where 1024 means 1. */
static uint32_t ecg_beat_ratio(uint32_t interval, uint32_t local)
{
    const uint32_t rounded = (interval * 1024 + local / 2) / local;
    return rounded > 3072 ? 3072 : rounded;
}
#endif

#endif
