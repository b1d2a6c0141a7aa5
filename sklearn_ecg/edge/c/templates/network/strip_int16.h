#ifndef ECG_BEAT_STRIP_INT16_H
#define ECG_BEAT_STRIP_INT16_H

#include "activation_int16.h"
#include "layer.h"

/* Outputs that are summed at once. */
#define ECG_BEAT_STRIP 8

typedef int32_t ecg_beat_sum;

static inline ecg_beat_sum ecg_beat_start(int32_t bias)
{
    return bias;
}

#if !defined(__SSE4_1__)
static inline ecg_beat_cell ecg_beat_pooled(int32_t a, int32_t b, int32_t multiplier)
{
    return ecg_beat_activation(a > b ? a : b, multiplier);
}
#endif

/* Eight outputs, pooled to four. Returns the end of the pairs. */
#if defined(__SSE4_1__)
#include <smmintrin.h>
/* Pools eight sums to four and writes their activations. */
static inline void ecg_beat_store_eight(__m128i low, __m128i high, int32_t multiplier,
                                        ecg_beat_cell *out)
{
    const __m128 a = _mm_castsi128_ps(low), b = _mm_castsi128_ps(high);
    const __m128i even = _mm_castps_si128(_mm_shuffle_ps(a, b, 0x88));
    const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(a, b, 0xDD));
    const __m128i larger = _mm_max_epi32(even, odd), factor = _mm_set1_epi32(multiplier);
    const __m128i half = _mm_set1_epi64x(0x80000000LL);
    const __m128i first = _mm_add_epi64(_mm_mul_epi32(larger, factor), half);
    const __m128i second =
        _mm_add_epi64(_mm_mul_epi32(_mm_srli_epi64(larger, 32), factor), half);
    const __m128i scaled = _mm_blend_epi16(_mm_srli_epi64(first, 32), second, 0xCC);
    const __m128i packed = _mm_packs_epi32(scaled, scaled);
    const __m128i limited =
        _mm_min_epi16(_mm_max_epi16(packed, _mm_setzero_si128()), _mm_set1_epi16(2047));
    _mm_storel_epi64((__m128i *)(void *)out, limited);
}
#elif defined(__SSE2__)
#include <emmintrin.h>
static inline void ecg_beat_store_eight(__m128i low, __m128i high, int32_t multiplier,
                                        ecg_beat_cell *out)
{
    int32_t sums[8];
    _mm_storeu_si128((__m128i *)(void *)sums, low);
    _mm_storeu_si128((__m128i *)(void *)(sums + 4), high);
    for (int i = 0; i < 4; ++i) {
        out[i] = ecg_beat_pooled(sums[2 * i], sums[2 * i + 1], multiplier);
    }
}
#endif

#if defined(__SSE2__)
/* Compilers make vectors of the plain loop, below, at some of their levels only. */
static const int8_t *ecg_beat_strip(const ecg_beat_cell *x, const int8_t *pairs,
                                    int32_t start, uint32_t shift, ecg_beat_cell *out)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i low = _mm_set1_epi32(start), high = low;
    for (; pairs[1] != 0; pairs += 2) {
        x += (uint8_t)pairs[0];
        const __m128i cells = _mm_loadu_si128((const __m128i *)(const void *)x);
        const __m128i weight = _mm_set1_epi32((uint16_t)pairs[1]);
        low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi16(cells, zero), weight));
        high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi16(cells, zero), weight));
    }
    const int32_t multiplier = ecg_beat_multiplier(pairs, shift);
    ecg_beat_store_eight(low, high, multiplier, out);
    return pairs + 2;
}
#else
static const int8_t *ecg_beat_strip(const ecg_beat_cell *x, const int8_t *pairs,
                                    int32_t start, uint32_t shift, ecg_beat_cell *out)
{
    int32_t s0 = start, s1 = start, s2 = start, s3 = start;
    int32_t s4 = start, s5 = start, s6 = start, s7 = start;
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_UNALIGNED) && \
    defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN)
    int32_t weight, word;
/* Compilers load each input by itself. */
#define ECG_BEAT_TWO_OUTPUTS(offset, first, second)       \
    "ldr    %[word], [%[x], #" offset "]\n\t"        \
    "smlabb " first ", %[word], %[w], " first "\n\t" \
    "smlatb " second ", %[word], %[w], " second "\n\t"
    __asm__ volatile(
        ".syntax unified\n\t"
        "b     2f\n"
        "1:\n\t"
        ECG_BEAT_TWO_OUTPUTS("0", "%[s0]", "%[s1]")
        ECG_BEAT_TWO_OUTPUTS("4", "%[s2]", "%[s3]")
        ECG_BEAT_TWO_OUTPUTS("8", "%[s4]", "%[s5]")
        ECG_BEAT_TWO_OUTPUTS("12", "%[s6]", "%[s7]")
        "2:\n\t"
        "ldrsh %[w], [%[t]], #2\n\t"
        "uxtab %[x], %[x], %[w]\n\t"
        "uxtab %[x], %[x], %[w]\n\t"
        "asrs  %[w], %[w], #8\n\t"
        "bne   1b\n\t"
        : [x] "+r"(x), [t] "+r"(pairs), [w] "=&r"(weight), [word] "=&r"(word),
          [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3), [s4] "+r"(s4),
          [s5] "+r"(s5), [s6] "+r"(s6), [s7] "+r"(s7)
        :
        : "cc", "memory");
#else
    for (; pairs[1] != 0; pairs += 2) {
        const int32_t weight = pairs[1];
        x += (uint8_t)pairs[0];
        s0 += x[0] * weight;
        s1 += x[1] * weight;
        s2 += x[2] * weight;
        s3 += x[3] * weight;
        s4 += x[4] * weight;
        s5 += x[5] * weight;
        s6 += x[6] * weight;
        s7 += x[7] * weight;
    }
    pairs += 2;
#endif
    const int32_t multiplier = ecg_beat_multiplier(pairs - 2, shift);
    out[0] = ecg_beat_pooled(s0, s1, multiplier);
    out[1] = ecg_beat_pooled(s2, s3, multiplier);
    out[2] = ecg_beat_pooled(s4, s5, multiplier);
    out[3] = ecg_beat_pooled(s6, s7, multiplier);
    return pairs;
}
#endif

#endif
