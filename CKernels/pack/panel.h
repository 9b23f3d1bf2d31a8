// One panel, whatever is packed into it.
#pragma once
#include "ck_pack.h"

/// One panel of a job, or a part of one: `live` rows of it exist.
typedef struct ck_panel {
  const char *source;
  char *destination;
  int64_t live, k, rs, ks; ///< strides in bytes
  int64_t width;  ///< rows from one group of KR depths to the next: of the panel, or of several if other depths lie between
  int64_t places; ///< as in the job; 0 as 1
} ck_panel;

/// Moves the live rows; what is missing is the caller's to clear.
void ck_pack_panel(const ck_pack_job *job, const ck_panel *panel);

/// Packs one panel of an image: `rows` pixels from `row` on.
void ck_pack_image_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination);
