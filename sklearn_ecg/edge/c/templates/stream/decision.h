#ifndef ECG_BEAT_DECISION_H
#define ECG_BEAT_DECISION_H

#include "shape.h"

/* A binary logarithm in 1/256, linear between powers of two; 0 of 0. */
static int16_t ecg_beat_level(uint32_t value)
{
    const int32_t exponent = ecg_beat_bit_length(value | 1u) - 1;
    const int32_t places = exponent - ECG_BEAT_LEVEL_BITS;
    const uint32_t mantissa = places > 0 ? value >> places : value << -places;
    return (int16_t)(value == 0 ? 0 : (exponent - 1) * ECG_BEAT_ONE + (int32_t)mantissa);
}

/* Looks at the samples around a peak: how high its slow wave is, how little it bends. */
static void ecg_beat_look_at_shape(const ecg_beat_lead *lead, ecg_beat_peak *peak)
{
    const int32_t middle = peak->time - ECG_BEAT_LAG - ECG_BEAT_SHARP_DELAY / 2;
    const int32_t bends = ecg_beat_level(ecg_beat_bends(lead, middle));
    peak->broad = ecg_beat_level(ecg_beat_slow_wave(lead, middle - ECG_BEAT_BROAD_BEFORE));
    peak->smooth = (int16_t)(peak->height - bends);
}

#if ECG_BEAT_TWO_LEADS
/* The peak in some place of the queue, which was looked at. */
static ecg_beat_peak ecg_beat_queued_peak(const ecg_beat_lead *lead, uint32_t place)
{
    const ecg_beat_queued *const queued = &lead->peaks[(lead->first_peak + place) % ECG_BEAT_PEAKS];
    const ecg_beat_peak peak = { queued->time, queued->of.seen.height, queued->of.seen.slope,
                                 queued->of.seen.broad, queued->of.seen.smooth };
    return peak;
}

/* Looks at the peaks that have come, before their samples are forgotten. */
static void ecg_beat_look_at_peaks(ecg_beat_lead *lead)
{
    const uint8_t n_peaks = lead->n_peaks;
    for (; lead->n_seen != n_peaks; ++lead->n_seen) {
        ecg_beat_queued *const queued = &lead->peaks[lead->n_seen % ECG_BEAT_PEAKS];
        ecg_beat_peak peak = { queued->time,
                               ecg_beat_level((uint32_t)queued->of.pushed.energy),
                               ecg_beat_level((uint32_t)queued->of.pushed.slope), 0, 0 };
        ecg_beat_look_at_shape(lead, &peak);
        queued->of.seen.height = peak.height;
        queued->of.seen.slope = peak.slope;
        queued->of.seen.broad = peak.broad;
        queued->of.seen.smooth = peak.smooth;
    }
}
#else
/* The peak in some place of the queue. */
static ecg_beat_peak ecg_beat_queued_peak(const ecg_beat_lead *lead, uint32_t place)
{
    const ecg_beat_queued *const queued = &lead->peaks[(lead->first_peak + place) % ECG_BEAT_PEAKS];
    const ecg_beat_peak peak = { queued->time, ecg_beat_level((uint32_t)queued->energy),
                                 ecg_beat_level((uint32_t)queued->slope), 0, 0 };
    return peak;
}
#endif

/* What became of the next thing that there was to decide. */
enum ecg_beat_decided { ECG_BEAT_NOTHING, ECG_BEAT_NO_BEAT, ECG_BEAT_A_BEAT };

/* Takes a value; of two in the middle the upper one is the median, or the lower one. */
static void ecg_beat_take_value(ecg_beat_median *m, int32_t value, uint32_t is_upper)
{
    int16_t sorted[ECG_BEAT_MEMORY] = { 0 };
    if (m->n == ECG_BEAT_MEMORY) {
        for (uint32_t i = 1; i < ECG_BEAT_MEMORY; ++i) {
            m->values[i - 1] = m->values[i];
        }
        --m->n;
    }
    m->values[m->n] = (int16_t)value;
    ++m->n;
    for (uint32_t i = 0; i < m->n; ++i) {
        uint32_t place = i;
        for (; place > 0 && sorted[place - 1] > m->values[i]; --place) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = m->values[i];
    }
    m->median = sorted[(m->n - (is_upper ? 0u : 1u)) / 2u];
}

static void ecg_beat_start_median(ecg_beat_median *m, int32_t value)
{
    m->values[0] = m->median = (int16_t)value;
    m->n = 1;
}

/* Lowers all values by an eighth. */
static void ecg_beat_lower(ecg_beat_median *m)
{
    for (uint32_t i = 0; i < m->n; ++i) {
        m->values[i] = (int16_t)(m->values[i] + ECG_BEAT_SEVEN_EIGHTHS);
    }
    m->median = (int16_t)(m->median + ECG_BEAT_SEVEN_EIGHTHS);
}

static void ecg_beat_start_silence(ecg_beat_decision *d, int32_t time)
{
    const int32_t median = d->intervals.median;
    const int32_t interval = median == 0 ? 4 * ECG_BEAT_TICK : median;
    const int32_t silence = 2 * interval > ECG_BEAT_SILENCE ? 2 * interval : ECG_BEAT_SILENCE;
    d->since = time;
    d->n_ticks = d->n_falls = 0;
    d->next_tick = time + interval + interval / 2 + ECG_BEAT_GRACE;
    d->first_fall = time + silence;
}

/* The highest, but not four times the second highest, of logarithms. */
static int32_t ecg_beat_start_level(const ecg_beat_lead *lead, uint32_t n, int is_slope)
{
    int32_t first = INT32_MIN, second = INT32_MIN;
    for (uint32_t i = 0; i < n; ++i) {
        const ecg_beat_peak peak = ecg_beat_queued_peak(lead, i);
        const int32_t level = is_slope ? peak.slope : peak.height;
        if (level > first) {
            second = first;
            first = level;
        } else if (level > second) {
            second = level;
        }
    }
    const int32_t most = second + ECG_BEAT_FOUR_TIMES;
    return n > 1 && most < first ? most : first;
}

/* Learns from the peaks of the first two seconds what is high. */
static void ecg_beat_learn(ecg_beat_lead *lead, uint32_t n_peaks)
{
    ecg_beat_decision *const d = &lead->decision;
    const int32_t start = lead->peaks[lead->first_peak % ECG_BEAT_PEAKS].time;
    uint32_t n = 0;
    while (n < n_peaks && lead->peaks[(lead->first_peak + n) % ECG_BEAT_PEAKS].time +
                                  ECG_BEAT_APART <= start + ECG_BEAT_LEARNING) {
        ++n;
    }
    const int32_t height = ecg_beat_start_level(lead, n, 0);
    ecg_beat_start_median(&d->height, height);
    ecg_beat_start_median(&d->slope, ecg_beat_start_level(lead, n, 1));
    ecg_beat_start_median(&d->noise, height - 3 * ECG_BEAT_ONE);
    d->is_learning = 0;
    d->clock = start + ECG_BEAT_LEARNING;
    ecg_beat_start_silence(d, start);
}

static int32_t ecg_beat_score_of_time(const ecg_beat_decision *d, const ecg_beat_peak *peak)
{
    const int32_t since = peak->time - d->last_time;
    const int32_t median = d->intervals.median;
    int32_t score = 0;
    if (!d->has_last) {
        return ECG_BEAT_WEIGHT_EARLY * ECG_BEAT_ONE;
    }
    if (since < ECG_BEAT_FLATTER) {
        score += ECG_BEAT_WEIGHT_BESIDE_LAST * (peak->slope - d->last_slope);
    }
    if (since < ECG_BEAT_VERY_EARLY) {
        score += ECG_BEAT_WEIGHT_VERY_EARLY *
                 (ECG_BEAT_ONE - since * ECG_BEAT_ONE / ECG_BEAT_VERY_EARLY);
    }
    if (median == 0) {
        return score + ECG_BEAT_WEIGHT_EARLY * ECG_BEAT_ONE;
    }
    /* Ten intervals late are as late as it gets. */
    const int32_t share =
        since > 10 * median ? 10 * ECG_BEAT_ONE : since * ECG_BEAT_ONE / median;
    if (share < ECG_BEAT_ONE) {
        return score + ECG_BEAT_WEIGHT_EARLY * share;
    }
    const int32_t late = share - ECG_BEAT_ONE;
    score += ECG_BEAT_WEIGHT_EARLY * ECG_BEAT_ONE;
    return score +
           ECG_BEAT_WEIGHT_LATE * (late > 2 * ECG_BEAT_ONE ? 2 * ECG_BEAT_ONE : late);
}

/* What the shape of a peak adds to its score: how broad and smooth it is beside beats. */
static int32_t ecg_beat_score_of_shape(const ecg_beat_decision *d, const ecg_beat_peak *peak)
{
    const int32_t most = ECG_BEAT_FOUR_TIMES;
    int32_t broad = peak->broad - d->broad.median;
    int32_t smooth = peak->smooth - d->smooth.median;
    if (!d->has_last) {
        return 0;
    }
    broad = broad < -most ? -most : broad > most ? most : broad;
    smooth = smooth < -most ? -most : smooth;
    smooth = smooth > ECG_BEAT_WEIGHT_SMOOTHEST ? ECG_BEAT_WEIGHT_SMOOTHEST : smooth;
    return (broad < 0 ? ECG_BEAT_WEIGHT_NARROW : ECG_BEAT_WEIGHT_BROAD) * broad +
           (smooth < 0 ? ECG_BEAT_WEIGHT_ROUGH : ECG_BEAT_WEIGHT_SMOOTH) * smooth;
}

/* How much a peak looks like a beat: a logistic score of its height, slope, shape and time. */
static int32_t ecg_beat_score(const ecg_beat_decision *d, const ecg_beat_peak *peak)
{
    const int32_t height = peak->height - d->height.median;
    const int32_t slope = peak->slope - d->slope.median;
    const int32_t least = d->height.median - ECG_BEAT_WEIGHT_NOISE_BELOW;
    const int32_t noise = d->noise.median < least ? d->noise.median : least;
    int32_t score = ECG_BEAT_WEIGHT_BIAS * ECG_BEAT_ONE;
    score += ECG_BEAT_WEIGHT_OVER_NOISE * (peak->height - noise);
    score += (height < 0 ? ECG_BEAT_WEIGHT_LOWER : ECG_BEAT_WEIGHT_HIGHER) * height;
    score += (slope < 0 ? ECG_BEAT_WEIGHT_FLATTER : ECG_BEAT_WEIGHT_STEEPER) * slope;
    score += ECG_BEAT_WEIGHT_SILENCE * ECG_BEAT_ONE * d->n_falls;
    score += ecg_beat_score_of_shape(d, peak);
    return score + ecg_beat_score_of_time(d, peak);
}

/* Takes a level, limited to three times the median. */
static void ecg_beat_take_level(ecg_beat_median *m, int32_t level)
{
    const int32_t most = m->median + ECG_BEAT_THREE_TIMES;
    ecg_beat_take_value(m, level < most ? level : most, 1);
}

static void ecg_beat_accept(ecg_beat_decision *d, const ecg_beat_peak *peak)
{
    d->found = *peak;
    d->found_over_noise = (int16_t)(peak->height - d->noise.median);
    ecg_beat_take_level(&d->height, peak->height);
    ecg_beat_take_level(&d->slope, peak->slope);
    ecg_beat_take_value(&d->broad, peak->broad, 1);
    ecg_beat_take_value(&d->smooth, peak->smooth, 1);
    if (d->has_last && d->found.time - d->last_time < ECG_BEAT_FORGOTTEN) {
        ecg_beat_take_value(&d->intervals, d->found.time - d->last_time, 0);
    }
    d->has_last = 1;
    d->last_time = d->found.time;
    d->last_slope = d->found.slope;
    d->n_pending = 0;
    ecg_beat_start_silence(d, d->found.time);
}

/* Looks for a beat in what was refused; returns whether there is one. */
static int ecg_beat_search_back(ecg_beat_decision *d)
{
    uint32_t best = 0;
    int32_t best_score = INT32_MIN;
    const uint32_t n = d->n_pending;
    for (uint32_t i = 0; i < n; ++i) {
        const int32_t score = ecg_beat_score(d, &d->pending[i]);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    if (n == 0 || best_score <= ECG_BEAT_WEIGHT_SEARCH_BACK * ECG_BEAT_ONE) {
        return 0;
    }
    ecg_beat_accept(d, &d->pending[best]);
    for (uint32_t i = best + 1u; i < n; ++i) {
        if (d->pending[i].time >= d->found.time + ECG_BEAT_EARLY) {
            d->pending[d->n_pending] = d->pending[i];
            ++d->n_pending;
        }
    }
    return 1;
}

/* After a while without a beat: levels fall, the rhythm is forgotten, one looks back. */
static int ecg_beat_tick(ecg_beat_decision *d)
{
    const int32_t now = d->next_tick;
    d->clock = now > d->clock ? now : d->clock;
    ++d->n_ticks;
    d->next_tick += ECG_BEAT_TICK;
    if (now >= d->first_fall && d->n_falls < ECG_BEAT_MOST_FALLS) {
        ++d->n_falls;
        ecg_beat_lower(&d->height);
        ecg_beat_lower(&d->slope);
        ecg_beat_lower(&d->noise);
        ecg_beat_lower(&d->broad);
    }
    if (now - d->since > ECG_BEAT_FORGOTTEN) {
        d->intervals.n = 0;
        d->intervals.median = 0;
    }
    return ecg_beat_search_back(d);
}

/* Judges a peak; returns whether it is a beat. Those that are none wait for a tick. */
static int ecg_beat_judge(ecg_beat_decision *d, const ecg_beat_peak *peak)
{
    const int32_t now = peak->time + ECG_BEAT_APART;
    d->clock = now > d->clock ? now : d->clock;
    if (ecg_beat_score(d, peak) > 0) {
        ecg_beat_accept(d, peak);
        return 1;
    }
    ecg_beat_take_value(&d->noise, peak->height, 1);
    if (peak->time - d->since >= ECG_BEAT_EARLY || !d->has_last) {
        if (d->n_pending == ECG_BEAT_MOST_PENDING) {
            for (uint32_t i = 1; i < ECG_BEAT_MOST_PENDING; ++i) {
                d->pending[i - 1] = d->pending[i];
            }
            --d->n_pending;
        }
        d->pending[d->n_pending] = *peak;
        ++d->n_pending;
    }
    return 0;
}

/* When a peak is judged next; the time to come if there is none. */
static int32_t ecg_beat_next_judged(const ecg_beat_lead *lead, int32_t now, uint32_t n_peaks)
{
    const int32_t first = lead->peaks[lead->first_peak % ECG_BEAT_PEAKS].time;
    return n_peaks > 0 ? first + ECG_BEAT_APART : now + 1;
}

/* Whether a tick comes before that. */
static int ecg_beat_ticks_before(const ecg_beat_decision *d, int32_t judged)
{
    return d->n_ticks < ECG_BEAT_MOST_TICKS && d->next_tick < judged;
}

/* When the next decision is known; INT32_MAX if there is nothing to decide until now. */
static int32_t ecg_beat_next_decision(const ecg_beat_lead *lead, int32_t now, uint32_t n_peaks)
{
    const ecg_beat_decision *const d = &lead->decision;
    const int32_t judged = ecg_beat_next_judged(lead, now, n_peaks);
    if (d->is_learning) {
        const int32_t learnt = judged - ECG_BEAT_APART + ECG_BEAT_LEARNING;
        return n_peaks > 0 && (lead->is_ended || now >= learnt) ? learnt : INT32_MAX;
    }
    const int is_tick = ecg_beat_ticks_before(d, judged);
    if (n_peaks == 0 && !is_tick) {
        return INT32_MAX;
    }
    /* After looking back, ticks catch up: what they find is known no earlier. */
    const int32_t next = is_tick ? d->next_tick : judged;
    return next > d->clock ? next : d->clock;
}

/* Decides what is to be decided next. */
static enum ecg_beat_decided ecg_beat_decide(ecg_beat_lead *lead, int32_t now, uint32_t n_peaks)
{
    ecg_beat_decision *const d = &lead->decision;
    int is_beat;
    if (ecg_beat_next_decision(lead, now, n_peaks) == INT32_MAX) {
        return ECG_BEAT_NOTHING;
    }
    if (d->is_learning) {
        ecg_beat_learn(lead, n_peaks);
        return ECG_BEAT_NO_BEAT;
    }
    if (ecg_beat_ticks_before(d, ecg_beat_next_judged(lead, now, n_peaks))) {
        is_beat = ecg_beat_tick(d);
    } else {
        ecg_beat_peak peak = ecg_beat_queued_peak(lead, 0);
#if !ECG_BEAT_TWO_LEADS
        ecg_beat_look_at_shape(lead, &peak);
#endif
        is_beat = ecg_beat_judge(d, &peak);
        lead->first_peak = (uint8_t)(lead->first_peak + 1u);
    }
    return is_beat ? ECG_BEAT_A_BEAT : ECG_BEAT_NO_BEAT;
}

#endif
