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

/// One axis of inputs, as many as points: B^T d.
CK_INLINE void input_points(ck_vf *to, const ck_vf *d, const int inputs, const int pairs) {
  const ck_points *at = &ck_points_of[pairs];
  const int last = inputs - 1;
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

/// Points of tiles of `taps` x `taps`, each `m` on from the last: along the columns, of all columns of the tiles; then, tile by
/// tile, along the rows. `axis`: what makes those of one axis.
#define CK_TILES(name, element, m, taps, axis)                                                                                   \
  static void CK_NAME(name)(const ck_winograd_tiles *in) {                                                                       \
    enum { points = (m) + 2, overlap = (taps) - (m) };                                                                           \
    static const element zeros[CK_LANES] = {};                                                                                   \
    ck_vf down[CK_MOST_STRIP + 2][points];                                                                                       \
    for (int64_t channel = 0; channel < in->channels; channel += CK_LANES) {                                                     \
      const element *row[taps];                                                                                                  \
      int64_t step[taps];                                                                                                        \
      const bool whole = in->channels - channel >= CK_LANES;                                                                     \
      const ck_mask some = ck_first(whole ? CK_LANES : in->channels - channel);                                                  \
      for (int i = 0; i < (taps); i++) {                                                                                         \
        row[i] = in->rows[i] ? (const element *)in->rows[i] + channel : zeros;                                                   \
        step[i] = in->rows[i] ? in->pixel : 0;                                                                                   \
      }                                                                                                                          \
      for (int64_t x = 0; x < in->tiles * (m) + overlap; x++) {                                                                  \
        ck_vf d[taps] = {};                                                                                                      \
        if (x >= in->first && x < in->end)                                                                                       \
          CK_EACH (i, taps) d[i] = whole ? ck_load(row[i] + x * step[i]) : ck_load_first(row[i] + x * step[i], some);            \
        axis(down[x], d, taps, (m) / 2);                                                                                         \
      }                                                                                                                          \
      float *to = in->points + channel;                                                                                          \
      for (int64_t tile = 0; tile < in->tiles; tile++, to += in->tile)                                                           \
        CK_EACH (i, points) {                                                                                                    \
          ck_vf d[taps], across[points];                                                                                         \
          CK_EACH (j, taps) d[j] = down[tile * (m) + j][i];                                                                      \
          axis(across, d, taps, (m) / 2);                                                                                        \
          CK_EACH (j, points) ck_store(to + (i * points + j) * in->point, across[j]);                                            \
        }                                                                                                                        \
    }                                                                                                                            \
  }

/// One vector of channels of one tile of `size` x `size` results out of its sums at (m + 2)^2 points; `whole`: all of them exist.
CK_INLINE void store_results(const ck_winograd_sums *in, int64_t tile, int64_t channel, const bool whole, const int size,
                             const int m) {
  const float *from = in->points + tile * in->tile + channel;
  float *to = in->results + tile * in->step + channel;
  const ck_mask some = ck_first(whole || in->channels - channel >= CK_LANES ? CK_LANES : in->channels - channel);
  ck_vf across[CK_MOST_POINTS][CK_MOST_POINTS];
  CK_EACH (i, m + 2) {
    ck_vf sums[CK_MOST_POINTS];
    CK_EACH (j, m + 2) sums[j] = ck_load(from + (i * (m + 2) + j) * in->point);
    if (size != m)
#pragma clang loop unroll(disable)
      for (int64_t part = 1; part < in->parts; part++)
        CK_EACH (j, m + 2) sums[j] = ck_add(sums[j], ck_load(from + part * in->part + (i * (m + 2) + j) * in->point));
    outputs_of(across[i], sums, size, m / 2);
  }
  CK_EACH (j, size) {
    if (!whole && tile * size + j >= in->columns) continue;
    ck_vf sums[CK_MOST_POINTS], down[CK_MOST_POINTS];
    CK_EACH (i, m + 2) sums[i] = across[i][j];
    outputs_of(down, sums, size, m / 2);
    CK_EACH (i, size) {
      float *place = to + i * in->row + j * in->pixel;
      if (whole) ck_store(place, down[i]);
      else if (i < in->rows) ck_store_first(place, down[i], some);
    }
  }
}

#define CK_SUMS(name, size, m)                                                                                                   \
  static void CK_NAME(name)(const ck_winograd_sums *in) {                                                                        \
    for (int64_t tile = 0; tile < in->tiles; tile++) {                                                                           \
      const bool inside = in->rows >= (size) && (tile + 1) * (size) <= in->columns;                                              \
      for (int64_t channel = 0; channel < in->channels; channel += CK_LANES) {                                                   \
        if (inside && in->channels - channel >= CK_LANES) store_results(in, tile, channel, true, size, m);                       \
        else store_results(in, tile, channel, false, size, m);                                                                   \
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
  CK_TILES(inputs##m##_f32, float, m, (m) + 2, input_points)                                                                     \
  CK_TILES(inputs##m##_bf16, uint16_t, m, (m) + 2, input_points)                                                                 \
  CK_TILES(gradients##m##_f32, float, m, m, filter_points)                                                                       \
  CK_TILES(gradients##m##_bf16, uint16_t, m, m, filter_points)                                                                   \
  CK_WEIGHTS(weights##m, m)                                                                                                      \
  CK_SUMS(outputs##m, m, m)                                                                                                      \
  CK_SUMS(weights_of##m, 3, m)

CK_TRANSFORMS(2)
CK_TRANSFORMS(4)
CK_TRANSFORMS(6)

#define CK_ROW(m)                                                                                                                \
  {                                                                                                                              \
    .outputs = m, .lanes = CK_LANES, .inputs = {CK_NAME(inputs##m##_f32), CK_NAME(inputs##m##_bf16)},                            \
    .gradients = {CK_NAME(gradients##m##_f32), CK_NAME(gradients##m##_bf16)}, .weights = CK_NAME(weights##m),                    \
    .outputs_of = CK_NAME(outputs##m), .weights_of = CK_NAME(weights_of##m)                                                      \
  }

const ck_winograd CK_NAME(ck_winograd)[3] = {CK_ROW(2), CK_ROW(4), CK_ROW(6)};
