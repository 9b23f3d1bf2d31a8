// The depthwise micro-kernels of SSE2.
#if defined(__x86_64__)
#include "depthwise/rows.h"
#include "isa/sse2.h"

#define CK_TILE_ROWS 1
#define CK_STRIP_ROWS 4
#define CK_GROUPED_WIDEST 4
#define CK_GROUPED_COLUMNS 7
#include "depthwise/bodies.h"

#define CK_SSE2(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, sse2)
#include "depthwise/depthwise.def"
CK_NARROW_FUNCTION(last, sse2)
CK_NARROW_FUNCTION(grouped4, sse2)
#include "isa/end.h"
#endif
