#ifndef ECG_BEAT_DECODE_BITMAP_H
#define ECG_BEAT_DECODE_BITMAP_H

#include "layer.h"
#include "put_pair.h"

/* A bit for each weight, then the weights that aren't 0; the multiplier. */
static const int8_t *ecg_beat_decode_bitmap(const ecg_beat_layer *l, const int8_t *code,
                                            int8_t *pairs)
{
    const int8_t *weight = code + (l->n_weights + 7u) / 8u;
    uint32_t in_row = 0, gap = 0, bits = 0;
    for (uint32_t i = 0; i < l->n_weights; ++i) {
        bits = i % 8u == 0 ? (uint8_t)*code++ : bits >> 1;
        if (bits & 1u) {
            pairs = ecg_beat_put_pair(pairs, gap, *weight++);
            gap = 0;
        }
        ++gap;
        if (++in_row == l->kernel_size) {
            in_row = 0;
            gap += l->row_step;
        }
    }
    (void)ecg_beat_put_pair(pairs, (uint8_t)*weight, 0);
    return weight + 1;
}

#endif
