// `import Headroom` is enough: descriptors, selections and layouts come with it.
@_exported import KernelDispatch
@_exported import Tensors
