#ifndef ECG_BEAT_SAMPLE_H
#define ECG_BEAT_SAMPLE_H

#include "../network/layer.h"

/* Samples are stored with ECG_BEAT_SAMPLE_OFFSET added. */
static ecg_beat_cell ecg_beat_stored_sample(int32_t value)
{
    value = value > ECG_BEAT_SAMPLE_MAX ? ECG_BEAT_SAMPLE_MAX : value;
    value = value < -ECG_BEAT_SAMPLE_MAX ? -ECG_BEAT_SAMPLE_MAX : value;
    return (ecg_beat_cell)(value + ECG_BEAT_SAMPLE_OFFSET);
}
#if ECG_BEAT_LANES

/* A sample, and the one half a row later. */
static uint32_t ecg_beat_two_samples(ecg_beat_cell first, ecg_beat_cell second)
{
    return first | (uint32_t)second << 16;
}
#endif
#if !ECG_BEAT_IN_STEPS

/* The product of a deviation and a factor of ECG_BEAT_WINDOW_SHIFT fraction bits. */
static ecg_beat_cell ecg_beat_scaled_sample(int32_t deviation, uint32_t factor)
{
    const int64_t half = (int64_t)1 << (ECG_BEAT_WINDOW_SHIFT - 1);
    const int64_t product = (int64_t)deviation * factor + half;
    return ecg_beat_stored_sample((int32_t)(product >> ECG_BEAT_WINDOW_SHIFT));
}
#endif

#endif
