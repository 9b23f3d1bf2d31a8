import Tensors

extension ConvolutionShape {
  /// Whose rows of pixels tile registers join: with padding on one side, dilated and of groups, of volumes, of an odd number of channels, with a
  /// panel that is not full.
  public static let joined: [ConvolutionShape] = [
    .init(batch: 3, inputChannels: 96, height: 7, width: 7, outputChannels: 48, kernel: Extent(3), padding: Padding(1)),
    .init(
      inputChannels: 320, height: 5, width: 17, outputChannels: 112, kernel: Extent(height: 1, width: 5),
      padding: Padding(top: 0, bottom: 0, left: 4, right: 0)),
    .init(
      batch: 2, inputChannels: 256, height: 17, width: 4, outputChannels: 32, kernel: Extent(3), padding: Padding(2),
      dilation: Extent(2),
      groups: 2),
    .init(
      batch: 2, inputChannels: 130, height: 9, width: 33, outputChannels: 16, kernel: Extent(height: 3, width: 2),
      padding: Padding(top: 2, bottom: 0, left: 0, right: 1)),
    .init(
      inputChannels: 64, depth: 3, height: 7, width: 7, outputChannels: 80, kernel: Extent(depth: 2, height: 3, width: 3),
      padding: Padding(1)),
    .init(inputChannels: 131, height: 7, width: 7, outputChannels: 32, kernel: Extent(3), padding: Padding(1)),
    .init(batch: 2, inputChannels: 301, height: 7, width: 5, outputChannels: 35, kernel: Extent(3), padding: Padding(1)),
  ]
}
