// Convolution forward as a plan: what to run is decided elsewhere (KernelDispatch) and written down here; this runs it.
#pragma once
#include "ck_depthwise.h"
#include "ck_gemm.h"

typedef enum ck_conv_driver : int32_t {
  CK_CONV_EMPTY = 0,     ///< the output has no element
  CK_CONV_PRODUCTS = 1,  ///< a matrix product for each group and image: of a 1x1 kernel, or out of the image (implicit GEMM)
  CK_CONV_DIRECT = 2,    ///< tiles of pixels of an output row, summed over the kernel's places where the input lies
  CK_CONV_DEPTHWISE = 3, ///< a filter for each channel
} ck_conv_driver;

/// Where weights and output lie; strides in elements. Group g of the weights begins `w_gs * g` elements on, of the output `out_gs
/// * g`.
typedef struct ck_conv_layout {
  int64_t w_gs, w_os, w_cs, w_rs, w_ss;           ///< group, output channel, input channel, kernel row, kernel column
  int64_t in_gs;                                  ///< the input's other strides are in `ck_image`
  int64_t out_ns, out_gs, out_ks, out_ps, out_qs; ///< image, group, channel, row, column
} ck_conv_layout;

/// A convolution, ready to run. Plain data: immutable once made, shareable between threads, owns no memory.
typedef struct ck_conv_plan {
  ck_conv_driver driver;
  int64_t images, groups, channels; ///< output channels of a group
  ck_image image;                   ///< the input, one group of it
  ck_conv_layout layout;
  /// Types, team, epilogue and micro-kernels, of every driver. Of `products` the whole product of one image or, where
  /// `one_product`, of all; of the others C is the output of one row of pixels: C's rows are pixels, its columns channels
  /// (channels first of `depthwise`: the other way round).
  ck_gemm_plan gemm;
  bool one_product;      ///< `products`: all images at once
  bool image_is_a;       ///< `products`: which operand the input is
  bool from_image;       ///< `products`: panels of it are packed by im2col's rule
  bool pack_weights;     ///< `direct`: panels of weights, else where they lie
  bool copy_input;       ///< `direct`: bands of the input are copied: padded, widened, turned, as the kernels need them
  int64_t band_rows;     ///< output rows of a band
  int64_t band_channels; ///< `depthwise`: and its channels
  int64_t band_columns;  ///< input columns of a copied band, padding included
  int64_t kept_panels;   ///< `direct`: so many panels of packed weights are kept
  ck_depthwise_fn depthwise;
  ck_channels vectors; ///< `depthwise`: what its vectors run along
} ck_conv_plan;

typedef struct ck_conv_operands {
  const void *input, *weights;
  void *output;
  const void *bias; ///< one fp32 entry for each output channel, NULL without
} ck_conv_operands;

/// Bytes of workspace that `ck_conv_execute` needs.
int64_t ck_conv_workspace_bytes(const ck_conv_plan *plan);

/// Runs the plan; workspace and threads as in `ck_gemm_execute`.
ck_status ck_conv_execute(const ck_conv_plan *plan, const ck_conv_operands *operands, void *workspace);
