// The micro-kernels without vectors: what every machine has.
#include "ukernels/depthwise_rows.h"
#include "ukernels/rows.h"
#include "isa/scalar.h"

#define CK_TILE_ROWS 1
#define CK_STRIP_ROWS 4
#include "ukernels/depthwise_bodies.h"
#include "ukernels/fp32_fp64_bf16.h"

#define CK_SCALAR(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, scalar)
#include "ukernels/ukernels.def"

#define CK_SCALAR(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, scalar)
#include "ukernels/depthwise.def"
CK_NARROW_FUNCTION(scalar)
