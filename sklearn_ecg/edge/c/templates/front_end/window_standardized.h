#ifndef ECG_BEAT_WINDOW_STANDARDIZED_H
#define ECG_BEAT_WINDOW_STANDARDIZED_H

#include "root.h"
#include "sample.h"

/*
 * The factor that turns ECG_BEAT_N_SAMPLES times a sample's distance from the mean into
 * steps of the network, with ECG_BEAT_WINDOW_SHIFT fraction bits; 0 for a flat window, one
 * that deviates by less than half a count. spread is ECG_BEAT_N_SAMPLES^2 times the
 * variance.
 */
static uint32_t ecg_beat_window_factor(uint64_t spread)
{
    int32_t places = ECG_BEAT_WINDOW_PLACES;
    if (4 * spread < (uint64_t)ECG_BEAT_N_SAMPLES * ECG_BEAT_N_SAMPLES) {
        return 0;
    }
    while (spread > UINT32_MAX) {
        spread >>= 2;
        --places;
    }
    while (spread < (1u << 30)) {
        spread <<= 2;
        ++places;
    }
    const uint32_t inverse = ECG_BEAT_WINDOW_NUMERATOR / ecg_beat_square_root((uint32_t)spread);
    return places < 0 ? inverse >> -places : inverse << places;
}

/* Gives a window mean 0 and standard deviation 1, in steps of the network. */
static void ecg_beat_scale_window(const int16_t *window, ecg_beat_stored *row)
{
    int32_t total = 0;
    uint64_t squares = 0;
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        total += window[i];
        squares += (uint32_t)(window[i] * window[i]);
    }
    const uint64_t squared_total = (uint64_t)((int64_t)total * total);
    const uint32_t factor = ecg_beat_window_factor(ECG_BEAT_N_SAMPLES * squares - squared_total);
#if ECG_BEAT_LANES
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES / 2; ++i) {
        row[i] = ecg_beat_two_samples(
            ecg_beat_scaled_sample(ECG_BEAT_N_SAMPLES * window[i] - total, factor),
            ecg_beat_scaled_sample(
                ECG_BEAT_N_SAMPLES * window[i + ECG_BEAT_N_SAMPLES / 2] - total, factor));
    }
#else
    for (uint32_t i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        row[i] = ecg_beat_scaled_sample(ECG_BEAT_N_SAMPLES * window[i] - total, factor);
    }
#endif
}

#endif
