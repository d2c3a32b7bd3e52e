/** What a system shows of the command: its completion and its manual page, both from the commands' own help. */
import type { Command } from "commander";
import { wholeProgram } from "../../src/cli/main.ts";

const program = await wholeProgram();
const optionsOf = (command: Command): string[] =>
  [...command.options.flatMap(({ long, short }) => [long, short]), "--help"].filter((name) => name !== undefined);

/** Completion for bash: commands, their own commands and options, and file names where neither fits. */
export function bashCompletion(): string {
  const rows = program.commands.map((command) => {
    const words = [...command.commands.map((inner) => inner.name()), ...optionsOf(command)];
    for (const inner of command.commands) words.push(...optionsOf(inner));
    return `    ${command.name()}) words="${[...new Set(words)].join(" ")}" ;;`;
  });
  return `# Completion of the islet command.
_islet() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${rows.join("\n")}
    *) words="${program.commands.map((command) => command.name()).join(" ")} --help --version" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${program.commands.map((command) => command.name()).join(" ")} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _islet islet
`;
}

/** A hyphen is a minus, a dot or an apostrophe at a line's start is no request, a backslash is itself. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");

/** Section 1 of the manual. */
export function manualPage(version: string): string {
  const commands = program.commands.flatMap((command) => [
    `.SS "islet ${roff(command.name())}"`,
    ".nf",
    roff(command.helpInformation().trimEnd()),
    ".fi",
  ]);
  return [
    `.TH ISLET 1 "" "Islet ${version}" "User Commands"`,
    ".SH NAME",
    "islet \\- controller of sites with bidirectional EV chargers",
    ".SH SYNOPSIS",
    ".B islet",
    ".I COMMAND",
    "[option ...]",
    ".SH DESCRIPTION",
    "Enforces how a site with chargers may run: as a load, in parallel with the grid, or as an island that is proven to be cut off.",
    ".SH COMMANDS",
    ...commands,
    ".SH EXIT STATUS",
    "0 when it did what was asked, 1 when it found something wrong, 2 when it was asked wrongly.",
    ".SH FILES",
    ".TP\n.I /etc/islet/site.yaml\nThe site's configuration.",
    ".TP\n.I /var/lib/islet\nWhat survives a restart: permits, audit log, records, settings of people.",
    ".SH SEE ALSO",
    ".I /usr/share/doc/islet",
    "",
  ].join("\n");
}
