import Foundation
import Testing

/// What is installed beside the program; script/test-package tests the package itself.
@Suite(.ownThread) struct PackagingTests {
  private static func run(_ script: String) async throws -> Program.Ending {
    try await Program(
      ["-c", "cd '\(Kit.root)' && \(script)"], of: "/bin/bash",
      environment: ["PERPWIRE": Program.path], within: 60
    ).end()
  }

  @Test(
    "manual pages render without warnings and have all that --help has",
    .enabled(if: Tool.areHere(["jq", "man"]), "needs jq and man"))
  func manual() async throws {
    let folder = TestFolder()
    let made = try await Self.run("script/manual $PERPWIRE \(folder.path)")
    #expect(made.status == 0 && made.errors == "", "\(made.errors)")
    let rendered = try await Self.run(
      "for page in \(folder.path)/*.1; do man --warnings -E UTF-8 -l $page; done > /dev/null")
    #expect(rendered.status == 0 && rendered.errors == "", "\(rendered.errors)")
    let help = try await Program.run("--help")
    let own = try String(contentsOfFile: folder.file("perpwire.1"), encoding: .utf8)
    let codes = help.output.matches(of: /(?:^|  )(\d\d?) [a-z]/).map(\.output.1)
    #expect(codes.count == 9)
    for code in codes { #expect(own.contains(".It \(code)\n"), "\(code)") }
    let commands = try await Self.run(
      "$PERPWIRE --experimental-dump-help | jq -r '.command.subcommands[].commandName'")
    for command in commands.lines where command != "help" {
      #expect(own.contains(".It Xr perpwire-\(command) 1\n"), "\(command)")
      let page = try String(
        contentsOfFile: folder.file("perpwire-\(command).1"), encoding: .utf8)
      let help = try await Program.run(command, "--help")
      for option in Set(help.output.matches(of: /\n  --([a-z-]+)/).map(\.output.1)) {
        #expect(page.contains(".It Fl Fl \(option)"), "\(command) --\(option)")
      }
    }
  }

  @Test("bash completes commands and options")
  func bashCompletion() async throws {
    let completed = try await Self.run(
      """
      source <($PERPWIRE --generate-completion-script bash)
      for line in "perpwire str" "perpwire record --int"; do
        COMPREPLY=() COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=($line)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _perpwire perpwire "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[@]}"
      done
      """)
    #expect(completed.lines == ["stream", "--into"] && completed.errors == "")
  }

  @Test("fish completes them too", .enabled(if: Tool.areHere(["fish"]), "needs fish"))
  func fishCompletion() async throws {
    let folder = TestFolder()
    let script = folder.file("c.fish")
    let completed = try await Self.run(
      """
      $PERPWIRE --generate-completion-script fish > \(script)
      HOME=\(folder.path) fish -c "source \(script); complete -C 'perpwire rep'"
      """)
    #expect(completed.lines.map { $0.prefix { $0 != "\t" } } == ["replay"], "\(completed.errors)")
  }

  @Test("zsh reads its completions", .enabled(if: Tool.areHere(["zsh"]), "needs zsh"))
  func zshCompletion() async throws {
    let parsed = try await Self.run("$PERPWIRE --generate-completion-script zsh | zsh -n")
    #expect(parsed.status == 0 && parsed.errors == "", "\(parsed.errors)")
  }

  @Test("everything goes where it is looked for", .enabled(if: Tool.areHere(["jq"]), "needs jq"))
  func installation() async throws {
    let folder = TestFolder()
    let installed = try await Self.run("DESTDIR=\(folder.path) PREFIX=/opt/pw script/install")
    #expect(installed.status == 0 && installed.errors == "", "\(installed.errors)")
    let files = try await Self.run("cd \(folder.path)/opt/pw && find . -type f -printf '%P %m\\n'")
    for file in [
      "bin/perpwire 755", "lib/systemd/system/perpwire.socket 644",
      "share/bash-completion/completions/perpwire 644",
      "share/zsh/site-functions/_perpwire 644",
      "share/fish/vendor_completions.d/perpwire.fish 644", "share/man/man1/perpwire.1 644",
      "share/man/man1/perpwire-stream.1 644", "share/doc/perpwire/PROTOCOL.md 644",
      "share/doc/perpwire/LICENSE 644", "share/doc/perpwire/examples/perpwire.toml 644",
      "share/doc/perpwire/examples/python/resume.py 644",
    ] { #expect(files.lines.contains(file), "\(file)") }
    let unit = try String(
      contentsOfFile: folder.file("opt/pw/lib/systemd/system/perpwire.service"), encoding: .utf8)
    #expect(unit.contains("\nExecStart=/opt/pw/bin/perpwire serve "))
  }
}
