#ifndef ECG_BEAT_FIBRILLATION_H
#define ECG_BEAT_FIBRILLATION_H

#include "integers.h"

/* Binary logarithms of a count, as often as it counts, in 1/1024. */
static uint32_t ecg_beat_entropy(uint32_t count)
{
    return count == 0 ? 0u : count * (uint32_t)ecg_beat_logarithm(count);
}

/* What one more of so many equal words adds. */
ECG_BEAT_APART_FROM_OTHERS
static uint32_t ecg_beat_entropy_step(uint32_t count)
{
    return ecg_beat_entropy(count + 1u) - ecg_beat_entropy(count);
}

/* Takes a symbol into the window; from a full one, the oldest goes. */
ECG_BEAT_APART_FROM_OTHERS
static void ecg_beat_add_symbol(ecg_beat_fibrillation *f, uint32_t symbol)
{
    /* Three symbols are a word, in the upper bits; none is this one. */
    uint32_t word = UINT32_MAX, n_oldest = 0, n_newest = 0;
    uint8_t *const window = f->symbols + 1;
    const uint32_t oldest =
        (uint32_t)window[0] << 26 | (uint32_t)window[1] << 20 | (uint32_t)window[2] << 14;
    f->last_symbols = f->last_symbols << 6 | symbol;
    const uint32_t newest = f->last_symbols << 14, n = f->n_symbols;
    uint8_t *to = n == ECG_BEAT_N_SYMBOLS ? f->symbols : window;
    for (const uint8_t *from = window; from != window + n; ++from) {
        *to = *from;
        word = word << 6 | *to;
        ++to;
        n_oldest += word << 14 == oldest;
        n_newest += word << 14 == newest;
    }
    *to = (uint8_t)symbol;
    if (n == ECG_BEAT_N_SYMBOLS) {
        f->sum -= ecg_beat_entropy_step(n_oldest - 1u);
        f->n_different = (uint8_t)(f->n_different - (n_oldest == 1u));
        n_newest -= oldest == newest;
    } else {
        f->n_symbols = (uint8_t)(n + 1u);
    }
    if (n >= 2u) {
        f->sum += ecg_beat_entropy_step(n_newest);
        f->n_different = (uint8_t)(f->n_different + (n_newest == 0));
    }
}

/* Words of the window from which on it decides; 0 if there are fewer. */
static uint32_t ecg_beat_n_words(const ecg_beat_fibrillation *f)
{
    return f->n_symbols < ECG_BEAT_FEWEST_WORDS + 2u ? 0u : f->n_symbols - 2u;
}

/* Takes a beat with the interval before it in ms; the beat waits until it is decided. */
static void ecg_beat_add_interval(ecg_beat_fibrillation *f, ecg_beat_place beat,
                                  uint32_t interval)
{
    uint32_t at = (uint32_t)f->waiting + f->n_waiting;
    at = at < ECG_BEAT_MOST_WAITING ? at : at - ECG_BEAT_MOST_WAITING;
    if (f->n_waiting == 0) {
        f->decided = beat;
    }
    f->samples[at] = (uint16_t)beat.sample;
    f->numbers[at] = (uint8_t)beat.number;
    f->newest = beat;
    f->n_waiting = (uint8_t)(f->n_waiting + 1u);
    ecg_beat_add_symbol(f, ECG_BEAT_SYMBOL_MS / interval);
    const uint32_t n_words = ecg_beat_n_words(f), most = ecg_beat_entropy(n_words);
    const uint32_t score = f->n_different * (most - f->sum) * ECG_BEAT_AF_ONE;
    const uint32_t share = f->decision ? ECG_BEAT_AF_ENDS : ECG_BEAT_AF_BEGINS;
    f->decision = n_words != 0 && score > share * n_words * most;
}

/* Tells of the episode that goes on or is over. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_tell_of_af(const ecg_beat_fibrillation *f, ecg_beat_episode *episode,
                               int is_over)
{
    const uint32_t n_beats = f->last.number - f->first.number + 1u;
    episode->first = f->first.sample;
    episode->last = f->last.sample;
    episode->n_beats = n_beats;
    episode->certainty = (uint16_t)(f->n_positive * ECG_BEAT_CERTAIN / n_beats);
    episode->kind = ECG_BEAT_KIND_AF;
    episode->is_over = (uint8_t)is_over;
    return 1;
}

/* Ends the episode; returns whether that is told. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_end_af(ecg_beat_fibrillation *f, ecg_beat_episode *episode)
{
    const int is_told = f->is_told && ecg_beat_tell_of_af(f, episode, 1);
    f->is_told = 0;
    f->n_positive = 0;
    return is_told;
}

/* Decides the oldest beat that waits; returns whether something is told. */
static int ecg_beat_decide_beat(ecg_beat_fibrillation *f, ecg_beat_episode *episode)
{
    const uint32_t at = f->waiting;
    int is_told = 0;
    /* Less than these numbers can count lies between two beats that wait. */
    f->decided.sample += (uint16_t)(f->samples[at] - f->decided.sample);
    f->decided.number += (uint8_t)(f->numbers[at] - f->decided.number);
    f->waiting = (uint8_t)(at + 1u == ECG_BEAT_MOST_WAITING ? 0u : at + 1u);
    f->n_waiting = (uint8_t)(f->n_waiting - 1u);
    if (f->decided.sample - f->last.sample >= ECG_BEAT_SHORTEST_AF) {
        is_told = ecg_beat_end_af(f, episode);
    }
    if (!f->decision) {
        return is_told;
    }
    if (f->n_positive == 0) {
        f->first = f->decided;
    }
    f->last = f->decided;
    ++f->n_positive;
    if (!f->is_told && f->last.sample - f->first.sample >= ECG_BEAT_SHORTEST_AF) {
        f->is_told = 1;
        is_told = ecg_beat_tell_of_af(f, episode, 0);
    }
    return is_told;
}

/* Decides beats until so many wait; stops where something is told. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_decide_beats(ecg_beat_fibrillation *f, uint32_t n_left,
                                 ecg_beat_episode *episode)
{
    int is_told = 0;
    while (!is_told && f->n_waiting > n_left) {
        is_told = ecg_beat_decide_beat(f, episode);
    }
    return is_told;
}

#endif
