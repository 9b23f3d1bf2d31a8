// Scratch memory of a product: how much, where each part lies, and whose it is.
#pragma once
#include "ck_gemm.h"
#include "pack/units.h"

enum { CK_TAKEN_BYTES = 2 * CK_LINE };

/// Byte offsets into the workspace.
typedef struct ck_workspace_map {
  int64_t a, b;               ///< the packed blocks, shared by all threads; by slices: all of A, and one panel of B a thread,
  int64_t b_bytes;            ///< of this size
  int64_t a_states, b_states; ///< how far each tile of the block of A is, and each panel of that of B,
  int64_t taken;        ///< how many of each thread's tasks are taken, CK_TAKEN_BYTES for each: a line for each of two steps
  int64_t states_bytes; ///< all three together, A's first
  int64_t sums;         ///< partial sums where C can't hold them,
  int64_t sums_rows;
  int64_t sums_bytes; ///< by slices: of one, for each thread or each part of K
  int64_t total;
} ck_workspace_map;

ck_workspace_map ck_workspace_of(const ck_gemm_plan *plan);

/// Workspace for one call, aligned to 64 bytes (from 2 MiB on: to huge pages); NULL when there is no memory. Up to 64 MiB come
/// from this thread's arena, which stays for the next call and is freed with the thread; more is had for the call alone.
void *ck_workspace_take(int64_t bytes);
void ck_workspace_return(void *workspace, int64_t bytes);
