/**
 * The fleet of the demonstration: vehicles with names, some of which leave tomorrow morning. What a person would do at the
 * page is done at the page: the departures go in through its own API, signed in as anybody on this machine is.
 */
import type { ChildProcess } from "node:child_process";
import type { Document } from "yaml";
import type { SiteConfig } from "../../config/site.ts";
import type { SiteState } from "../../dashboard/state.ts";
import type { FromController } from "../controller-messages.ts";

export interface DemoVehicle {
  readonly evse: number;
  readonly name: string;
  /** Clock time at the site, and the charge it is to leave with; null for one that stays and may give. */
  readonly departs: { readonly at: string; readonly targetPct: number } | null;
  /** Charge at the start of the demonstration, percent; null: as the site's own file says. */
  readonly socPct: number | null;
  /** Its own identifier: it speaks ISO 15118-20 with the controller over a socket; empty for one whose charger speaks with it. */
  readonly evccId: string;
}

/** Of the chargers, this share has a vehicle that leaves in the morning. */
const leavingShare = 0.4;
const firstNumber = 101;
/** So many vehicles speak with the controller themselves, on ports from here. */
const speakingMax = 5;
const firstLinkPort = 61_341;
const quarterMs = 15 * 60_000;
const answerMaxMs = 5_000;

/** The last of the chargers have those that leave: nearly charged, two of them not yet. */
export function demoFleet({ evses }: Pick<SiteConfig, "evses">): readonly DemoVehicle[] {
  const leaving = evses.length > 2 ? Math.round(evses.length * leavingShare) : 0;
  const first = evses.length - leaving;
  // A source of the island must be there in the dark, before any session: its charger speaks with its vehicle itself.
  const speaks = evses.flatMap(({ gridForming }, i) => (gridForming || i >= first ? [] : [i])).slice(0, speakingMax);
  return evses.map((_, i): DemoVehicle => {
    const number = firstNumber + i;
    const vehicle = { evse: i + 1, name: `Bus ${number}`, evccId: speaks.includes(i) ? `BUS${number}` : "" };
    if (i < first) return { ...vehicle, departs: null, socPct: null };
    const isLate = i >= evses.length - 2;
    return isLate
      ? { ...vehicle, departs: { at: "06:00", targetPct: 90 }, socPct: 72 }
      : { ...vehicle, departs: { at: "05:30", targetPct: 80 }, socPct: 88 };
  });
}

/** Charge of those that leave, in the simulator's section of the site's file. */
export function setCharges(document: Document, fleet: readonly DemoVehicle[]): void {
  const { sim } = document.toJS() as { sim?: { vehicles?: { evse?: number }[] } };
  for (const { evse, socPct } of fleet) {
    const at = sim?.vehicles?.findIndex((vehicle) => vehicle.evse === evse) ?? -1;
    if (socPct !== null && at >= 0) document.setIn(["sim", "vehicles", at, "socPct"], socPct);
  }
}

/** Links for the vehicles that speak with the controller, their sessions, and who they are. */
export function setSessions(document: Document, fleet: readonly DemoVehicle[]): void {
  const { sim, vehicles = [] } = document.toJS() as { sim?: { vehicles?: { evse?: number }[] }; vehicles?: object[] };
  const known = [...vehicles];
  for (const { evse, name, evccId } of fleet) {
    const at = sim?.vehicles?.findIndex((vehicle) => vehicle.evse === evse) ?? -1;
    if (evccId === "" || at < 0 || document.hasIn(["evses", evse - 1, "vehicleLink"])) continue;
    const link = { interface: "lo", port: firstLinkPort + evse - 1, iso20WithoutTls: true };
    document.setIn(["evses", evse - 1, "vehicleLink"], document.createNode(link));
    document.setIn(["sim", "vehicles", at, "session"], document.createNode({ protocol: "20", id: evccId }));
    known.push({ id: evccId.toLowerCase(), name, evccIds: [evccId] });
  }
  if (known.length > vehicles.length) document.setIn(["vehicles"], document.createNode(known));
}

/** Tells the page when the vehicles leave, once every charger of theirs has its vehicle. */
export async function announceDepartures(
  controller: { readonly process: ChildProcess },
  ended: Promise<void>,
  fleet: readonly DemoVehicle[],
): Promise<void> {
  const leaving = fleet.filter(({ departs }) => departs !== null);
  if (leaving.length === 0) return;
  const ready = new Promise<FromController>((resolve) => {
    const look = (message: unknown): void => {
      const told = message as FromController;
      if (!leaving.every(({ evse }) => told.state.evses[evse - 1]?.connected === true)) return;
      controller.process.off("message", look);
      resolve(told);
    };
    controller.process.on("message", look);
  });
  const told = await Promise.race([ready, ended]);
  if (told === undefined) return;
  const { url, state } = told;
  const page = await fetch(url, { signal: AbortSignal.timeout(answerMaxMs) }).catch(() => null);
  if (page === null) return;
  const cookie = (page.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const csrf = /"csrf":"([^"]+)"/.exec(await page.text())?.[1] ?? "";
  for (const { evse, departs } of leaving) {
    const values = { evse: String(evse), departsAtMs: nextAtMs(departs!.at, state), targetPct: departs!.targetPct };
    await fetch(`${url}/api/v1/actions`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie, "x-islet-csrf": csrf },
      body: JSON.stringify({ action: "departure", reason: "Timetable of the demonstration", values }),
      signal: AbortSignal.timeout(answerMaxMs),
    }).catch(() => null);
  }
}

/** The next moment, in quarters of an hour, at which clocks at the site show this. */
export function nextAtMs(clock: string, { atMs, site }: Pick<SiteState, "atMs" | "site">): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: site.timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const firstMs = (Math.floor(atMs / quarterMs) + 1) * quarterMs;
  for (let i = 0; i < 100; i++) if (format.format(firstMs + i * quarterMs) === clock) return firstMs + i * quarterMs;
  return firstMs + 8 * 3_600_000;
}
