/*
 * A chain as a module of WebAssembly. The page writes samples into its memory, and reads
 * events out of it.
 */
#include "ecg_beat.h"

enum { SAMPLES = 4096, EVENTS = 1024, BETWEEN_POLLS = 32 };

/*
 * What the page reads of an event: of a beat the sample of its R peak, label, margin, rr_prev
 * and flags, and 0 as the last word; of an episode its kind, first and last R peaks, number
 * of beats and certainty, and 1 as the last word, or 2 if it is over.
 */
enum { WORDS = 7, LAST = WORDS - 1 };

#define EXPORTED(name) __attribute__((export_name(#name))) name

static ecg_beat_stream stream;
static int16_t samples[SAMPLES];
static uint8_t lead_off[SAMPLES];
static uint32_t events[EVENTS][WORDS];

int16_t *EXPORTED(samples_at)(void)
{
    return samples;
}

uint8_t *EXPORTED(lead_off_at)(void)
{
    return lead_off;
}

uint32_t *EXPORTED(events_at)(void)
{
    return &events[0][0];
}

uint32_t EXPORTED(most_samples)(void)
{
    return SAMPLES;
}

static void write_beat(const ecg_beat_event *event, uint32_t *row)
{
    row[0] = event->r_sample;
    row[1] = event->label;
    row[2] = event->margin;
    row[3] = event->rr_prev;
    row[4] = event->flags;
    row[LAST] = 0;
}

#ifdef ECG_BEAT_KIND_NAMES
static void write_episode(const ecg_beat_episode *episode, uint32_t *row)
{
    row[0] = episode->kind;
    row[1] = episode->first;
    row[2] = episode->last;
    row[3] = episode->n_beats;
    row[4] = episode->certainty;
    row[LAST] = 1u + episode->is_over;
}

static uint32_t polled(uint32_t n)
{
    ecg_beat_event event;
    ecg_beat_episode episode;
    while (n < EVENTS) {
        const int next = ecg_beat_stream_next(&stream, &event, &episode);
        if (next == ECG_BEAT_NEXT_NOTHING) {
            break;
        } else if (next == ECG_BEAT_NEXT_BEAT) {
            write_beat(&event, events[n]);
        } else {
            write_episode(&episode, events[n]);
        }
        ++n;
    }
    return n;
}

static uint32_t closed(uint32_t n)
{
    ecg_beat_stream_close(&stream);
    return polled(n);
}
#else
static uint32_t polled(uint32_t n)
{
    ecg_beat_event event;
    while (n < EVENTS && ecg_beat_stream_poll(&stream, &event)) {
        write_beat(&event, events[n]);
        ++n;
    }
    return n;
}

static uint32_t closed(uint32_t n)
{
    return n;
}
#endif

void EXPORTED(begin)(void)
{
    ecg_beat_stream_init(&stream);
}

/* Takes samples from its memory; returns how many events are there now. */
uint32_t EXPORTED(push)(uint32_t n_samples)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_samples; ++i) {
        (void)ecg_beat_stream_push(&stream, samples[i], lead_off[i]);
        if (i % BETWEEN_POLLS == BETWEEN_POLLS - 1 || i + 1 == n_samples) {
            n = polled(n);
        }
    }
    return n;
}

/* Ends the recording; returns how many events are left. */
uint32_t EXPORTED(finish)(void)
{
    ecg_beat_stream_end(&stream);
    return closed(polled(0));
}
