// Packing by the instructions that every machine of the architecture has.
#define CK_SET baseline
#define CK_UNITS 4
#include "pack/movers.h"
