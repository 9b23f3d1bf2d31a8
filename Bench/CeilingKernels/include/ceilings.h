// What this machine can do at most: loops that nothing but one unit of the core binds, and the windows in which they are timed.
#pragma once
#include <stdint.h>

/// Ordered; the levels of KernelDispatch's `ISA`, with the same numbers.
typedef enum ceiling_isa : int32_t {
  CEILING_SCALAR = 0, ///< no packed instruction
  CEILING_SSE2 = 1,
  CEILING_AVX2 = 2, ///< with FMA
  CEILING_AVX512 = 3,
  CEILING_AVX512BF16 = 4,
  CEILING_AMX = 5,
} ceiling_isa;

typedef enum ceiling_kind : int32_t {
  CEILING_F32 = 0, ///< multiply-adds; where the level has no FMA, one multiplication and one addition in parallel
  CEILING_F64 = 1,
  CEILING_BF16 = 2, ///< vdpbf16ps, tdpbf16ps
  CEILING_READ = 3,
  CEILING_COPY = 4,  ///< with ordinary stores
  CEILING_TRIAD = 5, ///< x[i] = y[i] + scale * z[i]
} ceiling_kind;

typedef enum ceiling_status : int32_t {
  CEILING_OK = 0,
  CEILING_UNSUPPORTED = 1, ///< this binary has no such loop
  CEILING_OUT_OF_MEMORY = 2,
  CEILING_NO_THREADS = 3, ///< the system did not start the threads asked for
} ceiling_status;

typedef struct ceiling_probe {
  ceiling_kind kind;
  ceiling_isa isa;         ///< must be usable here: this code does not ask the machine
  int32_t threads;         ///< the caller among them; 1 or more
  int64_t footprint_bytes; ///< bandwidth: of all arrays of one thread together; at least 3 KiB
  double seconds;          ///< windows of some 2 ms are taken for about this long, at least three
} ceiling_probe;

/// Runs the probe and stores the best window's rate: operations (a multiply-add is two) or bytes (read plus written) per second,
/// of all threads together: their work over the time from the first start to the last end.
ceiling_status ceiling_measure(const ceiling_probe *probe, double *per_second);

/// Seconds that a fixed loop of f32 multiply-adds takes, best of five, about 0.1 ms each. Scalar, so that it changes no clock by
/// itself.
double ceiling_sentinel(void);

/// The C compiler that built this, such as `clang 21.0.0`.
const char *ceiling_compiler(void);
