#ifndef ECG_BEAT_LAYERS_H
#define ECG_BEAT_LAYERS_H

#include "../network/convolve.h"
#include "../network/dense.h"
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
#if ECG_BEAT_ROWS
#include "../front_end/features_of_row.h"
#else
#include "../front_end/rhythm.h"
#endif
#endif

/* generated: layers */
static const int8_t ecg_beat_convolution_1_code[] = {0, 1, 0, 0};
static const int16_t ecg_beat_convolution_1_bias[] = {0};
static const uint8_t ecg_beat_convolution_1_multiplier[] = {128};
static const ecg_beat_convolution ecg_beat_convolution_1 = {
    .layer = {
        .decode = NULL,
        .code = ecg_beat_convolution_1_code,
        .bias = ecg_beat_convolution_1_bias,
        .multiplier = ecg_beat_convolution_1_multiplier,
        .bias_unit = 1,
        .multiplier_unit = 1,
        .n_outputs = 1,
        .n_weights = 3,
        .kernel_size = 3,
        .row_step = 14,
    },
    .n_strips = 1,
    .length = 8,
    .halo = 0,
    .padding = 0,
};

static const int8_t ecg_beat_output_code[] = {1, 2, 0, 0, 1, 2, 3};
static const int16_t ecg_beat_output_bias[] = {0, 0};
static const ecg_beat_layer ecg_beat_output = {
    .decode = ecg_beat_decode_bitmap,
    .code = ecg_beat_output_code,
    .bias = ecg_beat_output_bias,
    .multiplier = NULL,
    .bias_unit = 1,
    .multiplier_unit = 1,
    .n_outputs = 2,
    .n_weights = 10,
    .kernel_size = 10,
    .row_step = 0,
};

/* From one part of the scratch buffer to another, layer after layer. */
static int ecg_beat_run_layers(ecg_beat_cell *cells, const ecg_beat_rr *rr, int32_t *logits)
{
    ecg_beat_convolve(&ecg_beat_convolution_1, cells, cells + 40);
    ecg_beat_features(rr, cells + 48);
    return ecg_beat_logits(&ecg_beat_output, cells + 40, logits);
}
/* end */

#endif
