/** A site in virtual time before the account's recorder: a plant with true energies, a store in memory, and cuts of power. */
import { openAccountBook } from "../../../src/app/account/account-book.ts";
import { type AccountRow, emptyHead } from "../../../src/app/account/chain.ts";
import { AccountRecorder, type PlaceView } from "../../../src/app/account/recorder.ts";
import type { SiteView } from "../../../src/app/account/site-view.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { parseSiteConfig } from "../../../src/config/parse.ts";

const config = parseSiteConfig(
  `site: { name: Tried, serviceMode: parallel-export, nominalVoltageV: 480 }
pcc: { importLimitW: 100000, meter: { host: 127.0.0.1 } }
pv: [{ host: 127.0.0.1, port: 504, ratedW: 20000 }]
evses:
  - { name: Bay 1, maxChargeW: 50000, maxDischargeW: 50000, stage: { host: 127.0.0.1, port: 502 } }
  - { name: Bay 2, maxChargeW: 50000, maxDischargeW: 50000, stage: { host: 127.0.0.1, port: 503 } }`,
  "site.yaml",
);
if (!config.ok) throw new Error(JSON.stringify(config.error));

/** What flows, W; a charger's is positive while its vehicle charges. */
export interface Powers {
  readonly buildingW: number;
  readonly pvW: number;
  readonly bayW: readonly [number, number];
}
interface Silent {
  readonly pcc?: boolean;
  readonly pv?: boolean;
  readonly bay1?: boolean;
}

const hourMs = 3_600_000;

export class TriedSite {
  readonly store = openStore({ path: ":memory:" });
  readonly rows: AccountRow[] = [];
  /** True energies since the beginning, Wh. */
  readonly truth = { importWh: 0, exportWh: 0, pvWh: 0, buildingWh: 0, inWh: [0, 0], outWh: [0, 0] };
  readonly registers = [
    { importWh: 1_000, exportWh: 500 },
    { importWh: 2_000, exportWh: 700 },
  ];
  powers: Powers = { buildingW: 5_000, pvW: 0, bayW: [0, 0] };
  silent: Silent = {};
  places: (PlaceView & { readonly contentWh: number })[] = [];
  /** So soon after a start nobody knows who is where. */
  isNew = false;
  islanded = false;
  /** Wall clock less the site's own time, ms. */
  clockAheadMs = 0;
  hasRegisters = true;
  #recorder: AccountRecorder | null = null;
  #atMs = 0;
  nowMs: number;

  constructor(startsAtMs: number) {
    this.nowMs = startsAtMs;
  }

  /** Starts the controller on what is in the store. */
  start(): void {
    const book = openAccountBook(this.store);
    this.#recorder = new AccountRecorder({
      config: (config as { value: import("../../../src/config/site.ts").SiteConfig }).value,
      book,
      head: book.state?.head ?? emptyHead,
      placeAt: (evse) => (this.isNew ? null : (this.places[evse - 1] ?? { account: null, vehicle: null })),
      onRow: (row) => this.rows.push(row),
    });
    // A monotonic clock begins anywhere.
    this.#atMs = 1_000_000 * (1 + (this.rows.length % 3));
  }

  /** The process is killed: what it had in memory is gone. */
  kill(): void {
    this.#recorder = null;
  }
  stop(): void {
    this.#recorder?.stop();
    this.#recorder = null;
  }

  run(ms: number, stepMs = 1_000): void {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.#flow(stepMs);
      this.#atMs += stepMs;
      this.nowMs += stepMs;
      this.#recorder?.look(this.view(), this.nowMs + this.clockAheadMs);
    }
  }

  pccW(): number {
    const { buildingW, pvW, bayW } = this.powers;
    return this.islanded ? 0 : buildingW + bayW[0] + bayW[1] - pvW;
  }

  #flow(ms: number): void {
    const { buildingW, pvW, bayW } = this.powers;
    const wh = (powerW: number): number => (Math.max(0, powerW) * ms) / hourMs;
    this.truth.importWh += wh(this.pccW());
    this.truth.exportWh += wh(-this.pccW());
    this.truth.pvWh += wh(pvW);
    this.truth.buildingWh += wh(buildingW);
    for (const i of [0, 1] as const) {
      this.truth.inWh[i]! += wh(bayW[i]);
      this.truth.outWh[i]! += wh(-bayW[i]);
      this.registers[i]!.importWh += wh(bayW[i]);
      this.registers[i]!.exportWh += wh(-bayW[i]);
    }
  }

  view(): SiteView {
    const { pvW, bayW } = this.powers;
    const none = { importWh: Number.NaN, exportWh: Number.NaN };
    const { silent } = this;
    return {
      atMs: this.#atMs,
      islanded: this.islanded,
      pcc: { name: "PCC", live: silent.pcc !== true, readAtMs: this.#atMs, reading: { powerW: this.pccW(), ...none } },
      pv: { name: "PV", live: silent.pv !== true, readAtMs: this.#atMs, reading: { powerW: pvW, ...none } },
      evses: ([0, 1] as const).map((i) => ({
        name: `Bay ${i + 1}`,
        live: !(i === 0 && silent.bay1 === true),
        readAtMs: this.#atMs,
        reading: {
          powerW: bayW[i],
          ...(this.hasRegisters
            ? {
                importWh: Math.floor(this.registers[i]!.importWh),
                exportWh: Math.floor(this.registers[i]!.exportWh),
              }
            : none),
        },
        connected: this.places[i] !== undefined,
        contentWh: this.places[i]?.contentWh ?? Number.NaN,
        capacityWh: 80_000,
      })),
    };
  }
}

/** What rows say of one source and sink, Wh. */
export const flowWh = (rows: readonly AccountRow[], source: string, sink: string): number =>
  rows.reduce((sum, { flows }) => sum + (flows[source]?.[sink] ?? 0), 0) / 1_000;
export const fromWh = (rows: readonly AccountRow[], source: string): number =>
  rows.reduce((sum, { flows }) => sum + Object.values(flows[source] ?? {}).reduce((a, b) => a + b, 0), 0) / 1_000;
export const intoWh = (rows: readonly AccountRow[], sink: string): number =>
  rows.reduce((sum, { origins }) => sum + Object.values(origins[sink] ?? {}).reduce((a, b) => a + b, 0), 0) / 1_000;

export const own = (id: string, contentWh: number) => ({ account: null, vehicle: { id }, contentWh });
export const guest = (account: string, contentWh: number) => ({ account, vehicle: null, contentWh });
