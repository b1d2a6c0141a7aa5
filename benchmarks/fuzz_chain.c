/*
 * What libFuzzer gives is a list of steps: signals of some kinds, gaps, polls, tables of
 * names. The exported C is named ecg_beat; table.h has a table that it takes.
 */
#include <string.h>

#include "ecg_beat.c"
#ifdef NAMES
#include "table.h"
#endif

#define MOST_SAMPLES 20000u
#define HEADER 8u

static ecg_beat_stream s;
static const uint8_t *next, *end;
static uint32_t n_pushed;

static uint32_t byte(void)
{
    return next < end ? *next++ : 0u;
}

static uint32_t two_bytes(void)
{
    const uint32_t low = byte();
    return low | byte() << 8;
}

static void push(int32_t first, int32_t second, uint32_t lead_off)
{
    ++n_pushed;
#ifdef TWO_LEADS
    ecg_beat_stream_push(&s, (int16_t)first, (int16_t)second, (int)(lead_off & 3u));
#else
    (void)second;
    ecg_beat_stream_push(&s, (int16_t)first, (int)(lead_off & 1u));
#endif
}

static void poll(void)
{
    ecg_beat_event event;
    ecg_beat_episode episode;
    while (ecg_beat_stream_next(&s, &event, &episode) != 0) {
    }
}

/* A triangle of a height and a width, and a flat line after it, as often as is said. */
static void beat(void)
{
    const int32_t height = (int16_t)two_bytes();
    const uint32_t width = 1u + (byte() & 63u), rest = two_bytes() & 1023u;
    const uint32_t n_beats = 1u + (byte() & 31u), lead_off = byte() < 4u;
    for (uint32_t i = 0; i < n_beats && n_pushed < MOST_SAMPLES; ++i) {
        for (uint32_t at = 0; at < width; ++at) {
            const uint32_t far = 2u * at < width ? at : width - at;
            push(height * (int32_t)far * 2 / (int32_t)width, height / 2, lead_off);
        }
        for (uint32_t at = 0; at < rest; ++at) {
            push((int32_t)(at & 3u), 0, 0);
        }
        poll();
    }
}

#ifdef NAMES
/* A table that is taken stays as it is; the next is put into the other buffer. */
static void table(void)
{
    static uint8_t buffers[2][sizeof named];
    static uint32_t unused;
    uint8_t *const given = buffers[unused];
    const uint32_t kind = byte(), place = two_bytes() % sizeof named;
    memcpy(given, named, sizeof named);
    if ((kind & 1u) != 0) { /* What is in it changes, and its checksum with it */
        const uint32_t room = sizeof named - HEADER - 4u;
        for (uint32_t n = kind >> 1 & 15u; n != 0u; --n) {
            given[HEADER + two_bytes() % room] = (uint8_t)byte();
        }
        const uint32_t sum = ecg_beat_checksum(given, sizeof named - 4u);
        for (uint32_t i = 0; i < 4u; ++i) {
            given[sizeof named - 4u + i] = (uint8_t)(sum >> 8u * i);
        }
    } else {
        given[place] ^= (uint8_t)byte();
    }
    const uint32_t n_bytes = (kind & 32u) != 0 ? place : sizeof named;
    if (ecg_beat_stream_adapt(&s, given, n_bytes) == ECG_BEAT_NAMES_TAKEN) {
        unused = 1u - unused;
    }
}
#else
static void table(void)
{
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    next = data;
    end = data + size;
    n_pushed = 0;
    ecg_beat_stream_init(&s);
    while (next < end && n_pushed < MOST_SAMPLES) {
        switch (byte() & 7u) {
        case 0:
            push((int16_t)two_bytes(), (int16_t)two_bytes(), byte());
            break;
        case 1:
        case 2:
            beat();
            break;
        case 3:
            for (uint32_t n = byte(); n != 0u; --n) {
                push((int8_t)byte() * 64, (int8_t)byte() * 64, 0);
            }
            break;
        case 4:
            ecg_beat_stream_gap(&s, byte() < 128u ? two_bytes() : two_bytes() << 16);
            break;
        case 5:
            table();
            break;
        case 6:
            poll();
            break;
        default:
            ecg_beat_stream_end(&s);
            poll();
            ecg_beat_stream_close(&s);
            poll();
            ecg_beat_stream_init(&s);
            break;
        }
    }
    poll();
    return 0;
}
