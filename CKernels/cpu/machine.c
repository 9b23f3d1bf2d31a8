#include "cpu/cpu.h"

void ck_machine_read(ck_machine *out) {
  *out = (ck_machine){};
  ck_read_cpuid(out);
  ck_read_system(out);
  out->cpu_quota = ck_read_cpu_quota("");
  const int32_t granted = out->cpu_quota > 0 ? (int32_t)__builtin_ceil(out->cpu_quota) : out->cpus_allowed;
  out->threads = granted < out->cpus_allowed ? granted : out->cpus_allowed;
  if (out->threads < 1) out->threads = 1;
}
