#ifndef ECG_BEAT_ACTIVATION_INT16_H
#define ECG_BEAT_ACTIVATION_INT16_H

#include "layer.h"

/* From a sum to an activation: scaled, rounded half up, from 0 to 2047. */
static inline ecg_beat_cell ecg_beat_activation(int32_t sum, int32_t multiplier)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t value;
    /* No compiler uses it of its own accord. */
    __asm__("smmulr %0, %1, %2" : "=r"(value) : "r"(sum), "r"(multiplier));
    return (ecg_beat_cell)__usat(value, 11);
#else
    const int32_t value = (int32_t)(((int64_t)sum * multiplier + 0x80000000LL) >> 32);
    return (ecg_beat_cell)(value < 0 ? 0 : value > 2047 ? 2047 : value);
#endif
}

#endif
