#include "cpu/cpu.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CK_MOST_CPUS = 4096 };

/// One line of a small file, without its newline; false when there is none.
static bool read_line(const char *path, char *line, int size) {
  FILE *file = fopen(path, "re");
  if (!file) return false;
  const bool got = fgets(line, size, file) != NULL;
  fclose(file);
  if (got) line[strcspn(line, "\n")] = 0;
  return got;
}

static int32_t allowed_cpus(int32_t online) {
  const size_t bytes = CPU_ALLOC_SIZE(CK_MOST_CPUS);
  cpu_set_t *set = CPU_ALLOC(CK_MOST_CPUS);
  if (!set) return online;
  // The main thread's mask, as the process was started with, not that of whichever thread asks first.
  const int32_t allowed = sched_getaffinity(getpid(), bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : online;
  CPU_FREE(set);
  return allowed;
}

static int64_t cache_field(int index, const char *field, char *text, int size) {
  char path[96];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, field);
  if (!read_line(path, text, size)) return 0;
  char *unit;
  const int64_t value = strtoll(text, &unit, 10);
  return *unit == 'K' ? value << 10 : *unit == 'M' ? value << 20 : value;
}

static void read_caches(ck_machine *m) {
  char text[64];
  for (int index = 0; index < 8; index++) {
    const int64_t level = cache_field(index, "level", text, sizeof text);
    if (level < 1 || level > 3) continue;
    cache_field(index, "type", text, sizeof text);
    if (strcmp(text, "Instruction") == 0) continue;
    ck_cache *cache = level == 1 ? &m->l1d : level == 2 ? &m->l2 : &m->l3;
    if (cache->bytes > 0) continue;
    cache->bytes = cache_field(index, "size", text, sizeof text);
    cache->ways = (int32_t)cache_field(index, "ways_of_associativity", text, sizeof text);
    cache->line_bytes = (int32_t)cache_field(index, "coherency_line_size", text, sizeof text);
  }
}

void ck_read_system(ck_machine *m) {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  m->cpus_online = online > 0 ? (int32_t)online : 1;
  m->cpus_allowed = allowed_cpus(m->cpus_online);
  read_caches(m);
}

// MARK: cgroups

/// CPUs' worth of time, 0 = no limit: nothing the kernel doesn't write counts as one.
static double ratio(double quota, double period) {
  const double cpus = quota / period;
  return quota > 0 && period > 0 && isfinite(cpus) ? cpus : 0;
}

/// Whether `word` is one of the names that `list` separates by commas.
static bool lists(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at += length)
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return true;
  return false;
}

static double at_most(double quota, double other) { return other <= 0 || (quota > 0 && quota < other) ? quota : other; }

/// The quota set on one group, 0 = none.
static double group_quota(const char *folder) {
  char path[640], line[64];
  snprintf(path, sizeof path, "%s/cpu.max", folder); // v2: "QUOTA PERIOD" or "max PERIOD"
  double quota, period;
  if (read_line(path, line, sizeof line)) return sscanf(line, "%lf %lf", &quota, &period) == 2 ? ratio(quota, period) : 0;
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder); // v1: -1 = none
  if (!read_line(path, line, sizeof line)) return 0;
  quota = atof(line);
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  period = read_line(path, line, sizeof line) ? atof(line) : 0;
  return ratio(quota, period);
}

/// The least quota from `group` up to the hierarchy's root.
static double hierarchy_quota(const char *mount, char *group) {
  double quota = 0;
  for (;;) {
    char folder[576];
    snprintf(folder, sizeof folder, "%s%s", mount, strcmp(group, "/") == 0 ? "" : group);
    quota = at_most(quota, group_quota(folder));
    char *slash = strrchr(group, '/');
    if (!slash || strcmp(group, "/") == 0 || *group == 0) return quota;
    slash[slash == group ? 1 : 0] = 0;
  }
}

double ck_read_cpu_quota(const char *root) {
  char path[320], line[512];
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  double quota = 0;
  // "ID:CONTROLLERS:PATH"; v2 has no controllers.
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *group++ = 0;
    controllers++;
    char mount[320];
    if (*controllers == 0) snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
    else if (lists(controllers, "cpu")) snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
    else continue;
    quota = at_most(quota, hierarchy_quota(mount, group));
  }
  fclose(file);
  return quota;
}
