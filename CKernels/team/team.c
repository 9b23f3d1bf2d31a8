// Threads by OpenMP: a parallel region and a barrier, nothing more. Debian 12's libomp (14) lacks the entry points that newer
// compilers call for dynamic schedules, so loops take their chunks by atomics of their own.
#include "ck_team.h"

#include <sched.h>

int omp_in_parallel(void);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int kmp_get_blocktime(void);
void kmp_set_blocktime(int milliseconds);

// How long workers spin after a region before they sleep. libomp's 200 ms takes a core from whatever runs next; asleep, the next
// fork-join costs 35-47 us instead of 0.4. One millisecond keeps back-to-back products on the fast path.
enum { CK_SPIN_MILLISECONDS = 1 };
// Pauses before a waiting thread yields its core: some 10 us, longer than packing a panel takes.
enum { CK_PAUSES = 500 };

void ck_team_run(int32_t threads, ck_team_fn work, void *context) {
  if (threads <= 1 || omp_in_parallel()) {
    work(context, 0, 1);
    return;
  }
  const int callers = kmp_get_blocktime();
  kmp_set_blocktime(CK_SPIN_MILLISECONDS);
#pragma omp parallel num_threads(threads)
  work(context, omp_get_thread_num(), omp_get_num_threads());
  kmp_set_blocktime(callers);
}

void ck_team_barrier(void) {
#pragma omp barrier
}

void ck_team_pause(int tries) {
  if (tries >= CK_PAUSES) sched_yield();
#if defined(__x86_64__)
  else __builtin_ia32_pause();
#endif
}
