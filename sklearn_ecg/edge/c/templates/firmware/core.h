/*
 * The core that this is compiled for: it starts at reset, and calls the emulator.
 */
#if defined(__riscv)
#include "riscv32.h"
#else
#include "cortex_m.h"
#endif
