// Multiplies two matrices and convolves an image with Headroom, checks every element, and says what ran.
//
//     cc -std=c99 example.c $(pkg-config --cflags --libs headroom) -o example && ./example
#include <headroom.h>
#include <stdio.h>
#include <stdlib.h>

static void check(hr_status status) {
  if (status == HR_OK) return;
  fprintf(stderr, "error: %s: %s\n", hr_status_name(status), hr_last_error());
  exit(EXIT_FAILURE);
}

/// Memory for `count` floats, filled with small integers: sums of their products are exact.
static float *integers(int64_t count) {
  float *memory = malloc((size_t)count * sizeof(float));
  if (memory == NULL) exit(EXIT_FAILURE);
  for (int64_t i = 0; i < count; i++) memory[i] = (float)(i * 7 % 11 - 5);
  return memory;
}

static void expect(float expected, float found, float bound, const char *what, int64_t index) {
  if (found >= expected - bound && found <= expected + bound) return;
  fprintf(stderr, "error: element %lld of the %s: expected %g, found %g\n", (long long)index, what, expected, found);
  exit(EXIT_FAILURE);
}

static void say(const char *what, const hr_selection *chosen) {
  const hr_blocking *blocks = &chosen->blocking;
  printf("%s: %s", what, chosen->variant);
  if (chosen->product[0]) printf(" by %s", chosen->product);
  printf(" with %s", chosen->microkernel);
  if (blocks->mc > 0)
    printf(", blocks of %lld x %lld x %lld", (long long)blocks->mc, (long long)blocks->nc, (long long)blocks->kc);
  printf(", %lld thread%s", (long long)chosen->threads, chosen->threads == 1 ? "" : "s");
  printf("%s\n", chosen->swapped ? ", computed as the transposed product" : "");
}

/// Decides once, runs often: C = relu(A B + bias) with a plan.
static void multiply(void) {
  const int64_t m = 64, n = 256, k = 128;
  float *a = integers(m * k), *b = integers(k * n), *bias = integers(n), *c = integers(m * n);

  hr_gemm_desc desc;
  check(hr_gemm_desc_init(&desc, sizeof desc, m, n, k));
  desc.epilogue.bias = HR_BIAS_PER_COLUMN;
  desc.epilogue.activation = HR_ACTIVATION_RELU;
  hr_gemm_plan *plan;
  check(hr_gemm_plan_create(&desc, &plan));

  hr_selection chosen = {.size = sizeof chosen};
  check(hr_gemm_plan_selection(plan, &chosen));
  say("gemm", &chosen);

  hr_gemm_operands operands = {.size = sizeof operands, .a = {a, m * k}, .b = {b, k * n}, .c = {c, m * n}, .bias = {bias, n}};
  check(hr_gemm_plan_execute(plan, &operands, NULL, 0));
  hr_gemm_plan_destroy(plan);

  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      float sum = bias[j];
      for (int64_t l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
      expect(sum > 0 ? sum : 0, c[i * n + j], 0, "product", i * n + j);
    }
  }
  free(a), free(b), free(bias), free(c);
}

/// The sum of one output of a 3 x 3 convolution with a padding of 1, NHWC and HWIO.
static float convolved(const float *input, const float *weights, const hr_conv_desc *d, int64_t p, int64_t q, int64_t o) {
  float sum = 0;
  for (int64_t r = 0; r < 3; r++) {
    for (int64_t s = 0; s < 3; s++) {
      const int64_t row = p + r - 1, column = q + s - 1;
      if (row < 0 || row >= d->height || column < 0 || column >= d->width) continue;
      for (int64_t i = 0; i < d->input_channels; i++) {
        sum += input[(row * d->width + column) * d->input_channels + i] *
               weights[((r * 3 + s) * d->input_channels + i) * d->output_channels + o];
      }
    }
  }
  return sum;
}

/// One image, one call; the plan is made for its selection alone.
static void convolve(void) {
  hr_conv_desc desc;
  check(hr_conv_desc_init(&desc, sizeof desc));
  desc.input_channels = 16, desc.height = 20, desc.width = 24, desc.output_channels = 32;
  desc.kernel.height = desc.kernel.width = 3;
  desc.padding.top = desc.padding.bottom = desc.padding.left = desc.padding.right = 1;
  const int64_t inputs = 16 * 20 * 24, places = 32 * 16 * 9, outputs = 32 * 20 * 24;
  float *input = integers(inputs), *weights = integers(places), *output = integers(outputs);

  hr_conv_plan *plan;
  check(hr_conv_plan_create(&desc, &plan));
  hr_selection chosen = {.size = sizeof chosen};
  check(hr_conv_plan_selection(plan, &chosen));
  hr_conv_plan_destroy(plan);
  say("conv", &chosen);

  hr_conv_operands operands = {
      .size = sizeof operands, .input = {input, inputs}, .weights = {weights, places}, .output = {output, outputs}};
  check(hr_conv2d(&desc, &operands));
  // Winograd's algorithm may run, whose sums are not exact: within (k + 10) u of the largest sum of |products|, 25 k.
  const float depth = 9 * 16, bound = (depth + 10) * 0x1p-24f * 25 * depth;
  for (int64_t index = 0; index < outputs; index++) {
    const int64_t pixel = index / 32;
    expect(convolved(input, weights, &desc, pixel / 24, pixel % 24, index % 32), output[index], bound, "convolution", index);
  }
  free(input), free(weights), free(output);
}

int main(void) {
  printf("Headroom %s\n", hr_version());
  multiply();
  convolve();
  return EXIT_SUCCESS;
}
