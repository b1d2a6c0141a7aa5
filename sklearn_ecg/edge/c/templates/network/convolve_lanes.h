#ifndef ECG_BEAT_CONVOLVE_LANES_H
#define ECG_BEAT_CONVOLVE_LANES_H

#include "close_row.h"
#include "layer.h"
#include "strip_lanes.h"

/* A convolution, ReLU, and max-pooling by two, strip after strip of each output. */
static void ecg_beat_convolve(const ecg_beat_convolution *c, const ecg_beat_cell *in,
                              ecg_beat_cell *out)
{
    const ecg_beat_layer *const l = &c->layer;
    const int8_t *pairs = l->code;
    uint32_t *row = (uint32_t *)(void *)out + c->halo;
    for (uint32_t i = 0; i < l->n_outputs; ++i) {
        const uint32_t start = ecg_beat_start(ecg_beat_bias(l, i));
        const int8_t *end = pairs;
        const uint32_t *x = (const uint32_t *)(const void *)in;
        uint32_t *y = row;
#if ECG_BEAT_STRIPS
        for (uint32_t strip = c->n_strips; strip > 0; --strip) {
            end = ecg_beat_strip(x, pairs, start, l->multiplier_shift, y);
            x += 8;
            y += 4;
        }
#endif
#if ECG_BEAT_TAILS
        if (c->has_tail) {
            end = ecg_beat_tail(x, pairs, start, l->multiplier_shift, y);
        }
#endif
        pairs = end;
        ecg_beat_close_row(row, c->length, c->halo, 0);
        row += c->length + 2u * c->halo;
    }
}

#endif
