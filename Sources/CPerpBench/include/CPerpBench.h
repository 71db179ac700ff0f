// What measuring needs of C: an allocator that counts, a fast search, and
// a say in where and when threads run.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// From now on the calling thread's allocations are counted, or no longer.
void bench_count_allocations(int enabled);
/// What the calling thread has allocated while it was counting, reallocations included.
uint64_t bench_allocations(void);

/// Where `needle` begins in `bytes`, or -1.
ptrdiff_t bench_find(const void *bytes, size_t count, const char *needle, size_t length);

/// From now on the calling thread runs only where a processor has nothing else to do.
void bench_yield_to_others(void);

/// From now on the calling thread, and what it starts, runs on that processor alone, counted from
/// 0; on any for -1. False where it cannot.
int bench_run_on(int processor);

/// From now on the calling thread runs as soon as it can; what it starts does not. False where that
/// is not permitted.
int bench_come_first(void);
