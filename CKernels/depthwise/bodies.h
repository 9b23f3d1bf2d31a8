// The depthwise bodies over an ISA's own vectors: fp32, and bf16 widened as it is read; of channels last
// also rounded as it is stored. Of groups of up to CK_GROUPED_WIDEST channels, 0 for none.

enum { CK_LANES = sizeof(ck_vf) / sizeof(float) };

#define CK_TYPE f32
#define CK_IN float
#define CK_OUT float
#include "depthwise/first.h"
#include "depthwise/last.h"
#include "depthwise/gradient.h"
#include "depthwise/grouped.h"
#include "depthwise/grouped_gradient.h"
#undef CK_TYPE
#undef CK_IN
#undef CK_OUT

#define CK_TYPE bf16
#define CK_IN uint16_t
#define CK_OUT float
#include "depthwise/first.h"
#include "depthwise/last.h"
#include "depthwise/gradient.h"
#include "depthwise/grouped.h"
#include "depthwise/grouped_gradient.h"
#undef CK_TYPE
#undef CK_IN
#undef CK_OUT

#define CK_TYPE bf16_narrow
#define CK_IN uint16_t
#define CK_OUT uint16_t
#include "depthwise/last.h"
#include "depthwise/grouped.h"
#undef CK_TYPE
#undef CK_IN
#undef CK_OUT
