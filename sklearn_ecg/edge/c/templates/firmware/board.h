/*
 * What a program on a Cortex-M in QEMU needs: vectors, a counter of instructions, and
 * printing through semihosting.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#define LOOPS 100000u

extern uint32_t stack_limit[], stack_top[];

int main(void);
void reset(void);

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
    stack_top,
    (void *)reset,
};

/* SysTick: a counter of 24 bits that runs down. */
static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;

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

static void print(const char *name, uint32_t number)
{
    char digits[12];
    char *next = digits + sizeof digits;
    *--next = '\0';
    *--next = '\n';
    do {
        *--next = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0);
    semihosting(4, name);
    semihosting(4, next);
}

/* As many instructions as known: two a loop. Tells how many there are in a tick. */
static uint32_t ticks_of_loops(uint32_t n)
{
    const uint32_t start = ticks();
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(n) : : "cc");
    return elapsed(start);
}

/* SysTick counts as fast as it can. */
static void start_counting(void)
{
    systick[1] = 0xFFFFFFu;
    systick[2] = 0;
    systick[0] = 5;
}

static void paint_stack(void)
{
    uint32_t here;
    for (volatile uint32_t *word = stack_limit; word < &here - 8; ++word) {
        *word = 0xA5A5A5A5u;
    }
}

void reset(void)
{
#if defined(__ARM_FP)
    /* Switches the floating-point unit on. */
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
#endif
    main();
    /* SYS_EXIT with ADP_Stopped_ApplicationExit ends the emulation. */
    semihosting(0x18, (const void *)0x20026);
    for (;;) {
    }
}

#endif
