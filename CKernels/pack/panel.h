// One panel, whatever is packed into it, and the movers that fill it: one set for each instruction set.
#pragma once
#include "ck_pack.h"

/// One panel of a job, or a part of one: `live` rows of it exist.
typedef struct ck_panel {
  const char *source;
  char *destination;
  int64_t live, k, rs, ks; ///< strides in bytes
  int64_t width;  ///< rows from one group of KR depths to the next: of the panel, or of several if other depths lie between
  int64_t places; ///< as in the job; 0 as 1
  int64_t whole;  ///< of a part of a panel, moved to where it is near: the depths of the whole, as `places` needs; 0: K
} ck_panel;

/// Where two depths of `count` rows go: a unit of two bf16 for each row, `part_units` on for each further part.
typedef struct ck_split {
  uint32_t *units;
  int64_t part_units, count;
  int32_t parts;
} ck_split;

/// One line of a sum of matrices: `to` = the sum of `sign` times `from`, first as it is.
typedef struct ck_sum_line {
  char *to;
  const char *from[4];
  double sign[4];
  int64_t length, stride; ///< elements, and from one to the next of `from`
  int32_t count;          ///< of matrices: 1, 2 or 4
} ck_sum_line;

typedef void (*ck_mover)(const ck_panel *panel);

/// What moves the live rows of a panel, by how the source lies. Arrays: by ck_dtype.
typedef struct ck_movers {
  ck_mover copy[3];                                  ///< adjacent along the panel
  ck_mover gather[3];                                ///< any strides
  ck_mover transpose;                                ///< 4-byte units adjacent along K
  ck_mover widen, transpose_widened, gather_widened; ///< bf16 to fp32: adjacent along the panel, adjacent along K, any strides
  ck_mover transpose_halves;                         ///< bf16 as it is, adjacent along K
  ck_mover spread;                                   ///< bf16, fewer than 16, all adjacent, and zeros beside; or NULL
  ck_mover interleave, gather_pairs;                 ///< pairs of bf16 depths: adjacent along the panel, any strides
  void (*split)(const float *even, const float *odd, const ck_split *to); ///< pairs of fp32 depths into parts in bf16
  void (*sum[3])(const ck_sum_line *line);                                ///< not of bf16
} ck_movers;

extern const ck_movers ck_movers_baseline;
#if defined(__x86_64__)
extern const ck_movers ck_movers_avx2, ck_movers_avx512;
#endif

/// Those of an instruction set.
const ck_movers *ck_movers_of(ck_isa isa);

/// Moves the live rows; what is missing is the caller's to clear.
void ck_pack_panel(const ck_pack_job *job, const ck_panel *panel);

/// Packs one panel of a matrix: `rows` rows from `row` on, zeros for those that are missing.
void ck_pack_matrix_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination);

/// Packs all panels of a sum of matrices.
void ck_pack_terms(const ck_pack_job *job);

/// Packs one panel of an image: `rows` pixels from `row` on.
void ck_pack_image_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination);
