// The contract of a micro-kernel and the table of all of them (ukernels/ukernels.def).
#pragma once
#include "ck_types.h"

typedef enum ck_family : int32_t {
  CK_OUTER = 0,  ///< accumulator tile MR x NR; A by broadcast at any stride, B with unit stride along N
  CK_PAIR = 1,   ///< the same with KR = 2: K in pairs, B interleaved in pairs by packing, A's pairs adjacent
  CK_DOT = 2,    ///< vectorised along K: A and B both with unit stride along K
  CK_MATRIX = 3, ///< tile registers: rows of A along K, groups of 32 depths apart by `a_ks`; B in pairs as of CK_PAIR
} ck_family;

/// What a tile asks the caches for while it is multiplied: in each of its chunks of CK_CHUNK steps along K, `count` places `step`
/// bytes apart, `lines` lines at each, from `at` on; the next chunk begins `advance` bytes on. Addresses, not pointers: what lies
/// beyond a matrix is asked for too, which does no harm.
typedef struct ck_stream {
  uintptr_t at;
  int64_t step, advance;
  int32_t count, lines; ///< count 0: nothing
} ck_stream;

/// What is left to do with the sums of a tile before they are stored: clamp(scale * sum + bias + residual), rounded to C's type.
typedef struct ck_finish {
  const void *bias, *bias_of_rows; ///< of the first column, of the first row, in the accumulator's type; NULL: none
  const void *residual;            ///< of C's type, lying as C does; NULL: none
  double scale, lower, upper;      ///< NaN passes the clamp
  bool clamps;
} ck_finish;

/// One tile of C: C[0..MR)[0..n) = alpha * sum over s < blocks, p < k of A_s[i][p] * B_s[p][j] + beta * C.
///
/// Batch-reduce: GEMM, split K, 1x1 and indirect convolution all sum over a list of blocks, so they share this contract.
/// Strides are in elements. beta == 0 never reads C.
/// What follows is the same for many tiles; the operands' places come with each call.
typedef struct ck_tile {
  int64_t blocks;
  int64_t k; ///< depth of each block; a multiple of KR (the packer pads with zeros), or of `pair` any where A lies in place: of
             ///< the last group of A, and of a B that is copied, one depth alone is read; else B's other is zero
  int64_t a_rs; ///< from row i to i + 1 of A
  int64_t a_ks; ///< from one group of A_KR depths to the next in A (`matrix`: A_KR where rows lie with unit stride; else panels
                ///< of whole registers of 16 rows, all of them readable, with zeros up to 32 depths); unused by `dot`, whose
                ///< stride along K is 1
  int64_t b_ks; ///< `outer`, `pair`: from one group of KR depths to the next in B; `dot`: from column j to j + 1
  int64_t c_rs; ///< from row to row of C, whose stride along N is 1
  int64_t n;    ///< live columns, 1...NR; columns beyond are neither read (in unpacked B) nor written
  bool beside;  ///< `ck_panels_at_once` panels of NR live columns are multiplied, whose columns of C are adjacent,
  int64_t b_ps; ///< and whose B is so far apart
  int64_t a_lower, c_lower; ///< `matrix`, of an even number of rows: neither is 0: the lower half of them does not follow the
                            ///< upper one, but lies so many elements on from it in A and in C
  bool streams_b;           ///< `matrix`: B passes by an A that is read again, and is not to push it out of L1
  double alpha, beta;
  bool stores_late;   ///< `matrix`: a C that is narrow or `streams_c` may be stored as late as by `ck_tiles_end`
  bool narrow;        ///< C holds bf16: the finished sums are rounded as they are stored, and beta is 0
  bool streams_c;     ///< C, of whole lines and beta 0, may be stored past the caches: by `outer`, `pair` and
                      ///< `matrix` where the live columns are whole lines
  bool fetch_c;       ///< C may lie beyond the caches: ask for it while the sums are made,
  int64_t c_ahead;    ///< or for the C so many elements on, where K is too short for that
  ck_stream fetch[2]; ///< of A and of B; `axpyf` asks for nothing
  int64_t
      a_ahead;  ///< not 0 (`outer`, `pair` and `matrix` in C): the stream of A begins so many bytes after the A of each product
  int64_t more; ///< of `outer`, `pair` and `matrix` in C, of `dot` with one block: so many further products, whose blocks and C
                ///< are so many bytes on from one to the next:
  int64_t a_step, b_step, c_step;
  bool folds_a; ///< multiply-adds are to broadcast packed A themselves: fewer instructions, more loads
  const ck_finish
      *finish;  ///< not NULL (`outer` and `pair` in C, as CK_TILE_FINISHES says; `more` 0): what is done to alpha A B + beta C
  void *copy_b; ///< not NULL (`outer` of fp32 or fp64 by vectors, and `pair`, but for tall rows; one block, `more` 0; NR live
                ///< columns, of `pair` and A in place any): B is also written here as a packed panel, but for vectors of it that
                ///< are not live. `pair` reads it as it lies, two rows for each group, of a last short one a row
} ck_tile;

/// `a`, `b`: `tile->blocks` pointers to A[0][0] and to B[0][0]; `c`: C[0][0].
typedef void (*ck_ukernel_fn)(const ck_tile *tile, const void *const *a, const void *const *b, void *c);

/// One row of the table. The type tuple is what the kernel reads (a, b), sums in (acc) and writes (c).
typedef struct ck_ukernel {
  const char *name;
  ck_family family;
  ck_isa isa;
  ck_dtype a, b, acc, c;
  int32_t mr, nr, kr;
  int32_t a_kr;            ///< adjacent depths in packed A, whose depth is rounded up to it; KR but for CK_MATRIX
  bool packed_a, packed_b; ///< the operand must be packed; otherwise any strides that the family allows will do
  ck_ukernel_fn run;
} ck_ukernel;

/// A tile register holds so many rows of so many bf16 depths, which is what packed A has of CK_MATRIX.
enum { CK_TILE_ROWS = 16, CK_TILE_DEPTH = 32 };

/// The largest MR and NR of any row, and the most vectors of sums side by side; a row beyond does not compile.
enum { CK_MAX_MR = 32, CK_MAX_NR = 64, CK_MAX_VECTORS = 8 };

/// Most rows of a tile of two panels: 6 x 4 sums, 4 of B and an A leave 3 of 32 registers.
enum { CK_ROWS_OF_TWO_PANELS = 6 };

/// Panels that a tile of so few rows can multiply at once (`outer`, `pair`, in C, of more than one vector): that hides the
/// latency of sums, and reads B in longer pieces, which hardware follows (1 x 4096 x 4096 on Zen 5: 9 to 17 GFLOP/s). As many as
/// 32 registers of 64 bytes, or 16 narrower ones, hold.
#define CK_PANELS_AT_ONCE(vector_bytes, rows)                                                                                    \
  ((vector_bytes) < 64 ? (vector_bytes) > 8 && (rows) == 1 ? 4 : 1 : (rows) <= 2 ? 4 : (rows) <= CK_ROWS_OF_TWO_PANELS ? 2 : 1)
static inline int ck_panels_at_once(int vector_bytes, int64_t rows) { return CK_PANELS_AT_ONCE(vector_bytes, rows); }

/// Rows of B in place that a tile of one or two rows and several panels meets at once, from end to end (ukernels/outer_axpyf.h).
enum { CK_AXPYF_DEPTH = 8 };

/// Whether tiles of `outer` and `pair` in C finish sums of so many bytes by vectors of so many (`finish` of a tile): smaller ones
/// have no registers to spare.
#define CK_TILE_FINISHES(vector_bytes, sum_bytes) ((vector_bytes) > 16 && (sum_bytes) == 4)
static inline bool ck_tile_finishes(int vector_bytes, int sum_bytes) { return CK_TILE_FINISHES(vector_bytes, sum_bytes); }

/// Steps along K between two looks at what to ask the caches for: as many as there are fp32 in a line.
enum { CK_CHUNK = 16 };

/// A tile asks for C in its last steps, for so many rows a chunk: of 14 rows 112 steps before the end, 1,570 or 3,140 cycles at
/// two or one FMA a cycle, more than a miss takes. Any earlier, and the panels would push it out of L1 again; not at all costs 5
/// % (Zen 4, 14 x 32 tiles of a C of 1056 columns, kc = 512).
enum { CK_C_ROWS = 2 };
/// With fewer steps it asks for the C of the next tile.
enum { CK_C_AHEAD = 128 };

/// A tile that copies B asks for the row so many steps on, as no hardware follows rows (Emerald Rapids, the two loops
/// alone on 512^3: 163 to 166 GFLOP/s). Of up to twice as many steps in all it asks for the same row of the next panel
/// (64 x 100000 x 64 in bf16 on Zen 5: 205 to 380).
enum { CK_COPY_AHEAD = 48 };

/// So much of a panel stays in L1 beside what passes it.
enum { CK_NEAR_BYTES = 24 << 10 };

/// Around many tiles of CK_MATRIX on one thread: each alone would set up the tile registers anew (80 ns on Emerald Rapids).
/// `begin` is false where another has begun; then the `end` is that one's. It stores what tiles have left (`stores_late`), and
/// has what went past the caches seen by whoever sees what this thread stores next.
#if defined(__x86_64__)
bool ck_tiles_begin_amx(void);
void ck_tiles_end_amx(void);
#else
static inline bool ck_tiles_begin_amx(void) { return false; }
static inline void ck_tiles_end_amx(void) {}
#endif

/// Every row compiled into this binary, usable here or not.
const ck_ukernel *ck_ukernels(int64_t *count);
