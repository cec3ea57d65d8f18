// swift-tools-version: 6.3
// A package that is not tokend's, and validates tokens with its TokenClient product.

import PackageDescription

let package = Package(
  name: "gateway",
  dependencies: [.package(name: "tokend", path: "../../..")],
  targets: [
    .executableTarget(name: "gateway", dependencies: [.product(name: "TokenClient", package: "tokend")])
  ]
)
