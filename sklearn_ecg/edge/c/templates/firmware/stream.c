/*
 * Plays the samples of samples.bin to ecg_beat on a core in QEMU, and prints through
 * semihosting what it took: instructions, stack, and every event that differs from those
 * of events.bin. With PRINT_EVENTS it prints the events, too.
 */
#include "ecg_beat.h"

#include "core.h"

#include "board.h"

#include "counting.h"

/* Samples from one poll to the next. */
#define SAMPLES_A_POLL (ECG_BEAT_DEVICE_RATE / 10)

/* How often a push is repeated to count its instructions. */
#define REPEATS 400u

typedef struct {
    uint32_t r_sample, label, margin, rr_prev, flags;
} expected_event;

typedef struct {
    uint32_t n_events, is_over, kind, first, last, n_beats, certainty;
} expected_episode;

/* Leads that samples are of, one after the other. */
#ifndef N_LEADS
#define N_LEADS 1
#endif

extern const int16_t stream_samples[N_SAMPLES * N_LEADS];
extern const expected_episode stream_episodes[];
extern const expected_event stream_events[];
#if N_TOLD > 0
extern const uint32_t stream_told[N_TOLD];
static uint32_t n_told;
#endif

static ecg_beat_stream stream, before;
static uint64_t push_ticks, poll_ticks;
static uint32_t n_events, n_episodes, differences, most_poll_ticks, longest_push, n_longest;

#ifdef PRINT_EVENTS
static const char pattern[] = "event 0000000000 000 00000 00000";
#ifdef RHYTHM
static const char other_pattern[] = "episode 0000000000 0 00 0000000000 0000000000 0000000000";
#endif

static void write_number(char *end, uint32_t number, uint32_t n_digits)
{
    for (; n_digits > 0; --n_digits) {
        *--end = (char)('0' + number % 10u);
        number /= 10u;
    }
}

static void print_event(const ecg_beat_event *event)
{
    char line[sizeof pattern];
    for (uint32_t i = 0; i < sizeof pattern; ++i) {
        line[i] = pattern[i];
    }
    write_number(line + 16, event->r_sample, 10);
    write_number(line + 20, event->label, 3);
    write_number(line + 26, event->margin, 5);
    write_number(line + 32, event->rr_prev, 5);
    semihosting(4, line);
    print(" ", event->flags);
}

#ifdef RHYTHM
static void print_episode(const ecg_beat_episode *episode)
{
    char line[sizeof other_pattern];
    for (uint32_t i = 0; i < sizeof other_pattern; ++i) {
        line[i] = other_pattern[i];
    }
    write_number(line + 18, n_events, 10);
    write_number(line + 20, episode->is_over, 1);
    write_number(line + 23, episode->kind, 2);
    write_number(line + 34, episode->first, 10);
    write_number(line + 45, episode->last, 10);
    write_number(line + 56, episode->n_beats, 10);
    semihosting(4, line);
    print(" ", episode->certainty);
}
#endif
#endif

static void take(const ecg_beat_event *event)
{
#if N_EVENTS > 0
    const expected_event *const expected = &stream_events[n_events];
    differences += n_events >= N_EVENTS || event->r_sample != expected->r_sample ||
                   event->label != expected->label || event->margin != expected->margin ||
                   event->rr_prev != expected->rr_prev || event->flags != expected->flags;
#endif
#ifdef PRINT_EVENTS
    print_event(event);
#endif
    ++n_events;
}

#ifdef RHYTHM
static ecg_beat_episode episode;

static void take_episode(void)
{
#if N_EVENTS > 0
    const expected_episode *const expected = &stream_episodes[n_episodes];
    differences += n_episodes >= N_EPISODES || n_events != expected->n_events ||
                   episode.is_over != expected->is_over || episode.kind != expected->kind ||
                   episode.first != expected->first || episode.last != expected->last ||
                   episode.n_beats != expected->n_beats ||
                   episode.certainty != expected->certainty;
#endif
#ifdef PRINT_EVENTS
    print_episode(&episode);
#endif
    ++n_episodes;
}
#endif

/* Asks for what is next: 1 is a beat, 2 an episode. */
static int next(ecg_beat_event *event)
{
#ifdef RHYTHM
    return ecg_beat_stream_next(&stream, event, &episode);
#else
    return ecg_beat_stream_poll(&stream, event);
#endif
}

static void poll(void)
{
    ecg_beat_event event;
    for (;;) {
        const uint32_t start = ticks();
        const int is_event = next(&event);
        const uint32_t taken = elapsed(start);
        poll_ticks += taken;
        most_poll_ticks = taken > most_poll_ticks ? taken : most_poll_ticks;
        if (is_event == 0) {
            return;
        }
        if (is_event == 1) {
            take(&event);
        }
#ifdef RHYTHM
        if (is_event == 2) {
            take_episode();
        }
#endif
    }
}

static void push_one(const int16_t *sample)
{
#if N_LEADS == 2
    ecg_beat_stream_push(&stream, sample[0], sample[1], 0);
#else
    ecg_beat_stream_push(&stream, *sample, 0);
#endif
}

/* Ticks of many pushes of one sample, each to the same state, and of what restores it. */
static uint32_t ticks_of_pushes(const int16_t *sample, int does_push)
{
    const uint32_t start = ticks();
    for (uint32_t i = 0; i < REPEATS; ++i) {
        stream = before;
        __asm__ volatile("" : : : "memory");
        if (does_push) {
            push_one(sample);
        }
    }
    return elapsed(start);
}

static void push(const int16_t *sample, uint32_t number)
{
    const int is_watched = number >= FIRST_WATCHED && number < FIRST_WATCHED + N_WATCHED;
    if (is_watched) {
        before = stream;
        const uint32_t of_all = ticks_of_pushes(sample, 1);
        const uint32_t of_rest = ticks_of_pushes(sample, 0);
        const uint32_t taken = of_all > of_rest ? of_all - of_rest : 0;
        longest_push = taken > longest_push ? taken : longest_push;
        stream = before;
    }
    push_one(sample);
}

/* How many samples come until the next poll, or until an R peak is told. */
static uint32_t samples_at_once(uint32_t first, uint32_t most)
{
    const uint32_t n = N_SAMPLES - first < most ? N_SAMPLES - first : most;
#if N_TOLD > 0
    if (n_told < N_TOLD && stream_told[n_told] < first + n) {
        return stream_told[n_told] + 1u - first;
    }
#endif
    return n;
}

/* Tells of an R peak at the last of so many samples, if there is one. */
static void tell(uint32_t n_samples)
{
#if N_TOLD > 0
    if (n_told < N_TOLD && stream_told[n_told] + 1u == n_samples) {
        (void)ecg_beat_stream_beat(&stream, stream_told[n_told]);
        ++n_told;
    }
#else
    (void)n_samples;
#endif
}

static void begin(void)
{
    ecg_beat_stream_init(&stream);
#if N_TOLD > 0
    n_told = 0;
#endif
}

static uint32_t ticks_of_samples(uint32_t first, uint32_t n)
{
    const uint32_t start = ticks();
    for (uint32_t i = first; i < first + n; ++i) {
        push_one(stream_samples + N_LEADS * i);
    }
    return elapsed(start);
}

/* Bytes of the stack that the pushes and polls of some seconds take. */
static uint32_t stack_of_calls(void)
{
    uint32_t here;
    const volatile uint32_t *word = stack_limit;
    ecg_beat_event event;
    begin();
    paint_stack();
    for (uint32_t i = 0; i < N_SAMPLES && i < 12u * ECG_BEAT_DEVICE_RATE; ++i) {
        push_one(stream_samples + N_LEADS * i);
        tell(i + 1u);
        while (next(&event)) {
        }
    }
    while (*word == 0xA5A5A5A5u) {
        ++word;
    }
    return (uint32_t)((const volatile char *)&here - (const volatile char *)word);
}

int main(void)
{
    start_counting();
    print("stack ", stack_of_calls());
    print("ticks_of_loops ", ticks_of_loops(LOOPS));
    print("loops ", LOOPS);
    begin();
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_SAMPLES; i += n) {
        n = samples_at_once(i, SAMPLES_A_POLL);
        if (i + n > FIRST_WATCHED && i < FIRST_WATCHED + N_WATCHED) {
            for (uint32_t k = i; k < i + n; ++k) {
                push(stream_samples + N_LEADS * k, k);
            }
        } else {
            push_ticks += ticks_of_samples(i, n);
            n_longest += n;
        }
        tell(i + n);
        poll();
    }
    ecg_beat_stream_end(&stream);
    poll();
#ifdef RHYTHM
    ecg_beat_stream_close(&stream);
    poll();
#endif
    print("push_ticks ", push_ticks);
    print("pushes ", n_longest);
    print("poll_ticks ", poll_ticks);
    print("most_poll_ticks ", most_poll_ticks);
    print("longest_push_ticks ", longest_push);
    print("repeats ", REPEATS);
    print("events ", n_events);
    print("state ", sizeof stream);
    differences += n_events < N_EVENTS ? N_EVENTS - n_events : 0u;
    differences += N_EVENTS > 0 && n_episodes < N_EPISODES ? N_EPISODES - n_episodes : 0u;
    print("episodes ", n_episodes);
    print("differences ", differences);
    return 0;
}
