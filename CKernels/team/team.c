// Threads by OpenMP: a parallel region and a barrier, nothing more. Debian 12's libomp (14) lacks the entry points that newer
// compilers call for dynamic schedules, so loops take their chunks by atomics of their own.
#include "ck_team.h"

#include <sched.h>

int omp_in_parallel(void);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int kmp_get_blocktime(void);
void kmp_set_blocktime(int milliseconds);

// Pauses before a waiting thread yields its core: some 10 us, longer than packing most panels takes.
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

// One turn of waiting: a pause, and after some hundred the core to whoever wants it.
static void wait_a_little(int tries) {
  if (tries >= CK_PAUSES) sched_yield();
#if defined(__x86_64__)
  else __builtin_ia32_pause();
#endif
}

bool ck_team_first(_Atomic int64_t *state, int64_t step) {
  const int64_t doing = 2 * step + 1;
  int64_t seen = atomic_load_explicit(state, memory_order_acquire);
  if (seen < doing && atomic_compare_exchange_strong(state, &seen, doing)) return true;
  for (int tries = 0; atomic_load_explicit(state, memory_order_acquire) <= doing; tries++) wait_a_little(tries);
  return false;
}

void ck_team_done(_Atomic int64_t *state, int64_t step) { atomic_store_explicit(state, 2 * step + 2, memory_order_release); }

bool ck_team_begun(_Atomic int64_t *state, int64_t step) { return atomic_load_explicit(state, memory_order_relaxed) > 2 * step; }
