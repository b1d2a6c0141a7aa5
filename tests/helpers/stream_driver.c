/*
 * Plays a signal to an exported stream, in pieces, and writes down its events. An episode
 * has seven numbers, the last 1 or 2 (it is over); a beat has five, then 0.
 *
 * n_commands pairs of numbers say what happens: {n, 0} pushes the next n samples, then
 * polls until there is nothing; {n, 1} ends the signal and loses n samples; {r, 2} tells of
 * an R peak at sample r.
 */
#include <stddef.h>

#include HEADER

#define JOINED(name, suffix) name##suffix
#define CALLED(name, suffix) JOINED(name, suffix)
#define OF_MODEL(suffix) CALLED(MODEL, suffix)

static void write_beat(const OF_MODEL(_event) *event, uint32_t *row)
{
    row[0] = event->r_sample;
    row[1] = event->label;
    row[2] = event->margin;
    row[3] = event->rr_prev;
    row[4] = event->flags;
    row[6] = 0;
}

#ifdef RHYTHM
static uint32_t polled(OF_MODEL(_stream) *s, uint32_t *events, uint32_t n, uint32_t most)
{
    OF_MODEL(_event) event;
    OF_MODEL(_episode) episode;
    for (;;) {
        const int next = OF_MODEL(_stream_next)(s, &event, &episode);
        uint32_t *const row = events + 7 * (n < most ? n : 0);
        if (next == 0) {
            return n;
        } else if (next == 1) {
            write_beat(&event, row);
        } else {
            row[0] = episode.kind;
            row[1] = episode.first;
            row[2] = episode.last;
            row[3] = episode.n_beats;
            row[4] = episode.certainty;
            row[6] = 1u + episode.is_over;
        }
        ++n;
    }
}
#else
static uint32_t polled(OF_MODEL(_stream) *s, uint32_t *events, uint32_t n, uint32_t most)
{
    OF_MODEL(_event) event;
    while (OF_MODEL(_stream_poll)(s, &event)) {
        write_beat(&event, events + 7 * (n < most ? n : 0));
        ++n;
    }
    return n;
}
#endif

/* Returns the number of events; the first `most` of them are written. */
uint32_t play(const int16_t *samples, const uint8_t *lead_off, const uint32_t *commands,
              uint32_t n_commands, uint32_t *events, uint32_t most, uint8_t rubbish)
{
    static OF_MODEL(_stream) s;
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof s; ++i) {
        ((uint8_t *)&s)[i] = rubbish;
    }
    OF_MODEL(_stream_init)(&s);
    for (uint32_t i = 0; i < n_commands; ++i) {
        if (commands[2 * i + 1] == 0) {
            for (uint32_t left = commands[2 * i]; left > 0; --left) {
#ifdef TWO_LEADS
                OF_MODEL(_stream_push)(&s, samples[0], samples[1], lead_off[0] | lead_off[1] << 1);
                samples += 2;
                lead_off += 2;
#else
                OF_MODEL(_stream_push)(&s, *samples++, *lead_off++);
#endif
            }
            n = polled(&s, events, n, most);
#ifdef TOLD
        } else if (commands[2 * i + 1] == 2) {
            (void)OF_MODEL(_stream_beat)(&s, commands[2 * i]);
#endif
        } else {
            OF_MODEL(_stream_end)(&s);
            n = polled(&s, events, n, most);
            OF_MODEL(_stream_gap)(&s, commands[2 * i]);
        }
    }
    OF_MODEL(_stream_end)(&s);
    n = polled(&s, events, n, most);
#ifdef RHYTHM
    OF_MODEL(_stream_close)(&s);
    n = polled(&s, events, n, most);
#endif
    return n;
}

uint32_t size_of_state(void)
{
    return sizeof(OF_MODEL(_stream));
}
