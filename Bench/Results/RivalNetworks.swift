extension RivalConvolutions {
  /// One pass of all convolutions of a network, one after another: the sum of their best times, each as often as the network has it.
  ///
  /// This library runs in one form throughout. A rival runs each layer in its best, layouts of its own included, with images laid out for it
  /// for nothing.
  public struct NetworkRow: Codable, Sendable, Equatable {
    /// The suite of its shapes: `resnet50`.
    public var name: String
    /// Images at once.
    public var batch: Int
    /// Distinct ones.
    public var layers: Int
    /// `forward`, `backward-data` or `backward-weights`.
    public var pass: String
    public var dtype: String
    public var threads: Int
    /// The fastest of `forms`.
    public var form: String
    public var seconds: Double
    /// The fastest of `rivals`.
    public var rival: String
    public var rivalSeconds: Double
    /// The seconds of this library in each form that has every layer.
    public var forms: [String: Double]
    /// The seconds of each rival that has every layer.
    public var rivals: [String: Double]

    /// Above 1: faster than every rival.
    public var ratio: Double { rivalSeconds / seconds }

    enum CodingKeys: String, CodingKey {
      case name, batch, layers, pass, dtype, threads, form, seconds, rival, forms, rivals
      case rivalSeconds = "rival_seconds"
    }
  }
}

extension DriverRun {
  /// Losses first; nil without any.
  func networks(own: String) -> [RivalConvolutions.NetworkRow]? {
    var cells: [Cell: Times] = [:]
    for measurement in measurements where measurement.wrong != true {
      guard let cell = Cell(measurement), let times = measurement.dims["times"].flatMap({ Double($0) }),
        let seconds = measurement.secondsBest
      else { continue }
      if measurement.peer != own {
        cells[cell, default: Times()].rivals.take(times * seconds, of: measurement.peer, layer: measurement.shape)
      } else if let form = measurement.form {
        cells[cell, default: Times()].forms.take(times * seconds, of: form, layer: measurement.shape)
      }
    }
    let rows = cells.compactMap { cell, times in times.row(cell) }.sorted {
      ($0.ratio, $0.name, $0.batch, $0.pass, $0.dtype, $0.threads) < ($1.ratio, $1.name, $1.batch, $1.pass, $1.dtype, $1.threads)
    }
    return rows.isEmpty ? nil : rows
  }
}

private struct Cell: Hashable {
  var name, pass, dtype: String
  var batch, layers, threads: Int

  /// nil where the layer is of no network.
  init?(_ measurement: DriverRun.Measurement) {
    guard let group = measurement.group, let pass = measurement.pass,
      let layers = measurement.dims["layers"].flatMap({ Int($0) })
    else { return nil }
    batch = measurement.dims["mb"].flatMap { Int($0) } ?? 1
    let suffix = "-b\(batch)"
    name = group.hasSuffix(suffix) ? String(group.dropLast(suffix.count)) : group
    (self.pass, self.layers) = (pass, layers)
    (dtype, threads) = (measurement.dt, measurement.threads)
  }
}

private struct Times {
  var forms = Contestants()
  var rivals = Contestants()

  /// nil where either side lacks a layer.
  func row(_ cell: Cell) -> RivalConvolutions.NetworkRow? {
    let (forms, rivals) = (self.forms.sums(layers: cell.layers), self.rivals.sums(layers: cell.layers))
    guard let own = fastest(forms), let rival = fastest(rivals) else { return nil }
    return RivalConvolutions.NetworkRow(
      name: cell.name, batch: cell.batch, layers: cell.layers, pass: cell.pass, dtype: cell.dtype, threads: cell.threads,
      form: own.key, seconds: own.value, rival: rival.key, rivalSeconds: rival.value, forms: forms, rivals: rivals)
  }

  private func fastest(_ sums: [String: Double]) -> (key: String, value: Double)? {
    sums.min { ($0.value, $0.key) < ($1.value, $1.key) }
  }
}

/// The best seconds in each layer, by the contestant and the layer.
private struct Contestants {
  private var seconds: [String: [String: Double]] = [:]

  mutating func take(_ found: Double, of contestant: String, layer: String) {
    seconds[contestant, default: [:]].merge([layer: found]) { min($0, $1) }
  }

  /// Of those that have every layer. Added up in a fixed order, for the sums of a file to be the same whenever it is read.
  func sums(layers: Int) -> [String: Double] {
    seconds.filter { $0.value.count == layers }.mapValues { $0.values.sorted().reduce(0, +) }
  }
}
