/* Plays a signal to an exported stream that is told of names, and checks tables of them. */
#include "ecg_beat.c"

/*
 * Hands over the table after `from` samples. Returns the number of beats, of which sample,
 * label and margin are written.
 */
uint32_t play(const int16_t *samples, uint32_t n_samples, uint32_t from, const uint8_t *table,
              uint32_t n_bytes, uint32_t *rows)
{
    static ecg_beat_stream s;
    ecg_beat_event event;
    uint32_t n = 0;
    ecg_beat_stream_init(&s);
    for (uint32_t i = 0; i <= n_samples; ++i) {
        if (i == from) {
            (void)ecg_beat_stream_adapt(&s, table, n_bytes);
        }
        if (i < n_samples) {
            (void)ecg_beat_stream_push(&s, samples[i], 0);
        } else {
            ecg_beat_stream_end(&s);
        }
        for (; ecg_beat_stream_poll(&s, &event); ++n) {
            rows[3 * n] = event.r_sample;
            rows[3 * n + 1] = event.label;
            rows[3 * n + 2] = event.margin;
        }
    }
    return n;
}

/* Returns what becomes of a table, or -1 if a refused one is taken all the same. */
int status_of(const uint8_t *table, uint32_t n_bytes)
{
    static ecg_beat_stream s;
    ecg_beat_stream_init(&s);
    const int status = ecg_beat_stream_adapt(&s, table, n_bytes);
    return (status == ECG_BEAT_NAMES_TAKEN) == (s.names == table) ? status : -1;
}
