/*
 * What compilers call of a C library, for a compiler that comes without one: plain loops,
 * over words where all is aligned.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

/* Else a word may not be what other types are read through. */
typedef uint32_t __attribute__((may_alias)) word;

static int aligned(const void *one, const void *other)
{
    return (((uintptr_t)one | (uintptr_t)other) & (sizeof(word) - 1)) == 0;
}

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if (aligned(to, from)) {
        for (; n >= sizeof(word); n -= sizeof(word)) {
            *(word *)(void *)out = *(const word *)(const void *)in;
            out += sizeof(word);
            in += sizeof(word);
        }
    }
    for (; n > 0; --n) {
        *out++ = *in++;
    }
    return to;
}

/* Upwards is right for what overlaps wherever `to` comes first. */
void *memmove(void *to, const void *from, size_t n)
{
    if ((uintptr_t)to <= (uintptr_t)from) {
        return memcpy(to, from, n);
    }
    uint8_t *out = (uint8_t *)to + n;
    const uint8_t *in = (const uint8_t *)from + n;
    if (aligned(out, in)) {
        for (; n >= sizeof(word); n -= sizeof(word)) {
            out -= sizeof(word);
            in -= sizeof(word);
            *(word *)(void *)out = *(const word *)(const void *)in;
        }
    }
    for (; n > 0; --n) {
        *--out = *--in;
    }
    return to;
}

void *memset(void *to, int value, size_t n)
{
    uint8_t *out = to;
    if (aligned(to, to)) {
        const word all = 0x01010101u * (uint8_t)value;
        for (; n >= sizeof(word); n -= sizeof(word)) {
            *(word *)(void *)out = all;
            out += sizeof(word);
        }
    }
    for (; n > 0; --n) {
        *out++ = (uint8_t)value;
    }
    return to;
}
