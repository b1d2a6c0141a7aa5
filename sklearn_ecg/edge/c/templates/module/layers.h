#ifndef ECG_BEAT_LAYERS_H
#define ECG_BEAT_LAYERS_H

#if ECG_BEAT_LANES
#include "../network/convolve_lanes.h"
#else
#include "../network/convolve.h"
#endif
#include "../network/dense.h"
#if ECG_BEAT_NAMES
#include "../network/named.h"
#endif
#if ECG_BEAT_NIBBLES
#include "../network/decode_nibbles.h"
#endif
#if ECG_BEAT_BITMAP
#include "../network/decode_bitmap.h"
#endif
#if ECG_BEAT_ALL_WEIGHTS
#include "../network/decode_dense.h"
#endif
#if ECG_BEAT_RHYTHM
#if ECG_BEAT_STREAM
#include "../front_end/features_of_stream.h"
#else
#if ECG_BEAT_ROWS
#include "../front_end/features_of_row.h"
#else
#include "../front_end/rhythm.h"
#endif
#endif
#endif

/* generated: layers */
/* convolution_1: 2x1x3 weights, 6 of them not 0, as nibbles. */
static const ECG_BEAT_EVEN int8_t ecg_beat_convolution_1_code[14] = {
    3, 0, 0, -101, 127, -21, -42, 3, 0, 0, 48, 38, 18, 89
};
static const int16_t ecg_beat_convolution_1_bias[2] = {
    -47, 2960
};
static const ecg_beat_convolution ecg_beat_convolution_1 = {
    .layer = {
        .decode = ecg_beat_decode_nibbles,
        .code = ecg_beat_convolution_1_code,
        .bias = ecg_beat_convolution_1_bias,
        .bias_shift = 1,
        .multiplier_shift = 2,
        .n_outputs = 2,
        .n_weights = 3,
        .kernel_size = 3,
        .row_step = 14,
    },
    .n_strips = 1,
    .length = 8,
    .halo = 0,
    .padding = 0,
};

/* hidden: 3x18 weights, 45 of them not 0, as dense. */
static const ECG_BEAT_EVEN int8_t ecg_beat_hidden_code[57] = {
    86, 32, -40, 20, -79, 16, -2, -127, -5, 4, 2, -5, -17, 2, 2, -9, 0, 0, 112, -38,
    -25, -4, -29, 122, -44, 41, 72, -1, -3, 2, 5, 0, 0, -6, -3, 0, 0, 8, -10, -47, 30,
    30, -11, -40, 12, -127, 4, 3, -9, 0, -5, 4, -11, -5, 0, 0, -98
};
static const int16_t ecg_beat_hidden_bias[3] = {
    -71, 158, -299
};
static const ecg_beat_layer ecg_beat_hidden = {
    .decode = ecg_beat_decode_dense,
    .code = ecg_beat_hidden_code,
    .bias = ecg_beat_hidden_bias,
    .bias_shift = 2,
    .multiplier_shift = 6,
    .n_outputs = 3,
    .n_weights = 18,
    .kernel_size = 18,
    .row_step = 0,
};

/* output: 2x3 weights, 6 of them not 0, as bitmap. */
static const ECG_BEAT_EVEN int8_t ecg_beat_output_code[10] = {
    7, 14, -127, 4, 0, 7, -1, -45, -4, 0
};
static const int16_t ecg_beat_output_bias[2] = {
    267, 120
};
static const ecg_beat_layer ecg_beat_output = {
    .decode = ecg_beat_decode_bitmap,
    .code = ecg_beat_output_code,
    .bias = ecg_beat_output_bias,
    .bias_shift = 1,
    .multiplier_shift = 0,
    .n_outputs = 2,
    .n_weights = 3,
    .kernel_size = 3,
    .row_step = 0,
};

/* From one part of the scratch buffer to another, layer after layer. */
static int ecg_beat_run_layers(
#if ECG_BEAT_NAMES
    ecg_beat_cell *cells, const uint8_t *features, const uint8_t *names, int32_t *logits)
#else
#if ECG_BEAT_STREAM
    ecg_beat_cell *cells, const uint8_t *features, int32_t *logits)
#else
    ecg_beat_cell *cells, const ecg_beat_rr *rr, int32_t *logits)
#endif
#endif
{
    ecg_beat_convolve(&ecg_beat_convolution_1, cells, cells + 18);
#if ECG_BEAT_STREAM
    ecg_beat_features(features, cells + 34);
#else
    ecg_beat_features(rr, cells + 34);
#endif
    ecg_beat_dense(&ecg_beat_hidden, cells + 18, cells);
#if ECG_BEAT_NAMES
    if (names != NULL) {
        return ecg_beat_named_logits(&ecg_beat_output, names, cells, logits);
    }
#endif
    return ecg_beat_logits(&ecg_beat_output, cells, logits);
}
/* end */

#endif
