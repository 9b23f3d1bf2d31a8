// Convolutions of the contestant: headroom.h behind peer_abi.h.
#include <stdlib.h>

#include "headroom.h"
#include "peer_abi.h"
#include "threads.h"

static hr_conv_pass pass_of(const peer_conv_desc *d) {
  return d->dir == 0 ? HR_CONV_FORWARD : d->dir == 1 ? HR_CONV_BACKWARD_DATA : HR_CONV_BACKWARD_WEIGHTS;
}

static int describe(hr_conv_desc *desc, const peer_conv_desc *d) {
  if (hr_conv_desc_init(desc, sizeof *desc) != HR_OK) return 1;
  desc->pass = pass_of(d);
  desc->batch = d->mb;
  desc->input_channels = d->ic, desc->height = d->ih, desc->width = d->iw;
  desc->output_channels = d->oc;
  desc->kernel = (hr_extent){.height = d->kh, .width = d->kw};
  desc->stride = (hr_extent){.height = d->sh, .width = d->sw};
  desc->dilation = (hr_extent){.height = d->dh, .width = d->dw};
  desc->padding = (hr_padding){.top = d->ph, .bottom = d->phr, .left = d->pw, .right = d->pwr};
  desc->groups = d->groups;
  desc->input_layout = desc->output_layout = d->layout ? HR_NHWC : HR_NCHW;
  desc->weight_layout = d->layout ? HR_HWIO : HR_OIHW;
  desc->input_type = desc->output_type = d->dtype == PEER_F32 ? HR_F32 : HR_BF16;
  desc->options.threads = threads_of_every_call;
  return 0;
}

/// The interface passes no counts: they are those that the descriptor needs. `in0`, `in1`: in the order of its passes.
static hr_conv_operands operands(const peer_conv_desc *d, const void *in0, const void *in1, void *out) {
  const int64_t image = d->mb * d->ic * d->ih * d->iw, gradient = d->mb * d->oc * d->oh * d->ow;
  const int64_t weights = d->oc * (d->ic / d->groups) * d->kh * d->kw;
  hr_conv_operands o = {.size = sizeof o};
  switch (pass_of(d)) {
  case HR_CONV_FORWARD:
    o.input = (hr_buffer){in0, image}, o.weights = (hr_buffer){in1, weights}, o.output = (hr_output){out, gradient};
    break;
  case HR_CONV_BACKWARD_DATA:
    o.output_gradient = (hr_buffer){in0, gradient}, o.weights = (hr_buffer){in1, weights}, o.output = (hr_output){out, image};
    break;
  case HR_CONV_BACKWARD_WEIGHTS:
    o.input = (hr_buffer){in0, image}, o.output_gradient = (hr_buffer){in1, gradient}, o.output = (hr_output){out, weights};
    break;
  }
  return o;
}

int peer_conv(const peer_conv_desc *d, const void *in0, const void *in1, void *out) {
  hr_conv_desc desc;
  if (describe(&desc, d)) return 1;
  const hr_conv_operands o = operands(d, in0, in1, out);
  return hr_conv2d(&desc, &o) != HR_OK;
}

typedef struct conv_plan {
  peer_conv_desc desc;
  hr_conv_plan *plan;
} conv_plan;

void *peer_conv_plan(const peer_conv_desc *d, const void *weights) {
  hr_conv_desc desc;
  if (describe(&desc, d)) return NULL;
  conv_plan *p = malloc(sizeof *p);
  if (!p) return NULL;
  p->desc = *d;
  const hr_buffer elements = {weights, d->oc * (d->ic / d->groups) * d->kh * d->kw};
  const hr_status status =
      weights ? hr_conv_plan_create_packed(&desc, &elements, &p->plan) : hr_conv_plan_create(&desc, &p->plan);
  if (status == HR_OK) return p;
  free(p);
  return NULL;
}

int peer_conv_execute(void *handle, const void *in0, const void *in1, void *out) {
  const conv_plan *p = handle;
  const hr_conv_operands o = operands(&p->desc, in0, in1, out);
  return hr_conv_plan_execute(p->plan, &o, NULL, 0) != HR_OK;
}

void peer_conv_plan_destroy(void *handle) {
  conv_plan *p = handle;
  hr_conv_plan_destroy(p->plan);
  free(p);
}
