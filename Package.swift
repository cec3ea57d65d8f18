// swift-tools-version: 6.3
// Every target of tokend, and the one list of settings that all of them share.

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

/// A door to a C library that Debian packages: a module map and, where Swift needs one, a header of inline wrappers.
func door(_ name: String, _ pkgConfig: String?, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func library(_ name: String, _ dependencies: [Target.Dependency], in path: String? = nil) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency], in path: String? = nil) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "tokend",
  products: [
    .library(name: "TokenClient", targets: ["TokenClient"]),
    .executable(name: "tokend", targets: ["tokend"]),
    .executable(name: "tokend-client", targets: ["tokend-client"]),
  ],
  targets: [
    door("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
    door("CProtobufC", "libprotobuf-c", apt: "libprotobuf-c-dev"),
    door("CNettle", "nettle", apt: "nettle-dev"),
    door("CDeflate", "libdeflate", apt: "libdeflate-dev"),
    door("CSystemd", "libsystemd", apt: "libsystemd-dev"),
    door("CPopt", "popt", apt: "libpopt-dev"),
    door("CSmartcols", "smartcols", apt: "libsmartcols-dev"),
    door("CNcurses", nil, apt: "libncurses-dev"),
    door("CJansson", "jansson", apt: "libjansson-dev"),
    .target(name: "CLinux"),
    .target(name: "CTokendProto", dependencies: ["CProtobufC"]),

    library("Tokens", ["CNettle", "CDeflate"]),
    library("Linux", ["CLinux"]),
    library("Wire", ["Tokens", "CTokendProto", "CProtobufC"]),
    library("Index", ["Tokens", "Linux"]),
    library("Store", ["Tokens", "CSQLite"]),
    library("Options", ["CPopt"]),
    library("TokenDaemon", ["Wire", "Index", "Store", "Linux", "Tokens", "CSystemd"]),
    library("TokenClient", ["Wire", "Linux", "Tokens"]),

    program("tokend", ["TokenDaemon", "Options", "Linux", "Tokens"]),
    program(
      "tokend-client", ["TokenClient", "Wire", "Tokens", "Linux", "Options", "CSmartcols", "CNcurses", "CJansson"]),
    program("tokend-bench", ["TokenClient", "Wire", "Index", "Store", "Tokens", "Linux", "Seeded"]),

    library("Seeded", [], in: "Tests/Seeded"),
    library("ProtobufReference", ["Wire", "CTokendProto"], in: "Tests/Reference"),
    .target(name: "CSpawn", path: "Tests/CSpawn"),
    library("Harness", ["CSpawn", "TokenClient", "Wire", "Linux", "tokend", "tokend-client"], in: "Tests/Harness"),
    .target(name: "FaultyDisk", dependencies: ["CSQLite"], path: "Tests/FaultyDisk"),
    program(
      "tokend-torture", ["Harness", "FaultyDisk", "TokenClient", "Index", "Store", "Tokens", "Seeded"],
      in: "Tests/Torture"),
    program(
      "tokend-simulation",
      ["TokenDaemon", "Harness", "FaultyDisk", "Store", "Index", "Wire", "Tokens", "Linux", "Seeded"],
      in: "Tests/Simulation"),
    program("tokend-fuzz", ["ProtobufReference", "TokenDaemon", "Index", "Store", "Wire", "Tokens"], in: "Tests/Fuzz"),
    tests("TokensTests", ["Tokens", "Seeded"]),
    tests("WireTests", ["Wire", "CTokendProto", "Tokens", "ProtobufReference", "Seeded"]),
    tests("IndexTests", ["Index", "Tokens", "Linux", "Seeded"]),
    tests("StoreTests", ["Harness", "Store", "FaultyDisk", "Tokens", "Seeded"]),
    tests("OptionsTests", ["Options"]),
    tests("DaemonTests", ["TokenDaemon", "Wire", "Index", "Store", "Tokens", "Linux"]),
    tests("ClientTests", ["tokend-client", "Options"]),
    tests("BenchTests", ["tokend-bench", "Seeded"]),
    tests("EndToEndTests", ["Harness", "TokenClient", "Wire", "Tokens", "Linux", "Seeded", "tokend", "tokend-client"]),
  ]
)
