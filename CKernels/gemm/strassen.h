// How Strassen's products leave the macro-kernel.
#pragma once
#include "epilogue/epilogue.h"

/// Adds a finished tile of a product, times alpha, to each place of `operands->c_terms`. `first`: block of K, the only one in
/// which a fresh place takes beta times its old value.
void ck_strassen_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, bool first);

/// Asks for these places while the tile is multiplied.
void ck_strassen_fetch(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile);
