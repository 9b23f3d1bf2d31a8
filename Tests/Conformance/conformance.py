#!/usr/bin/env python3
"""Convolutions of libheadroom.so against other people's answers: ONNX's node cases of Conv and ConvTranspose, and PyTorch's conv1d,
conv2d and conv3d and their gradients on random descriptors.

  conformance.py LIBRARY [--torch] [--count N]

Every case runs with the channels first and last, with Winograd's algorithm allowed and not.
"""

import argparse
import math
import random
import sys

import numpy as np

from headroom import DATA, FORWARD, NCHW, NHWC, WEIGHTS, Convolution, from_bf16, to_bf16

ROUNDOFF = 2.0**-24
# Transforms of Winograd's algorithm add to the roundings of the sums, and the bound is by the largest sum of magnitudes near an element.
TRANSFORM_ROUNDINGS = 330


def settings(bf16s):
    return [(layout, plain, bf16) for layout in (NCHW, NHWC) for plain in (False, True) for bf16 in bf16s]


class Tally:
    def __init__(self):
        self.passed, self.failed = 0, []

    def expect(self, name, found, expected, bound):
        error = np.abs(found.astype(np.float64) - expected)
        if found.shape == expected.shape and np.all(error <= bound): self.passed += 1
        else: self.failed.append(f"{name}: off by up to {np.max(error / np.maximum(bound, 1e-300)):.3g} times the bound")


# ONNX


def attributes(node):
    import onnx

    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def pads_of(given, sizes, reach, strides):
    """Those before, then those after."""
    mode = given.get("auto_pad", b"NOTSET")
    if mode in (b"SAME_UPPER", b"SAME_LOWER"):
        totals = [max((-(-size // s) - 1) * s + r - size, 0) for size, r, s in zip(sizes, reach, strides)]
        before = [t // 2 if mode == b"SAME_UPPER" else t - t // 2 for t in totals]
        return (*before, *(t - b for t, b in zip(totals, before)))
    return tuple(given.get("pads", [0] * 2 * len(sizes)))


def transposed(library, x, w, given, shape):
    """ConvTranspose as the gradient of the input of a convolution that makes `x` of a tensor like its result."""
    sizes = shape[2:]
    strides, dilations = given.get("strides", [1] * len(sizes)), given.get("dilations", [1] * len(sizes))
    reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    whole = [s * (n - 1) + r for s, n, r in zip(strides, x.shape[2:], reach)]
    mode = given.get("auto_pad", b"NOTSET")
    if "pads" in given:
        before = pads_of(given, sizes, reach, strides)[: len(sizes)]
    elif mode != b"NOTSET" or "output_shape" in given:
        totals = [max(a - b, 0) for a, b in zip(whole, sizes)]
        before = tuple(t // 2 if mode != b"SAME_LOWER" else t - t // 2 for t in totals)
    else:
        before = (0,) * len(sizes)
    after = [max(a - size - b, 0) for a, size, b in zip(whole, sizes, before)]
    group = given.get("group", 1)
    return Convolution(
        library, (x.shape[0], w.shape[1] * group, *sizes), w.shape, strides, (*before, *after), dilations, group)


def onnx_cases(library, tally):
    import warnings

    warnings.simplefilter("ignore")
    import onnx.backend.test.loader
    import onnx.numpy_helper

    for case in onnx.backend.test.loader.load_model_tests(kind="node"):
        nodes = case.model.graph.node
        if len(nodes) != 1 or nodes[0].op_type not in ("Conv", "ConvTranspose"): continue
        given = attributes(nodes[0])
        for inputs, outputs in case.data_sets:
            inputs, (expected,) = [np.asarray(i) for i in inputs], [np.asarray(o) for o in outputs]
            x, w, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
            if nodes[0].op_type == "Conv":
                strides, dilations = given.get("strides", [1] * (x.ndim - 2)), given.get("dilations", [1] * (x.ndim - 2))
                reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
                pads = pads_of(given, x.shape[2:], reach, strides)
                conv, kind = Convolution(library, x.shape, w.shape, strides, pads, dilations, given.get("group", 1)), FORWARD
            else:
                conv, kind = transposed(library, x, w, given, expected.shape), DATA
            for layout, plain, _ in settings([False]):
                found = conv.run(kind, x, w, bias, layout=layout, without_winograd=plain)
                tally.expect(f"{case.name} {'NHWC' if layout == NHWC else 'NCHW'}", found, expected, 1e-5 * (1 + np.abs(expected)))


# PyTorch


def random_descriptor(generator, spatial):
    pick = generator.choice
    group = pick([1, 1, 1, 2, 3, 8])
    depthwise = generator.random() < 0.2
    channels = (1, 1) if depthwise else (pick([1, 2, 3, 8, 17]), pick([1, 4, 9, 16, 33]))
    if group == 8 and not depthwise: channels = (pick([4, 8]),) * 2
    kernel = [pick([1, 2, 3, 3, 3, 5, 7] if spatial < 3 else [1, 2, 3, 3, 3]) for _ in range(spatial)]
    if generator.random() < 0.5: kernel = kernel[:1] * spatial
    strides, dilations, pads = ([pick(choices) for _ in range(spatial)] for choices in ([1, 1, 2, 3], [1, 1, 1, 2], [0, 1, 2, 3]))
    more = [0, 1, 5, 12, 20] if spatial < 3 else [0, 1, 4, 9]
    sizes = [max((k - 1) * d + 1 - 2 * p, 1) + pick(more) for k, d, p in zip(kernel, dilations, pads)]
    x = (pick([1, 2, 5]), group * channels[0], *sizes)
    return x, (group * channels[1], channels[0], *kernel), strides, pads, dilations, group


def near(magnitudes, steps):
    """The largest within the reach of a tile of up to 6 rows and columns, which are so far apart."""
    import torch

    if magnitudes.ndim < 4: return magnitudes.numpy()
    reach = [5 * step for step in steps[-2:]]
    pool = torch.nn.functional.max_pool2d
    # By rows, then by columns: a window may pad no more than half of it, and no more than there is.
    for axis in (-2, -1):
        size = magnitudes.shape[axis]
        window = [1, 1]
        window[axis] = 2 * min(reach[axis], size) + 1
        padding = [side // 2 for side in window]
        magnitudes = pool(magnitudes.flatten(0, -4), window, stride=1, padding=padding).reshape(magnitudes.shape)
    return magnitudes.numpy()


def torch_cases(library, tally, count):
    import torch

    generator = random.Random(1)
    torch.manual_seed(1)
    for index in range(count):
        spatial = (2, 3, 2, 1)[index % 4]
        convolve = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)[spatial - 1]
        x, w, strides, pads, dilations, group = random_descriptor(generator, spatial)
        for bf16 in (False, True):
            rounded = (lambda t: torch.from_numpy(from_bf16(to_bf16(t.numpy())))) if bf16 else (lambda t: t)
            image, weights = rounded(torch.rand(x) * 2 - 1), rounded(torch.rand(w) * 2 - 1)

            def passes(image, weights, gradient):
                image, weights = image.double().requires_grad_(), weights.double().requires_grad_()
                output = convolve(image, weights, None, strides, pads, dilations, group)
                if gradient is None: gradient = rounded(torch.rand(output.shape) * 2 - 1)
                output.backward(gradient.double())
                return gradient, (output.detach(), image.grad, weights.grad)

            gradient, expected = passes(image, weights, None)
            _, magnitudes = passes(image.abs(), weights.abs(), gradient.abs())
            places, outputs = math.prod(w[2:]), math.prod(expected[0].shape[2:])
            depths = (w[1] * places, w[0] // group * places, x[0] * outputs)
            operands = ((image, weights), (gradient, weights), (image, gradient))
            steps = [math.lcm(stride, dilation) for stride, dilation in zip(strides, dilations)]
            conv = Convolution(library, x, w, strides, (*pads, *pads), dilations, group)
            for kind in (FORWARD, DATA, WEIGHTS):
                first, second = (t.numpy() for t in operands[kind])
                for layout, plain, _ in settings([bf16]):
                    bound = (depths[kind] + 10) * ROUNDOFF * magnitudes[kind].numpy() + 1e-30
                    if not plain: bound = (depths[kind] + 10 + TRANSFORM_ROUNDINGS) * ROUNDOFF * near(magnitudes[kind], steps) + 1e-30
                    if bf16: bound = bound + 2.0**-8 * np.abs(expected[kind].numpy())
                    found = conv.run(kind, first, second, layout=layout, bf16=bf16, without_winograd=plain)
                    name = f"x {x}, w {w}, strides {strides}, pads {pads}, dilations {dilations}, groups {group}, pass {kind}"
                    tally.expect(f"{name}, {'NHWC' if layout == NHWC else 'NCHW'}, {'bf16' if bf16 else 'f32'}", found, expected[kind].numpy(), bound)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", help="libheadroom.so")
    parser.add_argument("--torch", action="store_true", help="compare with PyTorch too")
    parser.add_argument("--count", type=int, default=150, help="random descriptors (default: %(default)s)")
    arguments = parser.parse_args()
    tally = Tally()
    onnx_cases(arguments.library, tally)
    print(f"ONNX: {tally.passed} results right")
    if arguments.torch:
        before = tally.passed
        torch_cases(arguments.library, tally, arguments.count)
        print(f"PyTorch: {tally.passed - before} results right")
    for failure in tally.failed[:20]: print(f"error: {failure}", file=sys.stderr)
    if tally.passed == 0: print("error: no case was found", file=sys.stderr)
    sys.exit(1 if tally.failed or tally.passed == 0 else 0)


if __name__ == "__main__":
    main()
