#ifndef ECG_BEAT_DECODE_DENSE_H
#define ECG_BEAT_DECODE_DENSE_H

#include "layer.h"
#include "put_pair.h"

/* All weights, a byte each. */
static const int8_t *ecg_beat_decode_dense(const ecg_beat_layer *l, const int8_t *code,
                                           int8_t *pairs)
{
    uint32_t in_row = 0, gap = 0;
    for (uint32_t i = 0; i < l->n_weights; ++i) {
        if (code[i] != 0) {
            pairs = ecg_beat_put_pair(pairs, gap, code[i]);
            gap = 0;
        }
        ++gap;
        if (++in_row == l->kernel_size) {
            in_row = 0;
            gap += l->row_step;
        }
    }
    (void)ecg_beat_put_pair(pairs, (uint8_t)code[l->n_weights], 0);
    return code + l->n_weights + 1;
}

#endif
