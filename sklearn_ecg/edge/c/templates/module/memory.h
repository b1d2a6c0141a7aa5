/*
 * What compilers call of a C library, for programs without one: plain loops, over words
 * where all is aligned. They are weak: what else is linked of these names takes their place.
 */
#ifndef ECG_BEAT_MEMORY_H
#define ECG_BEAT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* If several exports are in one file, the first has them. */
#ifndef SKLEARN_ECG_MEMORY
#define SKLEARN_ECG_MEMORY

#define SKLEARN_ECG_WEAK __attribute__((weak, used))

/* A compiler would make a call of such a loop, and so of the function that it is in. */
#define SKLEARN_ECG_STAYS_A_LOOP __asm__ volatile("")

/* Else a word may not be what other types are read through. */
typedef uint32_t __attribute__((may_alias)) sklearn_ecg_word;

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *one, const void *other, size_t n);

static int sklearn_ecg_aligned(const void *one, const void *other)
{
    return (((uintptr_t)one | (uintptr_t)other) & (sizeof(sklearn_ecg_word) - 1u)) == 0u;
}

/* Copies from the first byte to the last. */
static void sklearn_ecg_copy(void *to, const void *from, size_t n)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if (sklearn_ecg_aligned(to, from)) {
        for (; n >= sizeof(sklearn_ecg_word); n -= sizeof(sklearn_ecg_word)) {
            *(sklearn_ecg_word *)(void *)out = *(const sklearn_ecg_word *)(const void *)in;
            out += sizeof(sklearn_ecg_word);
            in += sizeof(sklearn_ecg_word);
            SKLEARN_ECG_STAYS_A_LOOP;
        }
    }
    for (; n > 0u; --n) {
        *out = *in;
        ++out;
        ++in;
        SKLEARN_ECG_STAYS_A_LOOP;
    }
}

SKLEARN_ECG_WEAK void *memcpy(void *to, const void *from, size_t n)
{
    sklearn_ecg_copy(to, from, n);
    return to;
}

/* From the first byte on is right wherever `to` comes first. */
SKLEARN_ECG_WEAK void *memmove(void *to, const void *from, size_t n)
{
    if ((uintptr_t)to <= (uintptr_t)from) {
        sklearn_ecg_copy(to, from, n);
        return to;
    }
    uint8_t *out = (uint8_t *)to + n;
    const uint8_t *in = (const uint8_t *)from + n;
    if (sklearn_ecg_aligned(out, in)) {
        for (; n >= sizeof(sklearn_ecg_word); n -= sizeof(sklearn_ecg_word)) {
            out -= sizeof(sklearn_ecg_word);
            in -= sizeof(sklearn_ecg_word);
            *(sklearn_ecg_word *)(void *)out = *(const sklearn_ecg_word *)(const void *)in;
            SKLEARN_ECG_STAYS_A_LOOP;
        }
    }
    for (; n > 0u; --n) {
        --out;
        --in;
        *out = *in;
        SKLEARN_ECG_STAYS_A_LOOP;
    }
    return to;
}

SKLEARN_ECG_WEAK void *memset(void *to, int value, size_t n)
{
    uint8_t *out = to;
    if (sklearn_ecg_aligned(to, to)) {
        const sklearn_ecg_word all = 0x01010101u * (uint8_t)value;
        for (; n >= sizeof(sklearn_ecg_word); n -= sizeof(sklearn_ecg_word)) {
            *(sklearn_ecg_word *)(void *)out = all;
            out += sizeof(sklearn_ecg_word);
            SKLEARN_ECG_STAYS_A_LOOP;
        }
    }
    for (; n > 0u; --n) {
        *out = (uint8_t)value;
        ++out;
        SKLEARN_ECG_STAYS_A_LOOP;
    }
    return to;
}

SKLEARN_ECG_WEAK int memcmp(const void *one, const void *other, size_t n)
{
    const uint8_t *left = one, *right = other;
    for (; n > 0u; --n) {
        if (*left != *right) {
            return *left < *right ? -1 : 1;
        }
        ++left;
        ++right;
        SKLEARN_ECG_STAYS_A_LOOP;
    }
    return 0;
}

#endif

#endif
