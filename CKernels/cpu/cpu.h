// The parts of ck_machine_read, one a file.
#pragma once
#include "ck_machine.h"

/// ISA level, caches and names by CPUID and XGETBV; where there is no CPUID, the ISA stays scalar and the rest unknown.
void ck_read_cpuid(ck_machine *machine);

/// Online CPUs, the affinity mask, and cache sizes that CPUID left unknown (/sys/devices/system/cpu).
void ck_read_system(ck_machine *machine);
