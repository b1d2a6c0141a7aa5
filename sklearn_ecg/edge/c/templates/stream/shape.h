#ifndef ECG_BEAT_SHAPE_H
#define ECG_BEAT_SHAPE_H

#include "working.h"

/* The sum of so many working samples. */
static int32_t ecg_beat_total(const ecg_beat_lead *lead, int32_t first, int32_t n)
{
    int32_t sum = 0;
    for (int32_t time = first; time < first + n; ++time) {
        sum += ecg_beat_working(lead, time);
    }
    return sum;
}

/* How high the slow wave is: a short mean less a long one, from a first middle on. */
static uint32_t ecg_beat_slow_wave(const ecg_beat_lead *lead, int32_t first)
{
    const int32_t last = first + ECG_BEAT_BROAD_BEFORE + ECG_BEAT_BROAD_AFTER;
    const int32_t half = ECG_BEAT_AROUND / 2, inner = ECG_BEAT_BROAD / 2;
    int32_t broad = ecg_beat_total(lead, first - inner - 1, ECG_BEAT_BROAD);
    int32_t around = ecg_beat_total(lead, first - half - 1, ECG_BEAT_AROUND);
    int32_t highest = 0;
    for (int32_t time = first; time <= last; ++time) {
        broad += ecg_beat_working(lead, time + inner) - ecg_beat_working(lead, time - inner - 1);
        around += ecg_beat_working(lead, time + half) - ecg_beat_working(lead, time - half - 1);
        const int32_t wave = ECG_BEAT_AROUND * broad - ECG_BEAT_BROAD * around;
        const int32_t size = wave < 0 ? -wave : wave;
        highest = size > highest ? size : highest;
    }
    return (uint32_t)highest;
}

/* How much the signal bends around a middle: the sum of second differences. */
static uint32_t ecg_beat_bends(const ecg_beat_lead *lead, int32_t middle)
{
    int32_t sum = 0;
    for (int32_t time = middle - ECG_BEAT_BENDS; time < middle + ECG_BEAT_BENDS; ++time) {
        const int32_t bend = ecg_beat_working(lead, time) + ecg_beat_working(lead, time + 2) -
                             2 * ecg_beat_working(lead, time + 1);
        sum += bend < 0 ? -bend : bend;
    }
    return (uint32_t)sum;
}

#endif
