/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_TWO_LEADS
 * Reads two leads of an ECG from A0 and A1, and prints what ecg_beat says of them.
#else
 * Reads an ECG from A0, and prints what ecg_beat says of it.
#endif
 */
#include <Arduino.h>
#include <ecg_beat.h>

#if ECG_BEAT_STREAM
static ecg_beat_stream stream;
static const char *const labels[] = ECG_BEAT_CLASS_NAMES;
#if ECG_BEAT_EPISODES
static const char *const kinds[] = ECG_BEAT_KIND_NAMES;
#endif
static unsigned long next_sample, n_lost;

/*
 * Looking at a beat takes longer than a sample where the processor is slow: if your board
 * has a timer to spare, call this from its interrupt, and no longer from loop().
 */
static void take_sample()
{
#if ECG_BEAT_TWO_LEADS
    const int16_t first = (int16_t)analogRead(A0), second = (int16_t)analogRead(A1);
    if (!ecg_beat_stream_push(&stream, first, second, 0)) {
#else
    if (!ecg_beat_stream_push(&stream, (int16_t)analogRead(A0), 0)) {
#endif
        ++n_lost;
    }
#if !ECG_BEAT_DETECTOR
    /* Where something has found an R peak: ecg_beat_stream_beat(&stream, its_sample); */
#endif
}

void setup()
{
    Serial.begin(115200);
    Serial.print("self-test: failures ");
    Serial.println(ecg_beat_selftest());
    ecg_beat_stream_init(&stream);
    next_sample = micros();
}

static void print_beat(const ecg_beat_event *event)
{
    Serial.print(event->r_sample);
    Serial.print(" ");
    Serial.println(event->label == ECG_BEAT_UNCLASSIFIED ? "?" : labels[event->label]);
}

void loop()
{
    ecg_beat_event event;
    if ((long)(micros() - next_sample) >= 0) {
        next_sample += (unsigned long)(1000000.0 / ECG_BEAT_DEVICE_RATE);
        take_sample();
    }
#if ECG_BEAT_EPISODES
    ecg_beat_episode episode;
    int next;
    while ((next = ecg_beat_stream_next(&stream, &event, &episode)) != ECG_BEAT_NEXT_NOTHING) {
        if (next == ECG_BEAT_NEXT_BEAT) {
            print_beat(&event);
        } else {
            Serial.print(kinds[episode.kind]);
            Serial.print(episode.is_over ? " until " : " since ");
            Serial.println(episode.is_over ? episode.last : episode.first);
        }
    }
#else
    while (ecg_beat_stream_poll(&stream, &event)) {
        print_beat(&event);
    }
#endif
}
#else
void setup()
{
    Serial.begin(115200);
    Serial.print("self-test: failures ");
    Serial.println(ecg_beat_selftest());
}

void loop()
{
}
#endif
