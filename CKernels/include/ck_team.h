// Threads. The only asker of OpenMP.
#pragma once
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

/// Waits for every thread of the innermost `ck_team_run`.
void ck_team_barrier(void);

/// One turn of waiting for another thread of the team: a pause, and after some hundred `tries` the core to whoever wants it.
void ck_team_pause(int tries);
