/* Hands beats to the rhythm of an exported stream alone, and writes down its episodes. */
#include "ecg_beat.c"

/*
 * `beats` has four numbers of each: sample, label, margin, rr_prev. Returns the number of
 * episodes; the first `most` of them are written, seven numbers of each.
 */
uint32_t hear(const uint32_t *beats, uint32_t n_beats, uint32_t n_samples, uint32_t *rows,
              uint32_t most)
{
    static ecg_beat_stream s;
    ecg_beat_episode episode;
    uint32_t n = 0;
    ecg_beat_stream_init(&s);
    for (uint32_t i = 0; i <= n_beats; ++i) {
        if (i < n_beats) {
            const uint32_t *const beat = beats + 4 * i;
            const ecg_beat_event event = { beat[0], (uint16_t)beat[3], (uint16_t)beat[2],
                                           (uint8_t)beat[1], 0 };
            ecg_beat_hear(&s.rhythm, &event);
        } else {
            s.n_before = n_samples;
            ecg_beat_stream_close(&s);
        }
        for (; ecg_beat_next_episode(&s.rhythm, &episode); ++n) {
            uint32_t *const row = rows + 7 * (n < most ? n : 0);
            row[0] = i < n_beats ? i + 1 : n_beats;
            row[1] = episode.is_over;
            row[2] = episode.kind;
            row[3] = episode.first;
            row[4] = episode.last;
            row[5] = episode.n_beats;
            row[6] = episode.certainty;
        }
    }
    return n;
}
