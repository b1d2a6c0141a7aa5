/*
 * A counter that runs with the instructions of a core, and a stack that shows what was used
 * of it.
 */
#ifndef ECG_BEAT_COUNTING_H
#define ECG_BEAT_COUNTING_H

#include <stdint.h>

#define LOOPS 100000u

extern uint32_t stack_limit[];

static void paint_stack(void)
{
    uint32_t here;
    for (volatile uint32_t *word = stack_limit; word < &here - 8; ++word) {
        *word = 0xA5A5A5A5u;
    }
}

#if defined(__riscv)
/* It counts the instructions that it ends. */
static void start_counting(void)
{
}

static uint32_t ticks(void)
{
    uint32_t ended;
    __asm__ volatile(WITH_REGISTERS("csrr %0, minstret") : "=r"(ended) : : "memory");
    return ended;
}

static uint32_t elapsed(uint32_t since)
{
    return ticks() - since;
}

/* As many instructions as known: two a loop. Tells how many there are in a tick. */
static uint32_t ticks_of_loops(uint32_t n)
{
    const uint32_t start = ticks();
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(n));
    return elapsed(start);
}
#else
/* SysTick: a counter of 24 bits that runs down. */
static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;

/* SysTick counts as fast as it can. */
static void start_counting(void)
{
    systick[1] = 0xFFFFFFu;
    systick[2] = 0;
    systick[0] = 5;
}

static uint32_t ticks(void)
{
    return systick[2];
}

static uint32_t elapsed(uint32_t since)
{
    return (since - ticks()) & 0xFFFFFFu;
}

/* As many instructions as known: two a loop. Tells how many there are in a tick. */
static uint32_t ticks_of_loops(uint32_t n)
{
    const uint32_t start = ticks();
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(n) : : "cc");
    return elapsed(start);
}
#endif

#endif
