// Panels of a sum of matrices: a piece of the sum is made where it stays in L1, read from each matrix in runs as long as may be,
// and packed from there (4096^3 by two levels on Zen 5: 237 to 253 effective GFLOP/s).
#include <stddef.h>

#include "pack/panel.h"
#include "pack/units.h"

/// Most panels side by side, the most depths of a piece, of those and of a panel whose rows lie along K, and its elements.
enum { CK_PANELS_OF_SUM = 4, CK_DEPTHS_ACROSS = 16, CK_DEPTHS_ALONG = 128 };
enum { CK_PIECE = CK_PANELS_OF_SUM * CK_MAX_NR * CK_DEPTHS_ACROSS };

/// Asks for what the next piece will read in this line's place.
static void ask_for(const ck_sum_line *line, int64_t ahead, int64_t bytes) {
  for (int32_t t = 0; t < line->count; t++)
    for (int64_t j = 0; j < bytes; j += CK_LINE) __builtin_prefetch(line->from[t] + ahead + j);
}

/// Depths `d` ..< `d + depths` of the job's sum, line after line of adjacent elements.
static void sum_piece(const ck_pack_job *job, int64_t d, int64_t depths, void *sums) {
  const ck_movers *movers = ck_movers_of(job->isa);
  const bool along_panel = job->rs == 1;
  const int64_t bytes = ck_element_bytes(job->from), length = along_panel ? job->rows : depths;
  const int64_t apart = (along_panel ? job->ks : job->rs) * bytes, ahead = depths * job->ks * bytes;
  ck_sum_line line = {.to = sums, .count = job->terms->count, .length = length, .stride = along_panel ? 1 : job->ks};
  for (int32_t t = 0; t < line.count; t++) {
    line.from[t] = (const char *)job->source + (job->terms->term[t].offset + d * job->ks) * bytes;
    line.sign[t] = job->terms->term[t].sign;
  }
  for (int64_t i = 0; i < (along_panel ? depths : job->rows); i++) {
    movers->sum[job->from](&line);
    if (line.stride == 1 && d + depths < job->k) ask_for(&line, ahead, length * bytes);
    line.to += length * bytes;
    for (int32_t t = 0; t < line.count; t++) line.from[t] += apart;
  }
}

/// Panels side by side, no more than a piece holds.
static void pack_group(const ck_pack_job *job, char *destination) {
  _Alignas(CK_LINE) double sums[CK_PIECE];
  const bool along_panel = job->rs == 1;
  const int64_t most = along_panel ? CK_DEPTHS_ACROSS : ck_least(CK_DEPTHS_ALONG, CK_PIECE / job->panel);
  const int64_t bytes = ck_element_bytes(job->to);
  for (int64_t d = 0; d < job->k; d += most) {
    ck_pack_job piece = *job;
    piece.k = ck_least(most, job->k - d);
    sum_piece(job, d, piece.k, sums);
    piece.source = sums, piece.terms = NULL;
    piece.rs = along_panel ? 1 : piece.k, piece.ks = along_panel ? job->rows : 1;
    for (int64_t row = 0; row < job->rows; row += job->panel)
      ck_pack_matrix_panel(&piece, row, ck_least(job->panel, job->rows - row),
                           destination + (row * job->k + d * job->panel) * bytes);
  }
}

void ck_pack_terms(const ck_pack_job *job) {
  const int64_t bytes = ck_element_bytes(job->to), most = job->rs == 1 ? CK_PANELS_OF_SUM * job->panel : job->panel;
  for (int64_t row = 0; row < job->rows; row += most) {
    ck_pack_job group = *job;
    group.source = (const char *)job->source + row * job->rs * bytes;
    group.rows = ck_least(most, job->rows - row);
    pack_group(&group, (char *)job->destination + row * job->k * bytes);
  }
}
