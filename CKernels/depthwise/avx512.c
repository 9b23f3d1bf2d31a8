// The depthwise micro-kernels of AVX-512.
#if defined(__x86_64__)
#include "depthwise/rows.h"
#include "isa/avx512.h"

#define CK_TILE_ROWS 2
#define CK_STRIP_ROWS 7
#define CK_GROUPED_WIDEST 8
#define CK_GROUPED_COLUMNS 14
#include "depthwise/bodies.h"

#define CK_AVX512(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, avx512)
#include "depthwise/depthwise.def"
CK_NARROW_FUNCTION(last, avx512)
CK_NARROW_FUNCTION(grouped4, avx512)
CK_NARROW_FUNCTION(grouped8, avx512)
#include "isa/end.h"
#endif
