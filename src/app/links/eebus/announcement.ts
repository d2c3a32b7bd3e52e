/**
 * The site on the local network (DNS-SD over mDNS), and the peers that are found there. Record names are after enbility/ship-go
 * (`mdns/mdns.go`), which cites SHIP 7.3.2. A network without multicast costs nothing but the finding.
 */
import type { Service } from "bonjour-service";

/** Peers found that are remembered. */
const foundMax = 50;

export interface Found {
  readonly ski: string;
  readonly name: string;
  /** Host and port, with the path where it has one. */
  readonly address: string;
}

export interface AnnouncementOptions {
  readonly ski: string;
  readonly shipId: string;
  readonly name: string;
  readonly port: number;
  readonly onFault: (why: string) => void;
}

export interface Announcement {
  found(): readonly Found[];
  stop(): Promise<void>;
}

export async function announce({ ski, shipId, name, port, onFault }: AnnouncementOptions): Promise<Announcement> {
  const { Bonjour } = await import("bonjour-service");
  const all = new Map<string, Found>();
  const bonjour = new Bonjour({}, (failure: Error) => onFault(failure.message));
  const txt = {
    ...{ txtvers: "1", path: "/ship/", id: shipId, ski },
    ...{ brand: "Islet", model: "Islet", type: "EnergyManagementSystem", register: "false" },
  };
  const service = bonjour.publish({ name: name.slice(0, 60), type: "ship", port, txt, probe: false });
  service.on("error", (failure: Error) => onFault(failure.message));
  const browser = bonjour.find({ type: "ship" }, (one: Service) => {
    const found = read(one);
    if (found !== null && found.ski !== ski && all.size < foundMax) all.set(found.ski, found);
  });
  browser.on("down", (one: Service) => {
    const found = read(one);
    if (found !== null) all.delete(found.ski);
  });
  return {
    found: () => [...all.values()],
    async stop() {
      browser.stop();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        bonjour.unpublishAll(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      bonjour.destroy();
    },
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function read({ txt, name, host, port, addresses = [], referer }: Service): Found | null {
  const records = (txt ?? {}) as Readonly<Record<string, unknown>>;
  const ski = textOf(records["ski"]).toLowerCase();
  if (!/^[0-9a-f]{40}$/.test(ski)) return null;
  const to = addresses.find((address) => address.includes(".")) ?? referer?.address ?? host;
  const path = textOf(records["path"]);
  const called = [textOf(records["brand"]), textOf(records["model"])].filter((part) => part !== "").join(" ");
  return {
    ski,
    name: (called === "" ? name : called).slice(0, 60),
    address: `${to.includes(":") ? `[${to}]` : to}:${port}${/^\/[\w./-]*$/.test(path) ? path : ""}`,
  };
}
