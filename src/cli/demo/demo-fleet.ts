/** The fleet of the demonstration: buses with names, some of which leave each morning on their routes. */
import type { Document } from "yaml";
import type { SiteConfig } from "../../config/site.ts";

export interface DemoVehicle {
  readonly evse: number;
  readonly name: string;
  /** Clock time at the site, and the route; null for one that stays and may give. */
  readonly departs: { readonly at: string; readonly route: string; readonly priority: 1 | 2 } | null;
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

/** The last of the chargers have those that leave: half charged, two of them with less and a longer route. */
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
      ? { ...vehicle, departs: { at: "06:00", route: "21", priority: 1 }, socPct: 42 }
      : { ...vehicle, departs: { at: "05:30", route: "7", priority: 2 }, socPct: 62 };
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

/** Links for the vehicles that speak with the controller, and their sessions. */
export function setSessions(document: Document, fleet: readonly DemoVehicle[]): void {
  const { sim } = document.toJS() as { sim?: { vehicles?: { evse?: number }[] } };
  for (const { evse, evccId } of fleet) {
    const at = sim?.vehicles?.findIndex((vehicle) => vehicle.evse === evse) ?? -1;
    if (evccId === "" || at < 0 || document.hasIn(["evses", evse - 1, "vehicleLink"])) continue;
    const link = { interface: "lo", port: firstLinkPort + evse - 1, iso20WithoutTls: true };
    document.setIn(["evses", evse - 1, "vehicleLink"], document.createNode(link));
    document.setIn(["sim", "vehicles", at, "session"], document.createNode({ protocol: "20", id: evccId }));
  }
}

/** Vehicles and routes of the fleet, in the site's file: with what they hold, when they leave, and what for. */
export function setVehicles(document: Document, fleet: readonly DemoVehicle[]): void {
  const vehicles = fleet.map(({ name, departs, evccId }) => ({
    id: name.toLowerCase().replace(" ", "-"),
    name,
    ...(evccId !== "" && { evccIds: [evccId] }),
    capacityWh,
    wearPerKWh: 0.04,
    ...(departs !== null && {
      weekly: [
        { days: everyDay, leavesAt: departs.at, backAt: "19:30", route: departs.route, priority: departs.priority },
      ],
    }),
  }));
  document.set("vehicles", document.createNode(vehicles));
  document.set("routes", document.createNode(routes));
}

const everyDay = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const capacityWh = 155_000;
const routes = [
  { id: "7", name: "Route 7, Harbour", energyWh: 0.8 * capacityWh },
  { id: "21", name: "Route 21, Airport", energyWh: 0.9 * capacityWh },
] as const;
