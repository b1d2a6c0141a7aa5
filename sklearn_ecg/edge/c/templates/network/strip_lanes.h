#ifndef ECG_BEAT_STRIP_LANES_H
#define ECG_BEAT_STRIP_LANES_H

#include "activation_int8.h"
#include "layer.h"

#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "made for little-endian processors; export with optimize='speed'"
#endif
#endif

static inline uint32_t ecg_beat_start(int32_t bias)
{
    return 0x10001u * (uint32_t)(bias + 32768);
}

#if defined(__ARM_FEATURE_SIMD32) && defined(__GNUC__)
/* The larger of two sums each, and their activations. */
static inline uint32_t ecg_beat_pooled(uint32_t even, uint32_t odd, int32_t multiplier)
{
    (void)__usub16(even, odd);
    const int32_t larger = (int32_t)(__sel(even, odd) ^ 0x80008000u);
    const int32_t first = __smlabb(larger, multiplier, 0x8000);
    const int32_t second = __smlatb(larger, multiplier, 0x8000);
    uint32_t both;
    /* No compiler uses these of its own accord. */
    __asm__("pkhtb  %0, %1, %2, asr #16\n\t"
            "usat16 %0, #7, %0"
            : "=r"(both)
            : "r"(second), "r"(first));
    return both;
}
#else
/* The larger of two sums each, and their activations. */
static inline uint32_t ecg_beat_pooled(uint32_t even, uint32_t odd, int32_t multiplier)
{
    const uint32_t even_low = even & 0xFFFFu, even_high = even >> 16;
    const uint32_t odd_low = odd & 0xFFFFu, odd_high = odd >> 16;
    const int32_t low = (int32_t)(even_low > odd_low ? even_low : odd_low) - 32768;
    const int32_t high = (int32_t)(even_high > odd_high ? even_high : odd_high) - 32768;
    return (uint32_t)ecg_beat_activation(low, multiplier) |
           (uint32_t)ecg_beat_activation(high, multiplier) << 16;
}
#endif

/*
 * Sums of 16 or 8 outputs, pooled to half of them; returns the end of the pairs. A word
 * holds two sums as it holds two inputs, so that one multiplication adds to both. A sum
 * fits into its half once it is complete, because none of such a layer exceeds 16 bits
 * whatever the input, and all start at 32768 so as not to be negative.
 */
#if defined(__thumb2__) && defined(__GNUC__)
/* Compilers don't manage the loop without memory: it needs all registers but one. */
#define ECG_BEAT_TWO_WORDS(offset, first, second)        \
    "ldrd  %[one], %[two], [%[x], #" offset "]\n\t"      \
    "mla   " first ", %[one], %[w], " first "\n\t"       \
    "mla   " second ", %[two], %[w], " second "\n\t"
#define ECG_BEAT_FIRST_PAIR \
    ".syntax unified\n\t"   \
    "b     2f\n"            \
    "1:\n\t"
#define ECG_BEAT_NEXT_PAIR                   \
    "2:\n\t"                                 \
    "ldrsh %[w], [%[t]], #2\n\t"             \
    "uxtb  %[one], %[w]\n\t"                 \
    "add   %[x], %[x], %[one], lsl #2\n\t"   \
    "asrs  %[w], %[w], #8\n\t"               \
    "bne   1b\n\t"
#if ECG_BEAT_STRIPS

static const int8_t *ecg_beat_strip(const uint32_t *x, const int8_t *pairs, uint32_t start,
                                    uint32_t shift, uint32_t *out)
{
    uint32_t s0 = start, s1 = start, s2 = start, s3 = start;
    uint32_t s4 = start, s5 = start, s6 = start, s7 = start;
    uint32_t weight, one, two;
    __asm__ volatile(
        ECG_BEAT_FIRST_PAIR
        ECG_BEAT_TWO_WORDS("0", "%[s0]", "%[s1]")
        ECG_BEAT_TWO_WORDS("8", "%[s2]", "%[s3]")
        ECG_BEAT_TWO_WORDS("16", "%[s4]", "%[s5]")
        ECG_BEAT_TWO_WORDS("24", "%[s6]", "%[s7]")
        ECG_BEAT_NEXT_PAIR
        : [x] "+r"(x), [t] "+r"(pairs), [w] "=&r"(weight), [one] "=&r"(one),
          [two] "=&r"(two), [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3),
          [s4] "+r"(s4), [s5] "+r"(s5), [s6] "+r"(s6), [s7] "+r"(s7)
        :
        : "cc", "memory");
    const int32_t multiplier = ecg_beat_multiplier(pairs - 2, shift);
    out[0] = ecg_beat_pooled(s0, s1, multiplier);
    out[1] = ecg_beat_pooled(s2, s3, multiplier);
    out[2] = ecg_beat_pooled(s4, s5, multiplier);
    out[3] = ecg_beat_pooled(s6, s7, multiplier);
    return pairs;
}
#endif
#if ECG_BEAT_TAILS

static const int8_t *ecg_beat_tail(const uint32_t *x, const int8_t *pairs, uint32_t start,
                                   uint32_t shift, uint32_t *out)
{
    uint32_t s0 = start, s1 = start, s2 = start, s3 = start;
    uint32_t weight, one, two;
    __asm__ volatile(
        ECG_BEAT_FIRST_PAIR
        ECG_BEAT_TWO_WORDS("0", "%[s0]", "%[s1]")
        ECG_BEAT_TWO_WORDS("8", "%[s2]", "%[s3]")
        ECG_BEAT_NEXT_PAIR
        : [x] "+r"(x), [t] "+r"(pairs), [w] "=&r"(weight), [one] "=&r"(one),
          [two] "=&r"(two), [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3)
        :
        : "cc", "memory");
    const int32_t multiplier = ecg_beat_multiplier(pairs - 2, shift);
    out[0] = ecg_beat_pooled(s0, s1, multiplier);
    out[1] = ecg_beat_pooled(s2, s3, multiplier);
    return pairs;
}
#endif
#else
#if ECG_BEAT_STRIPS

static const int8_t *ecg_beat_strip(const uint32_t *x, const int8_t *pairs, uint32_t start,
                                    uint32_t shift, uint32_t *out)
{
    uint32_t sums[8];
    for (int i = 0; i < 8; ++i) {
        sums[i] = start;
    }
    for (; pairs[1] != 0; pairs += 2) {
        const uint32_t weight = (uint32_t)(int32_t)pairs[1];
        x += (uint8_t)pairs[0];
        for (int i = 0; i < 8; ++i) {
            sums[i] += x[i] * weight;
        }
    }
    const int32_t multiplier = ecg_beat_multiplier(pairs, shift);
    for (int i = 0; i < 4; ++i) {
        out[i] = ecg_beat_pooled(sums[2 * i], sums[2 * i + 1], multiplier);
    }
    return pairs + 2;
}
#endif
#if ECG_BEAT_TAILS

static const int8_t *ecg_beat_tail(const uint32_t *x, const int8_t *pairs, uint32_t start,
                                   uint32_t shift, uint32_t *out)
{
    uint32_t s0 = start, s1 = start, s2 = start, s3 = start;
    for (; pairs[1] != 0; pairs += 2) {
        const uint32_t weight = (uint32_t)(int32_t)pairs[1];
        x += (uint8_t)pairs[0];
        s0 += x[0] * weight;
        s1 += x[1] * weight;
        s2 += x[2] * weight;
        s3 += x[3] * weight;
    }
    const int32_t multiplier = ecg_beat_multiplier(pairs, shift);
    out[0] = ecg_beat_pooled(s0, s1, multiplier);
    out[1] = ecg_beat_pooled(s2, s3, multiplier);
    return pairs + 2;
}
#endif
#endif

#endif
