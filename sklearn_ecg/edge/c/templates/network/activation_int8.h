#ifndef ECG_BEAT_ACTIVATION_INT8_H
#define ECG_BEAT_ACTIVATION_INT8_H

#include "layer.h"

/* From a sum to an activation: scaled, rounded half up, from 0 to 127. */
static uint8_t ecg_beat_activation(int32_t sum, int32_t multiplier)
{
    const int32_t value = (sum * multiplier + 0x8000) >> 16;
    return (uint8_t)(value < 0 ? 0 : value > 127 ? 127 : value);
}

#endif
