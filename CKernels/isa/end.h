// Ends what an ISA header of this folder began.
#pragma clang attribute pop
