// A pass of a convolution as a plan: what to run is decided elsewhere (KernelDispatch) and written down here; this runs it.
#pragma once
#include "ck_depthwise.h"
#include "ck_gemm.h"

typedef enum ck_conv_driver : int32_t {
  CK_CONV_EMPTY = 0,    ///< the output has no element
  CK_CONV_PRODUCTS = 1, ///< a matrix product for each group and image: of a 1x1 kernel, or out of the image (implicit GEMM),
                        ///< or of its patches; or the gradient of weights by pixels or patches, with `out_gs` that of the weights
                        ///< and `w_gs` that of the output
  CK_CONV_DIRECT = 2,   ///< tiles of pixels of output rows, summed over the kernel's places where the input lies
  CK_CONV_DEPTHWISE = 3, ///< a filter for each channel, or narrow groups
  CK_CONV_WEIGHTS = 4,   ///< the gradient of the weights: for each place of the kernel, a product over the output's pixels
  CK_CONV_DEPTHWISE_WEIGHTS = 5, ///< that of such filters
  CK_CONV_WINOGRAD = 6,          ///< tiles of outputs by fewer multiplications than they have
  CK_CONV_WINOGRAD_WEIGHTS = 7,  ///< the gradient of the weights by such tiles
  CK_CONV_DEPTHWISE_TURNED = 8,  ///< `depthwise` of images that lie channels first, by kernels that want them last
  CK_CONV_PATCHES = 9,           ///< a matrix product whose rows are patches of the output
} ck_conv_driver;

/// Where weights and output lie; strides in elements. Group g of the weights begins `w_gs * g` elements on, of the output `out_gs
/// * g`.
typedef struct ck_conv_layout {
  int64_t w_gs, w_os, w_cs, w_ds, w_rs, w_ss; ///< group, output channel, input channel, kernel slice, row, column
  int64_t in_gs;                              ///< the input's other strides are in `ck_image`
  int64_t out_ns, out_ds;                     ///< volume, image of a volume: `ck_image` says how many it has
  int64_t out_gs, out_ks, out_ps, out_qs;     ///< group, channel, row, column
} ck_conv_layout;

/// Where operands begin, in elements from those of the call.
typedef struct ck_conv_offsets {
  int64_t input, weights, output;
} ck_conv_offsets;

/// Of the outputs of several plans those of one: every `row_step`-th row from `row` on, columns likewise. Rows and columns of
/// all.
typedef struct ck_phase {
  int64_t row, column, row_step, column_step;
  int64_t rows, columns;
} ck_phase;

/// The patches into which an output is cut: of all pieces that are adjacent in the output, and in a row of the product, each
/// `run` elements long, first so many `rows` `hs` apart, then those of the next channel `cs` further. `of_channel` elements
/// follow one another of each of so many `channels`.
typedef struct ck_patches {
  int64_t run, rows, hs, cs;
  int64_t of_channel, channels;
} ck_patches;

/// Plans that `depthwise` runs at once.
enum { CK_MOST_JOINED = 16 };

/// A convolution, ready to run. Plain data: immutable once made, shareable between threads, owns no memory.
typedef struct ck_conv_plan {
  ck_conv_driver driver;
  int64_t images, groups, channels; ///< output channels of a group
  ck_image image;                   ///< the input, one group of it
  ck_conv_layout layout;
  ck_conv_offsets offsets;
  /// Types, team, epilogue and micro-kernels, of every driver. Of `products` the whole product of one image or, where
  /// `one_product`, of all; of the others C is the output of one row of pixels (`winograd`: of a phase; `joins_rows`: of a band,
  /// with the padding between rows): C's rows are pixels, its columns channels (channels first of `depthwise`: the other way
  /// round).
  ck_gemm_plan gemm;
  const void *ready;     ///< not NULL: the weights, laid out ahead; those of the call are not looked at
  ck_team products_team; ///< `products`: more than one thread multiply products of their own; else those of `gemm` share each.
                         ///< `patches`: share the bands
  bool one_product;      ///< `products`: all images at once
  bool image_is_a;       ///< `products`: which operand the input is
  bool from_image;       ///< `products`: panels of it are packed by im2col's rule
  int64_t im2col_stride; ///< `products`: not 0: its patches are written out first, so many elements from one to the next
  bool pack_weights;     ///< `direct`: panels of weights, else where they lie
  bool copy_input;    ///< `direct`, `weights`: bands of the input are copied: padded, widened, turned, as the kernels need them
  bool pairs_rows;    ///< `direct`: a tile is two whole rows of pixels that meet the same rows of the kernel, where there are two
  bool joins_rows;    ///< `direct`: the rows of a copied band are one of pixels, which goes on through the padding between them
  bool turns_sums;    ///< `direct`: sums are finished, and of the output's type, whose pixels are adjacent: only turned round
  bool by_channel;    ///< `weights`: of the input, or the copy, pixels are adjacent, else channels
  bool pack_gradient; ///< `weights`: panels of the output's gradient, else where it lies
  bool merge_columns; ///< `weights`: all places of a row of the kernel are rows of one product
  bool sums_apart;    ///< `weights`, `winograd_weights`: the result doesn't hold the sums, as it can't or they are in parts
  int32_t band_parts; ///< `weights`: so many parts of all bands are summed apart; above 1 with `sums_apart`
  bool groups_apart;  ///< `winograd_weights`: each thread takes whole groups, else all share each
  int32_t tile_parts; ///< `winograd_weights`: so many parts of all tiles are summed apart
  int32_t channel_parts, panel_parts; ///< `weights`, `winograd_weights`: so many parts of a group's channels and panels are tasks
  int64_t band_images;    ///< `weights`, `direct`: images of a band, above 1 all their rows; 1 of the weights of volumes
  int64_t band_rows;      ///< output rows of a band
  int64_t band_channels;  ///< `depthwise`: and its channels, a vector where channels are turned
  int64_t pixel_channels; ///< `direct`: of a copied pixel: the input's, or zeros as one more
  int64_t band_columns;   ///< input columns of a copied band, padding included; of `winograd` those of a phase
  int64_t kept_panels;    ///< `direct`: so many panels are one step: some of a group, or those of several
  int32_t tile_outputs;   ///< `winograd`, `winograd_weights`: along each axis of a tile
  int64_t block_tiles;    ///< and the most tiles whose points are kept at once,
  int64_t block_panels;   ///< `winograd`: times so many panels of sums
  ck_depthwise_fn depthwise;
  ck_depthwise_narrow_fn depthwise_narrow; ///< not NULL: in its place, straight into the output
  ck_channels vectors;                     ///< `depthwise`: what its vectors run along
  int64_t vectors_abreast;                 ///< `depthwise`, `depthwise_weights`: see `ck_block`
  bool turns_channels;                     ///< `depthwise_weights`: images lie channels first, vectors run along channels
  int64_t joined;     ///< `depthwise`, `depthwise_turned`: so many plans from this one on are run at once; of all others 1
  ck_phase phase;     ///< `depthwise_turned`
  ck_patches patches; ///< `patches`; `gemm` is of an image
} ck_conv_plan;

/// Of the gradients of weights the two that are read are the input and, as the weights, the gradient of the output; that of the
/// weights is written.
typedef struct ck_conv_operands {
  const void *input, *weights;
  void *output;
  const void *bias;     ///< one fp32 entry for each output channel, NULL without
  const void *residual; ///< of the output's type, lying as it does, apart from it; NULL without
} ck_conv_operands;

/// Bytes of workspace that `ck_conv_execute` needs for any of the plans.
int64_t ck_conv_workspace_bytes(const ck_conv_plan *plans, int64_t count);

/// Runs the plans one after another, those that are joined at once; workspace and threads as in `ck_gemm_execute`.
ck_status ck_conv_execute(const ck_conv_plan *plans, int64_t count, const ck_conv_operands *operands, void *workspace);

/// Bytes of the weights as the plan reads them, laid out ahead; 0: it reads them where they lie.
int64_t ck_conv_ready_bytes(const ck_conv_plan *plan);

/// Lays out the weights of a call in so many bytes at `destination`, aligned to 64; those of products by the threads
/// of the plan's team.
void ck_conv_make_ready(const ck_conv_plan *plan, const void *weights, void *destination);
