/**
 * Carries out dispatches: one worker of all leads. It reads what sites offer and deliver, lets the controller decide, and gives the
 * leases; all that it knows stands in the database, so that another can take it up.
 */

import { randomBytes } from "node:crypto";
import { hourMs, minuteMs } from "../../src/domain/units.ts";
import type { PowerMessage, SiteOffer } from "../../src/protocols/fleet/payloads.ts";
import type { Database } from "../store/database.ts";
import * as store from "../store/dispatches.ts";
import { changeLeases, type LeaseChange, type StandingDocument } from "../store/orders.ts";
import { createDispatch, type Dispatch, type DispatchChange, type DispatchProgress, leadMs } from "./controller.ts";
import { noOffer, type Offer } from "./member.ts";

export interface RunnerOptions {
  readonly database: Database;
  /** The dispatcher's private key, PEM. */
  readonly dispatcherKey: string;
  readonly tell: (document: StandingDocument) => void;
  readonly log: (sentence: string) => void;
}

export interface Runner {
  hear(message: PowerMessage, nowMs: number): void;
  /** To be called each second, and not again before it is done. */
  look(nowMs: number): Promise<void>;
}

interface Run {
  readonly row: store.DispatchRow;
  readonly dispatch: Dispatch;
  /** The lease that each site has of it now. */
  readonly leases: Map<string, string>;
  /** Of the newest state that was read, by the database's clock. */
  savedMs: number;
  steppedMs: number;
  /** The minute that runs: what was delivered before it, and what was by the last step. */
  minute: { fromMs: number; beforeWh: number; beforeMs: number; lastWh: number; lastMs: number };
}

const stepEveryMs = 5_000;
/** After its end the last powers and receipts come in, ms. */
const afterMs = 30_000;
/** What a site has said of itself stands for so long, ms: it tells itself each minute. */
const stateMaxMs = 180_000;

export function createRunner({ database, dispatcherKey, tell, log }: RunnerOptions): Runner {
  const holder = randomBytes(8).toString("hex");
  const runs = new Map<string, Run>();
  let said = "";

  async function lead(nowMs: number): Promise<void> {
    if (!(await store.leads(database, "dispatch", holder))) return runs.clear();
    const open = await store.openDispatches(database, nowMs, leadMs + stepEveryMs);
    for (const id of runs.keys()) if (!open.some((row) => row.id === id)) runs.delete(id);
    for (const row of open) {
      const run = runs.get(row.id) ?? (await takeUp(database, row, nowMs));
      runs.set(row.id, run);
      if (nowMs - run.steppedMs >= stepEveryMs) await stepRun(run, row.withdrawn, nowMs);
    }
  }

  async function stepRun(run: Run, withdrawn: boolean, nowMs: number): Promise<void> {
    const { row, dispatch } = run;
    run.steppedMs = nowMs;
    await hearStates(database, run, nowMs);
    for (const { site, state } of await store.lostLeases(database, row.id))
      dispatch.lose(String(site), state === "refused" ? "refused" : "ended", nowMs);
    const outBefore = dispatch.members.map(({ out }) => out);
    const changes = withdrawn || nowMs >= row.untilMs ? ends(run, withdrawn) : dispatch.step(nowMs);
    const touched = new Set(changes.map(({ site }) => site));
    dispatch.members.forEach(({ site, out }, i) => {
      if (out !== outBefore[i]) touched.add(site);
    });
    await give(run, changes, nowMs);
    await database.atomically((session) => store.saveMembers(session, row.id, memberRows(run, touched)));
    if (nowMs >= row.untilMs) dispatch.step(nowMs);
    const progress = dispatch.progress(nowMs);
    await keepMinute(run, progress, nowMs);
    const isOver = withdrawn || nowMs >= row.untilMs + afterMs;
    await store.saveProgress(database, row.id, { ...progress, atMs: nowMs }, isOver);
    if (!isOver) return;
    // What was learnt stands for the next time.
    const all = new Set(dispatch.members.map(({ site }) => site));
    await database.atomically((session) => store.saveMembers(session, row.id, memberRows(run, all)));
    runs.delete(row.id);
  }

  async function give(run: Run, changes: readonly DispatchChange[], nowMs: number): Promise<void> {
    const { row, dispatch, leases } = run;
    const wanted = changes.map(({ site, valueW, fromMs, untilMs }, i): LeaseChange => {
      const replaces = leases.get(site) ?? null;
      if (valueW === null) return { site, replaces, lease: null };
      const id = `${row.id}-${nowMs.toString(36)}-${i.toString(36)}`;
      const { cause, issuedBy } = row;
      return { site, replaces, lease: { ...{ id, kind: "power", evse: 0, valueW, fromMs, untilMs, cause, issuedBy } } };
    });
    if (wanted.length === 0) return;
    await changeLeases(database, wanted, dispatcherKey, nowMs, {
      // Whoever takes it up finds each lease with the member that has it. Where it fails, all is read anew from the database.
      async within(session, { changes: chunk, full }) {
        for (const { site, lease } of chunk) {
          if (full.has(site)) dispatch.lose(site, "refused", nowMs);
          else if (lease === null) leases.delete(site);
          else leases.set(site, lease.id);
        }
        await store.saveMembers(session, row.id, memberRows(run, new Set(chunk.map(({ site }) => site))));
      },
      after({ documents }) {
        for (const document of documents) tell(document);
      },
    });
  }

  /** Means of minutes are their energies: a step that comes late changes nothing in them. */
  async function keepMinute({ row, minute }: Run, progress: DispatchProgress, nowMs: number): Promise<void> {
    const { deliveredWh, measuredW, asked } = progress;
    const fromMs = nowMs - ((nowMs - row.fromMs) % minuteMs);
    if (fromMs !== minute.fromMs)
      Object.assign(minute, { fromMs, beforeWh: minute.lastWh, beforeMs: Math.max(minute.lastMs, row.fromMs) });
    Object.assign(minute, { lastWh: deliveredWh, lastMs: nowMs });
    if (nowMs < row.fromMs || nowMs >= row.untilMs) return;
    const hours = (nowMs - minute.beforeMs) / hourMs;
    const meanW = Number.isFinite(hours) && hours > 0 ? (deliveredWh - minute.beforeWh) / hours : measuredW;
    await store.saveMinute(database, row.id, fromMs, meanW, asked);
  }

  return {
    hear({ site, chargersW }, nowMs) {
      if (chargersW === null) return;
      for (const { dispatch, leases } of runs.values()) if (leases.has(site)) dispatch.hear(site, chargersW, nowMs);
    },
    async look(nowMs) {
      try {
        await lead(nowMs);
      } catch (failure) {
        // Leases stand at the sites until their end; it is taken up again when the database is there.
        const sentence = `Dispatch: ${failure instanceof Error ? failure.message : String(failure)}. Leases that stand go on.`;
        if (sentence !== said) log(sentence);
        said = sentence;
        runs.clear();
      }
    },
  };
}

/** From what stands in the database: one that is new, or one that another worker had led. */
async function takeUp(database: Database, row: store.DispatchRow, nowMs: number): Promise<Run> {
  const members = new Map((await store.membersOf(database, row.id)).map((one) => [one.site, one]));
  const trusted = await store.trusts(database);
  const dispatch = createDispatch(row, [...members.keys()], {
    of(site) {
      const [member, trust] = [members.get(site), trusted.get(site)];
      if (member !== undefined)
        return { trust: member.trust, askedW: member.asked_w, untilMs: member.until_ms, out: member.out };
      return trust === undefined ? undefined : { trust, askedW: 0, untilMs: 0, out: "" };
    },
    deliveredWh: deliveredBefore(row, nowMs),
    atMs: nowMs,
  });
  const leases = new Map<string, string>();
  for (const { site, lease_id: id } of members.values()) if (id !== null) leases.set(site, id);
  // Of one that was led before, what sites deliver is heard first.
  const steppedMs = members.size > 0 ? nowMs : 0;
  const wasWh = dispatch.progress(nowMs).deliveredWh;
  const minute = { fromMs: 0, beforeWh: 0, beforeMs: 0, lastWh: wasWh, lastMs: nowMs };
  return { row, dispatch, leases, savedMs: 0, steppedMs, minute };
}

/** While nobody led, the leases stood: it went on as it was seen last. */
function deliveredBefore({ progress, untilMs }: store.DispatchRow, nowMs: number): number {
  if (progress === null) return 0;
  const { deliveredWh, measuredW, atMs } = progress;
  return deliveredWh + (measuredW * Math.max(0, Math.min(nowMs, untilMs) - atMs)) / 3_600_000;
}

/** What sites have said since the last time. Who was not heard of before takes part from now on. */
async function hearStates(database: Database, run: Run, nowMs: number): Promise<void> {
  const { row, dispatch, leases } = run;
  const rows = await store.newStates(database, row.utility, run.savedMs);
  const known = new Set(dispatch.members.map(({ site }) => site));
  // Who takes part already goes on by its last word, however old that is: it may be the fleet that was away.
  const unknown = rows.flatMap(({ site, heard_ms: heardMs }) =>
    known.has(String(site)) || nowMs - Number(heardMs) > stateMaxMs ? [] : [String(site)],
  );
  if (unknown.length > 0) {
    const joined = await store.candidates(database, row, unknown);
    for (const site of joined) dispatch.join(site);
    // Each is a member from then on, so that no other dispatch takes it.
    await database.atomically((session) => store.saveMembers(session, row.id, memberRows(run, new Set(joined))));
  }
  for (const { site, heard_ms: heardMs, saved_ms: savedMs, offer, chargers_w: chargersW } of rows) {
    run.savedMs = Math.max(run.savedMs, Number(savedMs));
    dispatch.offer(String(site), offerOf(offer as SiteOffer | null, row.targetW));
    // One that is asked tells its power itself, and newer.
    if (typeof chargersW === "number" && !leases.has(String(site)))
      dispatch.hear(String(site), chargersW, Number(heardMs));
  }
}

function offerOf(offer: SiteOffer | null, targetW: number): Offer {
  if (offer === null) return noOffer;
  const { dischargeW, dischargeWh, chargeW, chargeWh, untilMs, rampMs = 0 } = offer;
  return targetW < 0
    ? { powerW: dischargeW, energyWh: dischargeWh, untilMs, rampMs }
    : { powerW: chargeW, energyWh: chargeWh, untilMs, rampMs };
}

/** All that is asked ends: by its lease where that is over anyway. */
const ends = ({ dispatch, leases }: Run, withdrawn: boolean): readonly DispatchChange[] =>
  withdrawn
    ? dispatch.members
        .filter(({ site }) => leases.has(site))
        .map(({ site }) => ({ site, valueW: null, fromMs: 0, untilMs: 0 }))
    : [];

const memberRows = ({ row, dispatch, leases }: Run, touched: ReadonlySet<string>): store.MemberRow[] =>
  dispatch.members
    .filter(({ site }) => touched.has(site))
    .map(({ site, askedW, untilMs, trust, out }) => ({
      ...{
        site,
        asked_w: askedW * Math.sign(row.targetW),
        lease_id: leases.get(site) ?? null,
        until_ms: Math.round(untilMs),
      },
      ...{ trust, out },
    }));
