/** The configuration's parser as `unwire.ts` tries it: one setting is replaced after it was read and checked. */

/** Where the parser gives back what it read. */
const seam = "config: parsed.data,";
/** The checks, which stand beside it, see what was configured: what is replaced is a copy. */
const replaced = "config: unwired(parsed.data),";

/** What the checks look at: what was configured, but for a setting that nothing else reads. */
const checkSeam = "complaints: crossChecks(parsed.data).map(toPerson),";
const checkReplaced = "complaints: crossChecks(checked(parsed.data)).map(toPerson),";

/** Replaces what stands at a path, in every element where the path goes through a list; null takes it away. */
const helper = `
/** For experiments in a copy of the tree. */
function unwired<T>(read: T): T {
  const given = process.env["ISLET_UNWIRE"];
  if (given === undefined) return read;
  const config = structuredClone(read);
  const { setting, value } = JSON.parse(given) as { setting: string; value: unknown };
  const steps = setting.replace(/\\[\\]$/, "").split(".");
  const walk = (node: unknown, at: number): void => {
    if (typeof node !== "object" || node === null) return;
    const [name, list] = [steps[at]!.replace("[]", ""), steps[at]!.endsWith("[]")];
    const group = node as Record<string, unknown>;
    if (at === steps.length - 1) {
      if (value === null && setting.endsWith("[]")) group[name] = [];
      else if (value === null) delete group[name];
      else group[name] = value;
    } else if (list) for (const element of (group[name] as unknown[] | undefined) ?? []) walk(element, at + 1);
    else walk(group[name], at + 1);
  };
  walk(config, 0);
  return config;
}

function checked<T>(read: T): T {
  const given = process.env["ISLET_UNWIRE"];
  return given !== undefined && (JSON.parse(given) as { byChecks?: boolean }).byChecks === true ? unwired(read) : read;
}
`;

/** Text of the parser with its seam opened; an error when it has no seam, or several. */
export function withUnwiring(parser: string): string {
  for (const place of [seam, checkSeam])
    if (parser.split(place).length !== 2)
      throw new Error("the parser has changed: the place where a setting is replaced was not found");
  return parser.replace(seam, replaced).replace(checkSeam, checkReplaced) + helper;
}
