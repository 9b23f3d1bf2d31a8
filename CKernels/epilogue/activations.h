// The activations that are no clamp, included once per instruction set. Loops of plain C, which the compiler turns into vectors.
//
// In fp32 within 3 u |x|, GELU by erf within 6 u |x|, with u = 2^-24. NaN stays, and minus infinity becomes 0, the limit.

/// 2^x for x in [-125, 125]: a power of two times a minimax polynomial on [-1/2, 1/2], within 1.3 x 2^-24.
OVERLOAD float power_of_two(float x) {
  const float shifted = x + 12582912.0f, r = x - (shifted - 12582912.0f); // rounds: 1.5 x 2^23 leaves no fraction
  float p = 0.0013276472f;
  p = p * r + 0.009675541f;
  p = p * r + 0.05550713f;
  p = p * r + 0.24022120f;
  p = p * r + 0.69314694f;
  p = p * r + 1.0000001f;
  uint32_t bits, power;
  __builtin_memcpy(&bits, &p, sizeof bits);
  __builtin_memcpy(&power, &shifted, sizeof power);
  bits += power << 23;
  __builtin_memcpy(&p, &bits, sizeof p);
  return p;
}
OVERLOAD double power_of_two(double x) { return __builtin_exp2(x); }

OVERLOAD float within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
OVERLOAD double within(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

#define CK_LOG2_E 1.4426950408889634

/// 1 / (1 + 2^x). No denormal comes of it, which some machines take a hundred cycles for.
OVERLOAD float share_of_one(float x) { return 1.0f / (1.0f + power_of_two(within(x, -125.0f, 125.0f))); }
OVERLOAD double share_of_one(double x) { return 1.0 / (1.0 + power_of_two(within(x, -1020.0, 1020.0))); }

/// `value`, or 0 where x is so low that it can't be told from 0 beside x; the formulas have infinity times 0 at its end.
OVERLOAD float above_end(float x, float value) { return x < -88.0f ? 0 : value; }
OVERLOAD double above_end(double x, double value) { return x < -708.0 ? 0 : value; }

// x (1 + tanh u) / 2 = x / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and Gimpel, arXiv:1606.08415).
#define CK_GELU_TANH(T)                                                                                                          \
  OVERLOAD T gelu_tanh(T x) {                                                                                                    \
    const T twice = (T)(1.5957691216057308 * CK_LOG2_E) * (x + (T)0.044715 * x * x * x);                                         \
    return above_end(x, x * share_of_one(-twice));                                                                               \
  }
CK_GELU_TANH(float)
CK_GELU_TANH(double)

// x times the normal distribution's Phi(x), by erfc(z) = t (a1 + ... + a5 t^4) e^-z^2 with t = 1 / (1 + p z) (Abramowitz and
// Stegun, Handbook of Mathematical Functions, 7.1.26), which keeps its digits where Phi is small.
OVERLOAD float gelu_erf(float x) {
  const float z = __builtin_fabsf(x) * 0.70710678f, t = 1.0f / (1.0f + 0.3275911f * z);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const float exponent = z * z * (float)-CK_LOG2_E, half = 0.5f * t * p * power_of_two(exponent < -115.0f ? -115.0f : exponent);
  return above_end(x, x * (x < 0 ? half : 1.0f - half));
}
OVERLOAD double gelu_erf(double x) { return above_end(x, 0.5 * x * __builtin_erfc(x * -0.70710678118654752)); }

OVERLOAD float silu(float x) { return above_end(x, x * share_of_one(x * (float)-CK_LOG2_E)); }
OVERLOAD double silu(double x) { return above_end(x, x * share_of_one(x * -CK_LOG2_E)); }

#define CK_ACTIVATE(T)                                                                                                           \
  OVERLOAD void activate(T *values, int64_t count, ck_activation activation) {                                                   \
    switch (activation) {                                                                                                        \
    case CK_ACT_NONE: break;                                                                                                     \
    case CK_ACT_GELU_TANH:                                                                                                       \
      for (int64_t i = 0; i < count; i++) values[i] = gelu_tanh(values[i]);                                                      \
      break;                                                                                                                     \
    case CK_ACT_GELU_ERF:                                                                                                        \
      for (int64_t i = 0; i < count; i++) values[i] = gelu_erf(values[i]);                                                       \
      break;                                                                                                                     \
    case CK_ACT_SILU:                                                                                                            \
      for (int64_t i = 0; i < count; i++) values[i] = silu(values[i]);                                                           \
      break;                                                                                                                     \
    }                                                                                                                            \
  }
CK_ACTIVATE(float)
CK_ACTIVATE(double)
