// Panels: how packed operands look in memory.
#pragma once
#include "ck_types.h"

/// A matrix `rows x k` to be packed into panels of `panel` rows: for each group of `kr` depths, `panel` groups of `kr` adjacent
/// elements, zeros where a row or a depth is missing. For B read rows as columns: B's panels are those of its transpose.
typedef struct ck_pack_job {
  const void *source;
  void *destination;
  int64_t rows, k;
  int64_t rs, ks; ///< strides of the source, in elements
  int32_t panel, kr;
  ck_dtype from, to; ///< equal, or bf16 to f32 (widening, exact)
} ck_pack_job;

/// Packs one panel or several; each takes `panel * round_up(k, kr)` elements of type `to`.
void ck_pack(const ck_pack_job *job);

/// Asks the caches for part `part` of `parts` of what `ck_pack` will read of one panel; nothing where no stride is 1.
void ck_pack_fetch(const ck_pack_job *job, int64_t part, int64_t parts);
