"""libheadroom.so through ctypes: convolutions on numpy arrays. The library itself checks that the structs here have its sizes."""

import ctypes as c
import numpy as np


class Extent(c.Structure):
    _fields_ = [("height", c.c_int64), ("width", c.c_int64), ("depth", c.c_int64)]


class Padding(c.Structure):
    _fields_ = [("top", c.c_int64), ("bottom", c.c_int64), ("left", c.c_int64), ("right", c.c_int64), ("front", c.c_int64), ("back", c.c_int64)]


class Clamp(c.Structure):
    _fields_ = [("applies", c.c_bool), ("lower", c.c_double), ("upper", c.c_double)]


class Epilogue(c.Structure):
    _fields_ = [("scale", c.c_double), ("bias", c.c_int32), ("activation", c.c_int32), ("clamp", Clamp)]


class Options(c.Structure):
    _fields_ = [
        ("max_isa", c.c_char_p), ("variant", c.c_char_p), ("microkernel", c.c_char_p), ("threads", c.c_int64),
        ("mc", c.c_int64), ("nc", c.c_int64), ("kc", c.c_int64), ("workspace_limit", c.c_int64), ("without_winograd", c.c_bool),
    ]


class Descriptor(c.Structure):
    _fields_ = [
        ("size", c.c_size_t), ("batch", c.c_int64), ("input_channels", c.c_int64), ("height", c.c_int64), ("width", c.c_int64),
        ("output_channels", c.c_int64), ("kernel", Extent), ("stride", Extent), ("dilation", Extent), ("padding", Padding),
        ("groups", c.c_int64), ("input_layout", c.c_int32), ("output_layout", c.c_int32), ("weight_layout", c.c_int32),
        ("input_type", c.c_int32), ("output_type", c.c_int32), ("epilogue", Epilogue), ("options", Options),
        ("conv_pass", c.c_int32), ("adds_residual", c.c_bool), ("depth", c.c_int64),
    ]


class Buffer(c.Structure):
    _fields_ = [("data", c.c_void_p), ("count", c.c_int64)]


class Operands(c.Structure):
    _fields_ = [
        ("size", c.c_size_t), ("input", Buffer), ("weights", Buffer), ("output", Buffer), ("bias", Buffer),
        ("output_gradient", Buffer), ("residual", Buffer),
    ]


FORWARD, DATA, WEIGHTS = 0, 1, 2
NHWC, NCHW = 0, 1
HWIO, OIHW = 0, 1
F32, BF16 = 0, 1
BIAS_PER_CHANNEL = 3


def to_bf16(x):
    """To nearest, ties to even: the bits, of finite numbers."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def in_three(values, missing):
    """One or two spatial axes are the last of three."""
    return (*[missing] * (3 - len(values)), *values)


def extent(values):
    depth, height, width = values
    return Extent(height, width, depth)


class Convolution:
    """Sizes of a forward convolution in one, two or three dimensions, one of whose passes runs on arrays with the channels first, whatever the
    layout that the library sees. Pads are those before, then those after."""

    def __init__(self, library, x, w, strides, pads, dilations, group=1):
        self.library = c.CDLL(library) if isinstance(library, str) else library
        self.spatial, self.group = len(x) - 2, group
        self.x, self.w = (*x[:2], *in_three(x[2:], 1)), (*w[:2], *in_three(w[2:], 1))
        self.strides, self.dilations = in_three(strides, 1), in_three(dilations, 1)
        self.before, self.after = in_three(pads[: self.spatial], 0), in_three(pads[self.spatial :], 0)
        sizes = zip(self.x[2:], self.before, self.after, self.w[2:], self.dilations, self.strides)
        self.y = (x[0], w[0], *((size + a + b - (k - 1) * d - 1) // step + 1 for size, a, b, k, d, step in sizes))

    def descriptor(self, conv_pass, layout, bf16, without_winograd):
        desc = Descriptor()
        self.check(self.library.hr_conv_desc_init(c.byref(desc), c.sizeof(desc)))
        desc.batch, desc.input_channels, desc.depth, desc.height, desc.width = self.x
        desc.output_channels, desc.groups = self.w[0], self.group
        desc.kernel, desc.stride, desc.dilation = extent(self.w[2:]), extent(self.strides), extent(self.dilations)
        (front, top, left), (back, bottom, right) = self.before, self.after
        desc.padding = Padding(top, bottom, left, right, front, back)
        desc.input_layout = desc.output_layout = layout
        desc.weight_layout = OIHW if layout == NCHW else HWIO
        desc.input_type = desc.output_type = BF16 if bf16 else F32
        desc.conv_pass = conv_pass
        desc.options.without_winograd = without_winograd
        return desc

    def run(self, conv_pass, first, second, bias=None, layout=NCHW, bf16=False, without_winograd=False):
        """The result of the pass: of input and weights, of output gradient and weights, or of input and output gradient."""
        desc = self.descriptor(conv_pass, layout, bf16, without_winograd)
        operands = Operands(size=c.sizeof(Operands))
        names = {FORWARD: ("input", "weights"), DATA: ("output_gradient", "weights"), WEIGHTS: ("input", "output_gradient")}
        kept = []
        for name, array in zip(names[conv_pass], (first, second)):
            whole = array.reshape(*array.shape[:2], *in_three(array.shape[2:], 1))
            kept.append(self.stored(whole, name == "weights", layout, bf16))
            setattr(operands, name, Buffer(kept[-1].ctypes.data, kept[-1].size))
        if bias is not None:
            desc.epilogue.bias = BIAS_PER_CHANNEL
            kept.append(np.ascontiguousarray(bias, np.float32))
            operands.bias = Buffer(kept[-1].ctypes.data, kept[-1].size)
        shape = {FORWARD: self.y, DATA: self.x, WEIGHTS: self.w}[conv_pass]
        axes = self.axes(conv_pass == WEIGHTS, layout)
        result = np.full([shape[a] for a in axes], np.nan, np.float32)
        result = to_bf16(result) if bf16 else result
        operands.output = Buffer(result.ctypes.data, result.size)
        self.check(self.library.hr_conv2d(c.byref(desc), c.byref(operands)))
        whole = (from_bf16(result) if bf16 else result).transpose(np.argsort(axes))
        return whole.reshape(*shape[:2], *shape[5 - self.spatial :])

    @staticmethod
    def axes(is_weights, layout):
        if layout == NCHW: return (0, 1, 2, 3, 4)
        return (2, 3, 4, 1, 0) if is_weights else (0, 2, 3, 4, 1)

    def stored(self, array, is_weights, layout, bf16):
        array = np.ascontiguousarray(array.transpose(self.axes(is_weights, layout)), np.float32)
        return to_bf16(array) if bf16 else array

    def check(self, status):
        if status == 0: return
        self.library.hr_last_error.restype = c.c_char_p
        raise RuntimeError(self.library.hr_last_error().decode())
