#include "cpu/cpu.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct ck_registers {
  uint32_t eax, ebx, ecx, edx;
} ck_registers;

static ck_registers cpuid(uint32_t leaf, uint32_t subleaf) {
  ck_registers r = {};
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

static bool has(uint32_t reg, uint32_t bits) { return (reg & bits) == bits; }

// The operating system must save the wide registers at a context switch, or using them corrupts other programs' (Intel SDM vol.
// 1, 13.3).
static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

// Tile registers are 8 KiB more for the kernel to save, so a process asks for them once (Linux,
// Documentation/arch/x86/xstate.rst); it is refused where a signal stack has no room for them.
static bool may_use_tiles(uint64_t state) {
  enum { TILE_STATE = 0x60000, ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return (state & TILE_STATE) == TILE_STATE && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static ck_isa usable_isa(void) {
  const ck_registers one = cpuid(1, 0), seven = cpuid(7, 0), seven_one = cpuid(7, 1);
  if (!has(one.ecx, bit_OSXSAVE)) return CK_ISA_SSE2;
  enum { YMM_STATE = 0x06, ZMM_STATE = 0xE6 };
  const uint64_t state = saved_state();
  const bool avx2 = (state & YMM_STATE) == YMM_STATE && has(one.ecx, bit_AVX | bit_FMA) && has(seven.ebx, bit_AVX2);
  if (!avx2) return CK_ISA_SSE2;
  const uint32_t avx512 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
  if ((state & ZMM_STATE) != ZMM_STATE || !has(seven.ebx, avx512)) return CK_ISA_AVX2;
  if (!has(seven_one.eax, bit_AVX512BF16)) return CK_ISA_AVX512;
  enum { AMX_TILE = 1 << 24, AMX_BF16 = 1 << 22 };
  return has(seven.edx, AMX_TILE | AMX_BF16) && may_use_tiles(state) ? CK_ISA_AMX : CK_ISA_AVX512BF16;
}

// Leaf 4 (Intel) and 0x8000001D (AMD) describe one cache a subleaf in the same form.
static void read_caches(ck_machine *m, uint32_t leaf) {
  for (uint32_t subleaf = 0; subleaf < 8; subleaf++) {
    const ck_registers r = cpuid(leaf, subleaf);
    const uint32_t type = r.eax & 31, level = (r.eax >> 5) & 7;
    if (type == 0) return;
    if (type == 2) continue; // instructions
    ck_cache *cache = level == 1 ? &m->l1d : level == 2 ? &m->l2 : level == 3 ? &m->l3 : 0;
    if (!cache) continue;
    const int64_t line = (r.ebx & 0xFFF) + 1, partitions = ((r.ebx >> 12) & 0x3FF) + 1, ways = (r.ebx >> 22) + 1,
                  sets = (int64_t)r.ecx + 1;
    *cache = (ck_cache){
        .bytes = line * partitions * ways * sets,
        .ways = (int32_t)ways,
        .line_bytes = (int32_t)line,
        .shared_by = (int32_t)((r.eax >> 14) & 0xFFF) + 1,
    };
  }
}

static void read_names(ck_machine *m) {
  const ck_registers zero = cpuid(0, 0), one = cpuid(1, 0);
  memcpy(m->vendor, &zero.ebx, 4);
  memcpy(m->vendor + 4, &zero.edx, 4);
  memcpy(m->vendor + 8, &zero.ecx, 4);
  for (uint32_t i = 0; i < 3 && cpuid(0x80000000, 0).eax >= 0x80000004; i++) {
    const ck_registers part = cpuid(0x80000002 + i, 0);
    memcpy(m->brand + 16 * i, &part, 16);
  }
  m->stepping = one.eax & 15;
  m->model = (int32_t)(((one.eax >> 4) & 15) | ((one.eax >> 12) & 0xF0));
  m->family = (int32_t)(((one.eax >> 8) & 15) + ((one.eax >> 20) & 0xFF));
  m->hypervisor = has(one.ecx, 1u << 31);
}

void ck_read_cpuid(ck_machine *m) {
  m->isa = usable_isa();
  read_names(m);
  const bool amd = memcmp(m->vendor, "AuthenticAMD", 12) == 0 || memcmp(m->vendor, "HygonGenuine", 12) == 0;
  read_caches(m, amd && has(cpuid(0x80000001, 0).ecx, 1u << 22) ? 0x8000001D : 4);
}
#else
void ck_read_cpuid(ck_machine *m) { m->isa = CK_ISA_SCALAR; }
#endif
