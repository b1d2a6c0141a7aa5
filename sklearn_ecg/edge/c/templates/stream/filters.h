#ifndef ECG_BEAT_FILTERS_H
#define ECG_BEAT_FILTERS_H

#include "working.h"

/* Puts a value into a ring; returns the one that it replaces. */
ECG_BEAT_WITHIN int32_t ecg_beat_replace(int32_t *ring, uint8_t *place, uint32_t length,
                                       int32_t value)
{
    const uint32_t here = *place, next = here + 1u;
    const int32_t before = ring[here];
    *place = (uint8_t)(next == length ? 0u : next);
    ring[here] = value;
    return before;
}

/* Puts a value behind so few others that they move; returns the one that goes. */
ECG_BEAT_WITHIN int32_t ecg_beat_move_up(int32_t *row, uint32_t length, int32_t value)
{
    const int32_t before = row[0];
    for (uint32_t i = 1; i < length; ++i) {
        row[i - 1u] = row[i];
    }
    row[length - 1u] = value;
    return before;
}

/* The slope of a working sample that has passed the low-pass and high-pass filters. */
static inline int32_t ecg_beat_slope(ecg_beat_filters *f, int32_t smooth)
{
    const int32_t smoother =
        f->second_sum + smooth - ecg_beat_move_up(f->second, ECG_BEAT_BOX, smooth);
    f->second_sum = smoother;
    /* The one of half the length ago, on the other side of the ring. */
    const uint32_t place = f->high_pass_place;
    const int32_t delayed = f->high_pass[place < ECG_BEAT_HIGH_PASS / 2u
                                             ? place + ECG_BEAT_HIGH_PASS / 2u + 1u
                                             : place - ECG_BEAT_HIGH_PASS / 2u];
    const int32_t sum = f->high_pass_sum + smoother -
        ecg_beat_replace(f->high_pass, &f->high_pass_place, ECG_BEAT_HIGH_PASS, smoother);
    f->high_pass_sum = sum;
    const int32_t sharp = ECG_BEAT_HIGH_PASS * delayed - sum;
    const int32_t rise = sharp - ecg_beat_move_up(f->slope, ECG_BEAT_SLOPE, sharp);
    return (rise < 0 ? -rise : rise) >> 2;
}

ECG_BEAT_WITHIN int32_t ecg_beat_highest(const int32_t *values, const int32_t *end,
                                         int32_t highest)
{
    for (; values != end; ++values) {
        highest = *values > highest ? *values : highest;
    }
    return highest;
}

/*
 * Puts an energy into the ring of the last ones; returns the one that it replaces. Each
 * group of eight has its highest, so a maximum is found without scanning all
 * samples.
 */
static inline int32_t ecg_beat_put_energy(ecg_beat_filters *f, int32_t energy)
{
    const uint32_t here = f->last_place, group = here / ECG_BEAT_GROUP;
    if (here % ECG_BEAT_GROUP == 0 || energy > f->group_highest[group]) {
        f->group_highest[group] = energy;
    }
    return ecg_beat_replace(f->last, &f->last_place, ECG_BEAT_APART, energy);
}

/* The highest of the last energies: of the groups, and of what is left of the oldest. */
static inline int32_t ecg_beat_highest_energy(const ecg_beat_filters *f)
{
    const uint32_t here = f->last_place;
    uint32_t stop = (here + ECG_BEAT_GROUP - 1u) / ECG_BEAT_GROUP * ECG_BEAT_GROUP;
    stop = stop > ECG_BEAT_APART ? ECG_BEAT_APART : stop;
    const int32_t *const groups = f->group_highest;
    const int32_t highest = ecg_beat_highest(groups, groups + ECG_BEAT_GROUPS, 0);
    return ecg_beat_highest(f->last + here, f->last + stop, highest);
}

/* Takes an energy; returns whether nothing as high followed the last peak for 200 ms. */
static inline int ecg_beat_is_peak(ecg_beat_filters *f, int32_t energy)
{
    const int32_t highest = f->highest;
    const int32_t left = ecg_beat_put_energy(f, energy);
    uint32_t age = f->peak_age;
    int is_peak = 0;
    if (age != 0 && ++age == ECG_BEAT_APART + 1u) {
        is_peak = energy <= highest;
        age = 0;
    }
    if (energy > highest) {
        f->peak_energy = energy;
        age = 1;
    }
    f->peak_age = (uint8_t)age;
    if (energy >= highest) {
        f->highest = energy;
    } else if (left == highest) {
        f->highest = ecg_beat_highest_energy(f);
    }
    return is_peak;
}

/* Puts the peak that was found into the queue; returns 0 if none fits, as nobody polls. */
static inline int ecg_beat_put_peak(ecg_beat_lead *lead, int32_t time)
{
    const uint32_t n_peaks = lead->n_peaks;
    ecg_beat_queued *const peak = &lead->peaks[n_peaks % ECG_BEAT_PEAKS];
    if ((uint8_t)(n_peaks - lead->first_peak) == ECG_BEAT_PEAKS) {
        return 0;
    }
    peak->time = time;
#if ECG_BEAT_TWO_LEADS
    peak->of.pushed.energy = lead->filters.peak_energy;
    peak->of.pushed.slope = lead->filters.peak_slope;
#else
    peak->energy = lead->filters.peak_energy;
    peak->slope = lead->filters.peak_slope;
#endif
    lead->n_peaks = (uint8_t)(n_peaks + 1u);
    return 1;
}

/* Takes a working sample; puts a peak of the energy into the queue. 0 if none fits. */
static inline int ecg_beat_filter(ecg_beat_lead *lead, int32_t time, int32_t working)
{
    ecg_beat_filters *const f = &lead->filters;
    const int32_t smooth = f->first_sum + working - ecg_beat_working(lead, time - ECG_BEAT_BOX);
    f->first_sum = smooth;
    const int32_t slope = ecg_beat_slope(f, smooth);
    const int32_t energy = f->energy_sum + slope - f->energy[f->energy_place];
    /* Of a rise only the last sample may be a peak: what is asked of it waits for the next. */
    if (f->peak_age == 1u && energy <= f->highest) {
        f->peak_slope = ecg_beat_highest(f->energy, f->energy + ECG_BEAT_ENERGY, 0);
    }
    (void)ecg_beat_replace(f->energy, &f->energy_place, ECG_BEAT_ENERGY, slope);
    f->energy_sum = energy;
    return ecg_beat_is_peak(f, energy) ? ecg_beat_put_peak(lead, time - ECG_BEAT_APART) : 1;
}

#endif
