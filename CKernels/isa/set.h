// CK_NAME(f): f with the instruction set's name at its end, for what is compiled once for each set. The includer defines CK_SET.
#pragma once
#define CK_JOINED_NAME(name, set) name##_##set
#define CK_EXPANDED_NAME(name, set) CK_JOINED_NAME(name, set)
#define CK_NAME(name) CK_EXPANDED_NAME(name, CK_SET)
