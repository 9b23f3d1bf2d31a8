// Counts what the calling thread allocates, so that "without an allocation" can be tested.
#pragma once
#include <stdint.h>

/// Calls of malloc and its kin by this thread so far; -1 under a sanitizer, which brings its own.
int64_t allocation_count(void);
