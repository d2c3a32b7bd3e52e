/** A register map while it is being asked for, and its text. */

/** One row: its keys in their order, values as they stand in YAML. */
export type DraftRow = ReadonlyMap<string, string>;

/** A map as answers make it. */
export interface Draft {
  readonly kind: string;
  readonly maker: string;
  readonly source: string;
  readonly firstRegister: 0 | 1;
  /** Single registers are written with function 6; undefined while nobody has said. */
  single: boolean | undefined;
  readonly facts: Map<string, DraftRow>;
  readonly commands: Map<string, DraftRow>;
  readonly identity: Map<string, string>;
  watchdog: DraftRow | undefined;
  readonly marks: DraftRow[];
}

/** A text as YAML takes it on one line. */
export const quoted = (text: string): string => (/^[A-Za-z][\w ./-]*$/.test(text) ? text : JSON.stringify(text));

const flow = (row: DraftRow): string => `{ ${[...row].map(([key, value]) => `${key}: ${value}`).join(", ")} }`;

/** The file: a head that says where it comes from, then the rows. */
export function draftText(draft: Draft): string {
  const { kind, maker, source, firstRegister, single, facts, commands, identity, watchdog, marks } = draft;
  const lines = [
    `# ${maker}. Begun with \`islet map new\`: compare each value with the device's own display before it is relied on.`,
    `# Source: ${source}. Certain: what was read from the device when this file was made.`,
    `device: ${kind}`,
    `maker: ${quoted(maker)}`,
    "tested: not tried on hardware",
    ...(firstRegister === 1 ? ["firstRegister: 1"] : []),
    ...(single === true ? ["writeSingleRegisters: true"] : []),
    "facts:",
    ...[...facts].map(([name, row]) => `  ${name}: ${flow(row)}`),
  ];
  if (commands.size > 0) lines.push("commands:", ...[...commands].map(([name, row]) => `  ${name}: ${flow(row)}`));
  if (watchdog !== undefined) lines.push(`watchdog: ${flow(watchdog)}`);
  if (identity.size > 0) lines.push("identity:", ...[...identity].map(([name, value]) => `  ${name}: ${value}`));
  if (marks.length > 0) lines.push("recognise:", "  marks:", ...marks.map((mark) => `    - ${flow(mark)}`));
  return `${lines.join("\n")}\n`;
}
