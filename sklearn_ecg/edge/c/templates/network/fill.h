#ifndef ECG_BEAT_FILL_H
#define ECG_BEAT_FILL_H

#include "layer.h"

/*
 * Writes a value n times; returns the end of what was written. Volatile, because
 * compilers would call memset for these few cells.
 */
static ecg_beat_cell *ecg_beat_fill(ecg_beat_cell *out, uint32_t n, ecg_beat_cell value)
{
    ecg_beat_cell *const end = out + n;
    while (out != end) {
        *(volatile ecg_beat_cell *)out = value;
        ++out;
    }
    return end;
}

#endif
