#ifndef ECG_BEAT_ROOT_H
#define ECG_BEAT_ROOT_H

#include "../module/ecg_beat.h"

/* The root of a number, rounded down. */
static uint32_t ecg_beat_square_root(uint32_t number)
{
    uint32_t root = 0;
    for (uint32_t bit = 0x8000u; bit > 0; bit >>= 1) {
        if ((root | bit) * (root | bit) <= number) {
            root |= bit;
        }
    }
    return root;
}

#endif
