# ecg_beat, made by sklearn_ecg. Include this file, add $(ECG_BEAT_SOURCES) to your sources and
# $(ECG_BEAT_DIR) to your include directories; your default goal stays what it is.
# SPDX-FileCopyrightText: the sklearn_ecg developers
# SPDX-License-Identifier: BSD-3-Clause
# "make -f ecg_beat.mk ecg_beat_selftest" builds and runs the self-test.
ECG_BEAT_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
ECG_BEAT_SOURCES := $(ECG_BEAT_DIR)/ecg_beat.c
ECG_BEAT_GOAL_BEFORE := $(.DEFAULT_GOAL)

.PHONY: ecg_beat_selftest
ecg_beat_selftest: $(ECG_BEAT_DIR)/ecg_beat_selftest.out
	$(ECG_BEAT_DIR)/ecg_beat_selftest.out

$(ECG_BEAT_DIR)/ecg_beat_selftest.out: $(ECG_BEAT_DIR)/ecg_beat_selftest.c $(ECG_BEAT_SOURCES) $(ECG_BEAT_DIR)/ecg_beat.h
	$(CC) -std=c99 -O2 -Wall -Wextra -Wconversion -I$(ECG_BEAT_DIR) -o $@ $(filter %.c,$^)

.DEFAULT_GOAL := $(ECG_BEAT_GOAL_BEFORE)
