// The micro-kernels without vectors: what every machine has.
#define CK_FEW_FORMS
#include "ukernels/rows.h"
#include "isa/scalar.h"
#include "ukernels/fp32_fp64_bf16.h"

#define CK_SCALAR(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, scalar)
#include "ukernels/ukernels.def"
