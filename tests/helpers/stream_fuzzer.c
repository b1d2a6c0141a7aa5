/*
 * Plays signals of all kinds to an exported stream called ecg_beat, and prints how many
 * events there were. To be compiled with sanitizers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ecg_beat.h"

static ecg_beat_stream s;
static int level;

static int sample_of(int kind, int i)
{
    switch (kind) {
    case 0:
        return rand() % 65536 - 32768;
    case 1:
        return (i / 200) % 2 ? 32767 : -32768;
    case 2:
        level += rand() % 201 - 100;
        level = level > 32767 ? 32767 : level < -32768 ? -32768 : level;
        return level;
    case 3:
        return i % 180 < 4 ? 20000 : rand() % 3 - 100;
    default:
        return rand() % 1000 == 0 ? 32767 : rand() % 100;
    }
}

static long polled(void)
{
    ecg_beat_event event;
    ecg_beat_episode episode;
    long n = 0;
    while (rand() % 50 == 0 ? ecg_beat_stream_poll(&s, &event)
                            : ecg_beat_stream_next(&s, &event, &episode)) {
        ++n;
    }
    return n;
}

static long played(int kind, int n_samples)
{
    long n = 0;
    memset(&s, rand(), sizeof s);
    ecg_beat_stream_init(&s);
    for (int i = 0; i < n_samples; ++i) {
#ifdef TWO_LEADS
        const int16_t second = (int16_t)sample_of(rand() % 3000 < 1 ? 0 : (kind + 3) % 5, i);
        const int leads_off = rand() % 1000 < 5 ? rand() % 4 : 0;
        ecg_beat_stream_push(&s, (int16_t)sample_of(kind, i), second, leads_off);
#else
        ecg_beat_stream_push(&s, (int16_t)sample_of(kind, i), rand() % 1000 < 5);
#endif
        /* Now and then nobody polls for long. */
        if (rand() % (i % 4000 < 3000 ? 60 : 2000) == 0) {
            n += polled();
        }
        if (rand() % 5000 == 0) {
            ecg_beat_stream_end(&s);
            n += polled();
            ecg_beat_stream_gap(&s, (uint32_t)rand());
        }
    }
    ecg_beat_stream_end(&s);
    n += polled();
    ecg_beat_stream_close(&s);
    return n + polled();
}

int main(void)
{
    long n = 0;
    srand(1);
    for (int i = 0; i < 100; ++i) {
        n += played(i % 5, rand() % 20000);
    }
    printf("%ld\n", n);
    return 0;
}
