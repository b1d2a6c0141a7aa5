#ifndef ECG_BEAT_LOCATE_H
#define ECG_BEAT_LOCATE_H

#include "cut.h"
#include "decision.h"

/* A quotient rounded down. */
static int32_t ecg_beat_floor(int32_t value, int32_t by)
{
    return value < 0 ? -((by - 1 - value) / by) : value / by;
}

/* Where the sharpened signal of a beat is looked at: the last place, and how many. */
enum {
    ECG_BEAT_N_NEAR = ECG_BEAT_BEFORE_PEAK + 1 + ECG_BEAT_AFTER_PEAK,
    ECG_BEAT_LAST_NEAR = ECG_BEAT_AFTER_PEAK - ECG_BEAT_LAG
};

/* Sizes of the sharpened signal, which is smooth and has no baseline. */
static void ecg_beat_sharpen(const ecg_beat_lead *lead, int32_t first, uint32_t n, int32_t *out)
{
    int32_t smooth[ECG_BEAT_HIGH_PASS] = { 0 };
    int32_t sum = 0, total = 0;
    uint32_t place = 0;
    int32_t time = first - ECG_BEAT_HIGH_PASS + 1;
    for (int32_t i = 1; i <= ECG_BEAT_BOX; ++i) {
        sum += ecg_beat_working(lead, time - i);
    }
    for (; time < first + (int32_t)n; ++time) {
        /* The one of half the length ago, on the other side of the ring. */
        const uint32_t middle = place < ECG_BEAT_HIGH_PASS / 2u
                                    ? place + ECG_BEAT_HIGH_PASS / 2u + 1u
                                    : place - ECG_BEAT_HIGH_PASS / 2u;
        const int32_t delayed = smooth[middle];
        sum += ecg_beat_working(lead, time) - ecg_beat_working(lead, time - ECG_BEAT_BOX);
        total += sum - smooth[place];
        smooth[place] = sum;
        place = place + 1u == ECG_BEAT_HIGH_PASS ? 0u : place + 1u;
        if (time >= first) {
            const int32_t sharp = ECG_BEAT_HIGH_PASS * delayed - total;
            out[time - first] = sharp < 0 ? -sharp : sharp;
        }
    }
}

/* The R peak of a peak of the energy: the farthest from zero, of a parabola. */
static int32_t ecg_beat_r_peak(const ecg_beat_lead *lead, int32_t time)
{
    int32_t near[ECG_BEAT_N_NEAR + 2];
    const int32_t last = time + ECG_BEAT_LAST_NEAR;
    uint32_t best = 1;
    int32_t half_steps = 0;
    ecg_beat_sharpen(lead, last - ECG_BEAT_N_NEAR, ECG_BEAT_N_NEAR + 2u, near);
    for (uint32_t i = 2; i <= ECG_BEAT_N_NEAR; ++i) {
        best = near[i] > near[best] ? i : best;
    }
    const int32_t left = near[best - 1u], middle = near[best], right = near[best + 1u];
    if (middle >= left && middle >= right) {
        const int32_t bend = 2 * middle - left - right;
        const int32_t rise = (int32_t)ECG_BEAT_FACTOR * (right - left);
        half_steps = ecg_beat_floor(rise, bend > 1 ? bend : 1);
    }
    const int32_t top = last - ECG_BEAT_N_NEAR + (int32_t)best;
    const int32_t late = (int32_t)ECG_BEAT_FACTOR * (1 - ECG_BEAT_SHARP_DELAY) + half_steps;
    const int32_t sample = (int32_t)ECG_BEAT_FACTOR * top + ecg_beat_floor(late, 2);
    return sample < 0 ? 0 : sample;
}

/* About where the R peak is, where its samples are forgotten. */
static int32_t ecg_beat_rough_r_peak(int32_t time)
{
    const int32_t late = (int32_t)ECG_BEAT_FACTOR * (1 - ECG_BEAT_SHARP_DELAY);
    const int32_t sample =
        (int32_t)ECG_BEAT_FACTOR * (time - ECG_BEAT_LAG) + ecg_beat_floor(late, 2);
    return sample < 0 ? 0 : sample;
}

/* Finds the R peak of the beat that was found last; LATE if one can't look for it. */
static int32_t ecg_beat_locate(const ecg_beat_lead *lead, uint8_t *flags)
{
    const int32_t time = lead->decision.found.time;
    const int32_t near = time + ECG_BEAT_LAST_NEAR - ECG_BEAT_N_NEAR;
    int32_t r_peak = 0;
    *flags = lead->decision.found_over_noise < ECG_BEAT_NOISY_BELOW ? ECG_BEAT_FLAG_NOISY : 0;
    if (!ecg_beat_is_late(lead->decision.clock, near - ECG_BEAT_BOX - ECG_BEAT_HIGH_PASS)) {
        r_peak = ecg_beat_r_peak(lead, time);
        const int32_t first = r_peak / (int32_t)ECG_BEAT_FACTOR - ECG_BEAT_REACH_BEFORE;
        if (!ecg_beat_is_late(lead->decision.clock, first)) {
            return r_peak;
        }
    }
    *flags |= ECG_BEAT_FLAG_LATE;
    return ecg_beat_rough_r_peak(time);
}

#endif
