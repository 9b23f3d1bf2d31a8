// Packing by the instructions that every machine of the architecture has.
#define CK_MOVERS ck_movers_baseline
#define CK_UNITS 4
#include "pack/movers.h"
