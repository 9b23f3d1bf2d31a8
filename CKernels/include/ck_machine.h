// The machine as this process may use it. The only asker of CPUID, /sys and cgroups.
#pragma once
#include "ck_types.h"

typedef struct ck_cache {
  int64_t bytes; ///< 0 = unknown
  int32_t ways, line_bytes;
  int32_t shared_by; ///< logical CPUs on one instance, 0 = unknown
} ck_cache;

typedef struct ck_machine {
  ck_isa isa; ///< the highest level that both the CPU and the operating system support
  ck_cache l1d, l2, l3;
  int32_t cpus_online;  ///< logical CPUs of the machine
  int32_t cpus_allowed; ///< of these, in this process's affinity mask
  double cpu_quota;     ///< CPUs' worth of time the cgroup (v1 or v2) grants, 0 = no limit
  int32_t threads;      ///< threads worth starting: the mask, bounded by the quota rounded up
  int32_t family, model, stepping;
  bool hypervisor;
  char vendor[16], brand[64]; ///< from CPUID; empty where there is none
} ck_machine;

/// CPUs' worth of time that the cgroup grants, 0 = no limit: the least of all levels from the process's group up to the root, by
/// cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us). `root` stands before /proc and /sys: "" for the real ones.
double ck_read_cpu_quota(const char *root);

/// Reads the machine afresh. Costs some 100 us (files under /sys): ask once and keep the answer.
void ck_machine_read(ck_machine *out);
