// How the functions of every ISA header, and the bodies over them, are declared.
#pragma once

// Addresses are the address sanitizer's business: checked a second time, in hundreds of bodies, they take longer to compile than
// all else under it.
#define CK_INLINE                                                                                                                \
  static inline __attribute__((always_inline, overloadable, no_sanitize("pointer-overflow", "null", "object-size", "alignment")))
