#ifndef ECG_BEAT_NAMED_H
#define ECG_BEAT_NAMED_H

#include "dense.h"

/* A number of two bytes of a table of names, or of four. */
static uint32_t ecg_beat_two_bytes(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t ecg_beat_four_bytes(const uint8_t *at)
{
    return ecg_beat_two_bytes(at) | ecg_beat_two_bytes(at + 2) << 16;
}

/* The checksum of a table: CRC-32, as zlib computes it. */
static uint32_t ecg_beat_checksum(const uint8_t *table, uint32_t n_bytes)
{
    uint32_t sum = 0xFFFFFFFFu;
    for (uint32_t i = 0; i < n_bytes; ++i) {
        sum ^= table[i];
        for (uint32_t bit = 0; bit < 8u; ++bit) {
            sum = (sum >> 1) ^ ((sum & 1u) != 0 ? 0xEDB88320u : 0u);
        }
    }
    return ~sum;
}

/* Whether a table is whole, and of this model. */
static int ecg_beat_check_names(const uint8_t *table, uint32_t n_bytes)
{
    if (n_bytes < 8u || ecg_beat_two_bytes(table + 2) != n_bytes ||
        ecg_beat_checksum(table, n_bytes - 4u) !=
            ecg_beat_four_bytes(table + (n_bytes - 4u))) {
        return ECG_BEAT_NAMES_DAMAGED;
    }
    if (table[0] != ECG_BEAT_NAMES_VERSION || n_bytes != ECG_BEAT_NAMES_BYTES ||
        ecg_beat_four_bytes(table + 4) != ECG_BEAT_MODEL ||
        (table[1] & 128u) != ECG_BEAT_NAMES_LAYOUT) {
        return ECG_BEAT_NAMES_OF_ANOTHER;
    }
    return ECG_BEAT_NAMES_TAKEN;
}

/*
 * The last layer with the biases and weights of a table: what they weigh is where it was.
 * Returns the output with the largest logit, the first of equals.
 */
static int ecg_beat_named_logits(const ecg_beat_layer *l, const uint8_t *table,
                                 const ecg_beat_cell *in, int32_t *logits)
{
    const int8_t *code = l->code;
    const uint8_t *bias = table + 8, *weight = table + 8 + 2u * ECG_BEAT_N_CLASSES;
    const int32_t one = (int32_t)(1u << (table[1] & 31u));
    const int32_t step = (int32_t)(1u << (table[1] >> 5 & 3u));
    int best = 0;
    for (uint32_t i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
#if ECG_BEAT_DECODED_DENSE
        ECG_BEAT_EVEN int8_t buffer[2 * ECG_BEAT_MAX_PAIRS];
#endif
        const int8_t *pairs = code;
        const ecg_beat_cell *x = in;
        int32_t sum = 0;
#if ECG_BEAT_DECODED_DENSE
        if (l->decode != NULL) {
            code = l->decode(l, code, buffer);
            pairs = buffer;
        }
#endif
        for (; pairs[1] != 0; pairs += 2) {
            x += (uint8_t)pairs[0];
            if (pairs[3] != 0 && pairs[2] == 0) {
                pairs += 2; /* both only go on to a far input */
            } else {
                sum += *x * (int8_t)*weight;
                ++weight;
            }
        }
#if ECG_BEAT_DECODED_DENSE
        code = l->decode != NULL ? code : pairs + 2;
#else
        code = pairs + 2;
#endif
        logits[i] = (int16_t)ecg_beat_two_bytes(bias + 2u * i) * one + sum * step;
        best = logits[i] > logits[best] ? (int)i : best;
    }
    return best;
}

#endif
