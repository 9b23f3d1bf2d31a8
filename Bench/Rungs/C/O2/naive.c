// The textbook product and convolutions at -O2, which a target of its own gives this file.
#define OPTIMISATION o2
#define NAIVE_ONLY
#include "../levels.inc"
