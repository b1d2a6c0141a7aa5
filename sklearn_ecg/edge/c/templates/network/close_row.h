#ifndef ECG_BEAT_CLOSE_ROW_H
#define ECG_BEAT_CLOSE_ROW_H

#include "layer.h"

/*
 * Writes what is before and after a row of words: beyond one half of the row lies the
 * other, and beyond that as many zeros.
 */
static void ecg_beat_close_row(uint32_t *row, uint32_t length, uint32_t halo, uint32_t zero)
{
    for (uint32_t i = 0; i < halo; ++i) {
        *(row - halo + i) = row[length - halo + i] << 16 | zero;
        row[length + i] = row[i] >> 16 | zero << 16;
    }
}

#endif
