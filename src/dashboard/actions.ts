/**
 * What a person may do here, as a table: who, where, when, with which input, what it will do. The page offers from it,
 * the server checks with it, and the controller has the last word. What is not possible now is told with its reason.
 */

import { err, ok, type Result } from "../domain/result.ts";
import type { SentenceKey, WordValues } from "../domain/words.ts";
import type { Sentence, SiteState } from "./state.ts";
import { countWord, idleW, kW, lower, pct, type Words, wordsOf } from "./view/format.ts";
import { hasParallelPermit, mayBackUp } from "./view/mode.ts";
import { type Totals, totalsOf } from "./view/totals.ts";

export const actionIds = [
  "stop",
  "pause",
  "resume",
  "tighten",
  "reserve",
  "departure",
  "plannedIsland",
  "restoreTier",
  "shedTier",
  "endIsland",
  "resetLockout",
  "setLimit",
  "enableDischarge",
  "installPermit",
  "acknowledge",
] as const;
export type ActionId = (typeof actionIds)[number];

export const roles = ["viewer", "operator", "installer"] as const;
export type AccountRole = (typeof roles)[number];
export const roleAtLeast = (has: AccountRole, needs: AccountRole): boolean =>
  roles.indexOf(has) >= roles.indexOf(needs);

/** One value that the person gives. `value` is what the form starts with; in the dialog powers are kW, in a request W. */
export type InputView =
  | {
      readonly kind: "power";
      readonly name: string;
      readonly label: string;
      readonly valueW: number;
      readonly minW: number;
      readonly maxW: number;
    }
  | {
      readonly kind: "percent";
      readonly name: string;
      readonly label: string;
      readonly valuePct: number;
      readonly minPct: number;
      readonly maxPct: number;
    }
  | {
      readonly kind: "moment";
      readonly name: string;
      readonly label: string;
      readonly valueMs: number;
      readonly text: string;
    }
  | {
      readonly kind: "choice";
      readonly name: string;
      readonly label: string;
      readonly options: readonly (readonly [string, string])[];
    }
  | { readonly kind: "text"; readonly name: string; readonly label: string; readonly lengthMax: number };

export interface ActionView {
  readonly id: ActionId;
  readonly label: string;
  readonly detail: string;
  readonly verb: string;
  readonly effects: readonly string[];
  readonly inputs: readonly InputView[];
  readonly needsReason: boolean;
  readonly onSite: boolean;
  readonly stopsPower: boolean;
}
export interface NotOffered {
  readonly label: string;
  readonly because: string;
}

export type ActionValues = Readonly<Record<string, number | string>>;

type Said = readonly [SentenceKey, WordValues?];
interface At {
  readonly state: SiteState;
  readonly totals: Totals;
  readonly words: Words;
}
interface Row {
  readonly label: string;
  readonly detail: (at: At) => string;
  readonly verb: string;
  readonly role: AccountRole;
  readonly onSite?: boolean;
  readonly stopsPower?: boolean;
  readonly noReason?: boolean;
  /** Why it is not possible now; null when it is. */
  readonly because: (at: At) => Said | null;
  readonly effects: (at: At) => readonly Said[];
  readonly inputs?: (at: At) => readonly InputView[];
  /** Judges the values beyond their ranges. */
  readonly check?: (values: ActionValues, at: At, role: AccountRole) => Said | null;
  /** Not worth a line in "not offered" when it does not apply at all. */
  readonly quiet?: boolean;
}

export const reserveMinPct = 10;
export const reserveMaxPct = 80;
export const reasonLengthMax = 200;
/** A planned island is a lease: after this it returns by itself. */
export const plannedIslandMs = 60 * 60_000;
/** What a departure asks for when nobody says more. */
const targetUsualPct = 80;
/** A reset is accepted when both contacts have agreed this long. */
const agreeMs = 1000;

const connectedChoices = (at: At): readonly (readonly [string, string])[] =>
  at.state.evses
    .filter((evse) => evse.connected)
    .map(
      (evse) =>
        [String(evse.evse), evse.vehicle ? `${evse.vehicle}, charger ${evse.evse}` : `Charger ${evse.evse}`] as const,
    );

const demandW = (state: SiteState): number =>
  state.limits.find((limit) => limit.id === "demandLimitW")?.value ?? state.importLimitW ?? 0;

const coherent = ({ state, totals }: At): boolean =>
  totals.k1 !== "unproven" && state.k1.agreeSinceMs !== null && state.atMs - state.k1.agreeSinceMs >= agreeMs;

export const actionRows: Record<ActionId, Row> = {
  stop: {
    label: "Stop all charging and discharging",
    detail: () => "Every vehicle to 0 kW. The loads stay fed.",
    verb: "Stop all vehicles",
    role: "operator",
    stopsPower: true,
    because: ({ state, totals }) =>
      state.mode.mode === "lockedOut"
        ? ["because.lockedOut"]
        : totals.islanded
          ? ["because.notParallel"]
          : totals.vehicles === 0
            ? ["because.noVehicle"]
            : null,
    effects: ({ totals }) => [["effect.stopAll"], ...rise(totals.dischargeW - totals.chargeW), ["effect.departures"]],
  },
  pause: {
    label: "Pause discharging",
    detail: () => "Charging goes on by plan.",
    verb: "Pause discharging",
    role: "operator",
    because: (at) =>
      at.state.mode.mode === "lockedOut"
        ? ["because.lockedOut"]
        : at.totals.islanded
          ? ["because.notParallel"]
          : !hasParallelPermit(at.state)
            ? ["because.noPermit"]
            : at.state.evses.every((evse) => evse.paused || !evse.connected)
              ? ["because.allPaused"]
              : null,
    effects: (at) => {
      const price = at.state.day.prices.find((row) => row.fromMs <= at.state.atMs && row.toMs > at.state.atMs);
      const perHour = price ? (at.totals.dischargeW / 1000) * price.perKWh : 0;
      return [
        ["effect.pause"],
        ...rise(at.totals.dischargeW),
        ...(price && perHour >= 0.5
          ? [["effect.cost", { perHour: perHour.toFixed(0), currency: price.currency }] as Said]
          : []),
      ];
    },
  },
  resume: {
    label: "Resume",
    detail: ({ state }) => `${count(state.evses.filter((evse) => evse.paused).length, "charger")} paused now.`,
    verb: "Resume",
    role: "operator",
    quiet: true,
    because: ({ state }) => (state.evses.some((evse) => evse.paused) ? null : ["because.notPaused"]),
    effects: () => [["effect.resume"]],
  },
  tighten: {
    label: "Tighten a limit",
    detail: () => "Only below what is in force.",
    verb: "Tighten",
    role: "operator",
    because: ({ state, totals }) =>
      state.mode.mode === "lockedOut" ? ["because.lockedOut"] : totals.islanded ? ["because.notParallel"] : null,
    effects: ({ state }) => [["effect.nextCycle"], ["effect.only.tighten", { inForceW: demandW(state) }]],
    inputs: ({ state }) => [
      {
        kind: "power",
        name: "demandLimitW",
        label: `New demand limit, kW (${kW(demandW(state), 0)} in force)`,
        valueW: demandW(state),
        minW: 0,
        maxW: maxSiteW(state),
      },
    ],
    check: (values, { state }, role) => {
      const askedW = Number(values["demandLimitW"]);
      return askedW > demandW(state) && role !== "installer"
        ? ["refuse.onlyTighten", { askedW, inForceW: demandW(state) }]
        : null;
    },
  },
  reserve: {
    label: "Change the reserve",
    detail: ({ state }) => `${pct(reservePct(state))} in every vehicle now.`,
    verb: "Change reserve",
    role: "operator",
    because: ({ state }) => (state.mode.mode === "lockedOut" ? ["because.lockedOut"] : null),
    effects: () => [["effect.reserve"]],
    inputs: ({ state }) => [
      {
        kind: "percent",
        name: "reservePct",
        label: `Reserve, % (${reserveMinPct}–${reserveMaxPct})`,
        valuePct: reservePct(state),
        minPct: reserveMinPct,
        maxPct: reserveMaxPct,
      },
    ],
  },
  departure: {
    label: "Change departure times",
    detail: () => "When a vehicle leaves, and how full.",
    verb: "Save departure",
    role: "operator",
    because: ({ state, totals }) =>
      state.mode.mode === "lockedOut" ? ["because.lockedOut"] : totals.vehicles === 0 ? ["because.noVehicle"] : null,
    effects: () => [["effect.replan"]],
    inputs: (at) => {
      const first = at.state.evses.find((evse) => evse.connected);
      const valueMs = first?.departsAtMs ?? at.state.atMs + 8 * 3_600_000;
      return [
        { kind: "choice", name: "evse", label: "Vehicle", options: connectedChoices(at) },
        { kind: "moment", name: "departsAtMs", label: "Leaves at", valueMs, text: at.words.hm(valueMs) },
        {
          kind: "percent",
          name: "targetPct",
          label: "Charged to, %",
          valuePct: Math.round(first?.targetPct ?? targetUsualPct),
          minPct: reserveMinPct,
          maxPct: 100,
        },
      ];
    },
    check: (values, { state }) => {
      const evse = state.evses.find((candidate) => candidate.evse === Number(values["evse"]));
      if (!evse) return ["refuse.unknownEvse", { evse: String(values["evse"]) }];
      if (!evse.connected) return ["refuse.noVehicle", { evse: evse.evse }];
      const departsAtMs = Number(values["departsAtMs"]);
      return departsAtMs <= state.atMs ? ["refuse.past", { departsAtMs }] : null;
    },
  },
  plannedIsland: {
    label: "Planned island",
    detail: () => "You must be on site and turn the key at K1.",
    verb: "Start planned island",
    role: "operator",
    onSite: true,
    because: (at) =>
      at.state.mode.mode === "lockedOut"
        ? ["because.lockedOut"]
        : at.totals.islanded
          ? ["because.islanded"]
          : !["loadOnly", "ceased", "ramping", "parallel", "enterDelay"].includes(at.state.mode.mode) ||
              !at.state.grid.good
            ? ["because.notParallel"]
            : at.state.mode.mode === "enterDelay"
              ? ["because.delayRuns", { endsAtMs: at.state.mode.wait?.endsAtMs ?? Number.NaN }]
              : !mayBackUp(at.state)
                ? ["empty.island"]
                : at.state.island.startsLeft <= 0
                  ? ["because.noStarts"]
                  : null,
    effects: ({ state }) => [
      ["effect.blink"],
      [
        "effect.forms",
        {
          chargers:
            state.island.wouldForm.length === 1
              ? "One charger forms"
              : `${countWord(state.island.wouldForm.length)} chargers form`,
          runwayH: state.tiers.at(-1)?.runwayH ?? Number.NaN,
        },
      ],
      ["effect.islandLasts", { lastsH: plannedIslandMs / 3_600_000 }],
      ["effect.key"],
    ],
  },
  restoreTier: {
    label: "Restore a tier",
    detail: ({ state }) => tierDetail(state, "shed"),
    verb: "Restore tier",
    role: "operator",
    quiet: true,
    because: ({ state, totals }) =>
      !totals.islanded
        ? ["because.notIsland"]
        : state.tiers.some((tier) => tier.state === "shed")
          ? null
          : ["because.nothingToRestore"],
    effects: ({ state }) => {
      const tier = state.tiers.find((candidate) => candidate.state === "shed");
      return tier
        ? [
            [
              "effect.restore",
              { tier: tier.name, loadW: tier.expectedW ?? Number.NaN, runwayH: tier.runwayH ?? Number.NaN },
            ],
          ]
        : [];
    },
    inputs: ({ state }) => {
      // Tiers come back in order: only the first that is shed.
      const i = state.tiers.findIndex((tier) => tier.state === "shed");
      const tier = state.tiers[i];
      return tier ? [{ kind: "choice", name: "tier", label: "Tier", options: [[String(i + 1), tier.name]] }] : [];
    },
  },
  shedTier: {
    label: "Shed a tier",
    detail: ({ state }) => tierDetail(state, "on"),
    verb: "Shed tier",
    role: "operator",
    stopsPower: true,
    quiet: true,
    because: ({ state, totals }) =>
      !totals.islanded
        ? ["because.notIsland"]
        : state.tiers.filter((tier) => tier.state === "on").length > 1
          ? null
          : ["because.nothingToShed"],
    effects: ({ state }) => {
      const i = lastFed(state);
      const tier = state.tiers[i];
      return tier ? [["effect.shed", { tier: tier.name, runwayH: state.tiers[i - 1]?.runwayH ?? Number.NaN }]] : [];
    },
    inputs: ({ state }) => {
      const i = lastFed(state);
      const tier = state.tiers[i];
      return tier && i > 0
        ? [{ kind: "choice", name: "tier", label: "Tier", options: [[String(i + 1), tier.name]] }]
        : [];
    },
  },
  endIsland: {
    label: "Return to the grid",
    detail: () => "Ends the island that was asked for.",
    verb: "Return to the grid",
    role: "operator",
    quiet: true,
    // An island nobody asked for returns by itself; without a grid there is nothing to return to.
    because: ({ state, totals }) =>
      !totals.islanded
        ? ["because.notIsland"]
        : totals.gridDead
          ? ["because.gridDead"]
          : state.mode.cause?.key === "cause.operatorIsland"
            ? null
            : ["because.returnsItself", { returnS: state.profile.returnS }],
    effects: ({ state }) => [["effect.returns", { returnS: state.profile.returnS }], ["effect.blink"]],
  },
  resetLockout: {
    label: "Reset the lockout",
    detail: () => "Only when both contacts agree and the meter is fresh.",
    verb: "Reset the lockout",
    role: "installer",
    onSite: true,
    quiet: true,
    because: (at) =>
      at.state.mode.mode !== "lockedOut"
        ? ["because.notLocked"]
        : !coherent(at)
          ? ["because.contacts"]
          : at.state.health.meterQuality !== "good"
            ? ["because.meter"]
            : null,
    effects: ({ state }) => [["effect.resetSafe", { no: state.k1.no }], ["effect.reset"]],
  },
  setLimit: {
    label: "Change the export limit",
    quiet: true,
    detail: ({ state }) => `Up to the permit: ${kW(state.permit?.exportLimitW ?? 0)}.`,
    verb: "Change",
    role: "installer",
    because: ({ state }) =>
      state.permit?.mode === "parallel-export"
        ? null
        : state.permit === null
          ? ["because.noPermit"]
          : ["because.noExport"],
    effects: () => [["effect.versioned"], ["effect.nextCycle"]],
    inputs: ({ state }) => [
      {
        kind: "power",
        name: "exportLimitW",
        label: "New export limit, kW",
        valueW: state.exportLimitW ?? 0,
        minW: 0,
        maxW: maxSiteW(state),
      },
    ],
    check: (values, { state }) => {
      const askedW = Number(values["exportLimitW"]);
      const permitW = state.permit?.exportLimitW ?? 0;
      return askedW > permitW ? ["refuse.abovePermit", { askedW, permitW }] : null;
    },
  },
  enableDischarge: {
    label: "Enable discharging at a charger",
    detail: ({ state }) =>
      `${count(state.evses.filter((evse) => !evse.dischargeEnabled).length, "charger")} not enabled.`,
    verb: "Enable discharging",
    role: "installer",
    quiet: true,
    because: ({ state }) => (state.evses.some((evse) => !evse.dischargeEnabled) ? null : ["because.allEnabled"]),
    effects: () => [["effect.discharge"]],
    inputs: ({ state }) => [
      {
        kind: "choice",
        name: "evse",
        label: "Charger",
        options: state.evses
          .filter((evse) => !evse.dischargeEnabled)
          .map((evse) => [String(evse.evse), `Charger ${evse.evse}`] as const),
      },
    ],
  },
  installPermit: {
    label: "Install a permit",
    detail: () => "Utility, date, mode, limits, firmware covered.",
    verb: "Install permit",
    role: "installer",
    because: () => null,
    effects: ({ state }) => [["effect.permit", { delayS: state.profile.delayS }], ["effect.versioned"]],
    inputs: () => [
      { kind: "text", name: "permit", label: "The permit file’s content (JSON or YAML)", lengthMax: 8000 },
    ],
  },
  acknowledge: {
    label: "Acknowledge",
    detail: () => "",
    verb: "Acknowledge",
    role: "operator",
    noReason: true,
    quiet: true,
    because: () => null,
    effects: () => [["effect.acknowledge"]],
    check: (values, { state }) =>
      state.events.some((event) => event.id === values["event"]) ? null : ["refuse.unknownEvent"],
  },
};

const rise = (changeW: number): readonly Said[] =>
  changeW > idleW
    ? [["effect.importRises", { riseW: changeW }]]
    : changeW < -idleW
      ? [["effect.importFalls", { fallW: changeW }]]
      : [];
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? " is" : "s are"}`;
const maxSiteW = (state: SiteState): number =>
  Math.max(
    state.importLimitW ?? 0,
    demandW(state),
    state.evses.reduce((sum, evse) => sum + evse.ratedW, 0),
  );
const reservePct = (state: SiteState): number =>
  state.limits.find((limit) => limit.id === "reservePct")?.value ?? state.evses[0]?.reservePct ?? reserveMinPct;
const lastFed = (state: SiteState): number => state.tiers.findLastIndex((tier) => tier.state === "on");
function tierDetail(state: SiteState, which: "on" | "shed"): string {
  const tier =
    which === "on" ? state.tiers[lastFed(state)] : state.tiers.find((candidate) => candidate.state === "shed");
  return tier ? `${tier.name}, ${tier.what}.` : "";
}

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
      notOffered.push({ label: row.label, because: words.say(...because) });
    else if (because === null && !allowed && role !== "viewer")
      notOffered.push({ label: row.label, because: words.say("because.role", { role: row.role }) });
  }
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

/** Wishes that people have in this state and that nobody can grant. */
function alwaysExplained({ state, totals }: At, role: AccountRole): readonly (readonly [string, ...Said])[] {
  const out: (readonly [string, ...Said])[] = [];
  const { mode } = state;
  if (mode.mode === "lockedOut") {
    out.push(["Start the island", totals.k1 === "open" ? "because.lockedOut" : "because.k1NotProven"]);
    out.push(["Operate K1", "because.lockedK1"]);
    return out;
  }
  if (totals.islanded) {
    out.push(["Charge a vehicle", "because.islandSurplus"]);
    return out;
  }
  if (mode.mode === "enterDelay") {
    out.push(["Skip the wait", "because.skipWait", { delayS: state.profile.delayS }]);
    out.push(["Discharge now", "because.delayRuns", { endsAtMs: mode.wait?.endsAtMs ?? Number.NaN }]);
  }
  if (mode.mode === "loadOnly" && !hasParallelPermit(state))
    out.push(["Discharge while the grid is there", "because.noPermit"]);
  if (role === "operator") out.push(["Raise a limit", "because.raise"]);
  if (state.permit?.mode === "parallel-non-export") out.push(["Export to the grid", "because.noExport"]);
  return out;
}

function actionView(id: ActionId, at: At): ActionView {
  const row = actionRows[id];
  return {
    id,
    label: row.label,
    detail: row.detail(at),
    verb: row.verb,
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

/** Older than this a state is no ground for an action. */
export const staleMs = 3000;

/**
 * Whether this person may do this, on this state. Returns the values as the controller takes them, or the sentence that
 * refuses. `ageMs` is the age of the state, `onSite` a fact established by the server.
 */
export function checkAction(
  state: SiteState,
  request: ActionRequest,
  person: { readonly role: AccountRole; readonly onSite: boolean },
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
    const given = request.values[input.name];
    const judged = judge(input, given);
    if (!judged.ok) return judged;
    values[input.name] = judged.value;
  }
  if (request.action === "acknowledge") values["event"] = String(request.values["event"] ?? "").slice(0, 80);
  const refused = row.check?.(values, at, person.role);
  return refused ? refuse(...refused) : ok(values);
}

function judge(input: InputView, given: number | string | undefined): Result<number | string, Sentence> {
  const shown = String(given ?? "nothing").slice(0, 40);
  const between = (
    value: number,
    min: number,
    max: number,
    text: (value: number) => string,
  ): Result<number, Sentence> =>
    Number.isFinite(value) && value >= min && value <= max
      ? ok(value)
      : err({
          key: "refuse.value",
          values: { value: Number.isFinite(value) ? text(value) : shown, min: text(min), max: text(max) },
        });
  const numeric =
    typeof given === "number" ? given : typeof given === "string" && given.trim() !== "" ? Number(given) : Number.NaN;
  switch (input.kind) {
    case "power":
      return between(numeric, input.minW, input.maxW, (value) => kW(value));
    case "percent":
      return between(numeric, input.minPct, input.maxPct, (value) => pct(value));
    case "moment":
      return Number.isFinite(numeric)
        ? ok(numeric)
        : err({ key: "refuse.value", values: { value: shown, min: "now", max: "a week ahead" } });
    case "choice": {
      const options = input.options.map(([value]) => value);
      return options.includes(String(given))
        ? ok(String(given))
        : err({ key: "refuse.value", values: { value: shown, min: options[0] ?? "–", max: options.at(-1) ?? "–" } });
    }
    case "text":
      return typeof given === "string" && given.length > 0 && given.length <= input.lengthMax
        ? ok(given)
        : err({
            key: "refuse.value",
            values: { value: shown, min: "1 character", max: `${input.lengthMax} characters` },
          });
  }
}
