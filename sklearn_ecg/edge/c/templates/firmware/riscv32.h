/*
 * A 32-bit RISC-V core: it starts at reset, and calls the emulator.
 */
#ifndef ECG_BEAT_RISCV32_H
#define ECG_BEAT_RISCV32_H

#include <stdint.h>

/* Assemblers know the registers of control and status by an extension of their own. */
#define WITH_REGISTERS(code)                                                              \
    ".option push\n.option arch, +zicsr\n" code "\n.option pop\n"

void reset(void);
void start(void);

/* The three instructions must stand uncompressed, and in one page. */
static void semihosting(int operation, const void *argument)
{
    register int a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".balign 16\n"
                     ".option push\n"
                     ".option norvc\n"
                     "slli zero, zero, 0x1f\n"
                     "ebreak\n"
                     "srai zero, zero, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

/* What the core can't do ends the emulation at once, and says nothing of differences. */
__attribute__((aligned(4), used)) static void stop(void)
{
    semihosting(0x18, (const void *)0x20023);
}

/* The first instructions in flash. */
__attribute__((section(".vectors"), naked, used)) void reset(void)
{
    __asm__ volatile("la sp, stack_top\n"
                     "la t0, %0\n"
                     WITH_REGISTERS("csrw mtvec, t0")
                     "j start"
                     :
                     : "i"(stop));
}

#endif
