// swift-tools-version: 6.2
import PackageDescription

/// Every venue is one folder in `adapters/`: its target, its tests and its fixtures.
let venues = [
  (name: "EdgeX", folder: "edgex"),
  (name: "GRVT", folder: "grvt"),
  (name: "Lighter", folder: "lighter"),
  (name: "Paradex", folder: "paradex"),
  (name: "Variational", folder: "variational"),
]

let rules: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  // `~Escapable` readers over borrowed bytes: zero-copy parsing that the compiler proves safe.
  .enableExperimentalFeature("Lifetimes"),
]

func pure(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: rules)
}

/// A target names all it imports: what it does not name can change without its being built anew.
let pureParts: [Target.Dependency] = [
  "PerpCore", "PerpVenue", "PerpWebSocket", "PerpSim", "PerpGateway", "PerpSetup",
]

let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// The console's pages are part of the program that serves them.
let consolePages = [
  "api-config.html", "api-config.js", "app.css", "app.js", "charts.js", "events.js", "format.js",
  "icon.svg", "market.html", "market.js", "parameters.js", "symbols.js", "trade.html", "trade.js",
]

let package = Package(
  name: "perpwire",
  products: [
    .executable(name: "perpwire", targets: ["perpwire"]),
    .executable(name: "perpwire-bench", targets: ["perpwire-bench"]),
    .executable(name: "perpbot", targets: ["perpbot"]),
  ],
  dependencies: [
    // 1.8.0 broke `parse()`; 1.8.1 repaired it.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.1"),
    // HTTP and WebSocket of perpbot's console alone: on Swift's own concurrency, without more.
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // Pure: no clock, no descriptor, no randomness of their own.
    pure("PerpCore"),
    pure("PerpVenue", ["PerpCore"]),
    pure("PerpCrypto", ["COpenSSL", "CSecp256k1"]),
    pure("PerpWebSocket", ["PerpCore"]),
    pure("PerpSim", ["PerpCore", "PerpVenue", "PerpWebSocket"]),
    pure("PerpGateway", ["PerpCore", "PerpVenue"], exclude: ["METRICS.md", "PROTOCOL.md"]),
    pure("PerpSetup", ["PerpCore", "PerpVenue"], exclude: ["FAULTS.md"]),

    .systemLibrary(
      name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),

    // The rim: threads, sockets, clocks.
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "CPerpIO", dependencies: ["CCurl", "COpenSSL"], cSettings: [.define("_GNU_SOURCE")]),
    .target(
      name: "PerpIO",
      dependencies: ["CPerpIO", "CCurl", "CSQLite"] + pureParts,
      exclude: ["RECORDING.md"],
      swiftSettings: rules),
    pure("PerpVenues", ["PerpVenue"] + venues.map { .byName(name: $0.name) }),
    .executableTarget(
      name: "perpwire",
      dependencies: pureParts + ["PerpCrypto", "PerpIO", "PerpVenues", arguments],
      swiftSettings: rules),

    // Measurements: Foundation and a counting malloc stay out of the product.
    .target(name: "CPerpBench", cSettings: [.define("_GNU_SOURCE")]),
    .executableTarget(
      name: "perpwire-bench",
      dependencies: pureParts
        + ["CPerpBench", "CPerpIO", "PerpCrypto", "PerpIO", "PerpVenues", arguments],
      swiftSettings: rules),

    // The reference consumer. Its strategies are pure and know the gateway's lines alone.
    .target(
      name: "Bot", dependencies: ["PerpCore"], path: "examples/arbitrage/Bot",
      swiftSettings: rules),
    .executableTarget(
      name: "perpbot",
      dependencies: pureParts + [
        "Bot", "PerpIO", "CPerpIO", arguments, .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ],
      path: "examples/arbitrage/perpbot",
      resources: consolePages.map { .embedInCode("console/\($0)") },
      swiftSettings: rules),
    .testTarget(
      name: "BotTests",
      dependencies: ["Bot", "PerpCore", "PerpVenue", "PerpSim", "PerpGateway"],
      path: "examples/arbitrage/Tests", swiftSettings: rules),

    // What the tests of all venues share.
    .target(
      name: "VenueTesting", dependencies: ["PerpCore", "PerpVenue", "PerpSim"],
      path: "Tests/VenueTesting", swiftSettings: rules),
    tests("PerpCore", ["PerpCore"]),
    tests("PerpCrypto", ["PerpCore", "PerpCrypto", "VenueTesting"]),
    tests("PerpVenue", ["PerpCore", "PerpVenue", "VenueTesting"]),
    tests("PerpWebSocket", ["PerpCore", "PerpWebSocket"]),
    tests("PerpSim", ["PerpCore", "PerpVenue", "PerpSim"]),
    tests("PerpGateway", ["PerpCore", "PerpVenue", "PerpGateway"]),
    tests("PerpSetup", pureParts + ["PerpVenues"]),
    tests("PerpVenues", pureParts + ["PerpVenues", "VenueTesting"]),
    tests("PerpIO", pureParts + ["PerpIO", "CPerpIO", "CSQLite"]),
    tests("Perpwire", ["perpwire", "PerpCore", "PerpIO"]),
    tests("Tidy", []),
  ]
    + venues.flatMap { venue -> [Target] in
      [
        .target(
          name: venue.name, dependencies: ["PerpCore", "PerpCrypto", "PerpVenue", "PerpSim"],
          path: "adapters/\(venue.folder)",
          exclude: ["README.md", "Tests"], swiftSettings: rules),
        .testTarget(
          name: "\(venue.name)Tests",
          dependencies: pureParts + ["PerpCrypto", .byName(name: venue.name), "VenueTesting"],
          path: "adapters/\(venue.folder)/Tests", resources: [.copy("Fixtures")],
          swiftSettings: rules),
      ]
    },
  swiftLanguageModes: [.v6]
)
