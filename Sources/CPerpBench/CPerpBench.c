#include "CPerpBench.h"
#include <errno.h>
#include <sched.h>
#include <string.h>

// Strong definitions in the executable come before those of libc, also for the libraries it uses.
// The allocator itself stays libc's, so that times are those of the product.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static __thread int counting;
static __thread uint64_t allocations;

void bench_count_allocations(int enabled) { counting = enabled; }
uint64_t bench_allocations(void) { return allocations; }

static inline void note(void) {
  if (counting) allocations++;
}

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note();
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  note();
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  note();
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}

void free(void *memory) { __libc_free(memory); }

ptrdiff_t bench_find(const void *bytes, size_t count, const char *needle, size_t length) {
  const char *found = memmem(bytes, count, needle, length);
  return found ? found - (const char *)bytes : -1;
}

void bench_yield_to_others(void) {
  struct sched_param none = {0};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

int bench_run_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int other = 0; other < CPU_SETSIZE; other++)
    if (processor < 0 || other == processor) CPU_SET(other, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

int bench_come_first(void) {
  struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
  return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0;
}
