// The depthwise micro-kernels of AVX2 with FMA.
#if defined(__x86_64__)
#include "depthwise/rows.h"
#include "isa/avx2.h"

#define CK_TILE_ROWS 1
#define CK_STRIP_ROWS 4
#define CK_GROUPED_WIDEST 8
#define CK_GROUPED_COLUMNS 7
#include "depthwise/bodies.h"

#define CK_AVX2(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, avx2)
#include "depthwise/depthwise.def"
CK_NARROW_FUNCTION(last, avx2)
CK_NARROW_FUNCTION(grouped4, avx2)
CK_NARROW_FUNCTION(grouped8, avx2)
#include "isa/end.h"
#endif
