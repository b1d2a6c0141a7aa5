/*
 * A Cortex-M: its vectors, a counter that runs with its instructions, and calls of the
 * emulator.
 */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

extern uint32_t stack_top[];

void reset(void);
void start(void);

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
    stack_top,
    (void *)reset,
};

void reset(void)
{
#if defined(__ARM_FP)
    /* Switches the floating-point unit on. */
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
#endif
    start();
}

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

static void semihosting(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

/* As many instructions as known: two a loop. Tells how many there are in a tick. */
static uint32_t ticks_of_loops(uint32_t n)
{
    const uint32_t start = ticks();
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(n) : : "cc");
    return elapsed(start);
}

#endif
