/// What is computed of the three tensors of a convolution: one from the two others.
public enum ConvolutionPass: String, Sendable, Hashable, CaseIterable {
  /// The output from the input and the weights.
  case forward = "forward"
  /// The gradient of the input from that of the output and the weights: the transposed convolution.
  case backwardData = "backward-data"
  /// The gradient of the weights from the input and the gradient of the output.
  case backwardWeights = "backward-weights"
}
