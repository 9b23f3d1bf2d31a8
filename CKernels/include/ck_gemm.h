// Matrix multiply as a plan: what to run is decided elsewhere (KernelDispatch) and written down here; this runs it.
#pragma once
#include "ck_pack.h"
#include "ck_team.h"
#include "ck_ukernel.h"

/// What is no clamp: ReLU is one, to what is above 0.
typedef enum ck_activation : int32_t {
  CK_ACT_NONE = 0,
  CK_ACT_GELU_TANH = 1,
  CK_ACT_GELU_ERF = 2,
  CK_ACT_SILU = 3,
} ck_activation;
typedef enum ck_bias : int32_t { CK_BIAS_NONE = 0, CK_BIAS_PER_ROW = 1, CK_BIAS_PER_COLUMN = 2 } ck_bias;

/// What happens to a finished tile: C = clamp(act(scale * (alpha A B + beta C) + bias + residual)), then one rounding to C's
/// type.
typedef struct ck_epilogue {
  double scale;
  double lower, upper; ///< of the clamp; infinite without one. NaN passes
  ck_bias bias;        ///< the vector itself comes with each call, in the accumulator's type
  ck_activation activation;
  bool adds_residual;
} ck_epilogue;

/// The most pairs of parts that a tile sums over: 6 of 3 parts each.
enum { CK_MAX_PRODUCTS = 6 };

typedef enum ck_driver : int32_t {
  CK_DRIVER_EMPTY = 0,    ///< m or n is 0: nothing to write
  CK_DRIVER_ONE_TILE = 1, ///< a micro-kernel and nothing else: one tile, operands where they lie, no epilogue
  CK_DRIVER_TILES = 2,    ///< the loops jr/ir alone: operands where they lie, one thread, one block of K, sums in C
  CK_DRIVER_BLOCKED = 3,  ///< the loops jc/pc/ic/slice/ir/jr
  CK_DRIVER_SCALE = 4,    ///< k is 0: C = epilogue(beta C)
  CK_DRIVER_BY_SLICE = 5, ///< the loops slice/pc/jr/ir: few rows
  CK_DRIVER_STRASSEN = 6, ///< the blocked loops for each of fewer products of sums
} ck_driver;

/// Products of one shape, one after another. With a count of 1 there is one.
typedef struct ck_batch {
  int64_t count;
  int64_t a, b, c; ///< elements from the operand of one product to that of the next, after the swap
  ck_team team;    ///< threads that share the products; the plan's own team then works alone on each
} ck_batch;

/// Partial sums of so many bytes at most are kept at once: of products that have more, those of a band of rows, for each of which
/// B is packed anew.
enum { CK_SUMS_BYTES = 8 << 20 };

/// A product, ready to run. Plain data: immutable once made, shareable between threads, owns no memory.
///
/// Pointers below lead into static tables, those to ready operands to memory of the plan's maker. Strides are in elements; the
/// pointers given to `ck_gemm_execute` are those of elements (0, 0).
typedef struct ck_gemm_plan {
  ck_driver driver;
  bool swapped; ///< A and B were exchanged and all three transposed, mostly so that C has unit stride along N
  bool pack_a, pack_b;
  const void *ready_a, *ready_b;   ///< not NULL: packed ahead; the call's own is not looked at
  const void *copied_a, *copied_b; ///< not NULL: what lies as the plan says; the call's own is not looked at
  bool accumulate; ///< C can't hold the sums (its type or its strides): sum in the workspace, store by the epilogue
  bool has_epilogue;
  bool tiles_finish;   ///< and micro-kernels run it, before they store their sums
  bool fetches;        ///< tiles ask the caches for what comes next; direct convolution always does;
                       ///< of depthwise `asks` of its blocks
  bool fetches_c;      ///< and for their C; in a batch that asks for the next product they always do
  int64_t quiet_bytes; ///< so much of A and B is near enough for a batch not to ask, 16 times as much of a packed B, and of
                       ///< A three quarters for tile registers, which run within L2 by this
  int64_t far_bytes;   ///< so much of a packed B, or of a batch with its C, does not stay in the last level
  bool tiles_copy_b; ///< B's columns are adjacent, and micro-kernels can copy its rows as they are, or joined in pairs (`copy_b`)
  bool streams_c;    ///< C is written once, and more than caches keep
  bool tiles_repeat; ///< micro-kernels can go on to further products (`more` of a tile)
  int32_t panels_at_once; ///< that all its tiles can multiply (`beside` of a tile)
  bool takes_slices;      ///< one call of a tile takes all panels of a slice, or of a small product, so many at once
  ck_dtype a_type, b_type, acc_type, c_type; ///< in memory, after the swap
  ck_dtype panel_type;      ///< of packed panels: what the micro-kernel reads (widening = f32 panels of bf16 operands)
  int32_t parts;            ///< 1 to 3: bf16 panels of a fp32 operand, which add up to it; 0: its panels are of one piece
  ck_isa isa;               ///< of the micro-kernel: packing and epilogue use nothing above it
  int32_t mr, nr, kr, a_kr; ///< as of its micro-kernels
  bool in_tiles;            ///< by tile registers, which each thread sets up
  ck_team team;
  int64_t m, n, k;
  int64_t row_tiles, tile_rows, taller_tiles; ///< along M: so many tiles of `tile_rows` rows, the first `taller_tiles` one more
  int64_t a_rs, a_cs, b_rs, b_cs, c_rs, c_cs; ///< after the swap
  int64_t mc, nc, kc;
  int32_t strassen_levels; ///< `strassen`: 1 or 2
  int64_t slice_panels;    ///< panels of a slice: `blocked`: that stay in L2
  int64_t k_parts;         ///< `by_slice`: parts of K that are summed apart
  double alpha, beta;
  ck_epilogue epilogue;       ///< after the swap (rows and columns of the bias exchanged)
  const ck_ukernel_fn *tiles; ///< [1...mr], or to the tallest: the micro-kernel for so many rows
  ck_tile tile;               ///< of the first tile, operands where they lie, all of K
  ck_batch batch;
} ck_gemm_plan;

typedef struct ck_gemm_operands {
  const void *a, *b;
  void *c;
  const void *bias;                  ///< NULL without one
  const void *residual;              ///< of C's type, lying as C does, apart from it; NULL without one
  const ck_image *a_image, *b_image; ///< not NULL: the operand is packed out of an image (KR is 1); its strides are not looked at
  const ck_terms *a_terms, *b_terms; ///< not NULL: the operand is packed as a sum of matrices that lie as the plan says
  const ck_terms *c_terms;           ///< not NULL: alpha A B is added to several matrices, beta times those that are fresh
} ck_gemm_operands;

/// A batch whose operands lie anywhere: `count` pointers to elements (0, 0) of each.
typedef struct ck_gemm_list {
  int64_t count;
  const void *const *a, *const *b;
  void *const *c;
  const void *const *residual; ///< NULL without one
  const void *bias;
} ck_gemm_list;

/// Words that decide a plan: sizes, strides, factors and choices (`PlanKey` of the dispatch layer).
enum { CK_KEY_WORDS = 19 };

/// This thread's plan for a key of CK_KEY_WORDS words, NULL if it has kept none; valid until the thread keeps another.
const ck_gemm_plan *ck_kept_plan(const void *key);

/// Keeps a copy of `plan` for this thread's next call with this key, in place of some other; returns the copy.
const ck_gemm_plan *ck_keep_plan(const void *key, const ck_gemm_plan *plan);

/// Bytes of workspace that `ck_gemm_execute` needs; 0 where nothing is packed, summed apart or shared out to threads.
int64_t ck_gemm_workspace_bytes(const ck_gemm_plan *plan);

/// Bytes of A (`left`) or B, all of it packed for this plan.
int64_t ck_gemm_packed_bytes(const ck_gemm_plan *plan, bool left);

/// Memory for them, aligned to 64 bytes at least and to huge pages where there is so much; NULL when there is none.
void *ck_gemm_packed_take(int64_t bytes);
void ck_gemm_packed_return(void *packed);

/// Packs all of A (`left`) or B from where the plan's strides say it lies, into `ck_gemm_packed_bytes` at `destination`, aligned
/// to 64 bytes. Panels hold all of K, so plans with other blocks, threads and sizes of the other operand can read them. Uses the
/// threads of the plan's team.
void ck_gemm_pack_ahead(const ck_gemm_plan *plan, bool left, const void *source, void *destination);

/// Runs the plan. `workspace`: 64-byte aligned, of `ck_gemm_workspace_bytes`, or NULL to use this thread's arena (bounded, kept
/// between calls, freed with the thread). Safe from several threads at once with different C and workspaces.
ck_status ck_gemm_execute(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *workspace);

/// The same for operands in a list, instead of the plan's batch; `workspace` as for the batch.
ck_status ck_gemm_execute_list(const ck_gemm_plan *plan, const ck_gemm_list *list, void *workspace);
