// The transforms, included once per instruction set between the begin and the end of its target.
//
//   CK_SET  the instruction set, which ends the names
#include "ck_winograd.h"
#include "isa/set.h"
#include "winograd/points.h"

enum { CK_LANES = sizeof(ck_vf) / sizeof(float) };

/// sum + factor * v, where the factor is known when it is compiled.
CK_INLINE ck_vf add_times(ck_vf sum, ck_vf v, const float factor) {
  return factor == 1 ? ck_add(sum, v) : ck_madd(sum, v, factor - (ck_vf){});
}

CK_INLINE ck_vf times(ck_vf v, const float factor) { return factor == 1 ? v : v * factor; }

/// p to the power of `exponent`.
CK_INLINE float power(float p, const int exponent) {
  float value = 1;
  CK_EACH (i, exponent) value *= p;
  return value;
}

/// One axis of the inputs at the points of so many pairs: B^T d.
CK_INLINE void input_points(ck_vf *to, const ck_vf *d, const int pairs) {
  const ck_points *at = &ck_points_of[pairs];
  const int last = 2 * pairs + 1;
  ck_vf zero = d[last - 1], infinity = d[last];
  CK_EACH (i, pairs) {
    zero = add_times(zero, d[2 * i], at->all[i]);
    infinity = add_times(infinity, d[2 * i + 1], at->all[i]);
  }
  to[0] = zero, to[last] = infinity;
  CK_EACH (j, pairs) {
    ck_vf even = d[last - 1], odd = d[last - 2];
    CK_EACH (i, pairs - 1) {
      even = add_times(even, d[2 * i + 2], at->others[j][i]);
      odd = add_times(odd, d[2 * i + 1], at->others[j][i]);
    }
    to[2 * j + 1] = add_times(even, odd, at->point[j]);
    to[2 * j + 2] = add_times(even, odd, -at->point[j]);
  }
}

/// One axis of a filter of so many taps: G g.
CK_INLINE void filter_points(ck_vf *to, const ck_vf *g, const int taps, const int pairs) {
  const ck_points *at = &ck_points_of[pairs];
  to[0] = times(g[0], 1 / at->all[0]);
  to[2 * pairs + 1] = g[taps - 1];
  CK_EACH (j, pairs) {
    const float p = at->point[j];
    float all = 2 * p * p;
    CK_EACH (i, pairs)
      if (i != j) all *= p * p - at->point[i] * at->point[i];
    ck_vf even = times(g[0], 1 / all), odd = times(g[1], p / all);
    CK_EACH (i, taps)
      if (i > 1) {
        ck_vf *part = i % 2 == 0 ? &even : &odd;
        *part = add_times(*part, g[i], power(p, i) / all);
      }
    to[2 * j + 1] = ck_add(even, odd);
    to[2 * j + 2] = add_times(even, odd, -1);
  }
}

/// One axis of so many outputs: A^T m.
CK_INLINE void outputs_of(ck_vf *to, const ck_vf *m, const int outputs, const int pairs) {
  const ck_points *at = &ck_points_of[pairs];
  ck_vf even[CK_MOST_PAIRS], odd[CK_MOST_PAIRS];
  CK_EACH (j, pairs) {
    even[j] = ck_add(m[2 * j + 1], m[2 * j + 2]);
    odd[j] = add_times(m[2 * j + 1], m[2 * j + 2], -1);
  }
  CK_EACH (i, outputs) {
    const ck_vf *part = i % 2 == 0 ? even : odd;
    ck_vf sum = i == 0 ? ck_add(m[0], part[0]) : times(part[0], power(at->point[0], i));
    CK_EACH (j, pairs)
      if (j > 0) sum = add_times(sum, part[j], power(at->point[j], i));
    to[i] = i == outputs - 1 ? ck_add(sum, m[2 * pairs + 1]) : sum;
  }
}

/// Points along the columns, of all columns of the tiles; then, tile by tile, along the rows.
#define CK_INPUTS(name, element, m)                                                                                              \
  static void CK_NAME(name)(const ck_winograd_inputs *in) {                                                                      \
    enum { points = (m) + 2 };                                                                                                   \
    static const element zeros[CK_LANES] = {};                                                                                   \
    ck_vf down[CK_MOST_STRIP + 2][points];                                                                                       \
    for (int64_t channel = 0; channel < in->channels; channel += CK_LANES) {                                                     \
      const element *row[points];                                                                                                \
      int64_t step[points];                                                                                                      \
      const bool whole = in->channels - channel >= CK_LANES;                                                                     \
      const ck_mask some = ck_first(whole ? CK_LANES : in->channels - channel);                                                  \
      for (int i = 0; i < points; i++) {                                                                                         \
        row[i] = in->rows[i] ? (const element *)in->rows[i] + channel : zeros;                                                   \
        step[i] = in->rows[i] ? in->pixel : 0;                                                                                   \
      }                                                                                                                          \
      for (int64_t x = 0; x < in->tiles * (m) + 2; x++) {                                                                        \
        ck_vf d[points] = {};                                                                                                    \
        if (x >= in->first && x < in->end)                                                                                       \
          CK_EACH (i, points) d[i] = whole ? ck_load(row[i] + x * step[i]) : ck_load_first(row[i] + x * step[i], some);          \
        input_points(down[x], d, (m) / 2);                                                                                       \
      }                                                                                                                          \
      float *to = in->points + channel;                                                                                          \
      for (int64_t tile = 0; tile < in->tiles; tile++, to += in->tile)                                                           \
        CK_EACH (i, points) {                                                                                                    \
          ck_vf d[points], across[points];                                                                                       \
          CK_EACH (j, points) d[j] = down[tile * (m) + j][i];                                                                    \
          input_points(across, d, (m) / 2);                                                                                      \
          CK_EACH (j, points) ck_store(to + (i * points + j) * in->point, across[j]);                                            \
        }                                                                                                                        \
    }                                                                                                                            \
  }

/// One tile's outputs of one vector of channels; `whole`: all of them exist.
CK_INLINE void store_outputs(const ck_winograd_outputs *out, int64_t tile, int64_t channel, const bool whole, const int m) {
  const float *from = out->points + tile * out->tile + channel;
  float *to = out->outputs + tile * m * out->pixel + channel;
  const ck_mask some = ck_first(whole || out->channels - channel >= CK_LANES ? CK_LANES : out->channels - channel);
  ck_vf across[CK_MOST_POINTS][CK_MOST_POINTS];
  CK_EACH (i, m + 2) {
    ck_vf sums[CK_MOST_POINTS];
    CK_EACH (j, m + 2) sums[j] = ck_load(from + (i * (m + 2) + j) * out->point);
    outputs_of(across[i], sums, m, m / 2);
  }
  CK_EACH (j, m) {
    if (!whole && tile * m + j >= out->columns) continue;
    ck_vf sums[CK_MOST_POINTS], down[CK_MOST_POINTS];
    CK_EACH (i, m + 2) sums[i] = across[i][j];
    outputs_of(down, sums, m, m / 2);
    CK_EACH (i, m) {
      float *place = to + i * out->row + j * out->pixel;
      if (whole) ck_store(place, down[i]);
      else if (i < out->rows) ck_store_first(place, down[i], some);
    }
  }
}

#define CK_SUMS(name, m)                                                                                                         \
  static void CK_NAME(name)(const ck_winograd_outputs *out) {                                                                    \
    for (int64_t tile = 0; tile < out->tiles; tile++) {                                                                          \
      const bool inside = out->rows >= (m) && (tile + 1) * (m) <= out->columns;                                                  \
      for (int64_t channel = 0; channel < out->channels; channel += CK_LANES) {                                                  \
        if (inside && out->channels - channel >= CK_LANES) store_outputs(out, tile, channel, true, m);                           \
        else store_outputs(out, tile, channel, false, m);                                                                        \
      }                                                                                                                          \
    }                                                                                                                            \
  }

#define CK_WEIGHTS(name, m)                                                                                                      \
  static void CK_NAME(name)(const ck_winograd_weights *w) {                                                                      \
    for (int64_t at = 0; at < w->count; at += CK_LANES) {                                                                        \
      ck_vf down[3][CK_MOST_POINTS];                                                                                             \
      CK_EACH (s, 3) {                                                                                                           \
        ck_vf g[3];                                                                                                              \
        CK_EACH (r, 3) g[r] = ck_load(w->weights + at + (3 * r + s) * w->place);                                                 \
        filter_points(down[s], g, 3, (m) / 2);                                                                                   \
      }                                                                                                                          \
      CK_EACH (i, (m) + 2) {                                                                                                     \
        ck_vf g[3], across[CK_MOST_POINTS];                                                                                      \
        CK_EACH (s, 3) g[s] = down[s][i];                                                                                        \
        filter_points(across, g, 3, (m) / 2);                                                                                    \
        CK_EACH (j, (m) + 2) ck_store(w->points + at + (i * ((m) + 2) + j) * w->point, across[j]);                               \
      }                                                                                                                          \
    }                                                                                                                            \
  }

#define CK_TRANSFORMS(m)                                                                                                         \
  CK_INPUTS(inputs##m##_f32, float, m)                                                                                           \
  CK_INPUTS(inputs##m##_bf16, uint16_t, m)                                                                                       \
  CK_WEIGHTS(weights##m, m)                                                                                                      \
  CK_SUMS(sums##m, m)

CK_TRANSFORMS(2)
CK_TRANSFORMS(4)
CK_TRANSFORMS(6)

#define CK_ROW(m)                                                                                                                \
  { m, CK_LANES, CK_NAME(inputs##m##_f32), CK_NAME(inputs##m##_bf16), CK_NAME(weights##m), CK_NAME(sums##m) }

const ck_winograd CK_NAME(ck_winograd)[3] = {CK_ROW(2), CK_ROW(4), CK_ROW(6)};
