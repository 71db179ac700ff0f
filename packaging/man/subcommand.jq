# The manual page of a subcommand, as mdoc, from `perpwire --experimental-dump-help`.
# jq -r --arg name stream --arg version 0.1.0 --arg date 'July 1, 2026' -f subcommand.jq

def code: gsub("\\\\"; "\\e") | gsub("-"; "\\-") | gsub("'"; "\\(aq") | sub("^\\."; "\\&.");
def prose: gsub("\\\\"; "\\e") | gsub("--"; "\\-\\-") | sub("^(?<first>[.'])"; "\\&\(.first)");
def sentences: prose | gsub("(?<end>[a-z0-9)][.:]) (?=[A-Z])"; "\(.end)\n");

def flags: map(if .kind == "long" then "Fl Fl \(.name)" else "Fl \(.name)" end);
def value: if .kind == "option" then " Ar \(.valueName)" else "" end;

def synopsis:
  if .kind == "positional" then "Ar \(.valueName)" + (if .isRepeating then " ..." else "" end)
  else ([.preferredName] | flags[0]) + value end;

def item:
  (if .kind == "positional" then ".It Ar \(.valueName)"
    else ".It " + (.names | reverse | flags | join(" , ")) + value end),
  (.abstract // empty | sentences),
  (.discussion // empty | sentences),
  (.defaultValue // empty | "By default\n.Ql \(code) .");

# What the discussion says, line by line: {section, text, literal}. Examples are indented; what is
# not goes on with the description. A table is literal, too.
def lines:
  foreach (. // "" | split("\n"))[] as $line ({section: "DESCRIPTION"};
    .heading = ($line | test("^[A-Z]+( [A-Z]+)*$"))
    | if .heading then .section = ($line | sub("EXIT CODES"; "EXIT STATUS"))
      elif .section == "EXAMPLES" and ($line | test("^[^ ]")) then .section = "DESCRIPTION"
      else . end
    | .text = $line | .literal = ($line | test("^ |[^ ]  +[^ ]"));
    select(.heading | not));

def body:
  reduce (.[], {text: "", literal: false, end: true}) as $line ({out: [], literal: false, gap: false};
    if $line.text == "" and ($line.end | not) then .gap = true
    else
      (if .literal and ($line.literal | not) then .out += [".Ed"] else . end)
      | if .gap and (.out | length > 0) and ($line.end | not) then
          .out += (if .literal and $line.literal then [""] else [".Pp"] end)
        else . end
      | .gap = false
      | (if $line.literal and (.literal | not) then
          (if .out[-1] == ".Pp" then .out = .out[:-1] else . end)
          | .out += [".Bd -literal"]
        else . end)
      | (if $line.end then . else
          .out += [$line.text | if $line.literal then code else sentences end]
        end)
      | .literal = $line.literal
    end)
  | .out[];

def section($name; $lines): if $lines == [] then empty else ".Sh \($name)", ($lines | body) end;

.command.subcommands[] | select(.commandName == $name)
| [.discussion | lines] as $lines
| ([$lines[].section] | unique - ["DESCRIPTION", "EXAMPLES"]) as $further
| ".Dd \($date)",
  ".Dt PERPWIRE-\($name | ascii_upcase) 1",
  ".Os perpwire \($version)",
  ".Sh NAME",
  ".Nm perpwire-\($name)",
  ".Nd \(.abstract | rtrimstr(".") | prose)",
  ".Sh SYNOPSIS",
  ".Nm perpwire \($name)",
  ".Op Ar options",
  (.arguments[] | select(.shouldDisplay)
    | if .isOptional | not then ".\(synopsis)"
      elif .kind == "positional" then ".Op \(synopsis)" else empty end),
  ".Sh DESCRIPTION",
  (.abstract | sentences),
  ([$lines[] | select(.section == "DESCRIPTION")] | if any(.text != "") then ".Pp", body else empty end),
  ".Pp",
  "The options are:",
  ".Bl -tag -width Ds",
  (.arguments[] | select(.shouldDisplay) | item),
  ".El",
  ($further[] | . as $section | section($section; [$lines[] | select(.section == $section)])),
  section("EXAMPLES"; [$lines[] | select(.section == "EXAMPLES")]),
  ".Sh SEE ALSO",
  ".Xr perpwire 1"
