#ifndef ECG_BEAT_DENSE_H
#define ECG_BEAT_DENSE_H

#include "layer.h"
#if ECG_BEAT_INT16
#include "activation_int16.h"
#else
#include "activation_int8.h"
#endif

/* A sum of a dense layer, from a start; moves on to the weights of the next one. */
static int32_t ecg_beat_dense_sum(const ecg_beat_layer *l, int32_t sum, const int8_t **code,
                                  const ecg_beat_cell *x)
{
#if ECG_BEAT_DECODED_DENSE
    ECG_BEAT_EVEN int8_t buffer[2 * ECG_BEAT_MAX_PAIRS];
#endif
    const int8_t *pairs = *code;
    (void)l;
#if ECG_BEAT_DECODED_DENSE
    if (l->decode != NULL) {
        *code = l->decode(l, *code, buffer);
        pairs = buffer;
    }
#endif
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__) && \
    !defined(__ARM_BIG_ENDIAN)
    int32_t weight, value;
    /* Compilers take half as many instructions again. */
    __asm__ volatile(
        ".syntax unified\n\t"
        "b     2f\n"
        "1:\n\t"
#if ECG_BEAT_INT16
        "ldrsh %[value], [%[x]]\n\t"
#else
        "ldrb  %[value], [%[x]]\n\t"
#endif
        "mla   %[sum], %[value], %[w], %[sum]\n"
        "2:\n\t"
        "ldrsh %[w], [%[t]], #2\n\t"
        "uxtab %[x], %[x], %[w]\n\t"
#if ECG_BEAT_INT16
        "uxtab %[x], %[x], %[w]\n\t"
#endif
        "asrs  %[w], %[w], #8\n\t"
        "bne   1b\n\t"
        : [x] "+r"(x), [t] "+r"(pairs), [w] "=&r"(weight), [value] "=&r"(value),
          [sum] "+r"(sum)
        :
        : "cc", "memory");
#else
    for (; pairs[1] != 0; pairs += 2) {
        x += (uint8_t)pairs[0];
        sum += *x * pairs[1];
    }
    pairs += 2;
#endif
#if ECG_BEAT_DECODED_DENSE
    if (l->decode != NULL) {
        return sum;
    }
#endif
    *code = pairs;
    return sum;
}

/* A dense layer and ReLU. */
static void ecg_beat_dense(const ecg_beat_layer *l, const ecg_beat_cell *in,
                           ecg_beat_cell *out)
{
    const int8_t *code = l->code;
    /* Of their own, as a compiler would load them anew for each output. */
    const int16_t *const bias = l->bias;
    const int32_t one = (int32_t)(1u << l->bias_shift);
    const uint32_t n = l->n_outputs, shift = l->multiplier_shift;
    for (uint32_t i = 0; i < n; ++i) {
        const int32_t sum = ecg_beat_dense_sum(l, bias[i] * one, &code, in);
#if ECG_BEAT_DECODED_DENSE
        const int8_t *const end = l->decode != NULL ? code - 1 : code - 2;
#else
        const int8_t *const end = code - 2;
#endif
        out[i] = ecg_beat_activation(sum, ecg_beat_multiplier(end, shift));
    }
}

/* The last layer. Returns the output with the largest logit, the first of equals. */
static int ecg_beat_logits(const ecg_beat_layer *l, const ecg_beat_cell *in,
                           int32_t *logits)
{
    const int8_t *code = l->code;
    int best = 0;
    for (uint32_t i = 0; i < l->n_outputs; ++i) {
        logits[i] = ecg_beat_dense_sum(l, ecg_beat_bias(l, i), &code, in);
        if (logits[i] > logits[best]) {
            best = (int)i;
        }
    }
    return best;
}

#endif
