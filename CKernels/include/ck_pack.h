// Panels: how packed operands look in memory.
#pragma once
#include "ck_ukernel.h"

/// The input of a convolution, one group of it, seen as a matrix: a row for each output pixel (p, q) of one image after another,
/// a column for each depth (c, r, s) or (r, s, c). Panels are packed out of the image (implicit GEMM), or it is written out
/// (im2col).
///
/// Images may be slices of volumes. Then depths are (c, d, r, s) or (d, r, s, c), where slice d of the kernel meets the d-th
/// slice from the image's own; none of them lies outside the volume.
///
/// Strides are in elements. What lies outside the image is zero.
typedef struct ck_image {
  int64_t channels, height, width;
  int64_t ns, cs, hs, ws;           ///< from volume to volume, channel to channel, row to row, column to column
  int64_t slices, ss;               ///< images of a volume, from one to the next; 1: each image is a volume
  int64_t kernel_slices, kernel_ss; ///< slices that a sum goes over, from one to the next
  int64_t kernel_rows, kernel_columns;
  int64_t stride_h, stride_w, dilation_h, dilation_w;
  int64_t pad_top, pad_left;
  int64_t out_rows, out_columns;
  bool channels_last; ///< depths in the order (d, r, s, c), else (c, d, r, s)
} ck_image;

/// Where image `index` begins, counted through all volumes.
static inline int64_t ck_image_place(const ck_image *image, int64_t index) {
  return index / image->slices * image->ns + index % image->slices * image->ss;
}

/// Places of the kernel: of each the sum goes over all channels.
static inline int64_t ck_kernel_places(const ck_image *image) {
  return image->kernel_slices * image->kernel_rows * image->kernel_columns;
}

/// Matrices that lie alike, so many elements from the first one's place, added with signs.
typedef struct ck_terms {
  int32_t count; ///< 1, 2 or 4
  struct ck_term {
    int64_t offset;
    int32_t sign; ///< 1 or -1; of the first term 1
    bool fresh;   ///< of C: nothing has been added to this one
  } term[4];
} ck_terms;

/// A matrix `rows x k` to be packed into panels of `panel` rows: for each group of `kr` depths, `panel` groups of `kr` adjacent
/// elements, zeros where a row or a depth is missing. KR: 1, or of bf16 2 or CK_TILE_DEPTH. For B read rows as columns: B's
/// panels are those of its transpose.
typedef struct ck_pack_job {
  const void *source;
  void *destination;
  int64_t rows, k;
  int64_t rs, ks; ///< strides of the source, in elements
  int32_t panel, kr;
  ck_dtype from, to; ///< equal, or bf16 to f32 (widening, exact), or f32 to bf16 in parts
  int32_t parts;  ///< f32 to bf16, for KR of 2: each panel is followed by those of its further parts, which add up to the number
  ck_isa isa;     ///< whose instructions may be used
  int64_t places; ///< above 1, for KR of 1 and RS above 1: depth c * places + i of the source becomes depth i * (k / places) + c
  const ck_terms *terms; ///< not NULL, for KR of 1 and fp32 or fp64 as it is: the matrix is the sum of several, `source` where
                         ///< offsets count from
  const ck_image *image; ///< not NULL: the matrix is an image, `source` its first element, KR is 1, and
  int64_t row, depth;    ///< its first row and depth to be packed
} ck_pack_job;

/// Packs one panel or several; each takes `panel * round_up(k, kr)` elements of type `to`, as often as there are parts.
void ck_pack(const ck_pack_job *job);

/// How a stream goes on from one tile that asks for a share of it to the next: so many bytes further, as long as shares are left.
typedef struct ck_shares {
  int64_t apart, left;
} ck_shares;

/// From a tile's share to that of the tile `count` after it. In place, member by member, as the tile will read it at once
/// (ck_fetching.h).
static inline void ck_skip_shares(ck_shares *shares, int64_t count, ck_stream *stream) {
  stream->at += (uintptr_t)(count * shares->apart);
  shares->left -= count;
  if (shares->left <= 0) stream->count = 0;
}

/// So many adjacent bytes in `parts`, as tiles of `steps` steps along K may ask for them; the first part goes to `stream`.
ck_shares ck_bytes_shares(const void *from, int64_t bytes, int64_t parts, int64_t steps, ck_stream *stream);

/// What `ck_pack` will read of one panel, of a sum of one of its matrices, from `source` on, likewise; nothing where no stride is
/// 1, and of images.
ck_shares ck_pack_shares(const ck_pack_job *job, int64_t parts, int64_t steps, ck_stream *stream);
