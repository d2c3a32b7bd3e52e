/**
 * A site as a light model: a building, PV and a few vehicles that speak the true subjects with an outbox and signed heads of their
 * own. Many fit into one process. It follows leases as a site does: once, not after their end, within what it can do.
 */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { type DispatcherKey, type Lease, leaseSchema, readOrders } from "../../src/protocols/fleet/orders.ts";
import {
  type FleetRecord,
  headText,
  type LeaseState,
  type RecordBody,
  type SiteMessage,
} from "../../src/protocols/fleet/payloads.ts";

const resendMs = 5_000;

import { type LightPlant, powersOf, quarterMs, quarterOf } from "./light-plant.ts";

export interface LightSite {
  readonly site: string;
  /** Moves it to a moment; makes the records that are due by then. */
  step(nowMs: number): void;
  state(nowMs: number): SiteMessage;
  /** Records to send now. */
  due(nowMs: number): readonly FleetRecord[];
  stored(epoch: string, sequences: readonly number[]): void;
  order(bytes: Uint8Array, nowMs: number): void;
  /** Something happens there. */
  happen(nowMs: number): void;
  /** Records that were made since the start, and those that still wait. */
  readonly made: number;
  readonly waiting: number;
  readonly leases: ReadonlyMap<string, { readonly lease: Lease; readonly state: LeaseState }>;
  /** Of each lease, how often it was begun. */
  readonly begun: ReadonlyMap<string, number>;
}

export interface LightSiteOptions {
  readonly site: string;
  readonly name: string;
  readonly index: number;
  readonly startMs: number;
  /** Energy is told from here on, as if the site had been there. */
  readonly sinceMs: number;
  readonly keys: readonly DispatcherKey[];
}

export function createLightSite({ site, name, index, startMs, sinceMs, keys }: LightSiteOptions): LightSite {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const epoch = `${startMs.toString(36)}-${String(index).padStart(5, "0")}`;
  const outbox = new Map<number, { readonly record: FleetRecord; sentMs: number }>();
  const leases = new Map<string, { readonly lease: Lease; state: LeaseState }>();
  const begun = new Map<string, number>();
  let sequence = 0;
  let audit = { records: 1, hash: createHash("sha256").update(site).digest("hex") };
  let quarter = Math.floor(sinceMs / quarterMs);
  let energy = { sequence: 0, hash: "0".repeat(64) };
  let version = 0;
  const evses = 4 + (index % 5) * 4;

  const add = (body: RecordBody, atMs: number): void => {
    sequence++;
    outbox.set(sequence, { record: { schema: "islet-fleet-record-1", site, epoch, sequence, atMs, body }, sentMs: 0 });
  };
  const write = (what: string): void => {
    audit = {
      records: audit.records + 1,
      hash: createHash("sha256")
        .update(audit.hash + what)
        .digest("hex"),
    };
  };
  const addHead = (nowMs: number): void => {
    const signature = sign(null, Buffer.from(headText(site, audit)), privateKey).toString("base64");
    add(
      { kind: "head", head: { schema: "islet-fleet-head-1", ...audit, boot: epoch, signature, publicKeyPem } },
      nowMs,
    );
  };
  const tell = (id: string, state: LeaseState, reason: string, sentence: string, nowMs: number): void => {
    write(`${id} ${state}`);
    add(
      {
        kind: "receipt",
        receipt: {
          schema: "islet-fleet-receipt-1",
          leaseId: id,
          version,
          state,
          reason,
          sentence,
          todo: "",
          givenW: null,
          audit,
        },
      },
      nowMs,
    );
    addHead(nowMs);
  };

  const running = (): readonly Lease[] =>
    [...leases.values()].flatMap(({ lease, state }) => (state === "running" ? [lease] : []));

  function addEnergy(fromMs: number): void {
    const row = quarterOf({ index, evses }, name, fromMs, energy, running());
    energy = { sequence: row.sequence, hash: row.hash };
    add({ kind: "energy", row }, row.toMs);
  }

  function look(nowMs: number): void {
    for (const [id, entry] of leases) {
      if (entry.state === "accepted" && nowMs >= entry.lease.fromMs) {
        entry.state = "running";
        begun.set(id, (begun.get(id) ?? 0) + 1);
        tell(id, "running", "", "", nowMs);
      }
      if (entry.state === "running" && nowMs >= entry.lease.untilMs) {
        entry.state = "done";
        tell(id, "done", "over", "The lease is over: the local plan goes on.", nowMs);
      }
    }
  }

  return {
    site,
    begun,
    leases,
    step(nowMs) {
      look(nowMs);
      while ((quarter + 1) * quarterMs <= nowMs) addEnergy(quarter++ * quarterMs);
    },
    state: (nowMs) => ({
      ...stateOf({ index, evses }, name, startMs, nowMs, running()),
      ...{ site, audit, waiting: outbox.size },
      leases: [...leases.values()]
        .filter(({ state }) => state === "accepted" || state === "running")
        .map(({ lease, state }) => ({ id: lease.id, state })),
    }),
    due(nowMs) {
      const due: FleetRecord[] = [];
      for (const one of outbox.values()) {
        if (due.length >= 50) break;
        if (nowMs - one.sentMs < resendMs) continue;
        one.sentMs = nowMs;
        due.push(one.record);
      }
      return due;
    },
    stored(of, sequences) {
      if (of === epoch) for (const one of sequences) outbox.delete(one);
    },
    order(bytes, nowMs) {
      const orders = readOrders(bytes, site, keys);
      if (typeof orders === "string" || orders.version <= version) return;
      version = orders.version;
      const given = orders.leases.flatMap((one) => leaseSchema.safeParse(one).data ?? []);
      for (const [id, entry] of leases)
        if ((entry.state === "accepted" || entry.state === "running") && !given.some((one) => one.id === id)) {
          entry.state = "withdrawn";
          tell(id, "withdrawn", "withdrawn", "The fleet has withdrawn it.", nowMs);
        }
      for (const lease of given) {
        if (leases.has(lease.id)) continue;
        const isLate = lease.untilMs <= nowMs;
        leases.set(lease.id, { lease, state: isLate ? "expired" : "accepted" });
        if (isLate) tell(lease.id, "expired", "expired", "The lease's end was past when it came.", nowMs);
      }
      look(nowMs);
    },
    happen(nowMs) {
      const event = {
        schema: "islet-fleet-event-1",
        key: "trial",
        sentence: "Something happened.",
        severity: "info",
        needsPerson: false,
      } as const;
      add({ kind: "event", event }, nowMs);
    },
    get made() {
      return sequence;
    },
    get waiting() {
      return outbox.size;
    },
  };
}

/** What it says of itself; every seventh has a vehicle that will not be ready. */
function stateOf(
  { index, evses }: LightPlant,
  name: string,
  startMs: number,
  nowMs: number,
  running: readonly Lease[],
): Omit<SiteMessage, "site" | "audit" | "waiting" | "leases"> {
  const { building, pv, vehicles } = powersOf({ index, evses }, nowMs, running);
  const pccW = building + vehicles - pv;
  const sentence =
    pccW < 0
      ? `Parallel with the grid, exporting ${(-pccW / 1_000).toFixed(1)} kW of 40.0 kW.`
      : "Parallel with the grid, importing.";
  const isShort = index % 7 === 3;
  return {
    schema: "islet-fleet-state-1",
    ...{ atMs: nowMs, name, mode: "parallel", level: isShort ? "attention" : "normal", sentence, pccW },
    ...{ importLimitW: 120_000, exportLimitW: 40_000, chargersW: vehicles, evses },
    ...{ connected: Math.max(1, evses - (index % 3)), energyAboveReserveWh: evses * 22_000, runwayH: 6 },
    ready: { count: evses - (isShort ? 1 : 0), of: evses },
    needs: isShort
      ? [{ key: "departure-missed", sentence: "A vehicle will not be ready at its departure.", atMs: startMs }]
      : [],
    permit: {
      ...{ reference: `PTO-${1_000 + index}`, utility: ["North", "South", "Coast"][index % 3]! },
      ...{ untilMs: startMs + 300 * 86_400_000, covered: true },
    },
    ...{ version: "light model", clockOffsetMs: 0 },
  };
}
