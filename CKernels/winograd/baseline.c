// Winograd's transforms by the instructions that every machine of the architecture has.
#include "winograd/table.h"
#if defined(__x86_64__)
#include "isa/sse2.h"
#else
#include "isa/scalar.h"
#endif

#define CK_SET baseline
#include "winograd/transforms.h"
#if defined(__x86_64__)
#include "isa/end.h"
#endif
