import Foundation
import Results
import Testing

@Suite("Other libraries beside this one")
struct RivalStudyTests {
  static let json = """
    {"started": "2026-05-01T10:00:00Z", "versions": {"ours": "Headroom 0.1.0", "one": "One 3.2", "two": "Two 1.0"}, "measurements": [
     \(row("ours", "gemm", 90)), \(row("one", "gemm", 100)), \(row("one", "jit", 120)), \(row("two", "gemm", 300, extra: ", \"wrong\": true")),
     \(row("ours", "plan", 110)), \(row("ours", "packedB", 150, extra: ", \"packed\": true")), \(row("two", "packedB", 100, extra: ", \"packed\": true")),
     \(row("one", "gemm", 5, shape: "lone")), \(row("ours", "gemm", 7, kind: "conv")), \(row("two", "gemm", nil))
    ]}
    """

  private static func row(
    _ peer: String, _ variant: String, _ gflops: Double?, shape: String = "tok8", kind: String = "gemm", extra: String = ""
  ) -> String {
    """
    {"kind": "\(kind)", "shape": "\(shape)", "dims": {"m": "8", "n": "16", "k": "32", "tb": "T", "batch": "3"}, "dt": "f32", "peer": "\(peer)",
     "variant": "\(variant)", "threads": 1\(gflops.map { ", \"gflops_best\": \($0)" } ?? "")\(extra)}
    """
  }

  @Test("Like stands beside like: calls, plans and packed operands, losses first, wrong results never")
  func forms() throws {
    let study = try RivalStudy(json: Data(Self.json.utf8))
    #expect(study.rows.map(\.form) == ["call", "plan", "packed"])
    #expect(study.rows.map(\.ratio) == [0.9, 110.0 / 120, 1.5])
    #expect(study.rows.map(\.rival) == ["one gemm", "one jit", "two packedB"])
    #expect(study.rows.allSatisfy { $0.shape == "8x16x32:nt" && $0.batch == 3 && $0.name == "tok8" })
    #expect(study.lacking == ["lone f32, 1 thread, call", "lone f32, 1 thread, plan"])
    #expect(study.libraries["two"] == "Two 1.0")
  }

  @Test("A product stored by columns is that of its transposes by rows")
  func byColumns() throws {
    let turned = Self.json.replacingOccurrences(of: #""tb": "T""#, with: #""tb": "T", "layout": "col""#)
    let study = try RivalStudy(json: Data(turned.utf8))
    #expect(Set(study.rows.map(\.shape)) == ["16x8x32:tn"])
  }

  @Test("A file without this library, or of something else, is refused")
  func refused() {
    for text in ["{}", "[1]", "nonsense", #"{"started": "", "versions": {"one": "One 3.2"}, "measurements": []}"#] {
      #expect(throws: DecodingError.self) { try RivalStudy(json: Data(text.utf8)) }
    }
  }

  @Test("What is written is read again")
  func coding() throws {
    let study = try RivalStudy(json: Data(Self.json.utf8))
    #expect(try JSONDecoder().decode(RivalStudy.self, from: JSONEncoder().encode(study)) == study)
  }
}
