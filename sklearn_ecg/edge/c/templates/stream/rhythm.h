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

/* Takes an interval, if it is known; returns the mean of the last ones. */
static uint16_t ecg_beat_local(ecg_beat_patient *p, uint16_t rr_prev)
{
    uint32_t sum = 0;
    if (rr_prev != 0) {
        p->local[p->local_place] = rr_prev;
        const uint32_t last = ECG_BEAT_N_LOCAL - 1u;
        p->local_place = (uint8_t)(p->local_place == last ? 0u : p->local_place + 1u);
        p->n_local = (uint8_t)(p->n_local <= last ? p->n_local + 1u : ECG_BEAT_N_LOCAL);
    }
    for (uint32_t i = 0; i < p->n_local; ++i) {
        sum += p->local[i];
    }
    return (uint16_t)(p->n_local == 0 ? 0u : (sum + p->n_local / 2u) / p->n_local);
}

/* The intervals around a beat. */
static void ecg_beat_put_intervals(ecg_beat_patient *p, uint16_t rr_next)
{
    const uint32_t local = ecg_beat_known_interval(
        p->rr_local, ecg_beat_known_interval(p->rr_prev, ECG_BEAT_UNKNOWN_MS));
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
    share = share > ECG_BEAT_MOST_SHARE    ? ECG_BEAT_MOST_SHARE
            : share < ECG_BEAT_LEAST_SHARE ? ECG_BEAT_LEAST_SHARE
                                           : share;
    const int32_t step = ((q->value >> 12) * share) >> 8;
    const int32_t down = ECG_BEAT_UP_AND_DOWN - up;
    q->value += value > q->value ? (step * up) >> 4 : -((step * down) >> 4);
}

/* The running median of the intervals, in ms. */
static inline uint32_t ecg_beat_median_interval(const ecg_beat_patient *p)
{
#if ECG_BEAT_RELATIVE
    return (uint32_t)p->typical[ECG_BEAT_MEDIAN].value >> 16;
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

static const uint16_t ecg_beat_means[ECG_BEAT_N_MEANS] = ECG_BEAT_MEANS;
static const uint16_t ecg_beat_jumps[ECG_BEAT_N_JUMPS] = ECG_BEAT_JUMPS;
static const uint16_t ecg_beat_quantiles[ECG_BEAT_N_QUANTILES] = ECG_BEAT_QUANTILES;

/* Stores a feature of the rhythm; some are told of the beats after, too. */
static void ecg_beat_put_rhythm(ecg_beat_patient *p, uint32_t feature, int32_t value)
{
    ecg_beat_put(p, feature, value);
#if ECG_BEAT_MORPHOLOGY
    for (uint32_t i = 0; i < ECG_BEAT_N_LEADS; ++i) {
        if (feature == ECG_BEAT_FEATURE_PREV_OVER + ECG_BEAT_MEDIAN) {
            p->shapes[i].now[ECG_BEAT_NOW_RR_OVER_MEDIAN] = (int16_t)value;
        }
        if (feature == ECG_BEAT_FEATURE_PREV_OVER + ECG_BEAT_N_TYPICAL - 1u) {
            p->shapes[i].now[ECG_BEAT_NOW_RR_OVER_BEFORE] = (int16_t)value;
        }
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
        ecg_beat_put_rhythm(p, first + i, ecg_beat_limited_log(ratio));
    }
}

/* Compares the interval before a beat with what is typical, it included. */
static void ecg_beat_compare_rr_prev(ecg_beat_patient *p, uint16_t rr_prev)
{
    const uint32_t interval = rr_prev > ECG_BEAT_LONGEST_MS ? ECG_BEAT_LONGEST_MS : rr_prev;
    const uint32_t before = p->before == 0 ? interval : p->before;
    p->before = (uint16_t)interval;
    if (interval == 0) {
        for (uint32_t i = 0; i < ECG_BEAT_N_TYPICAL; ++i) {
            ecg_beat_put_rhythm(p, ECG_BEAT_FEATURE_PREV_OVER + i, 0);
        }
        for (uint32_t i = 0; i < ECG_BEAT_N_JUMPS; ++i) {
            ecg_beat_put(p, ECG_BEAT_FEATURE_IRREGULARITY + i, ECG_BEAT_TYPICAL_JUMP);
        }
        return;
    }
    for (uint32_t i = 0; i < ECG_BEAT_N_MEANS; ++i) {
        ecg_beat_move_mean(&p->typical[i], (int32_t)(interval << 16), ecg_beat_means[i]);
    }
    for (uint32_t i = 0; i < ECG_BEAT_N_QUANTILES; ++i) {
        ecg_beat_move_quantile(&p->typical[ECG_BEAT_N_MEANS + i], (int32_t)(interval << 16),
                               ecg_beat_quantiles[i]);
    }
    ecg_beat_put_ratios(p, ECG_BEAT_FEATURE_PREV_OVER, interval, before);
    const uint32_t jump = interval > before ? interval - before : before - interval;
    const int32_t mean = p->typical[ECG_BEAT_MEAN_OF_32].value >> 14;
    for (uint32_t i = 0; i < ECG_BEAT_N_JUMPS; ++i) {
        ecg_beat_move_mean(&p->jumps[i], (int32_t)(jump << 16), ecg_beat_jumps[i]);
        const int32_t ratio = (p->jumps[i].value >> 4) / (mean > 1 ? mean : 1);
        ecg_beat_put(p, ECG_BEAT_FEATURE_IRREGULARITY + i,
                     ratio > ECG_BEAT_RATIO_MAX ? ECG_BEAT_RATIO_MAX : ratio);
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
    const uint32_t interval = ecg_beat_at_most(rr_next, ECG_BEAT_LONGEST_MS);
    ecg_beat_put_ratios(p, ECG_BEAT_FEATURE_NEXT_OVER, interval, p->before);
}
#endif

#endif
