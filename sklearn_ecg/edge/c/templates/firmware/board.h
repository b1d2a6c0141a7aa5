/*
 * What a program on a core in QEMU needs, whichever core it is: a counter of instructions,
 * printing through semihosting, and a stack that shows what was used of it.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#if defined(__riscv)
#include "riscv32.h"
#else
#include "cortex_m.h"
#endif

#define LOOPS 100000u

extern uint32_t stack_limit[];

int main(void);

static void print(const char *name, uint64_t number)
{
    char digits[22];
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

static void paint_stack(void)
{
    uint32_t here;
    for (volatile uint32_t *word = stack_limit; word < &here - 8; ++word) {
        *word = 0xA5A5A5A5u;
    }
}

void start(void)
{
    main();
    /* SYS_EXIT with ADP_Stopped_ApplicationExit ends the emulation. */
    semihosting(0x18, (const void *)0x20026);
    for (;;) {
    }
}

#endif
