# @name@, made by sklearn_ecg. Include this file, add $(@NAME@_SOURCES) to your sources and
# $(@NAME@_DIR) to your include directories; your default goal stays what it is.
# "make -f @name@.mk @name@_selftest" builds and runs the self-test.
@NAME@_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
@NAME@_SOURCES := $(@NAME@_DIR)/@name@.c
@NAME@_GOAL_BEFORE := $(.DEFAULT_GOAL)

.PHONY: @name@_selftest
@name@_selftest: $(@NAME@_DIR)/@name@_selftest.out
	$(@NAME@_DIR)/@name@_selftest.out

$(@NAME@_DIR)/@name@_selftest.out: $(@NAME@_DIR)/@name@_selftest.c $(@NAME@_SOURCES) $(@NAME@_DIR)/@name@.h
	$(CC) -std=c99 -O2 -Wall -Wextra -Wconversion -I$(@NAME@_DIR) -o $@ $(filter %.c,$^)

.DEFAULT_GOAL := $(@NAME@_GOAL_BEFORE)
