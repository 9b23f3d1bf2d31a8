// Windows of time in which all threads run the same loop at once.
#include "loops.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { HUGE_PAGE = 2 << 20, SMALLEST_WINDOWS = 3 };
static const double window_seconds = 2e-3;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct window {
  double start, end;
} window;

/// What the threads of one probe share.
typedef struct team {
  const ceiling_probe *probe;
  const ceiling_loop_row *compute; ///< or
  bandwidth_loop bandwidth;
  double work;     ///< operations or bytes of one pass of one thread
  atomic_int gate; ///< 0 wait, 1 go, -1 go home
  atomic_int arrived, turn;
  atomic_bool out_of_memory, done;
  int64_t passes; ///< per window; written by thread 0 between two meetings, like `best`
  double best;
  window *windows; ///< one per thread
} team;

/// A barrier that spins: a sleeping thread would start its window late.
static void meet(team *t) {
  const int turn = atomic_load(&t->turn);
  if (atomic_fetch_add(&t->arrived, 1) + 1 == t->probe->threads) {
    atomic_store(&t->arrived, 0);
    atomic_store(&t->turn, turn + 1);
    return;
  }
  while (atomic_load(&t->turn) == turn) sched_yield();
}

static void run_passes(const team *t, const bandwidth_arrays *arrays, int64_t passes) {
  if (t->compute) {
    t->compute->run(passes);
  } else {
    for (int64_t i = 0; i < passes; i++) t->bandwidth(arrays);
  }
}

static int64_t bytes_per_array(const ceiling_probe *probe) {
  const int64_t bytes = probe->footprint_bytes / ceiling_array_count(probe->kind);
  return bytes < BANDWIDTH_STEP ? BANDWIDTH_STEP : bytes / BANDWIDTH_STEP * BANDWIDTH_STEP;
}

/// Arrays on pages of their own thread, staggered so that equal indices don't share the low 12 bits of their addresses. NULL
/// without memory.
static void *make_arrays(const team *t, bandwidth_arrays *arrays) {
  const int64_t bytes = bytes_per_array(t->probe), count = ceiling_array_count(t->probe->kind), stagger = 1024;
  const int64_t whole = (count * (bytes + stagger) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  char *memory = aligned_alloc(HUGE_PAGE, (size_t)whole);
  if (!memory) return NULL;
  madvise(memory, (size_t)whole, MADV_HUGEPAGE); // advice: without huge pages the figure is simply that of small ones
  memset(memory, 0, (size_t)whole);
  char *places[3];
  for (int64_t i = 0; i < 3; i++) places[i] = memory + (i < count ? i : 0) * (bytes + stagger);
  *arrays = (bandwidth_arrays){.x = (float *)places[0], .y = (float *)places[1], .z = (float *)places[2], .bytes = bytes};
  return memory;
}

/// How many passes fill a window, asked while the other threads are as busy as they will be.
static int64_t passes_per_window(const team *t, const bandwidth_arrays *arrays) {
  for (int64_t passes = 1;; passes *= 2) {
    const double start = now();
    run_passes(t, arrays, passes);
    const double elapsed = now() - start;
    if (elapsed >= window_seconds / 2) return (int64_t)((double)passes * window_seconds / elapsed) + 1;
  }
}

static void close_window(team *t, double deadline, int32_t windows) {
  window all = t->windows[0];
  for (int32_t i = 1; i < t->probe->threads; i++) {
    if (t->windows[i].start < all.start) all.start = t->windows[i].start;
    if (t->windows[i].end > all.end) all.end = t->windows[i].end;
  }
  const double rate = t->work * (double)t->passes * (double)t->probe->threads / (all.end - all.start);
  if (rate > t->best) t->best = rate;
  if (windows >= SMALLEST_WINDOWS && now() >= deadline) atomic_store(&t->done, true);
}

static void run_windows(team *t, int32_t thread, const bandwidth_arrays *arrays) {
  const int64_t passes = passes_per_window(t, arrays);
  if (thread == 0) t->passes = passes;
  const double deadline = now() + t->probe->seconds;
  for (int32_t windows = 1; !atomic_load(&t->done); windows++) {
    meet(t);
    t->windows[thread].start = now();
    run_passes(t, arrays, t->passes);
    t->windows[thread].end = now();
    meet(t);
    if (thread == 0) close_window(t, deadline, windows);
    meet(t);
  }
}

static void work(team *t, int32_t thread) {
  bandwidth_arrays arrays = {0};
  void *memory = NULL;
  if (t->bandwidth) {
    memory = make_arrays(t, &arrays);
    if (!memory) atomic_store(&t->out_of_memory, true);
  }
  meet(t);
  if (!atomic_load(&t->out_of_memory)) run_windows(t, thread, &arrays);
  free(memory);
}

typedef struct member {
  team *team;
  int32_t thread;
  pthread_t id;
} member;

static void *enter(void *argument) {
  member *self = argument;
  int gate;
  while ((gate = atomic_load(&self->team->gate)) == 0) sched_yield();
  if (gate > 0) work(self->team, self->thread);
  return NULL;
}

static ceiling_status run_team(team *t, member *members) {
  const int32_t threads = t->probe->threads;
  int32_t started = 1;
  for (; started < threads; started++) {
    members[started] = (member){.team = t, .thread = started};
    if (pthread_create(&members[started].id, NULL, enter, &members[started]) != 0) break;
  }
  const bool complete = started == threads;
  atomic_store(&t->gate, complete ? 1 : -1);
  if (complete) work(t, 0);
  for (int32_t i = 1; i < started; i++) pthread_join(members[i].id, NULL);
  if (!complete) return CEILING_NO_THREADS;
  return atomic_load(&t->out_of_memory) ? CEILING_OUT_OF_MEMORY : CEILING_OK;
}

ceiling_status ceiling_measure(const ceiling_probe *probe, double *per_second) {
  team t = {.probe = probe};
  t.compute = ceiling_compute_row(probe->kind, probe->isa);
  t.bandwidth = ceiling_bandwidth_loop(probe->kind, probe->isa);
  if ((!t.compute && !t.bandwidth) || probe->threads < 1) return CEILING_UNSUPPORTED;
  t.work = t.compute ? (double)t.compute->operations : (double)(bytes_per_array(probe) * ceiling_array_count(probe->kind));

  member *members = calloc((size_t)probe->threads, sizeof *members);
  t.windows = calloc((size_t)probe->threads, sizeof *t.windows);
  const ceiling_status status = members && t.windows ? run_team(&t, members) : CEILING_OUT_OF_MEMORY;
  free(members);
  free(t.windows);
  if (status == CEILING_OK) *per_second = t.best;
  return status;
}

double ceiling_sentinel(void) {
  const ceiling_loop_row *row = ceiling_compute_row(CEILING_F32, CEILING_SCALAR);
  double best = 1e9;
  for (int i = 0; i < 5; i++) {
    const double start = now();
    row->run(1 << 14);
    const double elapsed = now() - start;
    if (elapsed < best) best = elapsed;
  }
  return best;
}

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *ceiling_compiler(void) {
#if defined(__clang__)
  return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#else
  return "unknown";
#endif
}
