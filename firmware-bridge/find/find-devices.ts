/**
 * Finds out what answers at addresses that nobody has labelled: units behind hosts and serial lines, SunSpec devices by their
 * models, others by the marks of the maps in the library. Reads only, bounded in requests and time; what it does not
 * recognise it calls unknown, with what it saw.
 */
import { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import { type Clock, type ModbusLink, whenOpen } from "../../src/protocols/modbus/link.ts";
import { createTransport, linkKey, type TransportFactory } from "../device/transport.ts";
import type { LinkSettings } from "../settings.ts";
import { AskedUnit } from "./asked-unit.ts";
import type { FoundDevice } from "./found.ts";
import type { LibraryMap } from "./library.ts";
import { lookAt } from "./look-at.ts";
import { connectWaitMs } from "./open-device.ts";

/** Requests that one address may cost, all its units together. */
const requestsMax = 3_000;
/** A unit that no device has: whoever answers there answers everywhere. */
const decoyUnit = 231;
/** Pause between two questions, ms: serial devices have been seen to restart without one. */
const networkPauseMs = 5;
const serialPauseMs = 60;
/** Time for the first answers, ms: gateways to slow devices take more than a second. */
const networkReplyMs = 1_500;
const serialReplyMs = 500;

/** One address and the units to be asked there. */
export interface FindTarget {
  readonly link: LinkSettings;
  readonly units: readonly number[];
}

/** Where the search is: for whoever waits. */
export interface FindProgress {
  readonly address: string;
  readonly unit: number;
  readonly done: number;
  readonly of: number;
}

/** How a search is made. */
export interface FindOptions {
  readonly library: readonly LibraryMap[];
  readonly onProgress?: (progress: FindProgress) => void;
  /** Ends the search after the present question; what was found until then is returned. */
  readonly signal?: AbortSignal;
  readonly transport?: TransportFactory;
  readonly clock?: Clock;
  /** Pause between two questions, ms. */
  readonly pauseMs?: number;
}

/** What a search found, and what did not answer. */
export interface FindReport {
  readonly devices: readonly FoundDevice[];
  readonly silent: readonly { readonly address: string; readonly unit: number | null; readonly reason: string }[];
  readonly requests: number;
}

/** Units that are worth asking at every address: those of the library's maps, and the first few of a line. */
export function usualUnits(library: readonly LibraryMap[]): number[] {
  const units = new Set([1, 2, 3]);
  for (const { map } of library) for (const unit of map.recognise?.units ?? []) units.add(unit);
  for (const unit of sunspecUnits) units.add(unit);
  return [...units];
}

/** Ports that are worth trying at every host. */
export function usualPorts(library: readonly LibraryMap[]): number[] {
  const ports = new Set([502]);
  for (const { map } of library) for (const port of map.recognise?.ports ?? []) ports.add(port);
  return [...ports];
}

/** Units of SunSpec meters behind inverters (Fronius: 200, 240; SMA: 126). */
const sunspecUnits = [126, 200, 240];

/** Searches each target in turn. Never throws for what a device does; `silent` says what did not answer and why. */
export async function findDevices(targets: readonly FindTarget[], options: FindOptions): Promise<FindReport> {
  const clock = options.clock ?? (() => performance.now());
  const deadlines = new Deadlines(clock);
  const transport = options.transport ?? createTransport;
  const devices: FoundDevice[] = [];
  const silent: { address: string; unit: number | null; reason: string }[] = [];
  const of = targets.reduce((sum, { units }) => sum + units.length, 0);
  let done = 0;
  let requests = 0;
  // A line has one speed and a port one protocol: where one was right the others are not tried.
  const known = new Set<string>();
  for (const target of targets) {
    if (options.signal?.aborted) break;
    const key = linkKey(target.link);
    if (known.has(key)) {
      done += target.units.length;
      continue;
    }
    const link = transport(target.link, deadlines);
    try {
      if (!(await whenOpen(link, clock() + connectWaitMs(target.link), clock))) {
        silent.push({ address: link.name, unit: null, reason: link.openFailure || "no connection" });
        done += target.units.length;
        continue;
      }
      const search = new UnitSearch(link, target, options, clock);
      for await (const found of search.run((unit) =>
        options.onProgress?.({ address: link.name, unit, done: done++, of }),
      ))
        if ("reason" in found) silent.push({ address: link.name, ...found });
        else {
          known.add(key);
          devices.push(found);
        }
      requests += requestsMax - search.allowance.left;
    } finally {
      link.shut();
    }
  }
  return { devices, silent, requests };
}

/** Whether a unit that nobody has says something where `unit` has said something: then the device does not look at units. */
async function saysTheSame(decoy: AskedUnit, unit: AskedUnit): Promise<boolean> {
  const question = unit.answered;
  return question !== undefined && decoy.isThere && (await decoy.ask(...question)).kind === "said";
}

interface SilentUnit {
  readonly unit: number;
  readonly reason: string;
}

/** The units behind one address. */
class UnitSearch {
  readonly allowance = { left: requestsMax, slowestMs: Number.NaN };
  readonly #link: ModbusLink;
  readonly #target: FindTarget;
  readonly #options: FindOptions;
  readonly #clock: Clock;

  constructor(link: ModbusLink, target: FindTarget, options: FindOptions, clock: Clock) {
    this.#link = link;
    this.#target = target;
    this.#options = options;
    this.#clock = clock;
  }

  async *run(onUnit: (unit: number) => void): AsyncGenerator<FoundDevice | SilentUnit> {
    let decoy: AskedUnit | undefined;
    let everywhere = false;
    for (const unit of this.#target.units) {
      if (this.#options.signal?.aborted) return;
      onUnit(unit);
      if (everywhere) continue;
      const asked = await this.#asked(unit);
      if (!asked.isThere) {
        yield { unit, reason: asked.isMissing ? "the gateway has no such unit" : "no answer" };
        continue;
      }
      const found = await this.#look(asked);
      decoy ??= await this.#asked(decoyUnit);
      everywhere = await saysTheSame(decoy, asked);
      // Where units that nobody has refuse everything, one that refuses everything is not there.
      if (!asked.hasSaid && decoy.isThere && !decoy.hasSaid)
        yield { unit, reason: "refuses everything, as units here do that nobody has" };
      else yield { ...found, answersAnywhere: everywhere };
    }
  }

  #look(asked: AskedUnit): Promise<FoundDevice> {
    const { library } = this.#options;
    return lookAt(asked, { link: this.#link, settings: this.#target.link, library, clock: this.#clock });
  }

  /** Whether anybody is there: two questions of different kinds, because some devices don't answer what they don't know. */
  async #asked(unit: number): Promise<AskedUnit> {
    const pauseMs = this.#options.pauseMs ?? (this.#target.link.kind === "tcp" ? networkPauseMs : serialPauseMs);
    const firstReplyMs = this.#target.link.kind === "rtu" ? serialReplyMs : networkReplyMs;
    const asked = new AskedUnit(this.#link, unit, this.#clock, { pauseMs, firstReplyMs, allowance: this.allowance });
    await asked.ask(3, 40_000, 2);
    if (!asked.isThere) await asked.ask(4, 0, 2);
    return asked;
  }
}
