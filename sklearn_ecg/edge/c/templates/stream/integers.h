#ifndef ECG_BEAT_INTEGERS_H
#define ECG_BEAT_INTEGERS_H

#include "../module/ecg_beat.h"
#include "../module/numbers.h"
#if ECG_BEAT_MORPHOLOGY
#include "../front_end/root.h"
#endif

/*
 * Keeps a function in one piece, so that its code is there once, and its stack for a while;
 * or puts it into those that call it, as that is faster.
 */
#if defined(__GNUC__)
#define ECG_BEAT_APART_FROM_OTHERS __attribute__((noinline))
#define ECG_BEAT_WITHIN static inline __attribute__((always_inline))
#else
#define ECG_BEAT_APART_FROM_OTHERS
#define ECG_BEAT_WITHIN static inline
#endif

static uint32_t ecg_beat_at_most(uint32_t value, uint32_t most)
{
    return value > most ? most : value;
}

/* The number of bits that a number needs. */
static int32_t ecg_beat_bit_length(uint32_t value)
{
#if defined(__GNUC__)
    return value == 0 ? 0 : 32 - __builtin_clz(value);
#else
    int32_t bits = 0;
    for (; value > 0; value >>= 1) {
        ++bits;
    }
    return bits;
#endif
}
#if ECG_BEAT_LOGARITHMS

/* A binary logarithm in 1/1024, of a number above 0. */
static int32_t ecg_beat_logarithm(uint32_t value)
{
    const int32_t exponent = ecg_beat_bit_length(value) - 1;
    const int32_t part = (int32_t)((value << (31 - exponent)) >> 15 & 0xFFFFu);
    const int32_t bend = 14507 + ((part * (((part * 2733) >> 16) - 8107)) >> 16);
    /* part is below 2^16, so that the product needs all 32 bits. */
    const int32_t arc = (int32_t)(((uint32_t)part * (65536u - (uint32_t)part)) >> 16);
    return (exponent << 10) + ((part + ((arc * bend) >> 15) + 32) >> 6);
}
#endif
#if ECG_BEAT_RELATIVE

static int32_t ecg_beat_limited(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* A logarithm of a ratio, limited to what counts. */
static int32_t ecg_beat_limited_log(int32_t log)
{
    return ecg_beat_limited(log, -ECG_BEAT_LOG_MAX, ECG_BEAT_LOG_MAX);
}

/* A quotient rounded to the nearest, halves away from zero. */
static inline int32_t ecg_beat_divided(int32_t value, int32_t by)
{
    const int32_t half = by / 2;
    return (value < 0 ? value - half : value + half) / by;
}
#endif
#if ECG_BEAT_MORPHOLOGY

static uint32_t ecg_beat_size(int32_t value)
{
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

/* The binary logarithm of a ratio in 1/1024; 0 where one part is 0. */
static int32_t ecg_beat_log_ratio(uint32_t value, uint32_t by)
{
    return value == 0 || by == 0 ? 0 : ecg_beat_logarithm(value) - ecg_beat_logarithm(by);
}

/*
 * Shifts to the left, or to the right, rounded down, where places are negative. Saturates
 * at 2^30.
 */
static inline int32_t ecg_beat_shifted(int32_t value, int32_t places)
{
    if (places < 0) {
        return value >> -places;
    }
    const int32_t most = 0x3FFFFFFF >> places;
    return ecg_beat_limited(value, -most, most) * (1 << places);
}

/* The largest absolute value of a row. */
static uint32_t ecg_beat_largest(const int32_t *row, uint32_t n)
{
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; ++i) {
        const uint32_t size = ecg_beat_size(row[i]);
        largest = size > largest ? size : largest;
    }
    return largest;
}

/* Takes the mean out of a row. */
static void ecg_beat_around_mean(int32_t *row, uint32_t n)
{
    int32_t total = 0;
    for (uint32_t i = 0; i < n; ++i) {
        total += row[i];
    }
    const int32_t mean = ecg_beat_divided(total, (int32_t)n);
    for (uint32_t i = 0; i < n; ++i) {
        row[i] -= mean;
    }
}

/* What values are multiplied by, and then shifted to the right. */
typedef struct {
    int32_t factor, places;
} ecg_beat_scale;

/* The scale by which the largest absolute value of a row has 12 bits. */
static ecg_beat_scale ecg_beat_scale_of(uint32_t largest)
{
    const int32_t places = largest == 0 ? 0 : 12 - ecg_beat_bit_length(largest);
    const ecg_beat_scale scale = { places > 0 ? 1 << places : 1, places < 0 ? -places : 0 };
    return scale;
}

/* A row shifted so that its largest absolute value has 12 bits. */
static void ecg_beat_normalize(const int32_t *row, uint32_t n, int16_t *out)
{
    const ecg_beat_scale scale = ecg_beat_scale_of(ecg_beat_largest(row, n));
    for (uint32_t i = 0; i < n; ++i) {
        out[i] = (int16_t)((row[i] * scale.factor) >> scale.places);
    }
}

static inline int32_t ecg_beat_dot(const int16_t *one, const int16_t *other, uint32_t n)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < n; ++i) {
        sum += one[i] * other[i];
    }
    return sum;
}

/*
 * A squared correlation with its sign, times the squares of the other row, from sums of
 * products and of squares.
 */
static int32_t ecg_beat_squared_correlation(int32_t products, int32_t squares,
                                            int32_t of_other)
{
    uint32_t size = ecg_beat_size(products) >> 13;
    uint32_t by = (uint32_t)squares >> 13;
    if (squares <= 0 || of_other <= 0) {
        return 0;
    }
    size = size > 65535u ? 65535u : size;
    by = by == 0 ? 1u : by;
    const uint32_t score = size * size / by;
    const int32_t limited = score > 65535u ? 65535 : (int32_t)score;
    return products < 0 ? -limited : limited;
}

/* The correlation in 1/1024. */
static int32_t ecg_beat_correlation(int32_t score, int32_t of_other)
{
    uint32_t by = (uint32_t)of_other >> 13;
    if (of_other <= 0) {
        return 0;
    }
    by = by == 0 ? 1u : by;
    const uint32_t share = (ecg_beat_size(score) << 14) / by;
    const uint32_t size = ecg_beat_square_root((share > 16384u ? 16384u : share) << 6);
    return score < 0 ? -(int32_t)size : (int32_t)size;
}
#endif

#endif
