// The plans of a thread's last one-shot calls: choosing again what was chosen before would cost a small product more than its
// multiplications. Each thread has its own, so no call waits for another thread.
#include <stddef.h>

#include "ck_gemm.h"

_Static_assert(sizeof(ck_plan_key) % sizeof(uint64_t) == 0, "compared word by word");

enum { CK_KEPT = 16 };

typedef struct ck_slot {
  ck_plan_key key;
  ck_gemm_plan plan;
  bool used;
} ck_slot;

static _Thread_local ck_slot slots[CK_KEPT];

static ck_slot *slot_of(const ck_plan_key *key) {
  // Sizes and strides of neighbouring calls differ in low bits; the product carries them up.
  const uint64_t mixed =
      ((uint64_t)key->m * 31 + (uint64_t)key->n) * 31 + (uint64_t)key->k + (uint64_t)key->b_rs * 7 + (uint64_t)key->choices;
  return &slots[(mixed * 0x9E3779B97F4A7C15u) >> 60];
}

// Word by word, as the caller has just stored it: a vector of several words would wait for those stores (ck_fetching.h).
static bool equal(const ck_plan_key *a, const ck_plan_key *b) {
  enum { words = sizeof *a / sizeof(uint64_t) };
  const char *in_a = (const char *)a, *in_b = (const char *)b;
  uint64_t differing = 0;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < words; i++) {
    uint64_t word_a, word_b;
    __builtin_memcpy(&word_a, in_a + i * sizeof word_a, sizeof word_a);
    __builtin_memcpy(&word_b, in_b + i * sizeof word_b, sizeof word_b);
    // Opaque, so that words stay words.
    __asm__("" : "+r"(word_b));
    differing |= word_a ^ word_b;
  }
  return differing == 0;
}

const ck_gemm_plan *ck_kept_plan(const ck_plan_key *key) {
  const ck_slot *slot = slot_of(key);
  return slot->used && equal(&slot->key, key) ? &slot->plan : 0;
}

const ck_gemm_plan *ck_keep_plan(const ck_plan_key *key, const ck_gemm_plan *plan) {
  ck_slot *slot = slot_of(key);
  *slot = (ck_slot){.key = *key, .plan = *plan, .used = true};
  return &slot->plan;
}
