import Oracle
import Tensors
import TestSupport
import Testing

@Suite("Verification of convolutions")
struct ConvolutionVerificationTests {
  static let shapes: [ConvolutionShape] = [
    ConvolutionShape(inputChannels: 1, height: 1, width: 1, outputChannels: 1, kernel: Extent(1)),
    ConvolutionShape(batch: 2, inputChannels: 3, height: 7, width: 7, outputChannels: 5, kernel: Extent(3), padding: Padding(1)),
    ConvolutionShape(
      batch: 2, inputChannels: 4, height: 11, width: 8, outputChannels: 6, kernel: Extent(height: 3, width: 2),
      stride: Extent(height: 2, width: 1), padding: Padding(top: 2, bottom: 1, left: 0, right: 3), groups: 2),
    ConvolutionShape(
      inputChannels: 3, height: 13, width: 17, outputChannels: 70, kernel: Extent(3), stride: Extent(height: 1, width: 3),
      padding: Padding(top: 0, bottom: 2, left: 1, right: 0), dilation: Extent(height: 2, width: 3)),
    ConvolutionShape(
      batch: 3, inputChannels: 6, height: 9, width: 5, outputChannels: 12, kernel: Extent(3), stride: Extent(2),
      padding: Padding(1), groups: 6),
  ]

  @Test("Tiles are of elements a dilation apart, of one slice: a large one excuses errors of those alone", arguments: [1, 2])
  func tiles(dilation: Int) throws {
    let shape = ConvolutionShape(
      inputChannels: 1, depth: 2, height: 1, width: 4, outputChannels: 1, kernel: Extent(1), dilation: Extent(dilation))
    var input: [Float] = [1, 1, 1000, 1, 1, 1, 1, 1]
    var (weights, output): ([Float], [Float]) = ([1], input)
    // With 27 roundings 1000 may be off by 1.6e-3, 1 by 1.6e-6.
    let excused = (0..<8).filter { index in
      output[index] += 1e-3
      defer { output[index] = input[index] }
      return input.withUnsafeMutableBytes { input in
        weights.withUnsafeMutableBytes { weights in
          output.withUnsafeMutableBytes { output in
            guard let x = input.baseAddress, let w = weights.baseAddress, let y = output.baseAddress else { return false }
            let reference = ConvolutionReference(
              shape: shape, input: TensorView(base: x, type: .float32, axes: .input(of: shape, .nchw)),
              weights: TensorView(base: w, type: .float32, axes: .weights(of: shape, .oihw)))
            let result = TensorView(base: y, type: .float32, axes: .output(of: shape, .nchw))
            return reference.verify(result, tolerance: .winograd(outputs: 2)).isPassed
          }
        }
      }
    }
    #expect(excused == (dilation == 1 ? [2, 3] : [0, 2]))
  }

  @Test("Of a strided gradient they are of elements a step apart")
  func tilesOfGradient() throws {
    let shape = ConvolutionShape(
      inputChannels: 1, height: 1, width: 8, outputChannels: 1, kernel: Extent(1), stride: Extent(height: 1, width: 2))
    var (gradient, weights): ([Float], [Float]) = ([1, 1000, 1, 1], [1])
    var result: [Float] = [1, 0, 1000, 0, 1, 0, 1, 0]
    let excused = (0..<8).filter { index in
      result[index] += 1e-3
      defer { result[index] -= 1e-3 }
      return gradient.withUnsafeMutableBytes { gradient in
        weights.withUnsafeMutableBytes { weights in
          result.withUnsafeMutableBytes { result in
            guard let y = gradient.baseAddress, let w = weights.baseAddress, let x = result.baseAddress else { return false }
            let reference = GradientReference(
              shape: shape, pass: .backwardData,
              outputGradient: TensorView(base: y, type: .float32, axes: .output(of: shape, .nchw)),
              other: TensorView(base: w, type: .float32, axes: .weights(of: shape, .oihw)))
            return reference.verify(
              TensorView(base: x, type: .float32, axes: .input(of: shape, .nchw)), tolerance: .winograd(outputs: 2)
            ).isPassed
          }
        }
      }
    }
    #expect(excused == [0, 2])
  }

  static let settings: [ConvolutionSetting] = shapes.flatMap { shape in
    [
      ConvolutionSetting(shape),
      ConvolutionSetting(shape) {
        ($0.inputLayout, $0.weightLayout, $0.outputLayout, $0.data) = (.nhwc, .hwio, .nhwc, .uniform)
        ($0.scale, $0.hasBias, $0.hasResidual, $0.placement) = (0.75, true, true, .flushWithStart)
      },
      ConvolutionSetting(shape) {
        ($0.inputLayout, $0.weightLayout, $0.inputType, $0.outputType) = (.nhwc, .ohwi, .bfloat16, .bfloat16)
        ($0.data, $0.scale, $0.hasBias, $0.hasResidual) = (.uniform, -2, true, true)
      },
      ConvolutionSetting(shape) { ($0.outputLayout, $0.inputType, $0.hasBias) = (.nhwc, .bfloat16, true) },
    ]
  }

  /// Small enough that samples, all there is with ReLU, meet nearly every element.
  static let rectified = shapes.filter { $0.outputCount <= 250 }.map { shape in
    ConvolutionSetting(shape) { ($0.scale, $0.hasBias, $0.activation) = (2, true, .relu) }
  }

  @Test("The output rounded once passes every check", arguments: settings + rectified)
  func correct(setting: ConvolutionSetting) throws {
    let trial = try ConvolutionTrial(setting)
    trial.reset()
    trial.reference.write(to: trial.output.view)
    #expect(trial.finding() == nil)
    #expect(trial.finding(tolerance: .proven) == nil)
    #expect(trial.finding(coverage: .sampled(seed: 9)) == nil)
  }

  @Test("Every mutant that can show fails, element by element and by samples with sums", arguments: settings + rectified)
  func mutants(setting: ConvolutionSetting) throws {
    let trial = try ConvolutionTrial(setting)
    for mutant in ConvolutionMutant.all where mutant.shows(in: trial.reference, type: setting.outputType) {
      trial.reset()
      mutant.write(trial.reference, to: trial.output.view)
      #expect(trial.finding() != nil, "\(mutant.name) passed")
      #expect(trial.finding(coverage: .sampled(seed: 3)) != nil, "\(mutant.name) passed by samples")
    }
  }

  @Test("Each mutant shows in one of the problems above")
  func everyMutantShows() throws {
    var silent = Set(ConvolutionMutant.all.map(\.name))
    #expect(silent.count == ConvolutionMutant.all.count)
    for setting in Self.settings + Self.rectified {
      let trial = try ConvolutionTrial(setting)
      for mutant in ConvolutionMutant.all where mutant.shows(in: trial.reference, type: setting.outputType) {
        silent.remove(mutant.name)
      }
    }
    #expect(silent == [])
  }

  @Test("Signed sums find a single wrong element wherever it is", arguments: [ElementType.float32, .bfloat16])
  func singleElement(type: ElementType) throws {
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 6, height: 23, width: 19, outputChannels: 150, kernel: Extent(3), padding: Padding(1), groups: 2)
    let trial = try ConvolutionTrial(
      ConvolutionSetting(shape) {
        ($0.data, $0.inputType, $0.outputType, $0.hasBias, $0.outputLayout) = (.uniform, type, type, true, .nhwc)
      })
    let output = trial.output.view
    trial.reference.write(to: output)
    for place in [SIMD4(0, 0, 0, 1), SIMD4(1, 63, 11, 7), SIMD4(0, 64, 22, 17), SIMD4(1, 149, 21, 18), SIMD4(0, 75, 5, 5)] {
      let right = output[place]
      output[place] = right + 4
      let verdict = trial.reference.verify(output.readOnly, coverage: .sampled(seed: 1))
      guard case .failed(let mismatch) = verdict else {
        Issue.record("the error at \(place) passed")
        continue
      }
      #expect(mismatch.place == .pixel(n: place[0], k: place[1], p: place[2], q: place[3]))
      #expect(mismatch.found == output[place])
      output[place] = right
    }
    #expect(trial.reference.verify(output.readOnly, coverage: .sampled(seed: 1)) == .passed(checked: 272))
  }

  @Test("Float sums in any order lie within both bounds, a sum without its last term in neither", arguments: [7, 111, 455])
  func summationOrders(channels: Int) throws {
    let shape = ConvolutionShape(inputChannels: channels, height: 3, width: 3, outputChannels: 2, kernel: Extent(3))
    let trial = try ConvolutionTrial(ConvolutionSetting(shape) { $0.data = .uniform })
    func sums(_ order: some Sequence<Int>) {
      for k in 0..<2 {
        let sum = order.reduce(Float(0)) { sum, tap in
          let (c, r, s) = (tap / 9, tap / 3 % 3, tap % 3)
          return sum + Float(trial.input.view[SIMD4(0, c, r, s)]) * Float(trial.weights.view[SIMD4(k, c, r, s)])
        }
        trial.output.view[SIMD4(0, k, 0, 0)] = Double(sum)
      }
    }
    for tolerance in [Tolerance.proven, .statistical] {
      sums(0..<shape.reductionDepth)
      #expect(trial.finding(tolerance: tolerance) == nil)
      sums((0..<shape.reductionDepth).reversed())
      #expect(trial.finding(tolerance: tolerance) == nil)
    }
    sums(0..<shape.reductionDepth - 1)
    #expect(trial.finding(tolerance: .statistical) != nil)
  }

  @Test("NaN and infinity are wrong where a number belongs, and right where they belong", arguments: [Double.nan, .infinity])
  func specialValues(special: Double) throws {
    let trial = try ConvolutionTrial(ConvolutionSetting(Self.shapes[3]) { $0.data = .uniform })
    let output = trial.output.view
    trial.reference.write(to: output)
    let right = output[SIMD4(0, 66, 5, 2)]
    output[SIMD4(0, 66, 5, 2)] = special
    #expect(trial.finding() != nil)
    #expect(trial.finding(coverage: .sampled(seed: 2)) != nil)
    output[SIMD4(0, 66, 5, 2)] = right
    trial.input.view[SIMD4(0, 1, 6, 8)] = special
    trial.reference.write(to: output)
    #expect(trial.reference.verify(output.readOnly).isPassed)
    #expect(trial.reference.verify(output.readOnly, coverage: .sampled(seed: 2)).isPassed)
  }
}
