/// Two systems stand side by side. V2 is traded; V1 is the legacy one on StarkEx, whose public
/// hosts have answered with empty lists since September 2026. Their messages are of one family.
enum EdgeXGeneration: String, Sendable {
  case v1, v2

  init(_ settings: [String: String]) {
    self = settings["generation"].flatMap(EdgeXGeneration.init) ?? .v2
  }

  /// Of REST. Paths of the WebSocket say `v1` on both.
  var path: String { "/api/\(rawValue)" }

  /// What was seen of it: V1 in a capture of its documents, V2 on the live system.
  var depthVersions: EdgeXDepthVersions.Form { self == .v1 ? .next : .same }
}

extension EdgeXDepthVersions.Form {
  /// The setting `depth_versions`, or what the generation is known for.
  init(_ settings: [String: String]) {
    let wanted = settings["depth_versions"].flatMap(EdgeXDepthVersions.Form.init)
    self = wanted ?? EdgeXGeneration(settings).depthVersions
  }
}
