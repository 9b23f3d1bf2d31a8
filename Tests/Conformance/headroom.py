"""libheadroom.so through ctypes: convolutions on numpy arrays. The library itself checks that the structs here have its sizes."""

import ctypes as c
import numpy as np


class Extent(c.Structure):
    _fields_ = [("height", c.c_int64), ("width", c.c_int64)]


class Padding(c.Structure):
    _fields_ = [("top", c.c_int64), ("bottom", c.c_int64), ("left", c.c_int64), ("right", c.c_int64)]


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
        ("conv_pass", c.c_int32), ("adds_residual", c.c_bool),
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


class Convolution:
    """Sizes of a forward convolution, one of whose passes runs on arrays in NCHW and OIHW, whatever the layout that the library sees."""

    def __init__(self, library, x, w, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1):
        self.library = c.CDLL(library) if isinstance(library, str) else library
        self.x, self.w, self.strides, self.pads, self.dilations, self.group = x, w, strides, pads, dilations, group
        (n, _, h, width), (o, _, r, s) = x, w
        reach = [(k - 1) * d + 1 for k, d in zip((r, s), dilations)]
        self.y = (n, o, (h + pads[0] + pads[2] - reach[0]) // strides[0] + 1, (width + pads[1] + pads[3] - reach[1]) // strides[1] + 1)

    def descriptor(self, conv_pass, layout, bf16, without_winograd):
        desc = Descriptor()
        self.check(self.library.hr_conv_desc_init(c.byref(desc), c.sizeof(desc)))
        desc.batch, desc.input_channels, desc.height, desc.width = self.x
        desc.output_channels, desc.groups = self.w[0], self.group
        desc.kernel, desc.stride, desc.dilation = Extent(*self.w[2:]), Extent(*self.strides), Extent(*self.dilations)
        top, left, bottom, right = self.pads
        desc.padding = Padding(top, bottom, left, right)
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
            kept.append(self.stored(array, name == "weights", layout, bf16))
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
        return (from_bf16(result) if bf16 else result).transpose(np.argsort(axes))

    @staticmethod
    def axes(is_weights, layout):
        if layout == NCHW: return (0, 1, 2, 3)
        return (2, 3, 1, 0) if is_weights else (0, 2, 3, 1)

    def stored(self, array, is_weights, layout, bf16):
        array = np.ascontiguousarray(array.transpose(self.axes(is_weights, layout)), np.float32)
        return to_bf16(array) if bf16 else array

    def check(self, status):
        if status == 0: return
        self.library.hr_last_error.restype = c.c_char_p
        raise RuntimeError(self.library.hr_last_error().decode())
