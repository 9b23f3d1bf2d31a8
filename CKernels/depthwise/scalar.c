// The depthwise micro-kernels without vectors.
#include "depthwise/rows.h"
#include "isa/scalar.h"

#define CK_TILE_ROWS 1
#define CK_STRIP_ROWS 4
#define CK_GROUPED_WIDEST 0
#include "depthwise/bodies.h"

#define CK_SCALAR(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, scalar)
#include "depthwise/depthwise.def"
CK_NARROW_FUNCTION(last, scalar)
