import Bot
import PerpCore
import Testing

/// Rows C-08 and C-19.
@Suite("Settings") struct SettingsTests {
  private let parameters = [
    Parameter("size", .decimal(Parameter.amounts, above: true), default: nil, "how much"),
    Parameter("samples", .integer(1...10), default: "5", variable: "SAMPLES", "how many"),
    Parameter("pause", .seconds(Decimal.zero...Decimal(60)), default: "0.9", "how long"),
    Parameter("token", .text, default: "", variable: "TOKEN", isSecret: true, "who"),
    Parameter("dry-run", .flag, default: "false", "whether"),
  ]

  @Test("C-08 the command line goes before the file, the environment and the default")
  func precedence() throws {
    let environment = ["SAMPLES": "2"]
    let arguments = ["--size", "1"]
    let fallback = try Settings(parameters, arguments: arguments)
    #expect(fallback.integer("samples") == 5 && fallback.source("samples") == .fallback)
    let variable = try Settings(parameters, arguments: arguments, environment: environment)
    #expect(variable.integer("samples") == 2)
    let file = try Settings(
      parameters, arguments: arguments, file: [("samples", "3")], environment: environment)
    #expect(file.integer("samples") == 3 && file.source("samples") == .file)
    let line = try Settings(
      parameters, arguments: arguments + ["--samples=4", "--dry-run"], file: [("samples", "3")],
      environment: environment)
    #expect(line.integer("samples") == 4 && line.flag("dry-run"))
    #expect(line.span("pause") == 900_000_000)
  }

  @Test("C-08 all that is wrong is named at once")
  func complaints() {
    let problem = #expect(throws: Settings.Problem.self) {
      try Settings(
        parameters, arguments: ["--sizes", "1", "--samples", "11", "stray"],
        file: [("colour", "red")])
    }
    let text = problem?.description ?? ""
    for part in ["--sizes", "colour", "--samples: \"11\" must be 1 to 10", "stray", "--size is"] {
      #expect(text.contains(part), "\(part): \(text)")
    }
  }

  @Test(
    "C-19 values are held to their range",
    arguments: ["--size=0", "--size=-1", "--size=x", "--pause=61", "--samples=0", "--dry-run=y"])
  func ranges(argument: String) {
    #expect(throws: Settings.Problem.self) {
      try Settings(parameters, arguments: ["--size", "1", argument])
    }
  }

  @Test("C-08 secrets are masked, in the listing and in complaints")
  func secrets() throws {
    let secret = "123456789:AAbbCC"
    let settings = try Settings(
      parameters, arguments: ["--size", "1"], environment: ["TOKEN": secret])
    let listing = settings.listing.joined(separator: "\n")
    #expect(listing.contains("token = ****bbCC (environment)"))
    #expect(!listing.contains("123456789"))
    #expect(Settings.mask("short") == "****")
    let problem = #expect(throws: Settings.Problem.self) {
      try Settings(parameters, arguments: ["--size", "1", "--token", secret])
    }
    #expect(problem?.lines.count == 1 && problem?.description.contains(secret) == false)
  }

  @Test("files of assignments")
  func assignments() throws {
    let text = "# note\n\nexport A = 'x y'\nB=\"1=2\"\nC=\n"
    let pairs = try Assignments.read(text, of: ".env")
    #expect(pairs.map(\.0) == ["A", "B", "C"])
    #expect(pairs.map(\.1) == ["x y", "1=2", ""])
    #expect(throws: Assignments.Problem(description: ".env, line 2: expected NAME=value")) {
      try Assignments.read("A=1\nnonsense", of: ".env")
    }
  }

  @Test("C-08 a preset goes before defaults, and everything that is given before a preset")
  func presets() throws {
    let parameters = [
      Parameter("preset", .choice(["v1", "v2"]), default: "v1", "a set of defaults"),
      Parameter("gamma", .text, default: "0.3", presets: ["v2": "0.03"], variable: "G", ""),
      Parameter("kappa", .text, default: "1.5", ""),
    ]
    let plain = try Settings(parameters, arguments: [])
    #expect(plain.text("gamma") == "0.3" && plain.source("gamma") == .fallback)
    let preset = try Settings(parameters, arguments: [], file: [("preset", "v2")])
    #expect(preset.text("gamma") == "0.03" && preset.source("gamma") == .preset)
    #expect(preset.text("kappa") == "1.5")
    let given = try Settings(
      parameters, arguments: ["--preset", "v2"], environment: ["G": "0.1"])
    #expect(given.text("gamma") == "0.1")
  }

  @Test("S2-30 presets calm and fast have their own defaults, which what is given goes before")
  func hedgePresets() throws {
    func settings(_ arguments: [String]) throws -> HedgeSettings {
      try HedgeSettings(Settings(HedgeSettings.parameters, arguments: arguments))
    }
    let calm = try settings(["--preset", "calm", "--stop-loss", "40"])
    #expect(calm.margin == Decimal(50) && calm.holdTime == Nanoseconds.seconds(600))
    #expect(calm.takeProfit == Decimal(30) && calm.stopLoss == Decimal(40))
    let fast = try settings(["--preset", "fast"])
    #expect(fast.margin == Decimal(100) && fast.holdTime == Nanoseconds.seconds(180))
    #expect(fast.takeProfit == Decimal(50) && fast.stopLoss == Decimal(50))
  }
}
