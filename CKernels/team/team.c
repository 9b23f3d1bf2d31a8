// Threads by OpenMP: a parallel region and a barrier, nothing more. Debian 12's libomp (14) lacks the entry points that newer
// compilers call for dynamic schedules, so loops take their chunks by atomics of their own.
#include "ck_team.h"

#include <sched.h>

int omp_in_parallel(void);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int kmp_get_blocktime(void);
void kmp_set_blocktime(int milliseconds);

// Pauses before a waiting thread yields its core: some 10 us, longer than packing a panel takes.
enum { CK_PAUSES = 500 };

void ck_team_run(ck_team team, ck_team_fn work, void *context) {
  if (team.threads <= 1 || omp_in_parallel()) {
    work(context, 0, 1);
    return;
  }
  const int callers = kmp_get_blocktime();
  kmp_set_blocktime(team.spin_milliseconds);
#pragma omp parallel num_threads(team.threads)
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
