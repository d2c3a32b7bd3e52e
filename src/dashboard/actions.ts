/**
 * What a person may do here, as a table: who, where, when, with which input, what it will do. The page offers from it,
 * the server checks with it, and the controller has the last word. What is not possible now is told with its reason.
 */
import { err, ok, type Result } from "../domain/result.ts";
import type { SentenceKey, WordValues } from "../domain/words.ts";
import { alarmRows } from "./actions/alarm.ts";
import { islandRows } from "./actions/island.ts";
import {
  type AccountRole,
  type ActionId,
  type ActionValues,
  type ActionView,
  actionIds,
  type NotOffered,
  roleAtLeast,
} from "./actions/kinds.ts";
import { limitRows } from "./actions/limit.ts";
import type { At, Row, Said } from "./actions/row.ts";
import { judgeValue } from "./actions/values.ts";
import { vehicleRows } from "./actions/vehicle.ts";
import { t } from "./language/language.ts";
import type { Sentence, SiteState } from "./state.ts";
import { lower, wordsOf } from "./view/format.ts";
import { hasParallelPermit } from "./view/permission.ts";
import { totalsOf } from "./view/totals.ts";

export * from "./actions/kinds.ts";

export const actionRows: Readonly<Record<ActionId, Row>> = {
  ...vehicleRows,
  ...limitRows,
  ...islandRows,
  ...alarmRows,
};

const atOf = (state: SiteState): At => ({ state, totals: totalsOf(state), words: wordsOf(state) });

/** What this person may do now, and what not, and why. `supported` is what the controller behind can carry out. */
export function offers(
  state: SiteState,
  role: AccountRole,
  supported: readonly ActionId[],
): {
  readonly offered: readonly ActionView[];
  readonly notOffered: readonly NotOffered[];
  readonly none: string | null;
} {
  const at = atOf(state);
  const { words } = at;
  const offered: ActionView[] = [];
  const notOffered: NotOffered[] = [];
  const done: ReadonlySet<ActionId> = new Set(supported);
  for (const id of actionIds) {
    const row = actionRows[id];
    if (id === "acknowledge" || !done.has(id)) continue;
    const because = row.because(at);
    const allowed = roleAtLeast(role, row.role);
    if (because === null && allowed) offered.push(actionView(id, at));
    else if (because !== null && (!row.quiet || relevant(id, state, at)))
      notOffered.push({ label: String(row.label), because: words.say(...because) });
    else if (because === null && !allowed && role !== "viewer")
      notOffered.push({ label: String(row.label), because: words.say("because.role", { role: row.role }) });
  }
  // Whoever finds the site stopped looks for the way back first.
  if (state.evses.some(({ held }) => held?.level === "everything"))
    offered.sort((a, b) => Number(b.id === "resume") - Number(a.id === "resume"));
  for (const [label, ...said] of alwaysExplained(at, role)) notOffered.push({ label, because: words.say(...said) });
  return { offered, notOffered: grouped(notOffered), none: role === "viewer" ? words.say("because.viewer") : null };
}

/** One line for each reason: a locked-out site would otherwise say the same six times. */
function grouped(items: readonly NotOffered[]): NotOffered[] {
  const labels = new Map<string, string[]>();
  for (const { label, because } of items) labels.set(because, [...(labels.get(because) ?? []), label]);
  return [...labels].map(([because, [first = "", ...rest]]) => ({
    label: [first, ...rest.map(lower)].join(", "),
    because,
  }));
}

/** A quiet action still deserves its reason where its subject is at hand: the reset while locked out. */
const relevant = (id: ActionId, state: SiteState, at: At): boolean =>
  (id === "resetLockout" && state.mode.mode === "lockedOut") ||
  (["restoreTier", "endIsland"].includes(id) && at.totals.islanded);

/** Requests that people have in this state and that nobody can grant. */
function alwaysExplained({ state, totals }: At, role: AccountRole): readonly (readonly [string, ...Said])[] {
  const out: (readonly [string, ...Said])[] = [];
  const { mode } = state;
  if (mode.mode === "lockedOut") {
    out.push([t`Start the island`, totals.k1 === "open" ? "because.lockedOut" : "because.k1NotProven"]);
    out.push([t`Operate K1`, "because.lockedK1"]);
    return out;
  }
  if (totals.islanded) {
    out.push([t`Charge a vehicle`, "because.islandSurplus"]);
    return out;
  }
  if (mode.mode === "enterDelay") {
    out.push([t`Skip the wait`, "because.skipWait", { delayS: state.profile.delayS }]);
    out.push([t`Discharge now`, "because.delayRuns", { endsAtMs: mode.wait?.endsAtMs ?? Number.NaN }]);
  }
  if (mode.mode === "loadOnly" && !hasParallelPermit(state))
    out.push([t`Discharge while the grid is there`, "because.noPermit"]);
  if (role === "operator") out.push([t`Raise a limit`, "because.raise"]);
  if (state.permit?.mode === "parallel-non-export") out.push([t`Export to the grid`, "because.noExport"]);
  return out;
}

function actionView(id: ActionId, at: At): ActionView {
  const row = actionRows[id];
  return {
    id,
    label: String(row.label),
    detail: row.detail(at),
    verb: String(row.verb),
    effects: row.effects(at).map((said) => at.words.say(...said)),
    inputs: row.inputs?.(at) ?? [],
    needsReason: !row.noReason,
    onSite: row.onSite ?? false,
    stopsPower: row.stopsPower ?? false,
  };
}

export interface ActionRequest {
  readonly action: ActionId;
  readonly reason: string;
  readonly values: ActionValues;
}

/** Characters of the ids of events that one acknowledgement may name, separated by commas. */
const eventIdsMax = 8_000;

/** Older than this a state is no ground for an action. */
const staleMs = 3000;

/**
 * Whether this person may do this, on this state. Returns the values as the controller takes them, or the sentence that
 * refuses. `ageMs` is the age of the state, `onSite` a fact established by the server.
 */
export function checkAction(
  state: SiteState,
  request: ActionRequest,
  person: { readonly name: string; readonly role: AccountRole; readonly onSite: boolean },
  supported: readonly ActionId[],
  ageMs: number,
): Result<ActionValues, Sentence> {
  const at = atOf(state);
  const row = actionRows[request.action];
  const refuse = (key: SentenceKey, values?: WordValues): Result<ActionValues, Sentence> =>
    err(values ? { key, values } : { key });
  if (!supported.includes(request.action)) return refuse("refuse.unsupported");
  if (!roleAtLeast(person.role, row.role)) return refuse("refuse.role", { role: row.role });
  if (ageMs > staleMs) return refuse("refuse.stale", { ageS: Math.round(ageMs / 1000) });
  const because = row.because(at);
  if (because !== null) return refuse("refuse.notNow", { because: at.words.say(...because) });
  if (row.onSite && !person.onSite)
    return refuse(request.action === "plannedIsland" ? "refuse.onSiteIsland" : "refuse.onSite");
  if (!row.noReason && request.reason.trim() === "") return refuse("refuse.reason");
  const values: Record<string, number | string> = {};
  for (const input of row.inputs?.(at) ?? []) {
    const given = request.values[input.name] ?? (input.kind === "choice" ? input.usual : undefined);
    const judged = judgeValue(input, given);
    if (!judged.ok) return judged;
    values[input.name] = judged.value;
  }
  if (request.action === "acknowledge") values["event"] = String(request.values["event"] ?? "").slice(0, eventIdsMax);
  const refused = row.check?.(values, at, person);
  return refused ? refuse(...refused) : ok(values);
}
