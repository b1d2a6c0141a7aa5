#ifndef ECG_BEAT_STREAM_RHYTHM_H
#define ECG_BEAT_STREAM_RHYTHM_H

#include "integers.h"
#if ECG_BEAT_INTERVALS
#include "../front_end/intervals.h"
#endif
#if ECG_BEAT_RHYTHM
#include "features.h"
#endif

/* An interval in ms, rounded, of at least 1. */
static uint16_t ecg_beat_milliseconds(uint32_t n_samples)
{
    const uint32_t n = n_samples < ECG_BEAT_MOST_COUNTED ? n_samples : ECG_BEAT_MOST_COUNTED;
    const uint32_t milliseconds = (n * ECG_BEAT_MS_PER_SAMPLE + 32768u) >> 16;
    return (uint16_t)(milliseconds == 0 ? 1u : milliseconds);
}
#if ECG_BEAT_INTERVALS

/* Takes an interval, if it is known; returns the mean of the last ten. */
static uint16_t ecg_beat_local(ecg_beat_patient *p, uint16_t rr_prev)
{
    uint32_t sum = 0;
    if (rr_prev != 0) {
        p->local[p->local_place] = rr_prev;
        p->local_place = (uint8_t)(p->local_place == 9u ? 0u : p->local_place + 1u);
        p->n_local = (uint8_t)(p->n_local < 10u ? p->n_local + 1u : 10u);
    }
    for (uint32_t i = 0; i < p->n_local; ++i) {
        sum += p->local[i];
    }
    return (uint16_t)(p->n_local == 0 ? 0u : (sum + p->n_local / 2u) / p->n_local);
}

/* The intervals around a beat. */
static void ecg_beat_put_intervals(ecg_beat_patient *p, uint16_t rr_next)
{
    const uint32_t local =
        ecg_beat_known_interval(p->rr_local, ecg_beat_known_interval(p->rr_prev, 1000));
    const uint32_t before = ecg_beat_known_interval(p->rr_prev, local);
    const uint32_t after = ecg_beat_known_interval(rr_next, local);
    ecg_beat_put(p, ECG_BEAT_FEATURE_RR_PREV, (int32_t)before);
    ecg_beat_put(p, ECG_BEAT_FEATURE_RR_NEXT, (int32_t)after);
    ecg_beat_put(p, ECG_BEAT_FEATURE_RR_LOCAL, (int32_t)local);
    ecg_beat_put(p, ECG_BEAT_FEATURE_RR_PREV_RATIO, (int32_t)ecg_beat_ratio(before, local));
    ecg_beat_put(p, ECG_BEAT_FEATURE_RR_NEXT_RATIO, (int32_t)ecg_beat_ratio(after, local));
}
#endif

/* Moves the running median of the intervals, in 1/65536 ms, or another quantile. */
static void ecg_beat_move_quantile(ecg_beat_running *q, int32_t value, int32_t up)
{
    if (q->n == 0) {
        q->value = value;
    }
    q->n = (uint16_t)(q->n == 65535u ? 65535u : q->n + 1u);
    int32_t share = 65536 / q->n;
    share = share > 16384 ? 16384 : share < 262 ? 262 : share;
    const int32_t step = ((q->value >> 12) * share) >> 8;
    q->value += value > q->value ? (step * up) >> 4 : -((step * (512 - up)) >> 4);
}

/* The running median of the intervals, in ms. */
static inline uint32_t ecg_beat_median_interval(const ecg_beat_patient *p)
{
#if ECG_BEAT_RELATIVE
    return (uint32_t)p->typical[ECG_BEAT_N_MEANS].value >> 16;
#else
    return (uint32_t)p->median.value >> 16;
#endif
}
#if ECG_BEAT_RELATIVE

static void ecg_beat_move_mean(ecg_beat_running *m, int32_t value, uint32_t n_values)
{
    m->n = (uint16_t)(m->n < n_values ? m->n + 1u : n_values);
    m->value += ecg_beat_divided(value - m->value, m->n);
}

static const uint16_t ecg_beat_means[ECG_BEAT_N_MEANS] = { 4, 8, 16, 32, 64, 256 };
static const uint16_t ecg_beat_jumps[2] = { 32, 256 };
static const uint16_t ecg_beat_quantiles[3] = { 256, 384, 461 };

/* Stores a feature of the rhythm; some are told of the beats after, too. */
static void ecg_beat_put_rhythm(ecg_beat_patient *p, uint32_t feature, int32_t value)
{
    ecg_beat_put(p, feature, value);
#if ECG_BEAT_MORPHOLOGY
    if (feature == ECG_BEAT_FEATURE_PREV_OVER + ECG_BEAT_N_MEANS) {
        p->now[ECG_BEAT_NOW_RR_OVER_MEDIAN] = (int16_t)value;
    }
    if (feature == ECG_BEAT_FEATURE_PREV_OVER + ECG_BEAT_N_TYPICAL - 1u) {
        p->now[ECG_BEAT_NOW_RR_OVER_BEFORE] = (int16_t)value;
    }
#endif
}

/* Stores the logarithms of an interval over what is typical, and over that before it. */
static void ecg_beat_put_ratios(ecg_beat_patient *p, uint32_t first, uint32_t interval,
                                uint32_t before)
{
    const int32_t log = ecg_beat_logarithm(interval << 16);
    for (uint32_t i = 0; i < ECG_BEAT_N_TYPICAL; ++i) {
        const uint32_t typical =
            i + 1u < ECG_BEAT_N_TYPICAL ? (uint32_t)p->typical[i].value : before << 16;
        const int32_t ratio = log - ecg_beat_logarithm(typical == 0 ? 1u : typical);
        ecg_beat_put_rhythm(p, first + i, ecg_beat_limited(ratio, -4432, 4432));
    }
}

/* Compares the interval before a beat with what is typical, it included. */
static void ecg_beat_compare_rr_prev(ecg_beat_patient *p, uint16_t rr_prev)
{
    const uint32_t interval = rr_prev > 3000u ? 3000u : rr_prev;
    const uint32_t before = p->before == 0 ? interval : p->before;
    p->before = (uint16_t)interval;
    if (interval == 0) {
        for (uint32_t i = 0; i < ECG_BEAT_N_TYPICAL; ++i) {
            ecg_beat_put_rhythm(p, ECG_BEAT_FEATURE_PREV_OVER + i, 0);
        }
        ecg_beat_put(p, ECG_BEAT_FEATURE_IRREGULARITY, 31);
        ecg_beat_put(p, ECG_BEAT_FEATURE_IRREGULARITY + 1u, 31);
        return;
    }
    for (uint32_t i = 0; i < ECG_BEAT_N_MEANS; ++i) {
        ecg_beat_move_mean(&p->typical[i], (int32_t)(interval << 16), ecg_beat_means[i]);
    }
    for (uint32_t i = 0; i < 3; ++i) {
        ecg_beat_move_quantile(&p->typical[ECG_BEAT_N_MEANS + i], (int32_t)(interval << 16),
                               ecg_beat_quantiles[i]);
    }
    ecg_beat_put_ratios(p, ECG_BEAT_FEATURE_PREV_OVER, interval, before);
    const uint32_t jump = interval > before ? interval - before : before - interval;
    const int32_t mean = p->typical[ECG_BEAT_MEAN_OF_32].value >> 14;
    for (uint32_t i = 0; i < 2; ++i) {
        ecg_beat_move_mean(&p->jumps[i], (int32_t)(jump << 16), ecg_beat_jumps[i]);
        const int32_t ratio = (p->jumps[i].value >> 4) / (mean > 1 ? mean : 1);
        ecg_beat_put(p, ECG_BEAT_FEATURE_IRREGULARITY + i, ratio > 3072 ? 3072 : ratio);
    }
}

/* Compares the interval after the last beat with what was typical at it. */
static void ecg_beat_compare_rr_next(ecg_beat_patient *p, uint16_t rr_next)
{
    if (rr_next == 0 || p->before == 0) {
        for (uint32_t i = 0; i < ECG_BEAT_N_TYPICAL; ++i) {
            ecg_beat_put(p, ECG_BEAT_FEATURE_NEXT_OVER + i, 0);
        }
        return;
    }
    const uint32_t interval = rr_next > 3000u ? 3000u : rr_next;
    ecg_beat_put_ratios(p, ECG_BEAT_FEATURE_NEXT_OVER, interval, p->before);
}
#endif

#endif
