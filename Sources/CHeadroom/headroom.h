/// Headroom in C: matrix products and convolutions as fast as the machine allows.
///
///     hr_gemm_desc desc;
///     hr_gemm_desc_init(&desc, sizeof desc, m, n, k); // tight row-major float
///     hr_gemm_operands operands = {.size = sizeof operands, .a = {a, m * k}, .b = {b, k * n}, .c = {c, m * n}};
///     if (hr_gemm(&desc, &operands) != HR_OK) fprintf(stderr, "%s\n", hr_last_error());
///
/// - Errors. Functions that can fail return an `hr_status`. When it is not `HR_OK`, nothing was written but the message of
///   `hr_last_error`. Null pointers, values that no enumeration has, sizes out of range and buffers that are too short are
///   errors, never crashes. What can't be checked: that a buffer really holds as many elements as you say, that it is aligned to
///   its elements, that no output overlaps another operand, and that a plan is one that was created and not yet destroyed.
/// - Structs begin with their size. `hr_..._init` writes it; elsewhere it is `sizeof` the struct. A size that the library does
///   not know is an error, so a struct can grow without harm to programs that were compiled before.
/// - Threads. Every function may be called from any thread. A plan is immutable: several threads may execute one at the same
///   time, each with an output and a workspace of its own. Results are bitwise the same for any number of threads.
/// - Ownership. Buffers, workspaces and descriptors stay yours and are not kept beyond the call, nor are the names in them.
/// - Sizes, strides and counts are in elements, unless a name or a comment says bytes.
#ifndef HEADROOM_H
#define HEADROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Version

#define HR_VERSION "0.1.0"

/// The version of the library that is loaded, such as "0.1.0"; `HR_VERSION` is that of this header.
const char *hr_version(void);

// ---- Status

/// What became of a call. The numbers are stable.
typedef enum hr_status {
  HR_OK = 0,
  HR_ERROR_NULL_POINTER = 1,  ///< a pointer that is needed is null
  HR_ERROR_STRUCT_SIZE = 2,   ///< the size that a struct begins with is none that the library knows
  HR_ERROR_UNKNOWN_VALUE = 3, ///< a value that its enumeration does not have, or that means nothing here
  HR_ERROR_MISALIGNED = 4,    ///< a workspace is not aligned to `HR_WORKSPACE_ALIGNMENT`
  HR_ERROR_BUFFER_TOO_SHORT = 5,
  HR_ERROR_OVERLAPPING_ELEMENTS = 6, ///< two elements of a matrix that is written share an address
  HR_ERROR_SIZE_MISMATCH = 7,        ///< sizes that must agree don't, such as the entries of a bias
  HR_ERROR_NEGATIVE_SIZE = 8,
  HR_ERROR_SIZE_OVERFLOW = 9,      ///< m n k, or the distance between two elements, is beyond 2^63
  HR_ERROR_INVALID_LAYOUT = 10,    ///< strides that the operand can't have
  HR_ERROR_UNSUPPORTED_TYPES = 11, ///< no kernel multiplies these types
  HR_ERROR_TYPE_MISMATCH = 12, ///< an operand's elements are of another type; buffers in C have none, so no call returns it yet
  HR_ERROR_INVALID_THREADS = 13,
  HR_ERROR_SIZE_TOO_SMALL = 14, ///< a size, stride, dilation or number of groups that must be positive is not
  HR_ERROR_GROUPS_DONT_DIVIDE = 15,
  HR_ERROR_KERNEL_BEYOND_IMAGE = 16,  ///< the kernel, spread by its dilation, is larger than the padded image
  HR_ERROR_CONVOLUTION_OVERFLOW = 17, ///< from 2^43 elements, 2^31 channels or columns, 2^59 multiplications on
  HR_ERROR_UNSUPPORTED_CONVOLUTION_TYPES = 18,
  HR_ERROR_INVALID_BLOCKING = 19,
  HR_ERROR_UNKNOWN_VARIANT = 20,
  HR_ERROR_UNKNOWN_MICROKERNEL = 21,
  HR_ERROR_UNKNOWN_ISA = 22,
  HR_ERROR_INVALID_OVERRIDE = 23,        ///< an environment variable HEADROOM_... can't be understood
  HR_ERROR_NO_CANDIDATE = 24,            ///< every variant was rejected; the message has the reasons
  HR_ERROR_OUT_OF_MEMORY = 25,           ///< the workspace could not be had
  HR_ERROR_OVERLAPPING_PRODUCTS = 26,    ///< two products of a batch share an element of C
  HR_ERROR_PACKED_ELSEWHERE = 27,        ///< a packed operand was made by another version or for a kernel that may not run here
  HR_ERROR_PACKED_MISMATCH = 28,         ///< a packed operand is of another product
  HR_ERROR_DAMAGED_PACKED_OPERAND = 29,  ///< bytes that hold no packed operand, or a part of one
  HR_ERROR_INVALID_CLAMP = 30,           ///< the lower end is above the upper one, or an end is NaN
  HR_ERROR_INVALID_STRASSEN_LEVELS = 31, ///< neither 0 nor 1 nor 2
  HR_ERROR_WRONG_PASS = 32,              ///< weights ahead for the gradient of the weights
  HR_ERROR_EPILOGUE_OF_WEIGHTS = 33      ///< the gradient of the weights has no epilogue
} hr_status;

/// The name of a status, such as "HR_ERROR_NULL_POINTER"; "unknown status" for any other number. Never null, valid for ever.
const char *hr_status_name(hr_status status);

/// What was wrong with this thread's last call that failed, what was found and what was expected; "" before the first. Never
/// null, valid until the thread's next call that fails, or its end.
const char *hr_last_error(void);

// ---- Types

typedef enum hr_dtype {
  HR_F32 = 0,  ///< float
  HR_BF16 = 1, ///< bfloat16, in a uint16_t: the upper half of a float
  HR_F64 = 2   ///< double
} hr_dtype;

/// Elements that are read. Null only where the call needs no element.
typedef struct hr_buffer {
  const void *data; ///< the element at the lowest address
  int64_t count;    ///< of elements
} hr_buffer;

/// Elements that are written.
typedef struct hr_output {
  void *data;
  int64_t count;
} hr_output;

/// A vector that an epilogue adds. It comes with each call, in the type that sums are kept in: double for `HR_F64`, else float.
typedef enum hr_bias {
  HR_BIAS_NONE = 0,
  HR_BIAS_PER_ROW = 1,    ///< of a product: m entries, entry i for row i
  HR_BIAS_PER_COLUMN = 2, ///< of a product: n entries, entry j for column j
  HR_BIAS_PER_CHANNEL = 3 ///< of a convolution: one entry for each output channel
} hr_bias;

typedef enum hr_activation {
  HR_ACTIVATION_NONE = 0,
  HR_ACTIVATION_RELU = 1,      ///< negative values become 0
  HR_ACTIVATION_GELU_TANH = 2, ///< x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
  HR_ACTIVATION_GELU_ERF = 3,  ///< x (1 + erf(x / sqrt(2))) / 2
  HR_ACTIVATION_SILU = 4       ///< x / (1 + e^-x), also known as swish
} hr_activation;

/// Where values end up; NaN passes. ReLU6 is {true, 0, 6}.
typedef struct hr_clamp {
  bool applies; ///< false unless set: then the ends are not looked at
  double lower, upper;
} hr_clamp;

/// What happens to a finished tile while it is in the cache: clamp(act(scale * x + bias)), rounded once to the output's type. NaN
/// stays NaN.
typedef struct hr_epilogue {
  double scale; ///< 1 unless set
  hr_bias bias;
  hr_activation activation;
  hr_clamp clamp;
} hr_epilogue;

/// Cache blocks: A is packed in blocks of mc x kc, B in blocks of kc x nc.
typedef struct hr_blocking {
  int64_t mc, nc, kc;
} hr_blocking;

/// What may be said about how a problem runs. All zero: dispatch decides.
typedef struct hr_options {
  const char *max_isa;     ///< no kernel above it: "scalar", "sse2", "avx2", "avx512", "avx512bf16", "amx"; null for the best
  const char *variant;     ///< the one variant to run, such as "outer.packed"; null for any
  const char *microkernel; ///< the one micro-kernel to run, such as "outer_f32_14x32_avx512"; null for any
  int64_t threads;         ///< at most so many, 1 ... 1024, and fewer where more don't pay; 0: as many as the process may use
  hr_blocking blocking;    ///< of products: instead of the blocks that are computed; all zero for those
  int64_t workspace_limit; ///< of convolutions: at most so many bytes of workspace; 0: any number
  /// Of convolutions: no Winograd's algorithm, unless `variant` names it. It may else run where it is faster and its error bound
  /// is that of direct sums, by the largest sum of |products| in a tile of outputs instead of the output's own.
  bool without_winograd;
} hr_options;

/// What runs: equal for equal problems, options and machines. Names are zero-terminated.
typedef struct hr_selection {
  size_t size;          ///< `sizeof(hr_selection)`, set before the call
  char variant[40];     ///< such as "outer.packed", of a convolution "direct.packed"
  char product[40];     ///< of a convolution made of products: their variant; else empty
  char microkernel[40]; ///< that of the largest tile
  char isa[16];         ///< the instruction set that it needs, by its name in `hr_options`
  int64_t threads;
  hr_blocking blocking;    ///< of a product; zero for a convolution
  int32_t swapped;         ///< 1: A and B change places, mostly so that C is written along its unit stride; 0 for a convolution
  int32_t strassen_levels; ///< of a product: 1 where 7 products of halves are multiplied, 2 for 49 of quarters, else 0
} hr_selection;

/// What a workspace must be aligned to, in bytes.
#define HR_WORKSPACE_ALIGNMENT 64

// ---- Matrix products

/// Element (i, j) of a matrix is `i * row + j * column` elements away from element (0, 0).
typedef struct hr_strides {
  int64_t row, column;
} hr_strides;

/// Products of one shape that are multiplied in one call: so many elements lie between the operands of one and of the next.
typedef struct hr_batch {
  int64_t count;   ///< 0 or more; 1 unless set
  int64_t a, b, c; ///< 0 or more; of A and B 0 where all products share one; of C large enough that none share an element
} hr_batch;

/// How accurately products of f32 numbers must be formed: what is at least so accurate and predicted to be fastest runs. In less
/// than full precision an operand may become the sum of one, two or three bfloat16, whose products are formed in bfloat16 and
/// summed in float. The errors are those of a product relative to it. Parts below 2^-126 count as zero, so the errors hold for
/// operands from 2^-102 on; infinite ones give infinity or NaN.
typedef enum hr_precision {
  HR_PRECISION_FULL = 0,
  HR_PRECISION_BF16X1 = 1, ///< one product: within 2^-7 (1 + 2^-9)
  HR_PRECISION_BF16X2 = 2, ///< three products, of two parts each: within 1.01 x 2^-15
  HR_PRECISION_BF16X3 = 3  ///< six products, of three parts each: within 1.01 x 2^-24
} hr_precision;

/// C = epilogue(alpha op(A) op(B) + beta C), with op(A) of m x k, op(B) of k x n and C of m x n elements. A residual is added
/// after the bias, before the activation.
///
/// A matrix stored by rows has the strides {leading dimension, 1}, one stored by columns or transposed {1, leading dimension}.
/// Strides of A and B may be 0 (a broadcast) or negative (a reversed view); those of C are positive and give each element an
/// address of its own. With beta = 0, C is never read; with alpha = 0 or k = 0, A and B are never read.
typedef struct hr_gemm_desc {
  size_t size;     ///< `sizeof(hr_gemm_desc)`
  int64_t m, n, k; ///< 0 or more
  hr_strides a, b, c;
  hr_dtype input_type;  ///< of A and B
  hr_dtype output_type; ///< of C. Supported: f32 into f32, f64 into f64, bf16 into f32 or bf16
  double alpha, beta;
  hr_epilogue epilogue; ///< with a bias, every product of a batch takes the same
  bool adds_residual;   ///< the calls bring a residual; false unless set
  hr_batch batch;
  hr_precision precision; ///< how accurately products of f32 must be formed; `HR_PRECISION_FULL` unless set
  /// Levels of Strassen's algorithm that may be used where they are faster: 0 (unless set), 1 or 2. f32 and f64 only. Each level
  /// multiplies 7 times instead of 8; |error| <= 3 (k + 25) k u max|A| max|B| with one
  /// and 9 (k + 50) k u max|A| max|B| with two instead of k u (|A| |B|); infinite and NaN operands, and sums of two or four
  /// operands beyond the type's range, reach other elements of C than their own.
  int32_t strassen_levels;
  hr_options options;
} hr_gemm_desc;

/// A product whose dispatch is done. It owns no matrix memory, but keeps packed operands that it was created with.
typedef struct hr_gemm_plan hr_gemm_plan;

/// The buffers of one call, their elements of the descriptor's types. A buffer begins with the element at the lowest address:
/// that is (0, 0) unless a stride is negative.
typedef struct hr_gemm_operands {
  size_t size;    ///< `sizeof(hr_gemm_operands)`
  hr_buffer a, b; ///< all that the strides reach, at least
  hr_output c;    ///< likewise; only elements of the matrix are written
  hr_buffer bias; ///< m or n entries; not looked at without a bias in the epilogue
  /// Of C's type, laid out as C is (in a batch, with C's stride), apart from C; not looked at unless `adds_residual`.
  hr_buffer residual;
} hr_gemm_operands;

/// The operands of a batch that lie anywhere: arrays of `count` pointers to elements (0, 0).
typedef struct hr_gemm_list {
  size_t size;   ///< `sizeof(hr_gemm_list)`
  int64_t count; ///< of products, 0 or more
  const void *const *a, *const *b;
  void *const *c;
  const void *const *residual; ///< null unless `adds_residual`
  hr_buffer bias;              ///< as in `hr_gemm_operands`
} hr_gemm_list;

/// Makes `desc` a product of tight row-major float matrices: alpha = 1, beta = 0, no epilogue, no options.
///
/// `size` is `sizeof(hr_gemm_desc)`.
hr_status hr_gemm_desc_init(hr_gemm_desc *desc, size_t size, int64_t m, int64_t n, int64_t k);

/// Checks `desc`, selects what will run, and writes a new plan to `plan`: destroy it when it is needed no more.
hr_status hr_gemm_plan_create(const hr_gemm_desc *desc, hr_gemm_plan **plan);

/// A or B of a product, laid out ahead of time as the kernels read it: for operands that many calls share, such as a layer's
/// weights. Any number of threads and plans may read one at the same time. It is made for one machine and version.
typedef struct hr_packed hr_packed;

typedef enum hr_side { HR_SIDE_A = 0, HR_SIDE_B = 1 } hr_side;

/// Packs A or B of `desc` and writes a new packed operand to `packed`: destroy it when it is needed no more. `operand` is not
/// kept. The size of the other operand in `desc` decides nothing that lasts. One pass over the operand, and as much memory again.
hr_status hr_gemm_pack(const hr_gemm_desc *desc, hr_side side, const hr_buffer *operand, hr_packed **packed);

/// As `hr_gemm_plan_create`, for calls whose A or B comes packed (null: it does not). The plan keeps what it needs of them, so
/// they may be destroyed before it. In calls the buffer of a packed operand is not looked at.
hr_status hr_gemm_plan_create_packed(const hr_gemm_desc *desc, const hr_packed *a, const hr_packed *b, hr_gemm_plan **plan);

/// Writes the bytes that `hr_packed_save` takes.
hr_status hr_packed_bytes(const hr_packed *packed, size_t *bytes);

/// Writes the operand into `bytes` bytes at `data`, for another process on such a machine with this version of the library.
hr_status hr_packed_save(const hr_packed *packed, void *data, size_t bytes);

/// Makes a packed operand of what `hr_packed_save` wrote.
hr_status hr_packed_load(const void *data, size_t bytes, hr_packed **packed);

/// Ends a packed operand. Null is none, and no error.
void hr_packed_destroy(hr_packed *packed);

/// Runs a plan. Costs a few nanoseconds over its kernels and allocates nothing, but for a workspace beyond 64 MiB.
///
/// `workspace`: memory that nobody else uses during the call, of at least `hr_gemm_plan_workspace` bytes (`workspace_bytes` says
/// how many there are), aligned to `HR_WORKSPACE_ALIGNMENT`. Or null: then the library keeps one for each thread.
hr_status hr_gemm_plan_execute(const hr_gemm_plan *plan, const hr_gemm_operands *operands, void *workspace,
                               size_t workspace_bytes);

/// Runs a plan on a list of operands instead of those of its batch; `workspace` as above. What the pointers lead to is not
/// checked.
hr_status hr_gemm_plan_execute_list(const hr_gemm_plan *plan, const hr_gemm_list *list, void *workspace, size_t workspace_bytes);

/// Writes the bytes of the workspace that `hr_gemm_plan_execute` takes, 0 when it needs none.
hr_status hr_gemm_plan_workspace(const hr_gemm_plan *plan, size_t *bytes);

/// Writes what was selected.
hr_status hr_gemm_plan_selection(const hr_gemm_plan *plan, hr_selection *selection);

/// Ends a plan that nobody is executing. Null is none, and no error.
void hr_gemm_plan_destroy(hr_gemm_plan *plan);

/// Multiplies once: plan and run in one call.
hr_status hr_gemm(const hr_gemm_desc *desc, const hr_gemm_operands *operands);

// ---- Convolutions

/// How images lie in memory, without gaps; the last letter's axis has unit stride.
typedef enum hr_image_layout {
  HR_NHWC = 0, ///< channels last
  HR_NCHW = 1  ///< channels first
} hr_image_layout;

/// How weights lie in memory, without gaps; the last letter's axis has unit stride. O: output channels, all groups one after
/// another; I: input channels of one group.
typedef enum hr_weight_layout {
  HR_HWIO = 0, ///< as TensorFlow keeps them, beside NHWC
  HR_OIHW = 1, ///< as PyTorch and ONNX keep them, beside NCHW
  HR_OHWI = 2
} hr_weight_layout;

/// A size along the height and one along the width of an image; along the depth of a volume, too, of which 0 is 1.
typedef struct hr_extent {
  int64_t height, width, depth;
} hr_extent;

/// Rows and columns of zeros that are thought to lie round an image; before and behind a volume, slices of them.
typedef struct hr_padding {
  int64_t top, bottom, left, right, front, back;
} hr_padding;

/// What is computed of the three tensors of a convolution: one from the two others.
typedef enum hr_conv_pass {
  HR_CONV_FORWARD = 0,
  HR_CONV_BACKWARD_DATA = 1,   ///< the gradient of the input from that of the output and the weights: transposed convolution
  HR_CONV_BACKWARD_WEIGHTS = 2 ///< the gradient of the weights from the input and the gradient of the output
} hr_conv_pass;

/// A convolution or one of its gradients, in two dimensions; of height 1, with a kernel of height 1, in one. Forward (a
/// cross-correlation, as in every network library): output channel o at (p, q) is epilogue(the sum over its group's input
/// channels c and the kernel's places (r, s) of weight(o, c, r, s) times input(c, p
/// * stride.height + r * dilation.height - padding.top, q * stride.width + s * dilation.width - padding.left)), with zeros
/// outside the image. The output has (height + padding.top + padding.bottom - dilation.height * (kernel.height - 1) - 1) /
/// stride.height + 1 rows, rounded down; columns likewise. The gradients are those of the sum over all outputs of output gradient
/// times output; sizes and layouts are those of the forward pass. Sums are kept in float.
///
/// In three dimensions images are slices of volumes: a sum goes over the slices of the kernel as well, which meet those of the
/// volume as its rows meet rows. In all tensors rows follow one another through all slices (NDHWC, NCDHW, DHWIO, OIDHW).
typedef struct hr_conv_desc {
  size_t size;                           ///< `sizeof(hr_conv_desc)`
  int64_t batch;                         ///< images or volumes, 0 or more
  int64_t input_channels, height, width; ///< of the input
  int64_t output_channels;
  hr_extent kernel, stride, dilation; ///< 1 or more; of the depth also 0
  hr_padding padding;                 ///< 0 or more
  int64_t groups;                     ///< both numbers of channels are cut into so many, each convolved by itself
  hr_image_layout input_layout, output_layout;
  hr_weight_layout weight_layout;
  hr_dtype input_type;  ///< of the two tensors that are read
  hr_dtype output_type; ///< of the one that is written; supported: f32 into f32, bf16 into f32 or bf16
  hr_epilogue epilogue; ///< not of the gradient of the weights
  hr_options options;
  hr_conv_pass pass;
  bool adds_residual; ///< a tensor of each call, lying as what is written does, is added before activation and clamp
  int64_t depth;      ///< slices of a volume of the input; 0 is 1: images
} hr_conv_desc;

/// A pass of a convolution whose dispatch is done. It owns no image memory.
typedef struct hr_conv_plan hr_conv_plan;

/// The buffers of one call, their elements of the descriptor's types. What the pass does not read is not looked at.
typedef struct hr_conv_operands {
  size_t size; ///< `sizeof(hr_conv_operands)`
  hr_buffer input, weights;
  hr_output output;          ///< what the pass writes: the output, or the gradient of the input or of the weights
  hr_buffer bias;            ///< one entry for each channel of what is written; not looked at without a bias in the epilogue
  hr_buffer output_gradient; ///< read by the backward passes
  hr_buffer residual;        ///< lies as what is written does, apart from it; not looked at unless the descriptor adds one
} hr_conv_operands;

/// Makes `desc` a convolution of one float image in NHWC with weights in HWIO: strides, dilations and groups 1, no padding, no
/// epilogue, no options. Every other size is 0 and yours to set.
///
/// `size` is `sizeof(hr_conv_desc)`.
hr_status hr_conv_desc_init(hr_conv_desc *desc, size_t size);

/// As `hr_gemm_plan_create`.
hr_status hr_conv_plan_create(const hr_conv_desc *desc, hr_conv_plan **plan);

/// The same with the weights of all calls, which are laid out now as the kernels read them and not kept: for layers that run
/// often. In calls the buffer of the weights is not looked at. `HR_ERROR_WRONG_PASS` of the backward pass of weights.
hr_status hr_conv_plan_create_packed(const hr_conv_desc *desc, const hr_buffer *weights, hr_conv_plan **plan);

/// As `hr_gemm_plan_execute`.
hr_status hr_conv_plan_execute(const hr_conv_plan *plan, const hr_conv_operands *operands, void *workspace,
                               size_t workspace_bytes);

/// As `hr_gemm_plan_workspace`.
hr_status hr_conv_plan_workspace(const hr_conv_plan *plan, size_t *bytes);

/// As `hr_gemm_plan_selection`.
hr_status hr_conv_plan_selection(const hr_conv_plan *plan, hr_selection *selection);

/// As `hr_gemm_plan_destroy`.
void hr_conv_plan_destroy(hr_conv_plan *plan);

/// Convolves once: plan and run in one call.
hr_status hr_conv2d(const hr_conv_desc *desc, const hr_conv_operands *operands);

#ifdef __cplusplus
}
#endif

#endif
