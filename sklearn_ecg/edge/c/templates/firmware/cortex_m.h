/*
 * A Cortex-M: its vectors, and calls of the emulator.
 */
#ifndef ECG_BEAT_CORTEX_M_H
#define ECG_BEAT_CORTEX_M_H

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

static void semihosting(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

#endif
