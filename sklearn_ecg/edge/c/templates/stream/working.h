#ifndef ECG_BEAT_WORKING_H
#define ECG_BEAT_WORKING_H

#include "integers.h"

/* The working sample of some time, of the last ECG_BEAT_RING; before the first, that. */
static inline int32_t ecg_beat_working(const ecg_beat_lead *lead, int32_t time)
{
    return lead->ring[(time < 0 ? 0u : (uint32_t)time) % ECG_BEAT_RING];
}

#endif
