#ifndef ECG_BEAT_CONVOLVE_H
#define ECG_BEAT_CONVOLVE_H

#include "fill.h"
#include "layer.h"
#if ECG_BEAT_INT16
#include "strip_int16.h"
#else
#include "strip_int8.h"
#endif

/* A convolution, ReLU, and max-pooling by two, strip after strip of each output. */
static void ecg_beat_convolve(const ecg_beat_convolution *c, const ecg_beat_cell *in,
                              ecg_beat_cell *out)
{
    const ecg_beat_layer *const l = &c->layer;
#if ECG_BEAT_DECODED_CONVOLUTIONS
    ECG_BEAT_EVEN int8_t buffer[2 * ECG_BEAT_MAX_PAIRS];
#endif
    const int8_t *code = l->code;
    out = ecg_beat_fill(out, c->halo, 0);
    for (uint32_t i = 0; i < l->n_outputs; ++i) {
        const ecg_beat_sum start = ecg_beat_start(ecg_beat_bias(l, i));
        const int8_t *pairs = code;
#if ECG_BEAT_PAIRED_CONVOLUTIONS
        const int8_t *end = pairs;
#endif
#if ECG_BEAT_DECODED_CONVOLUTIONS
#if ECG_BEAT_PAIRED_CONVOLUTIONS
        if (l->decode != NULL) {
            code = l->decode(l, code, buffer);
            pairs = buffer;
        }
#else
        code = l->decode(l, code, buffer);
        pairs = buffer;
#endif
#endif
        const ecg_beat_cell *x = in;
        ecg_beat_cell *row = out;
        for (uint32_t strip = c->n_strips; strip > 0; --strip) {
#if ECG_BEAT_PAIRED_CONVOLUTIONS
            end = ecg_beat_strip(x, pairs, start, l->multiplier_shift, row);
#else
            (void)ecg_beat_strip(x, pairs, start, l->multiplier_shift, row);
#endif
            x += ECG_BEAT_STRIP;
            row += ECG_BEAT_STRIP / 2;
        }
#if ECG_BEAT_PAIRED_CONVOLUTIONS
#if ECG_BEAT_DECODED_CONVOLUTIONS
        code = l->decode != NULL ? code : end;
#else
        code = end;
#endif
#endif
        out = ecg_beat_fill(out + c->length, c->padding, 0);
    }
}

#endif
