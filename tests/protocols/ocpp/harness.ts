/** A station in virtual time with a simple site below it and the small backend above it. */

import { type CsmsCore, createCsmsCore } from "../../../sim/peers/csms-core.ts";
import { createMemoryLink, type MemoryLink } from "../../../sim/peers/csms-memory.ts";
import { createVirtualClock, type VirtualClock } from "../../../sim/peers/virtual-clock.ts";
import { openStore, type Store } from "../../../src/app/store/store.ts";
import { type OcppConfig, ocppDefaults } from "../../../src/protocols/ocpp/config.ts";
import type {
  BackendLimit,
  EvseView,
  GridControlPort,
  SiteView,
  StationPort,
} from "../../../src/protocols/ocpp/ports.ts";
import { createOcppStation, type OcppStation, type StationOptions } from "../../../src/protocols/ocpp/station.ts";
import type { Presented } from "../../../src/protocols/ocpp/transactions/e-tokens.ts";
import type { Action, IdToken, RequestOf, ResponseOf } from "../../../src/protocols/ocpp/transport/messages.table.ts";
import { checkRequest } from "../../../src/protocols/ocpp/transport/validators.ts";
import type { Version } from "../../../src/protocols/ocpp/transport/versions.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A site that does at once what it is told: energy follows from power and time. */
export interface FakeSite extends StationPort {
  readonly evses: Writable<EvseView>[];
  readonly site: Writable<SiteView>;
  readonly limits: Map<number, BackendLimit | null>;
  readonly allowed: boolean[];
  readonly resets: string[];
  readonly operative: Map<number, boolean>;
  readonly unlocked: number[];
  /** Power at which the vehicle of an EVSE charges when allowed and unlimited, W. */
  readonly appetiteW: number[];
  /** Moves energy for a time. */
  flow(ms: number): void;
}

export function createFakeSite(count: number): FakeSite {
  const evses = Array.from(
    { length: count },
    (): Writable<EvseView> => ({
      known: true,
      connected: false,
      energyRequested: true,
      bayOccupied: false,
      powerW: 0,
      setpointW: 0,
      importWh: 1000,
      exportWh: 500,
      reactiveVar: 0,
      voltageV: 230,
      currentA: 0,
      frequencyHz: 60,
      socPct: 50,
      chargesNow: false,
      faulted: false,
      explanation: "",
      alarms: [],
    }),
  );
  const site: FakeSite = {
    evses,
    site: {
      known: true,
      permitMissing: true,
      mode: "parallel",
      serviceMode: "parallel-export",
      permitValid: true,
      exportLimitW: 25_000,
      importLimitW: 100_000,
      pccPowerW: 0,
      islanded: false,
      explanation: "Nothing binds.",
      alarms: [],
      gridFault: "",
    },
    limits: new Map(),
    allowed: new Array<boolean>(count).fill(false),
    resets: [],
    operative: new Map(),
    unlocked: [],
    appetiteW: new Array<number>(count).fill(11_000),
    authorize: (evseId, allowed) => void (site.allowed[evseId - 1] = allowed),
    limit: (evseId, limit) => void site.limits.set(evseId, limit),
    setOperative: (evseId, operative) => void site.operative.set(evseId, operative),
    async unlock(evseId) {
      site.unlocked.push(evseId);
      return "Unlocked";
    },
    reset: (evseId, kind) => void site.resets.push(`${evseId} ${kind}`),
    flow(ms) {
      evses.forEach((evse, index) => {
        const limit = site.limits.get(index + 1);
        const askedW = limit?.requestedW ?? Number.NaN;
        const requestedW = Number.isNaN(askedW) ? (limit?.maxW ?? Number.POSITIVE_INFINITY) : askedW;
        const able = evse.connected && site.allowed[index] === true;
        evse.setpointW = able ? Math.min(requestedW, site.appetiteW[index]!) : 0;
        evse.powerW = able && evse.energyRequested ? evse.setpointW : 0;
        evse.currentA = Math.abs(evse.powerW) / 230;
        if (evse.powerW > 0) evse.importWh += (evse.powerW * ms) / 3_600_000;
        else evse.exportWh -= (evse.powerW * ms) / 3_600_000;
      });
    },
  };
  return site;
}

export interface Harness {
  readonly site: FakeSite;
  readonly clock: VirtualClock;
  readonly core: CsmsCore;
  readonly link: MemoryLink;
  readonly store: Store;
  station: OcppStation;
  /** Passes time in steps in which energy flows. */
  run(ms: number, stepMs?: number): Promise<void>;
  call<A extends Action>(action: A, payload: RequestOf<A>): Promise<ResponseOf<A>>;
  /** What the station has sent, of one action. */
  sent<A extends Action>(action: A): RequestOf<A>[];
  /** Presents a token and lets the answer come. */
  present(token: IdToken, evseId?: number): Promise<Presented>;
  plug(evseId: number): Promise<void>;
  unplug(evseId: number): Promise<void>;
  events(): RequestOf<"TransactionEvent">[];
  /** Another process on the same store, as after a power cut. */
  restart(): Promise<void>;
  logs: string[];
}

export const startMs = Date.UTC(2026, 5, 15, 12, 0, 0);

export interface HarnessOptions {
  evses?: number;
  config?: Partial<OcppConfig>;
  variables?: Record<string, string>;
  started?: boolean;
  /** Functions of the grid code that a backend may change. */
  gridControl?: GridControlPort;
  /** Versions that the backend speaks; 2.0.1 alone unless said. */
  versions?: readonly Version[];
  storePath?: string;
  station?: StationOptions;
}

export async function createHarness(options: HarnessOptions = {}): Promise<Harness> {
  const count = options.evses ?? 2;
  const clock = createVirtualClock(startMs);
  const site = { ...createFakeSite(count), ...(options.gridControl && { gridControl: options.gridControl }) };
  const core = createCsmsCore(clock.wallMs);
  const link = createMemoryLink(clock, core);
  link.versions = options.versions ?? ["2.0.1"];
  const store = openStore({ path: options.storePath ?? ":memory:", journalMax: options.config?.journalMax ?? 100_000 });
  const config: OcppConfig = {
    ...ocppDefaults,
    identity: "depot-1",
    serialNumber: "SN-1",
    plainCertificates: true,
    evses: Array.from({ length: count }, () => ({
      connectorType: "cCCS2",
      supplyPhases: 3 as const,
      nominalVoltageV: 230,
      maxChargeW: 60_000,
      maxDischargeW: 60_000,
    })),
    network: [{ slot: 1, url: "ws://127.0.0.1:1", securityProfile: 1 }],
    ...options.config,
    variables: { "AlignedDataCtrlr.Interval": "0", ...options.variables, ...options.config?.variables },
  };
  const logs: string[] = [];
  const make = (): OcppStation =>
    createOcppStation(config, site, store, clock, {
      transport: link.factory,
      log: (level, message, fields) => void logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      ...options.station,
    });
  const harness: Harness = {
    site,
    clock,
    core,
    link,
    store,
    logs,
    station: make(),
    async run(ms, stepMs = 250) {
      for (let left = ms; left > 0; left -= stepMs) {
        site.flow(Math.min(stepMs, left));
        await clock.advance(Math.min(stepMs, left));
      }
    },
    async call(action, payload) {
      checkRequest(harness.station.status().version, action, payload);
      const answer = link.call(action, payload);
      await clock.advance(50);
      return answer;
    },
    sent: (action) =>
      core.received.filter((message) => message.action === action).map((message) => message.payload) as never,
    async present(token, evseId) {
      let pending = true;
      const presented = harness.station.presentToken(token, evseId).finally(() => {
        pending = false;
      });
      await clock.advance(100);
      while (pending) await harness.run(100);
      return presented;
    },
    async plug(evseId) {
      site.evses[evseId - 1]!.connected = true;
      await harness.run(500);
    },
    async unplug(evseId) {
      site.evses[evseId - 1]!.connected = false;
      await harness.run(500);
    },
    events: () => harness.sent("TransactionEvent"),
    async restart() {
      harness.station.stop();
      link.cut();
      await clock.advance(1000);
      harness.station = make();
      harness.station.start();
      await clock.advance(1000);
    },
  };
  if (options.started !== false) {
    harness.station.start();
    await clock.advance(1000);
  }
  return harness;
}

export const token = (
  idToken = "04A1B2C3",
  type: "ISO14443" | "Central" = "ISO14443",
): { idToken: string; type: typeof type } => ({ idToken, type });
