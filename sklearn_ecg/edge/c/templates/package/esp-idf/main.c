/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_STREAM
#if ECG_BEAT_TWO_LEADS
 * Prints what ecg_beat says of two channels of ADC1: GPIO 0 and 1 of an ESP32-C3.
#else
 * Prints what ecg_beat says of the first channel of ADC1: GPIO 0 of an ESP32-C3.
#endif
 */
#include <stdint.h>
#include <stdio.h>

#include <esp_adc/adc_oneshot.h>
#include <esp_err.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <ecg_beat.h>

#include "../printing.h"

static adc_oneshot_unit_handle_t converter;
static ecg_beat_stream stream;
static volatile uint32_t n_lost;

/* In the task of the timer, which interrupts the one that polls. */
static void take_sample(void *argument)
{
    /* A read that failed is told as a lead that is off: left out, it would shift all times. */
#if ECG_BEAT_TWO_LEADS
    static int first, second;
    const int first_is_off = adc_oneshot_read(converter, ADC_CHANNEL_0, &first) != ESP_OK;
    const int second_is_off = adc_oneshot_read(converter, ADC_CHANNEL_1, &second) != ESP_OK;
    (void)argument;
    if (!ecg_beat_stream_push(&stream, (int16_t)first, (int16_t)second,
                              first_is_off | second_is_off << 1)) {
#else
    static int count;
    const int is_off = adc_oneshot_read(converter, ADC_CHANNEL_0, &count) != ESP_OK;
    (void)argument;
    if (!ecg_beat_stream_push(&stream, (int16_t)count, is_off)) {
#endif
        n_lost = n_lost + 1u;
    }
#if !ECG_BEAT_DETECTOR
    /* Where something has found an R peak: ecg_beat_stream_beat(&stream, its_sample); */
#endif
}

static void start_converter(void)
{
    const adc_oneshot_unit_init_cfg_t unit = {.unit_id = ADC_UNIT_1};
    const adc_oneshot_chan_cfg_t channel = {
        .atten = ADC_ATTEN_DB_12,
        .bitwidth = ADC_BITWIDTH_DEFAULT,
    };
    const esp_timer_create_args_t timing = {.callback = take_sample, .name = "ecg_beat"};
    esp_timer_handle_t timer;
    ESP_ERROR_CHECK(adc_oneshot_new_unit(&unit, &converter));
    ESP_ERROR_CHECK(adc_oneshot_config_channel(converter, ADC_CHANNEL_0, &channel));
#if ECG_BEAT_TWO_LEADS
    ESP_ERROR_CHECK(adc_oneshot_config_channel(converter, ADC_CHANNEL_1, &channel));
#endif
    ESP_ERROR_CHECK(esp_timer_create(&timing, &timer));
    ESP_ERROR_CHECK(esp_timer_start_periodic(timer, 1000000u / ECG_BEAT_DEVICE_RATE));
}

void app_main(void)
{
    printf("self-test: failures %d\n", ecg_beat_selftest());
    ecg_beat_stream_init(&stream);
    start_converter();
    for (;;) {
        print_all(&stream);
        vTaskDelay(pdMS_TO_TICKS(100));
    }
}
#else
 * Runs the self-test of ecg_beat.
 */
#include <stdio.h>

#include <ecg_beat.h>

void app_main(void)
{
    printf("self-test: failures %d\n", ecg_beat_selftest());
}
#endif
