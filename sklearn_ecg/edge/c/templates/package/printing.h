#ifndef ECG_BEAT_PRINTING_H
#define ECG_BEAT_PRINTING_H

#include "../module/ecg_beat.h"

#include <stdio.h>

static const char *const labels[] = ECG_BEAT_CLASS_NAMES;
#if ECG_BEAT_EPISODES
static const char *const kinds[] = ECG_BEAT_KIND_NAMES;
#endif

static void print_beat(const ecg_beat_event *event)
{
    printf("%lu %s\n", (unsigned long)event->r_sample,
           event->label == ECG_BEAT_UNCLASSIFIED ? "?" : labels[event->label]);
}

/* Prints what there is to tell now. */
static void print_all(ecg_beat_stream *stream)
{
    ecg_beat_event event;
#if ECG_BEAT_EPISODES
    ecg_beat_episode episode;
    int next;
    while ((next = ecg_beat_stream_next(stream, &event, &episode)) != ECG_BEAT_NEXT_NOTHING) {
        if (next == ECG_BEAT_NEXT_BEAT) {
            print_beat(&event);
        } else if (episode.is_over) {
            printf("%s until %lu\n", kinds[episode.kind], (unsigned long)episode.last);
        } else {
            printf("%s since %lu\n", kinds[episode.kind], (unsigned long)episode.first);
        }
    }
#else
    while (ecg_beat_stream_poll(stream, &event)) {
        print_beat(&event);
    }
#endif
}

#endif
