#ifndef ECG_BEAT_PUT_PAIR_H
#define ECG_BEAT_PUT_PAIR_H

#include "layer.h"

/* Writes a pair; gaps that are too long for one are bridged by weights that cancel. */
static int8_t *ecg_beat_put_pair(int8_t *pairs, uint32_t gap, int8_t weight)
{
    while (gap > 255u) {
        *pairs++ = -1; /* 255, as a signed byte */
        *pairs++ = 1;
        *pairs++ = 0;
        *pairs++ = -1;
        gap -= 255u;
    }
    *pairs++ = (int8_t)(gap > 127u ? (int32_t)gap - 256 : (int32_t)gap);
    *pairs++ = weight;
    return pairs;
}

#endif
