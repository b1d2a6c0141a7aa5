/*
 * Runs ecg_beat on a Cortex-M in QEMU, on the beats of beats.bin, and prints through
 * semihosting what it found: instructions, stack, and every difference.
 */
#include "ecg_beat.h"

#ifndef N_BEATS
#define N_BEATS 1
#endif
#define LOOPS 100000u

extern const int16_t beat_windows[N_BEATS][ECG_BEAT_N_INPUTS];
extern const int32_t beat_logits[N_BEATS][ECG_BEAT_N_CLASSES];
#if ECG_BEAT_N_INTERVALS > 0
extern const ecg_beat_rr beat_intervals[N_BEATS];
#endif
extern uint32_t stack_limit[], stack_top[];

int main(void);
void reset(void);

static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];

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

static void paint_stack(void)
{
    uint32_t here;
    for (volatile uint32_t *word = stack_limit; word < &here - 8; ++word) {
        *word = 0xA5A5A5A5u;
    }
}

static void classify(uint32_t beat, int32_t *logits)
{
#if ECG_BEAT_N_INTERVALS > 0
    ecg_beat_classify(beat_windows[beat], &beat_intervals[beat], scratch, logits);
#else
    ecg_beat_classify(beat_windows[beat], scratch, logits);
#endif
}

/* Bytes of the stack that a call takes, from the marks that it left of the paint. */
static uint32_t stack_of_a_call(void)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
    uint32_t here;
    const volatile uint32_t *word = stack_limit;
    paint_stack();
    classify(0, logits);
    while (*word == 0xA5A5A5A5u) {
        ++word;
    }
    return (uint32_t)((const volatile char *)&here - (const volatile char *)word);
}

int main(void)
{
    uint32_t differences = 0, most = 0, total = 0;
    systick[1] = 0xFFFFFFu;
    systick[2] = 0;
    systick[0] = 5;
    print("stack ", stack_of_a_call());
    print("ticks_of_loops ", ticks_of_loops(LOOPS));
    print("loops ", LOOPS);
    for (uint32_t beat = 0; beat < N_BEATS; ++beat) {
        int32_t logits[ECG_BEAT_N_CLASSES];
        const uint32_t start = ticks();
        classify(beat, logits);
        const uint32_t taken = elapsed(start);
        total += taken;
        most = taken > most ? taken : most;
        uint32_t differs = 0;
        for (uint32_t i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
            differs |= logits[i] != beat_logits[beat][i];
        }
        differences += differs;
    }
    print("ticks ", total);
    print("most_ticks ", most);
    print("beats ", N_BEATS);
    print("differences ", differences);
    return 0;
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
