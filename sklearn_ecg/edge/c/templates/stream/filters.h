#ifndef ECG_BEAT_FILTERS_H
#define ECG_BEAT_FILTERS_H

#include "integers.h"

/* Puts a value into a ring; returns the one that it replaces. */
static inline int32_t ecg_beat_replace(int32_t *ring, uint8_t *place, uint32_t length,
                                       int32_t value)
{
    const int32_t before = ring[*place];
    ring[*place] = value;
    *place = (uint8_t)(*place + 1u == length ? 0u : *place + 1u);
    return before;
}

/* A binary logarithm in 1/256, linear between powers of two; 0 of 0. */
static int16_t ecg_beat_level(uint32_t value)
{
    const int32_t exponent = ecg_beat_bit_length(value | 1u) - 1;
    const uint32_t mantissa = exponent > 8 ? value >> (exponent - 8) : value << (8 - exponent);
    return (int16_t)(value == 0 ? 0 : (exponent << 8) + (int32_t)mantissa - 256);
}

/* The working sample of some time, of the last ECG_BEAT_RING; before the first, that. */
static inline int32_t ecg_beat_working(const ecg_beat_stream *s, int32_t time)
{
    return s->ring[(time < 0 ? 0u : (uint32_t)time) % ECG_BEAT_RING];
}

/* The slope of a working sample that has passed the low-pass and high-pass filters. */
static inline int32_t ecg_beat_slope(ecg_beat_filters *f, int32_t smooth)
{
    const int32_t smoother = f->second_sum += smooth -
        ecg_beat_replace(f->second, &f->second_place, ECG_BEAT_BOX, smooth);
    /* The one of half the length ago, on the other side of the ring. */
    const uint32_t place = f->high_pass_place;
    const int32_t delayed = f->high_pass[place < ECG_BEAT_HIGH_PASS / 2u
                                             ? place + ECG_BEAT_HIGH_PASS / 2u + 1u
                                             : place - ECG_BEAT_HIGH_PASS / 2u];
    f->high_pass_sum += smoother -
        ecg_beat_replace(f->high_pass, &f->high_pass_place, ECG_BEAT_HIGH_PASS, smoother);
    const int32_t sharp = ECG_BEAT_HIGH_PASS * delayed - f->high_pass_sum;
    const int32_t rise =
        sharp - ecg_beat_replace(f->slope, &f->slope_place, ECG_BEAT_SLOPE, sharp);
    return (rise < 0 ? -rise : rise) >> 2;
}

static int32_t ecg_beat_highest(const int32_t *values, uint32_t n)
{
    int32_t highest = values[0];
    for (uint32_t i = 1; i < n; ++i) {
        highest = values[i] > highest ? values[i] : highest;
    }
    return highest;
}

/* Finds the highest energy of the last ECG_BEAT_APART anew. */
static void ecg_beat_find_highest(ecg_beat_filters *f)
{
    uint32_t place = f->last_place;
    f->highest = 0;
    f->highest_age = 0;
    for (uint32_t age = ECG_BEAT_APART; age > 0; --age) {
        if (f->last[place] >= f->highest) {
            f->highest = f->last[place];
            f->highest_age = (uint8_t)(age - 1u);
        }
        place = place + 1u == ECG_BEAT_APART ? 0u : place + 1u;
    }
}

/* Takes an energy; returns whether nothing as high followed the last peak for 200 ms. */
static inline int ecg_beat_is_peak(ecg_beat_filters *f, int32_t energy)
{
    int is_peak = 0;
    (void)ecg_beat_replace(f->last, &f->last_place, ECG_BEAT_APART, energy);
    if (f->peak_age != 0 && ++f->peak_age == ECG_BEAT_APART + 1u) {
        is_peak = energy <= f->highest;
        f->peak_age = 0;
    }
    if (energy > f->highest) {
        f->peak_energy = energy;
        f->peak_slope = ecg_beat_highest(f->energy, ECG_BEAT_ENERGY);
        f->peak_age = 1;
    }
    if (energy >= f->highest) {
        f->highest = energy;
        f->highest_age = 0;
    } else if (++f->highest_age == ECG_BEAT_APART) {
        ecg_beat_find_highest(f);
    }
    return is_peak;
}

/* Takes a working sample, less the first; puts a peak of the energy into the queue. */
static inline void ecg_beat_filter(ecg_beat_stream *s, int32_t working)
{
    ecg_beat_filters *const f = &s->filters;
    const int32_t time = (int32_t)s->n_working;
    const int32_t left = ecg_beat_working(s, time - ECG_BEAT_BOX) - s->origin;
    f->first_sum += working - left;
    const int32_t slope = ecg_beat_slope(f, f->first_sum);
    f->energy_sum +=
        slope - ecg_beat_replace(f->energy, &f->energy_place, ECG_BEAT_ENERGY, slope);
    if (ecg_beat_is_peak(f, f->energy_sum)) {
        ecg_beat_peak *const peak = &s->peaks[s->n_peaks % ECG_BEAT_PEAKS];
        peak->time = time - ECG_BEAT_APART;
        peak->height = ecg_beat_level((uint32_t)f->peak_energy);
        peak->slope = ecg_beat_level((uint32_t)f->peak_slope);
        s->n_peaks = (uint8_t)(s->n_peaks + 1u);
    }
}

#endif
