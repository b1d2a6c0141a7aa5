#ifndef ECG_BEAT_DECODE_NIBBLES_H
#define ECG_BEAT_DECODE_NIBBLES_H

#include "layer.h"
#include "put_pair.h"

/* The number of weights, the number of zeros before each in four bits, the weights. */
static const int8_t *ecg_beat_decode_nibbles(const ecg_beat_layer *l, const int8_t *code,
                                             int8_t *pairs)
{
    const uint32_t n = (uint8_t)*code++;
    const int8_t *weight = code + (n + 1u) / 2u;
    const int8_t *const end = weight + n;
    uint32_t in_row = 0, gap = 0, nibbles = 0;
    while (weight != end) {
        nibbles = nibbles > 0xFFu ? nibbles >> 4 : 0xF00u | (uint8_t)*code++;
        in_row += nibbles & 0xFu;
        gap += nibbles & 0xFu;
        while (in_row >= l->kernel_size) {
            in_row -= l->kernel_size;
            gap += l->row_step;
        }
        if (*weight != 0) {
            pairs = ecg_beat_put_pair(pairs, gap, *weight);
            gap = 0;
        }
        ++weight;
        ++in_row;
        ++gap;
    }
    (void)ecg_beat_put_pair(pairs, (uint8_t)*end, 0);
    return end + 1;
}

#endif
