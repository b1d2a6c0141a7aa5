/*
 * What a program in QEMU needs, whichever core is included before: it begins at main, prints
 * through semihosting, and ends the emulation.
 */
#ifndef ECG_BEAT_BOARD_H
#define ECG_BEAT_BOARD_H

#include <stdint.h>

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

void start(void)
{
    main();
    /* SYS_EXIT with ADP_Stopped_ApplicationExit ends the emulation. */
    semihosting(0x18, (const void *)0x20026);
    for (;;) {
    }
}

#endif
