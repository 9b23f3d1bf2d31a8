// How the functions of every ISA header, and the bodies over them, are declared.
#pragma once

// Addresses are the address sanitizer's business: checked a second time in hundreds of bodies, they let ukernels/avx512.c compile
// for 161 s instead of 94.
#define CK_UNCHECKED_TWICE overloadable, no_sanitize("pointer-overflow", "null", "object-size", "alignment")
#define CK_INLINE static inline __attribute__((always_inline, CK_UNCHECKED_TWICE))
