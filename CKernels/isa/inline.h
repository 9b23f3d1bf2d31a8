// How the functions of every ISA header, and the bodies over them, are declared.
#pragma once

// Addresses are the address sanitizer's business: no need to have them checked a second time.
#define CK_BODY_ATTRIBUTES overloadable, no_sanitize("pointer-overflow", "null", "object-size", "alignment")
#define CK_INLINE static inline __attribute__((always_inline, CK_BODY_ATTRIBUTES))
