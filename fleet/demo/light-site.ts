/**
 * A site as a light model: a building, PV and a few vehicles that speak the true subjects with an outbox and signed heads of their
 * own. Many fit into one process. It follows leases as a site does: once, not after their end, within what it can do.
 */
import { type Lease, leaseSchema, readOrders } from "../../src/protocols/fleet/orders.ts";
import type { FleetRecord, LeaseState, PowerMessage, SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import type { DispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { createLightLife, exportLimitW, importLimitW } from "./light-life.ts";
import { createLightOutbox } from "./light-outbox.ts";
import { pastQuarter, powersOf, quarterMs, quarterOf } from "./light-plant.ts";
import { createLightRelease, type LightBadVersion } from "./light-release.ts";
import { createLightVehicles, type LightFault, type LightVehicles, noFault, offersOf } from "./light-vehicles.ts";

export interface LightSite {
  readonly site: string;
  /** Moves it to a moment; makes the records that are due by then. */
  step(nowMs: number): void;
  state(nowMs: number): SiteMessage;
  /** What its chargers do, while a lease for power stands; null otherwise. */
  power(nowMs: number): PowerMessage | null;
  /** Nothing comes from there, and nothing reaches it. */
  isSilent(nowMs: number): boolean;
  /** Records to send now. */
  due(nowMs: number): readonly FleetRecord[];
  stored(epoch: string, sequences: readonly number[]): void;
  /** The fleet asks what stands at these places of its audit log. */
  asked(places: readonly number[], nowMs: number): void;
  order(bytes: Uint8Array, nowMs: number): void;
  /** A document of a release has come. */
  release(bytes: Uint8Array, nowMs: number): void;
  /** The version that runs. */
  readonly islet: string;
  /** The controller is killed and begins again: requests are over, limits stand, records are kept. */
  restart(nowMs: number): void;
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
  readonly fault?: LightFault;
  /** It is an island until then, ms. */
  readonly islandUntilMs?: number;
  readonly badVersion?: LightBadVersion | null;
}

export function createLightSite({
  site,
  name,
  index,
  startMs,
  sinceMs,
  keys,
  fault = noFault,
  islandUntilMs = Number.NEGATIVE_INFINITY,
  badVersion = null,
}: LightSiteOptions): LightSite {
  const outbox = createLightOutbox(site, `${startMs.toString(36)}-${String(index).padStart(5, "0")}`);
  const leases = new Map<string, { readonly lease: Lease; state: LeaseState }>();
  const begun = new Map<string, number>();
  let quarter = Math.floor(sinceMs / quarterMs);
  let energy = { sequence: 0, hash: "0".repeat(64) };
  let version = 0;
  const plant = { index, evses: 4 + (index % 5) * 4 };
  const vehicles = createLightVehicles(index, plant.evses, startMs);
  const life = createLightLife(plant, vehicles, fault, startMs);

  const tell = (id: string, state: LeaseState, reason: string, sentence: string, nowMs: number): void => {
    outbox.write(`${id} ${state}`);
    const receipt = {
      schema: "islet-fleet-receipt-1",
      ...{ leaseId: id, version, state, reason, sentence, todo: "" },
      ...{ givenW: null, givenWh: life.givenWh(id), audit: outbox.audit },
    } as const;
    outbox.add({ kind: "receipt", receipt }, nowMs);
    outbox.addHead(nowMs);
  };

  const running = (): readonly Lease[] =>
    [...leases.values()].flatMap(({ lease, state }) => (state === "running" ? [lease] : []));

  function addEnergy(fromMs: number): void {
    const lived = life.takeSums();
    const row = quarterOf(site, fromMs, energy, fromMs < startMs ? pastQuarter(plant, fromMs) : lived);
    energy = { sequence: row.sequence, hash: row.hash };
    outbox.add({ kind: "energy", row }, row.toMs);
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

  const happen = (nowMs: number, severity: "info" | "critical", sentence: string): void => {
    const event = { schema: "islet-fleet-event-1", key: "trial", sentence, severity, needsPerson: false } as const;
    outbox.add({ kind: "event", event }, nowMs);
  };
  const release = createLightRelease(
    site,
    keys,
    badVersion,
    (news, nowMs) => outbox.add({ kind: "release", release: news }, nowMs),
    (nowMs) => happen(nowMs, "critical", "A stage has switched itself off."),
  );
  const waitsFor = (nowMs: number): string => {
    if (nowMs < islandUntilMs) return "The site is an island.";
    return running().some(({ kind }) => kind === "power") ? "A request of the fleet for power stands." : "";
  };

  return {
    site,
    begun,
    leases,
    step(nowMs) {
      life.move(nowMs, running());
      look(nowMs);
      release.step(nowMs, waitsFor(nowMs));
      while ((quarter + 1) * quarterMs <= nowMs) addEnergy(quarter++ * quarterMs);
    },
    state: (nowMs) => ({
      ...stateOf(index, plant.evses, name, startMs, nowMs, vehicles),
      ...{ site, audit: outbox.audit, waiting: outbox.waiting },
      ...(nowMs >= fault.deadFromMs && { offer: null }),
      ...(nowMs < islandUntilMs && { mode: "islandRunning", offer: null }),
      version: release.islet,
      leases: [...leases.values()]
        .filter(({ state }) => state === "accepted" || state === "running")
        .map(({ lease, state }) => ({ id: lease.id, state })),
    }),
    power: (nowMs) =>
      running().some(({ kind }) => kind === "power")
        ? { schema: "islet-fleet-power-1", site, atMs: nowMs, chargersW: vehicles.powerW }
        : null,
    isSilent: (nowMs) => nowMs >= fault.silentFromMs || release.isDown(nowMs),
    release: release.take,
    get islet() {
      return release.islet;
    },
    due: outbox.due,
    stored: outbox.stored,
    asked: outbox.asked,
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
        const isRefused = !isLate && fault.refuses && lease.kind === "power";
        leases.set(lease.id, { lease, state: isLate ? "expired" : isRefused ? "refused" : "accepted" });
        if (isRefused) tell(lease.id, "refused", "owner", "The owner lets no request through.", nowMs);
        if (isLate) tell(lease.id, "expired", "expired", "The lease's end was past when it came.", nowMs);
      }
      look(nowMs);
    },
    restart(nowMs) {
      outbox.restart();
      for (const [id, entry] of leases)
        if (entry.state === "running" && entry.lease.kind === "power") {
          entry.state = "ended";
          tell(id, "ended", "restart", "The controller began again.", nowMs);
        }
    },
    happen: (nowMs) => happen(nowMs, "info", "Something happened."),
    get made() {
      return outbox.made;
    },
    get waiting() {
      return outbox.waiting;
    },
  };
}

/** What it says of itself; every seventh has a vehicle that will not be ready. */
function stateOf(
  index: number,
  evses: number,
  name: string,
  startMs: number,
  nowMs: number,
  vehicles: LightVehicles,
): Omit<SiteMessage, "site" | "audit" | "waiting" | "leases" | "version"> {
  const { building, pv } = powersOf({ index, evses }, nowMs);
  const pccW = building + vehicles.powerW - pv;
  const offer = offersOf(vehicles, exportLimitW + building - pv, importLimitW - building + pv, nowMs);
  const sentence =
    pccW < 0
      ? `Parallel with the grid, exporting ${(-pccW / 1_000).toFixed(1)} kW of 40.0 kW.`
      : "Parallel with the grid, importing.";
  const isShort = index % 7 === 3;
  return {
    schema: "islet-fleet-state-1",
    ...{ atMs: nowMs, name, mode: "parallel", level: isShort ? "attention" : "normal", sentence, pccW },
    ...{ importLimitW, exportLimitW, chargersW: vehicles.powerW, evses, offer },
    ...{
      connected: Math.max(1, evses - (index % 3)),
      energyAboveReserveWh: Math.max(0, vehicles.energyWh - vehicles.reserveWh),
      runwayH: 6,
    },
    ready: { count: evses - (isShort ? 1 : 0), of: evses },
    needs: isShort
      ? [{ key: "departure-missed", sentence: "A vehicle will not be ready at its departure.", atMs: startMs }]
      : [],
    permit: {
      ...{ reference: `PTO-${1_000 + index}`, utility: ["North", "South", "Coast"][index % 3]! },
      ...{ untilMs: startMs + 300 * 86_400_000, covered: true },
    },
    clockOffsetMs: 0,
  };
}
