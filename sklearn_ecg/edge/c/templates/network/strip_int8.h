#ifndef ECG_BEAT_STRIP_INT8_H
#define ECG_BEAT_STRIP_INT8_H

#include "activation_int8.h"
#include "layer.h"

/* Outputs that are summed at once. */
#define ECG_BEAT_STRIP 16

/* Two sums: see ecg_beat_strip. */
typedef uint32_t ecg_beat_sum;

static inline ecg_beat_sum ecg_beat_start(int32_t bias)
{
    return 0x10001u * (uint32_t)(bias + 32768);
}

/*
 * Sixteen outputs, pooled to eight; returns the end of the pairs. Two sums share a word,
 * so that one multiplication adds to both: e0 to e3 hold those of outputs 0 and 2, 4 and
 * 6..., o0 to o3 those of 1 and 3, 5 and 7... A sum fits into its half once it is
 * complete, because none of such a layer exceeds 16 bits whatever the input, and all
 * start at 32768 so as not to be negative.
 */
#if defined(__ARM_FEATURE_SIMD32) && defined(__ARM_FEATURE_UNALIGNED) && \
    defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN)
/* Pools four sums to two and writes their activations. */
static inline void ecg_beat_store_four(uint32_t even, uint32_t odd, int32_t multiplier,
                                       uint8_t *out)
{
    (void)__usub16(even, odd);
    const int32_t larger = (int32_t)(__sel(even, odd) ^ 0x80008000u);
    out[0] = (uint8_t)__usat(__smlabb(larger, multiplier, 0x8000) >> 16, 7);
    out[1] = (uint8_t)__usat(__smlatb(larger, multiplier, 0x8000) >> 16, 7);
}

/* Compilers don't manage the loop without memory: it needs all registers but one. */
#define ECG_BEAT_FOUR_OUTPUTS(offset, even, odd)  \
    "ldr   %[word], [%[x], #" offset "]\n\t"      \
    "uxtb16 %[pair], %[word]\n\t"                 \
    "mla   " even ", %[pair], %[w], " even "\n\t" \
    "uxtb16 %[pair], %[word], ror #8\n\t"         \
    "mla   " odd ", %[pair], %[w], " odd "\n\t"

static const int8_t *ecg_beat_strip(const uint8_t *x, const int8_t *pairs, uint32_t start,
                                    uint32_t shift, uint8_t *out)
{
    uint32_t e0 = start, e1 = start, e2 = start, e3 = start;
    uint32_t o0 = start, o1 = start, o2 = start, o3 = start;
    uint32_t weight, word, pair;
    __asm__ volatile(
        ".syntax unified\n\t"
        "b     2f\n"
        "1:\n\t"
        ECG_BEAT_FOUR_OUTPUTS("0", "%[e0]", "%[o0]")
        ECG_BEAT_FOUR_OUTPUTS("4", "%[e1]", "%[o1]")
        ECG_BEAT_FOUR_OUTPUTS("8", "%[e2]", "%[o2]")
        ECG_BEAT_FOUR_OUTPUTS("12", "%[e3]", "%[o3]")
        "2:\n\t"
        "ldrsh %[w], [%[t]], #2\n\t"
        "uxtab %[x], %[x], %[w]\n\t"
        "asrs  %[w], %[w], #8\n\t"
        "bne   1b\n\t"
        : [x] "+r"(x), [t] "+r"(pairs), [w] "=&r"(weight), [word] "=&r"(word),
          [pair] "=&r"(pair), [e0] "+r"(e0), [e1] "+r"(e1), [e2] "+r"(e2),
          [e3] "+r"(e3), [o0] "+r"(o0), [o1] "+r"(o1), [o2] "+r"(o2), [o3] "+r"(o3)
        :
        : "cc", "memory");
    const int32_t multiplier = ecg_beat_multiplier(pairs - 2, shift);
    ecg_beat_store_four(e0, o0, multiplier, out);
    ecg_beat_store_four(e1, o1, multiplier, out + 2);
    ecg_beat_store_four(e2, o2, multiplier, out + 4);
    ecg_beat_store_four(e3, o3, multiplier, out + 6);
    return pairs;
}
#elif defined(__SSE2__) || defined(__ARM_NEON)
/* Compilers make vectors of these loops. Each sum has 16 bits of its own here; what it
   loses on the way, it doesn't need once it is complete. */
static const int8_t *ecg_beat_strip(const uint8_t *x, const int8_t *pairs, uint32_t start,
                                    uint32_t shift, uint8_t *out)
{
    uint16_t sums[16];
    for (int i = 0; i < 16; ++i) {
        sums[i] = (uint16_t)start;
    }
    for (; pairs[1] != 0; pairs += 2) {
        const uint16_t weight = (uint16_t)pairs[1];
        x += (uint8_t)pairs[0];
        for (int i = 0; i < 16; ++i) {
            sums[i] = (uint16_t)(sums[i] + x[i] * weight);
        }
    }
    const int32_t multiplier = ecg_beat_multiplier(pairs, shift);
    for (int i = 0; i < 8; ++i) {
        const int32_t a = sums[2 * i], b = sums[2 * i + 1];
        out[i] = ecg_beat_activation((a > b ? a : b) - 32768, multiplier);
    }
    return pairs + 2;
}
#else
static inline uint32_t ecg_beat_larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Pools four sums to two and writes their activations. */
static inline void ecg_beat_store_four(uint32_t even, uint32_t odd, int32_t multiplier,
                                       uint8_t *out)
{
    const uint32_t first = ecg_beat_larger(even & 0xFFFFu, odd & 0xFFFFu);
    const uint32_t second = ecg_beat_larger(even >> 16, odd >> 16);
    out[0] = ecg_beat_activation((int32_t)first - 32768, multiplier);
    out[1] = ecg_beat_activation((int32_t)second - 32768, multiplier);
}

/* Adds four inputs, the first in the lowest bits, to the sums of four outputs. */
static inline void ecg_beat_add_four(const uint8_t *x, uint32_t weight, uint32_t *even,
                                     uint32_t *odd)
{
    const uint32_t word =
        (uint32_t)x[0] | (uint32_t)x[1] << 8 | (uint32_t)x[2] << 16 | (uint32_t)x[3] << 24;
    *even += (word & 0x00FF00FFu) * weight;
    *odd += (word >> 8 & 0x00FF00FFu) * weight;
}

static const int8_t *ecg_beat_strip(const uint8_t *x, const int8_t *pairs, uint32_t start,
                                    uint32_t shift, uint8_t *out)
{
    uint32_t e0 = start, e1 = start, e2 = start, e3 = start;
    uint32_t o0 = start, o1 = start, o2 = start, o3 = start;
    for (; pairs[1] != 0; pairs += 2) {
        const uint32_t weight = (uint32_t)(int32_t)pairs[1];
        x += (uint8_t)pairs[0];
        ecg_beat_add_four(x, weight, &e0, &o0);
        ecg_beat_add_four(x + 4, weight, &e1, &o1);
        ecg_beat_add_four(x + 8, weight, &e2, &o2);
        ecg_beat_add_four(x + 12, weight, &e3, &o3);
    }
    const int32_t multiplier = ecg_beat_multiplier(pairs, shift);
    ecg_beat_store_four(e0, o0, multiplier, out);
    ecg_beat_store_four(e1, o1, multiplier, out + 2);
    ecg_beat_store_four(e2, o2, multiplier, out + 4);
    ecg_beat_store_four(e3, o3, multiplier, out + 6);
    return pairs + 2;
}
#endif

#endif
