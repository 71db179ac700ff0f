// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "kit",
  targets: [
    .target(name: "Lines"),
    .executableTarget(name: "best", dependencies: ["Lines"]),
    .executableTarget(name: "record"),
    .executableTarget(name: "resume", dependencies: ["Lines"]),
    .target(name: "Sidecar", dependencies: ["Lines"]),
    .executableTarget(name: "sidecar-demo", dependencies: ["Lines", "Sidecar"]),
  ]
)
