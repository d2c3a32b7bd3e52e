/** What differs between two configurations, by setting, for a person who has changed a file under a running controller. */

/** Differences named at most. */
const namedMax = 12;

/** Paths like `evses[0].maxChargeW`; the last entry says how many more there are. */
export function changedSettings(before: unknown, after: unknown): string[] {
  const paths: string[] = [];
  compare(before, after, "", paths);
  return paths.length <= namedMax ? paths : [...paths.slice(0, namedMax), `${paths.length - namedMax} more`];
}

function compare(before: unknown, after: unknown, path: string, paths: string[]): void {
  if (Object.is(before, after)) return;
  if (!isGroup(before) || !isGroup(after)) {
    paths.push(path === "" ? "everything" : path);
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const step = Array.isArray(after) ? `[${key}]` : path === "" ? key : `.${key}`;
    compare(before[key], after[key], `${path}${step}`, paths);
  }
}

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
