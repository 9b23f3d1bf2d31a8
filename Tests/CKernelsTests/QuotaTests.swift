import CKernels
import Foundation
import Testing

@Suite("The CPU quota that cgroups grant")
struct QuotaTests {
  /// What is read where these files, and no others, stand below the root.
  private func quota(_ files: [String: String]) throws -> Double {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("quota-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return ck_read_cpu_quota(root.path)
  }

  /// Of a process in `group` of cgroup v2, with the text of `cpu.max` for each group that has one.
  private func quotaV2(_ group: String, _ limits: [String: String]) throws -> Double {
    var files = ["proc/self/cgroup": "0::\(group)\n"]
    for (group, text) in limits { files["sys/fs/cgroup\(group)/cpu.max"] = text }
    return try quota(files)
  }

  /// The files of cgroup v1 for one group.
  private func filesV1(_ group: String, quota: String, period: String = "100000\n") -> [String: String] {
    let folder = "sys/fs/cgroup/cpu\(group)"
    return ["\(folder)/cpu.cfs_quota_us": quota, "\(folder)/cpu.cfs_period_us": period]
  }

  @Test("Version 2: a quota and its period, or none")
  func version2() throws {
    for (text, expected) in [("max 100000\n", 0), ("150000 100000\n", 1.5), ("50000 100000", 0.5), ("10000 20000\n", 0.5)] {
      #expect(try quotaV2("/", ["": text]) == expected)
      #expect(try quotaV2("/box", ["/box": text]) == expected)
    }
  }

  @Test("Version 2: the tightest of a group and all above it")
  func version2Nested() throws {
    let (one, two, none) = ("100000 100000\n", "200000 100000\n", "max 100000\n")
    #expect(try quotaV2("/pod/box", ["/pod": one, "/pod/box": two]) == 1)
    #expect(try quotaV2("/pod/box", ["/pod": two, "/pod/box": one]) == 1)
    #expect(try quotaV2("/pod/box", ["/pod": two, "/pod/box": none]) == 2)
    #expect(try quotaV2("/pod/box", ["/pod": none, "/pod/box": two]) == 2)
    #expect(try quotaV2("/pod/box/inner", ["": one, "/pod/box": two]) == 1)
    // Neither a group below nor one beside.
    #expect(try quotaV2("/pod", ["/pod": two, "/pod/box": one, "/other": one]) == 2)
    // In a container the group's name is the host's, and its files are the root's.
    #expect(try quotaV2("/docker/0123", ["": two]) == 2)
  }

  @Test(
    "Version 1: a quota and its period, or -1 for none", arguments: ["cpu,cpuacct", "cpuacct,cpu", "cpu", "cpuset,cpu,cpuacct"])
  func version1(controllers: String) throws {
    func read(_ group: String, _ files: [String: String]) throws -> Double {
      let groups = "12:memory:\(group)\n4:\(controllers):\(group)\n1:name=systemd:/elsewhere\n"
      return try quota(files.merging(["proc/self/cgroup": groups]) { $1 })
    }
    #expect(try read("/", filesV1("", quota: "-1\n")) == 0)
    #expect(try read("/", filesV1("", quota: "50000\n")) == 0.5)
    #expect(try read("/box", filesV1("/box", quota: "250000\n")) == 2.5)
    #expect(try read("/box", filesV1("/box", quota: "50000\n", period: "25000\n")) == 2)
    let (loose, tight) = (filesV1("/pod/box", quota: "300000\n"), filesV1("/pod", quota: "100000\n"))
    #expect(try read("/pod/box", loose.merging(tight) { $1 }) == 1)
    #expect(try read("/pod/box", loose.merging(filesV1("/pod", quota: "-1\n")) { $1 }) == 3)
    #expect(try read("/docker/0123", filesV1("", quota: "50000\n")) == 0.5)
  }

  @Test("Other controllers of version 1 set no quota", arguments: ["cpuset", "cpuacct", "cpuset,cpuacct", "memory", "name=cpu"])
  func otherControllers(controller: String) throws {
    #expect(try quota(filesV1("/box", quota: "50000\n").merging(["proc/self/cgroup": "3:\(controller):/box\n"]) { $1 }) == 0)
  }

  @Test("With both versions mounted, the tighter quota holds")
  func bothVersions() throws {
    func read(_ version1: String, _ version2: String) throws -> Double {
      var files = filesV1("/box", quota: version1)
      files["proc/self/cgroup"] = "2:cpu,cpuacct:/box\n0::/slice\n"
      files["sys/fs/cgroup/slice/cpu.max"] = version2
      return try quota(files)
    }
    #expect(try read("50000\n", "150000 100000\n") == 0.5)
    #expect(try read("300000\n", "150000 100000\n") == 1.5)
    #expect(try read("-1\n", "150000 100000\n") == 1.5)
    #expect(try read("50000\n", "max 100000\n") == 0.5)
    #expect(try read("-1\n", "max 100000\n") == 0)
  }

  @Test("Files that are missing set no quota")
  func missing() throws {
    #expect(try quota([:]) == 0)
    #expect(try quota(["sys/fs/cgroup/cpu.max": "50000 100000\n"]) == 0)
    #expect(try quotaV2("/box", [:]) == 0)
    #expect(try quota(["proc/self/cgroup": ""]) == 0)
    for file in ["cpu.cfs_quota_us", "cpu.cfs_period_us"] {
      #expect(try quota(["proc/self/cgroup": "4:cpu:/\n", "sys/fs/cgroup/cpu/\(file)": "50000\n"]) == 0)
    }
  }

  @Test(
    "Version 2: text that is no quota sets none",
    arguments: [
      "", "\n", "max", "abc def\n", "150000\n", "150000 abc\n", "150000 0\n", "150000 -1\n", "-5 100000\n", "0 1\n",
      "inf 100000\n", "nan 1\n", "1e300 1e-300\n",
    ])
  func malformedVersion2(text: String) throws {
    #expect(try quotaV2("/box", ["/box": text]) == 0)
    #expect(try quotaV2("/pod/box", ["/pod/box": text, "/pod": "200000 100000\n"]) == 2)
  }

  @Test("Version 1: text that is no quota sets none", arguments: ["", "\n", "max\n", "abc\n", "0\n", "-2\n"])
  func malformedVersion1(text: String) throws {
    for files in [filesV1("", quota: text), filesV1("", quota: "50000\n", period: text)] {
      #expect(try quota(files.merging(["proc/self/cgroup": "4:cpu:/\n"]) { $1 }) == 0)
    }
  }

  @Test("Lines that name no group are passed over", arguments: ["", "abc", "0", "0:", ":", "4:cpu", ":::::", "\u{0}", "::"])
  func malformedGroups(line: String) throws {
    let files = ["sys/fs/cgroup/box/cpu.max": "50000 100000\n", "proc/self/cgroup": "\(line)\n0::/box\n"]
    #expect(try quota(files) == 0.5)
  }

  @Test("A path longer than any buffer ends nothing, and what lies above still counts")
  func longPaths() throws {
    let deep = "/pod" + String(repeating: "/" + String(repeating: "x", count: 99), count: 39)
    #expect(try quotaV2(deep, ["/pod": "200000 100000\n", "": "300000 100000\n"]) == 2)
    var files = filesV1("/box", quota: "50000\n")
    files["proc/self/cgroup"] = "0::\(deep)\n4:cpu:/box\n"
    #expect(try quota(files) == 0.5)
    #expect(ck_read_cpu_quota(String(repeating: "/root", count: 800)) == 0)
  }
}
