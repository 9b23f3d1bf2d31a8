// swift-tools-version: 6.2
import PackageDescription

// A user's package: depends on a tagged version of Headroom and switches its traits off, so that none of the tool's dependencies comes
// along. HEADROOM_URL is where the tagged clone lies.
guard let headroom = Context.environment["HEADROOM_URL"] else {
  fatalError("set HEADROOM_URL to the address of a clone of Headroom that has the tag 0.1.0")
}

let package = Package(
  name: "LinkTest",
  dependencies: [.package(url: headroom, exact: "0.1.0", traits: [])],
  targets: [
    .executableTarget(
      name: "LinkTest", dependencies: [.product(name: "Headroom", package: "headroom")],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
