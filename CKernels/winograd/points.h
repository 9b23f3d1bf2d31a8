// The points at which Winograd's algorithm multiplies: 0, pairs of p and -p, and infinity; a transform is a polynomial's values
// there (Toom-Cook; Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308; Barabasz et al.,
// "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", ACM TOMS 2020).
//
// Pairs share their even and their odd part. Of F(4, 3) 3/4 and 3/2 halve the error of the usual 1 and 2: on random operands 2.0
// to 2.4 times that of direct sums, not 4.1 to 5.2 (16 and 64 channels); of F(6, 3) 1/2, 1 and 2 are the best that were tried (8
// to 10 times).
#pragma once
#include "isa/inline.h"
#include "isa/unroll.h"

enum { CK_MOST_PAIRS = 3 };

typedef struct ck_points {
  float point[CK_MOST_PAIRS];                 ///< p
  float others[CK_MOST_PAIRS][CK_MOST_PAIRS]; ///< coefficients of x^(2i) in the product of (x^2 - q^2) over the other pairs' q
  float all[CK_MOST_PAIRS + 1];               ///< over all pairs
} ck_points;

/// By the number of pairs.
static const ck_points ck_points_of[4] = {
    [1] = {{1}, {{1}}, {-1, 1}},
    [2] = {{0.75f, 1.5f}, {{-2.25f, 1}, {-0.5625f, 1}}, {1.265625f, -2.8125f, 1}},
    [3] = {{0.5f, 1, 2}, {{4, -5, 1}, {1, -4.25f, 1}, {0.25f, -1.25f, 1}}, {-1, 5.25f, -5.25f, 1}},
};
