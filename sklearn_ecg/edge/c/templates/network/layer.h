#ifndef ECG_BEAT_LAYER_H
#define ECG_BEAT_LAYER_H

#include "../module/ecg_beat.h"
#include "../module/numbers.h"

#include <stddef.h>

#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#endif

/* What a layer hands to the next, and samples of a window. */
#if ECG_BEAT_INT16
typedef int16_t ecg_beat_cell;
#else
typedef uint8_t ecg_beat_cell;
#endif

/* What is stored at once of a window. */
#if ECG_BEAT_LANES
typedef uint32_t ecg_beat_stored;
#else
typedef ecg_beat_cell ecg_beat_stored;
#endif

typedef char ecg_beat_int_has_32_bits[sizeof(int) == 4 ? 1 : -1];

/* Right shifts of negative numbers have to round down, as on every compiler known. */
typedef char ecg_beat_right_shift_is_arithmetic[((-1) >> 1) == -1 ? 1 : -1];

/* Pairs begin at even addresses where they may be loaded at once. */
#if defined(__GNUC__)
#define ECG_BEAT_EVEN __attribute__((aligned(2)))
#else
#define ECG_BEAT_EVEN
#endif

/*
 * Weights that aren't 0 come in pairs of bytes: how many cells their input is from that of
 * the weight before, and the weight. A weight of 0 ends the pairs of an output; beside it
 * is its multiplier.
 */
typedef struct ecg_beat_layer {
#if ECG_BEAT_DECODED
    /* Makes pairs of the weights of an output; returns where those of the next are. NULL
       if they are stored as pairs. */
    const int8_t *(*decode)(const struct ecg_beat_layer *l, const int8_t *code,
                            int8_t *pairs);
#endif
    const int8_t *code;       /* weights and multipliers, output after output */
    const int16_t *bias;      /* of each output, in units of 2^bias_shift */
    uint8_t bias_shift;
    uint8_t multiplier_shift; /* multipliers are in units of 2^multiplier_shift */
    uint16_t n_outputs;
#if ECG_BEAT_DECODED
    uint16_t n_weights; /* of an output, zeros included */
    uint16_t kernel_size;
    uint16_t row_step; /* cells from one input row to the next, less kernel_size */
#endif
} ecg_beat_layer;

/* What the sum of an output starts from. */
static inline int32_t ecg_beat_bias(const ecg_beat_layer *l, uint32_t i)
{
    return l->bias[i] * (int32_t)(1u << l->bias_shift);
}

/* The multiplier of an output, whose byte stands before code. */
static inline int32_t ecg_beat_multiplier(const int8_t *end, uint32_t shift)
{
    return (int32_t)((uint32_t)(uint8_t)*end << shift);
}

#if ECG_BEAT_LANES
/* Lengths are in words: of a sample, and of that half a row later. */
typedef struct {
    ecg_beat_layer layer;
    uint16_t n_strips; /* of 16 outputs, in a row of outputs */
    uint16_t has_tail; /* one of 8 outputs comes after them */
    uint16_t length;   /* of a row of outputs, after pooling */
    uint16_t halo;     /* before and after it */
} ecg_beat_convolution;
#else
typedef struct {
    ecg_beat_layer layer;
    uint16_t n_strips; /* strips in a row of outputs */
    uint16_t length;   /* of a row of outputs, after pooling */
    uint16_t halo;     /* zeros before the first row of outputs */
    uint16_t padding;  /* zeros after each row of outputs */
} ecg_beat_convolution;
#endif

#endif
