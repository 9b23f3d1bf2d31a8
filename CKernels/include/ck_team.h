// Threads. The only asker of OpenMP.
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// `thread` of `threads`: how many really run may be fewer than asked for, never more.
typedef void (*ck_team_fn)(void *context, int32_t thread, int32_t threads);

/// How many threads, and for how long they spin after the work before they sleep.
typedef struct ck_team {
  int32_t threads;
  int32_t spin_milliseconds;
} ck_team;

/// Runs `work` on up to `team.threads` threads, the caller among them, and returns when all are done. Inside a caller's own
/// parallel region it runs on the calling thread alone.
void ck_team_run(ck_team team, ck_team_fn work, void *context);

/// How many neighbouring tasks a thread takes at a time: one thread all, several so few that each takes its turn eight times.
static inline int64_t ck_team_run_length(int64_t tasks, int32_t threads) {
  enum { turns = 8 };
  const int64_t length = threads <= 1 ? tasks : tasks / (turns * (int64_t)threads);
  return length > 1 ? length : 1;
}

/// Waits for every thread of the innermost `ck_team_run`.
void ck_team_barrier(void);

/// Work that the thread needing it first does for all, again in each step 0, 1, ... of the team. Its state, 0 at first, only
/// grows: 2 s + 1 while it is done for step s, 2 s + 2 from then on. True for the one thread that is to do it, which then says
/// `ck_team_done`; false for the others, once it is done.
bool ck_team_first(_Atomic int64_t *state, int64_t step);
void ck_team_done(_Atomic int64_t *state, int64_t step);

/// Whether it is done for this step, or being done.
bool ck_team_begun(_Atomic int64_t *state, int64_t step);
