#ifndef ECG_BEAT_MORPHOLOGY_H
#define ECG_BEAT_MORPHOLOGY_H

#include "features.h"

#include <stddef.h>

/* What is typical of the beats in the lead that is looked at. */
static inline ecg_beat_shapes *ecg_beat_shapes_of(ecg_beat_patient *p)
{
#if ECG_BEAT_TWO_LEADS
    return &p->shapes[p->lead];
#else
    return &p->shapes[0];
#endif
}

/* Takes the mean out of counts, in parts of a count. */
static void ecg_beat_center(const int16_t *window, uint32_t n, int32_t *out)
{
    int32_t total = 0;
    for (uint32_t i = 0; i < n; ++i) {
        total += window[i];
    }
    const int32_t mean = ecg_beat_divided(total * ECG_BEAT_COUNT_ONE, (int32_t)n);
    for (uint32_t i = 0; i < n; ++i) {
        out[i] = window[i] * ECG_BEAT_COUNT_ONE - mean;
    }
}

/* Lets the typical QRS complex follow; it isn't changed if it is the first one. */
static void ecg_beat_follow_qrs(ecg_beat_shapes *p, const int32_t *qrs)
{
    const int32_t height = (int32_t)ecg_beat_largest(p->qrs, ECG_BEAT_COMPLEX);
    const int32_t limit = (int32_t)(((uint32_t)height * ECG_BEAT_QRS_STEP) >> 10);
    const uint32_t most = ECG_BEAT_QRS_TO_START + 1u;
    p->n_qrs = (uint8_t)(p->n_qrs >= most ? most : p->n_qrs + 1u);
    for (uint32_t i = 0; i < ECG_BEAT_COMPLEX; ++i) {
        const int32_t step = qrs[i] - p->qrs[i];
        if (p->n_qrs <= ECG_BEAT_QRS_TO_START) {
            p->qrs[i] += ecg_beat_divided(step, p->n_qrs);
        } else {
            const int32_t half = 1 << (ECG_BEAT_QRS_GAIN_BITS - 1);
            const int32_t limited = ecg_beat_limited(step, -limit, limit);
            p->qrs[i] += (limited + half) >> ECG_BEAT_QRS_GAIN_BITS;
        }
    }
}

/* Starts the typical QRS complex anew, if this is the first, or much higher for long. */
static void ecg_beat_start_qrs(ecg_beat_shapes *p, const int32_t *qrs, uint32_t height)
{
    const uint32_t typical = ecg_beat_largest(p->qrs, ECG_BEAT_COMPLEX);
    const int is_far_higher = height > ECG_BEAT_FAR_HIGHER * typical;
    p->n_far_higher = (uint8_t)(is_far_higher ? p->n_far_higher + 1u : 0u);
    if (p->n_qrs == 0 || p->n_far_higher == ECG_BEAT_QRS_TO_START) {
        for (uint32_t i = 0; i < ECG_BEAT_COMPLEX; ++i) {
            p->qrs[i] = qrs[i];
        }
        p->n_qrs = p->n_far_higher = 0;
    }
}

/* Sums up each part that the typical complex may fit, from the one before. */
static void ecg_beat_sum_parts(const int16_t *row, ecg_beat_sums *sums)
{
    int32_t values = 0, squares = 0;
    for (uint32_t i = 0; i < ECG_BEAT_COMPLEX; ++i) {
        values += row[i];
        squares += row[i] * row[i];
        if (i + 1u >= ECG_BEAT_CORE) {
            const int32_t first = row[i + 1u - ECG_BEAT_CORE];
            sums->values = values;
            sums->squares = squares;
            ++sums;
            values -= first;
            squares -= first * first;
        }
    }
}

/* Where in a complex the typical one fits best, and its squared correlation there. */
static uint32_t ecg_beat_best_match(ecg_beat_work *work, int32_t of_typical,
                                    int32_t *best_score)
{
    const int16_t *const row = work->of.qrs.row, *const typical = work->of.qrs.typical_row;
    ecg_beat_sums *const sums = work->of.qrs.sums;
    uint32_t best = ECG_BEAT_SHIFT_REACH;
    int32_t sum_of_typical = 0;
    for (uint32_t i = 0; i < ECG_BEAT_CORE; ++i) {
        sum_of_typical += typical[i];
    }
    ecg_beat_sum_parts(row, sums);
    /* By the size of the shift: the one to the left first, then that to the right. */
    for (uint32_t i = 0; i <= 2u * ECG_BEAT_SHIFT_REACH; ++i) {
        const uint32_t shift = (i + 1u) / 2u;
        const uint32_t start =
            (i & 1u) != 0 ? ECG_BEAT_SHIFT_REACH - shift : ECG_BEAT_SHIFT_REACH + shift;
        const int32_t total = sums[start].values;
        const int32_t mean = ecg_beat_divided(total, ECG_BEAT_CORE);
        const int32_t products =
            ecg_beat_dot(row + start, typical, ECG_BEAT_CORE) - mean * sum_of_typical;
        const int32_t squares = sums[start].squares - mean * total;
        const int32_t score = ecg_beat_squared_correlation(products, squares, of_typical);
        if (i == 0 || score > *best_score) {
            best = start;
            *best_score = score;
        }
    }
    return best;
}

/* What is said of a QRS complex. */
typedef struct {
    uint32_t height, area, steepest, half_width;
    int32_t sign;
} ecg_beat_shape;

static void ecg_beat_measure(const int32_t *qrs, ecg_beat_shape *shape)
{
    const ecg_beat_shape none = { 0 };
    *shape = none;
    for (uint32_t i = 0; i < ECG_BEAT_CORE; ++i) {
        const uint32_t size = ecg_beat_size(qrs[i]);
        shape->area += size;
        if (size > shape->height) {
            shape->height = size;
            shape->sign = qrs[i] < 0 ? -1 : 1;
        }
        if (i > 0) {
            const uint32_t slope = ecg_beat_size(qrs[i] - qrs[i - 1u]);
            shape->steepest = slope > shape->steepest ? slope : shape->steepest;
        }
    }
    for (uint32_t i = 0; i < ECG_BEAT_CORE; ++i) {
        shape->half_width += 2u * ecg_beat_size(qrs[i]) > shape->height;
    }
}

/* An area over a height, in 1/64 of a sample. */
static int32_t ecg_beat_width(const ecg_beat_shape *shape)
{
    const int32_t bits = ecg_beat_bit_length(shape->area);
    const int32_t places = bits > 25 ? bits - 25 : 0;
    const uint32_t height = shape->height >> places;
    return (int32_t)(((shape->area >> places) << 6) / (height == 0 ? 1u : height));
}

/* The root mean square of differences over the typical height, in 1/1024. */
static int32_t ecg_beat_difference(const int32_t *qrs, const int32_t *typical, uint32_t height)
{
    const int32_t places = 11 - ecg_beat_bit_length(height);
    const uint32_t scaled = (uint32_t)ecg_beat_shifted((int32_t)height, places);
    uint32_t total = 0;
    for (uint32_t i = 0; i < ECG_BEAT_CORE; ++i) {
        const int32_t shifted = ecg_beat_shifted(qrs[i] - typical[i], places);
        const int32_t step = ecg_beat_limited(shifted, -8191, 8191);
        total += (uint32_t)(step * step);
    }
    const uint32_t mean = ecg_beat_square_root(total / ECG_BEAT_CORE);
    const uint32_t ratio = mean * ECG_BEAT_RATIO_ONE / (scaled == 0 ? 1u : scaled);
    return (int32_t)ecg_beat_at_most(ratio, ECG_BEAT_RATIO_MAX);
}

static void ecg_beat_put_log(ecg_beat_patient *p, uint32_t feature, int32_t log)
{
    ecg_beat_put(p, feature, ecg_beat_limited_log(log));
}

/* Stores what differs between a QRS complex and the typical one. */
static void ecg_beat_put_qrs(ecg_beat_patient *p, const ecg_beat_shape *qrs,
                             const ecg_beat_shape *typical, int32_t shift, int32_t difference)
{
    const int32_t height = ecg_beat_log_ratio(qrs->height, typical->height);
    const int32_t area = ecg_beat_log_ratio(qrs->area, typical->area);
    const int32_t half_width = (int32_t)qrs->half_width;
    int16_t *const now = ecg_beat_shapes_of(p)->now;
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_SHIFT, shift);
    ecg_beat_put_log(p, ECG_BEAT_FEATURE_QRS_HEIGHT_RELATIVE, height);
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_WIDTH, ecg_beat_width(qrs));
    ecg_beat_put_log(p, ECG_BEAT_FEATURE_QRS_WIDTH_RELATIVE, area - height);
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_HALF_WIDTH, half_width);
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_HALF_WIDTH_DIFFERENCE,
                 half_width - (int32_t)typical->half_width);
    ecg_beat_put_log(p, ECG_BEAT_FEATURE_QRS_AREA_RELATIVE, area);
    ecg_beat_put_log(p, ECG_BEAT_FEATURE_QRS_SLOPE_RELATIVE,
                     ecg_beat_log_ratio(qrs->steepest, typical->steepest));
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_SIGN, ECG_BEAT_RATIO_ONE * qrs->sign * typical->sign);
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_DIFFERENCE, difference);
    now[ECG_BEAT_NOW_QRS_WIDTH] = (int16_t)ecg_beat_limited_log(area - height);
    now[ECG_BEAT_NOW_QRS_HEIGHT] = (int16_t)ecg_beat_limited_log(height);
}

/* Where one of the two is flat, the complex counts as typical. */
static void ecg_beat_put_unknown_qrs(ecg_beat_patient *p)
{
    int16_t *const now = ecg_beat_shapes_of(p)->now;
    for (uint32_t i = ECG_BEAT_FEATURE_QRS_SHIFT; i <= ECG_BEAT_FEATURE_QRS_DIFFERENCE; ++i) {
        ecg_beat_put(p, i, i == ECG_BEAT_FEATURE_QRS_SIGN ? ECG_BEAT_RATIO_ONE : 0);
    }
    now[ECG_BEAT_NOW_QRS_CORRELATION] = ECG_BEAT_RATIO_ONE;
    now[ECG_BEAT_NOW_QRS_WIDTH] = now[ECG_BEAT_NOW_QRS_HEIGHT] = 0;
}

/*
 * Compares a QRS complex with the typical one, which then follows it. Returns by how many
 * samples it is later, and the height of the typical one.
 */
static ECG_BEAT_APART_FROM_OTHERS int32_t ecg_beat_compare_qrs(ecg_beat_patient *p,
                                                               ecg_beat_work *work,
                                                               uint32_t *height)
{
    int32_t *const qrs = work->of.qrs.complex, *const typical = work->of.qrs.typical;
    int16_t *const row = work->of.qrs.typical_row;
    ecg_beat_shapes *const of_lead = ecg_beat_shapes_of(p);
    ecg_beat_shape shape, typical_shape;
    int32_t score = 0, shift = 0;
    ecg_beat_center(&work->span[-ECG_BEAT_SPAN_FIRST - ECG_BEAT_EXTENT], ECG_BEAT_COMPLEX, qrs);
    const uint32_t own_height = ecg_beat_largest(qrs, ECG_BEAT_COMPLEX);
    if (own_height > 0) {
        ecg_beat_start_qrs(of_lead, qrs, own_height);
    }
    for (uint32_t i = 0; i < ECG_BEAT_CORE; ++i) {
        typical[i] = of_lead->qrs[i + ECG_BEAT_SHIFT_REACH];
    }
    ecg_beat_around_mean(typical, ECG_BEAT_CORE);
    ecg_beat_normalize(typical, ECG_BEAT_CORE, row);
    ecg_beat_normalize(qrs, ECG_BEAT_COMPLEX, work->of.qrs.row);
    const int32_t of_typical = ecg_beat_dot(row, row, ECG_BEAT_CORE);
    const uint32_t start = ecg_beat_best_match(work, of_typical, &score);
    if (own_height > 0) {
        ecg_beat_follow_qrs(of_lead, qrs);
    }
    int32_t *const core = qrs + start;
    ecg_beat_around_mean(core, ECG_BEAT_CORE);
    ecg_beat_measure(core, &shape);
    ecg_beat_measure(typical, &typical_shape);
    *height = typical_shape.height;
    if (shape.height == 0 || typical_shape.height == 0) {
        ecg_beat_put_unknown_qrs(p);
    } else {
        shift = (int32_t)start - ECG_BEAT_SHIFT_REACH;
        const int32_t correlation = ecg_beat_correlation(score, of_typical);
        of_lead->now[ECG_BEAT_NOW_QRS_CORRELATION] = (int16_t)correlation;
        ecg_beat_put_qrs(p, &shape, &typical_shape, shift,
                         ecg_beat_difference(core, typical, typical_shape.height));
    }
    ecg_beat_put(p, ECG_BEAT_FEATURE_QRS_CORRELATION, of_lead->now[ECG_BEAT_NOW_QRS_CORRELATION]);
    return shift;
}

static int32_t ecg_beat_limited_segment(int32_t value)
{
    return ecg_beat_limited(value, -ECG_BEAT_SEGMENT_MAX, ECG_BEAT_SEGMENT_MAX);
}

/* Divides a segment by a height, both in parts of a count. */
static void ecg_beat_over_height(const int32_t *segment, uint32_t n, uint32_t height,
                                 int16_t *out)
{
    const int32_t bits = ecg_beat_bit_length(height);
    const uint32_t mantissa = (uint32_t)ecg_beat_shifted((int32_t)height, 16 - bits);
    const uint32_t inverse = height == 0 ? 0u : (0x80000000u + mantissa / 2u) / mantissa;
    for (uint32_t i = 0; i < n; ++i) {
        const int32_t scaled = ecg_beat_shifted(segment[i], 12 - bits);
        const int32_t product = ecg_beat_limited(scaled, -16383, 16383) * (int32_t)inverse;
        out[i] = (int16_t)ecg_beat_limited_segment((product + 0x8000) >> 16);
    }
}

/* Takes the slope out of a segment; returns half the rise over it. */
static int32_t ecg_beat_straighten(int16_t *segment, int32_t n)
{
    int32_t total = 0;
    for (int32_t i = 0; i < n; ++i) {
        total += segment[i] * (2 * i - (n - 1));
    }
    const int32_t slope = ecg_beat_divided(total * 64, n * (n * n - 1) / 3);
    for (int32_t i = 0; i < n; ++i) {
        segment[i] = (int16_t)(segment[i] - ((slope * (2 * i - (n - 1)) + 32) >> 6));
    }
    return (slope * (n - 1)) >> 6;
}

/* The root mean square of a segment, in 1/16 of its unit, and a little. */
static uint32_t ecg_beat_segment_size(const int16_t *segment, const int16_t *less, uint32_t n)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; ++i) {
        const int32_t difference = segment[i] - (less == NULL ? 0 : less[i]);
        const int32_t step = ecg_beat_limited_segment(difference);
        total += (uint32_t)(step * step);
    }
    const uint32_t size = total < 0x1000000u ? ecg_beat_square_root((total << 8) / n)
                                             : ecg_beat_square_root(total / n) << 4;
    return size + ECG_BEAT_SMALLEST;
}

/* A segment shifted so that its largest absolute value has 12 bits. */
static void ecg_beat_normalize_segment(const int16_t *segment, uint32_t n, int16_t *out)
{
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; ++i) {
        const uint32_t size = ecg_beat_size(segment[i]);
        largest = size > largest ? size : largest;
    }
    const ecg_beat_scale scale = ecg_beat_scale_of(largest);
    for (uint32_t i = 0; i < n; ++i) {
        out[i] = (int16_t)((segment[i] * scale.factor) >> scale.places);
    }
}

/* The correlation of a segment with the typical one. */
static int32_t ecg_beat_segment_correlation(ecg_beat_work *work, uint32_t n)
{
    int16_t *const one = work->of.wave.row, *const other = work->of.wave.typical_row;
    ecg_beat_normalize_segment(work->of.wave.segment, n, one);
    ecg_beat_normalize_segment(work->of.wave.typical, n, other);
    const int32_t of_typical = ecg_beat_dot(other, other, n);
    const int32_t score = ecg_beat_squared_correlation(
        ecg_beat_dot(one, other, n), ecg_beat_dot(one, one, n), of_typical);
    return ecg_beat_correlation(score, of_typical);
}

/* A P or T segment, and all that is known of it. */
typedef struct {
    int16_t *typical;
    uint8_t *n_met;
    uint32_t n, first_feature;
    uint32_t height; /* of the typical QRS complex */
    int is_usual;
} ecg_beat_segment;

/* The logarithm of a size over the height of the typical QRS complex. */
static int32_t ecg_beat_log_size(uint32_t size)
{
    return ecg_beat_limited(ecg_beat_logarithm(size) - ECG_BEAT_LOG_OF_HEIGHT,
                            ECG_BEAT_LOG_SIZE_MIN, ECG_BEAT_LOG_MAX);
}

static int32_t ecg_beat_limited_wave(int32_t value)
{
    return ecg_beat_limited(value, -ECG_BEAT_WAVE_MAX, ECG_BEAT_WAVE_MAX);
}

/* Lets a typical segment follow a usual one; tells what was typical before it. */
static void ecg_beat_follow_wave(const ecg_beat_segment *s, const int16_t *segment,
                                 int16_t *before)
{
    const int is_first = *s->n_met == 0, is_usual = s->is_usual;
    const int32_t n_met = is_first ? 1 : *s->n_met;
    int16_t *const all_typical = s->typical;
    *s->n_met = (uint8_t)(n_met + (is_usual && n_met < (int32_t)ECG_BEAT_WAVES_TO_START));
    for (uint32_t i = 0; i < s->n; ++i) {
        const int32_t finer = ecg_beat_limited(
            segment[i] * ECG_BEAT_TYPICAL_ONE, -ECG_BEAT_TYPICAL_MAX, ECG_BEAT_TYPICAL_MAX);
        int32_t typical = is_first ? finer : all_typical[i];
        before[i] = (int16_t)((typical + ECG_BEAT_TYPICAL_ONE / 2) >> ECG_BEAT_TYPICAL_BITS);
        if (is_usual) {
            const int32_t step =
                ecg_beat_limited(finer - typical, -ECG_BEAT_WAVE_STEP, ECG_BEAT_WAVE_STEP);
            typical += ecg_beat_divided(step, n_met);
        }
        all_typical[i] = (int16_t)typical;
    }
}

/* Compares a segment with the typical one, which then follows it. */
static ECG_BEAT_APART_FROM_OTHERS void ecg_beat_compare_wave(ecg_beat_patient *p,
                                                            const ecg_beat_segment *s,
                                                            const int16_t *window,
                                                            ecg_beat_work *work, int16_t *now)
{
    int16_t *const segment = work->of.wave.segment, *const before = work->of.wave.typical;
    const uint32_t n = s->n, first = s->first_feature;
    uint32_t place = 0;
    int32_t lowest = INT32_MAX;
    ecg_beat_center(window, n, work->of.wave.centered);
    ecg_beat_over_height(work->of.wave.centered, n, s->height, segment);
    const int32_t rise = ecg_beat_straighten(segment, (int32_t)n);
    ecg_beat_follow_wave(s, segment, before);
    const int32_t correlation = ecg_beat_segment_correlation(work, n);
    const uint32_t size = ecg_beat_segment_size(segment, NULL, n);
    const uint32_t usual_size = ecg_beat_segment_size(before, NULL, n);
    const uint32_t difference = ecg_beat_segment_size(segment, before, n);
    for (uint32_t i = 0; i < n; ++i) {
        place = segment[i] > segment[place] ? i : place;
        lowest = segment[i] < lowest ? segment[i] : lowest;
    }
    now[0] = (int16_t)correlation;
    now[1] = (int16_t)ecg_beat_log_size(difference);
    ecg_beat_put(p, first, correlation);
    ecg_beat_put(p, first + 1u, ecg_beat_log_size(size));
    ecg_beat_put_log(p, first + 2u, ecg_beat_log_ratio(size, usual_size));
    ecg_beat_put(p, first + 3u, now[1]);
    ecg_beat_put(p, first + 4u, ecg_beat_limited_wave(segment[place]));
    ecg_beat_put(p, first + 5u, ecg_beat_limited_wave(lowest));
    ecg_beat_put(p, first + 6u, ecg_beat_limited_wave(rise));
    ecg_beat_put(p, first + 7u, (int32_t)place);
}

/* Stores what was said of the beats before; the first beat stands for those. */
static void ecg_beat_put_beats_before(ecg_beat_patient *p)
{
    ecg_beat_shapes *const of_lead = ecg_beat_shapes_of(p);
    for (uint32_t back = 0; back < ECG_BEAT_BEATS_BEFORE; ++back) {
        for (uint32_t i = 0; i < ECG_BEAT_N_NOW; ++i) {
            const int32_t value = of_lead->has_memory ? of_lead->memory[back][i] : of_lead->now[i];
            ecg_beat_put(p, ECG_BEAT_FEATURE_BEFORE + back * ECG_BEAT_N_NOW + i, value);
            of_lead->memory[back][i] = (int16_t)value;
        }
    }
    for (uint32_t i = 0; i < ECG_BEAT_N_NOW; ++i) {
        for (uint32_t back = ECG_BEAT_BEATS_BEFORE - 1u; back > 0; --back) {
            of_lead->memory[back][i] = of_lead->memory[back - 1u][i];
        }
        of_lead->memory[0][i] = of_lead->now[i];
    }
    of_lead->has_memory = 1;
}

/* Compares a beat with what is typical of its patient. */
static void ecg_beat_compare_beat(ecg_beat_patient *p, ecg_beat_work *work)
{
    ecg_beat_shapes *const of_lead = ecg_beat_shapes_of(p);
    const int16_t *const r_peak = &work->span[-ECG_BEAT_SPAN_FIRST];
    uint32_t height = 0;
    const int32_t shift = ecg_beat_compare_qrs(p, work, &height);
    const int32_t early = of_lead->now[ECG_BEAT_NOW_RR_OVER_MEDIAN];
    const int is_usual =
        of_lead->now[ECG_BEAT_NOW_QRS_CORRELATION] > ECG_BEAT_LEAST_CORRELATION &&
        early > -ECG_BEAT_MOST_IRREGULAR && early < ECG_BEAT_MOST_IRREGULAR;
    const ecg_beat_segment p_wave = { of_lead->p_wave, &of_lead->n_p, ECG_BEAT_P_SAMPLES,
                                      ECG_BEAT_FEATURE_P, height, is_usual };
    const ecg_beat_segment t_wave = { of_lead->t_wave, &of_lead->n_t, ECG_BEAT_T_SAMPLES,
                                      ECG_BEAT_FEATURE_T, height, is_usual };
    int16_t of_t_wave[2];
    ecg_beat_compare_wave(p, &p_wave, r_peak + ECG_BEAT_P_FIRST + shift, work,
                          &of_lead->now[ECG_BEAT_NOW_P_CORRELATION]);
    ecg_beat_compare_wave(p, &t_wave, r_peak + ECG_BEAT_T_FIRST + shift, work, of_t_wave);
    ecg_beat_put_beats_before(p);
}

#endif
