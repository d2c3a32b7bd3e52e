/**
 * Where a charging place listens for vehicles: plain and encrypted, and what answers their questions. Open while the stage can be
 * driven and the interface has an address; a new certificate comes into use without a session noticing it.
 */
import { networkInterfaces } from "node:os";
import type { Session } from "../../protocols/iso15118/sessions/session.ts";
import { startDiscovery } from "../../protocols/iso15118/transport/discovery-server.ts";
import {
  type ListenerOptions,
  startVehicleListener,
  type VehicleListener,
} from "../../protocols/iso15118/transport/listener.ts";
import type { Encryption, FromSessions, PlaceStart } from "./messages.ts";

/** An interface that is not there yet, or has another address than before, is looked for this often, ms. */
const lookEveryMs = 3_000;
/** Devices are found within this of the start: until then it is no news that one is missing, ms. */
const graceMs = 10_000;

export interface DoorOptions extends Pick<ListenerOptions, "facts" | "kept" | "desk" | "refuses"> {
  readonly start: PlaceStart;
  readonly now: () => number;
  readonly say: (message: FromSessions) => void;
  readonly onSession: (session: Session) => void;
  readonly onEnd: (why: string, session: Session | undefined) => void;
}

export interface Door {
  readonly open: boolean;
  /** `hindrance`: why nobody may come in; empty where somebody may. */
  look(hindrance: string, nowMs: number): void;
  /** Ends every connection at once, for this reason; others may come. */
  end(why: string): void;
  /** The newest word on the place's certificate. */
  secure(encryption: Encryption): void;
  close(): Promise<void>;
}

export function createDoor({ start, now, say, ...options }: DoorOptions): Door {
  const { index, link } = start;
  let listener: VehicleListener | undefined;
  let discovery: { stop(): void } | undefined;
  let address = "";
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let moving = false;
  let saidWhy = "";
  let saidOpen = "";
  let encryption = start.encryption;
  /** What the listener has been given, and why it could not take it. */
  let inUse: Encryption | undefined;
  let failure = "";
  const bornMs = now();

  const refuse = (why: string): void => {
    if (now() - bornMs < graceMs) return;
    if (why !== saidWhy) say({ kind: "not-listening", index, why });
    saidOpen = "";
    saidWhy = why;
  };

  function tlsOf({ tls }: Encryption): ListenerOptions["tls"] {
    if (tls === undefined || link.tls === "prohibit") return undefined;
    const { cert, key, ca } = tls;
    return {
      port: link.tlsPort,
      cert,
      key,
      ca,
      minVersion: "TLSv1.2",
      requestCert: ca !== undefined,
      // A vehicle of ISO 15118-2 has none; without one ISO 15118-20 is not spoken.
      rejectUnauthorized: false,
    };
  }

  function tell(): void {
    const { tcpPort, tlsPort } = listener!;
    const why = link.tls === "prohibit" ? "" : failure || (inUse?.why ?? "");
    if (tcpPort === undefined && tlsPort === undefined) {
      refuse(why);
      return;
    }
    saidWhy = "";
    const told = `${address} ${tcpPort} ${tlsPort} ${why}`;
    if (told === saidOpen) return;
    saidOpen = told;
    say({ kind: "listening", index, address, tcpPort, tlsPort, discovery: discovery !== undefined, notEncrypted: why });
  }

  async function open(host: string, wanted: Encryption): Promise<void> {
    listener = await startVehicleListener({
      ...options,
      host,
      port: link.tls === "force" ? undefined : link.port,
      tls: tlsOf(wanted),
      iso20Plain: link.iso20WithoutTls,
      protocols: link.protocols,
      quirks: start.quirks,
      now,
    });
    inUse = wanted;
    failure = "";
    address = host;
    const ports = listener;
    if (link.interface !== "lo")
      discovery = await startDiscovery({ interfaceName: link.interface, ports, onError: refuse });
    tell();
  }

  async function close(why?: string): Promise<void> {
    discovery?.stop();
    discovery = undefined;
    const closing = listener;
    listener = undefined;
    address = "";
    await closing?.stop(why);
  }

  /** One at a time; a failure is tried again at the next look. */
  function move(step: () => Promise<void>): void {
    moving = true;
    step()
      .catch(async (failure: Error) => {
        refuse(failure.message);
        await close();
      })
      .finally(() => {
        moving = false;
      });
  }

  /** A certificate that can't be used leaves the one that is. */
  async function renew(wanted: Encryption): Promise<void> {
    inUse = wanted;
    failure = "";
    try {
      await listener!.secure(tlsOf(wanted));
    } catch (thrown) {
      failure = `the new certificate can't be used: ${(thrown as Error).message}`;
    }
    tell();
  }

  /** Where to listen now; why not, as an empty address. */
  function wantedHost(hindrance: string): string {
    if (hindrance !== "") refuse(hindrance);
    else if (link.tls === "force" && encryption?.tls === undefined && listener === undefined)
      refuse(encryption?.why ?? "");
    else {
      const host = hostOf(link.interface);
      if (host === "") refuse(noAddress(link.interface));
      return host;
    }
    return "";
  }

  return {
    get open() {
      return listener !== undefined;
    },
    secure(newest) {
      encryption = newest;
      lookedAtMs = Number.NEGATIVE_INFINITY;
    },
    end: (why) => listener?.end(why),
    look(hindrance, nowMs) {
      if (moving || nowMs - lookedAtMs < lookEveryMs || encryption === undefined) return;
      // A stage that is not known yet is looked at again at once.
      if (hindrance === "" || listener !== undefined) lookedAtMs = nowMs;
      const wanted = encryption;
      const host = wantedHost(hindrance);
      if (host === address) {
        if (host !== "" && inUse !== wanted) move(() => renew(wanted));
        return;
      }
      move(async () => {
        await close(hindrance || undefined);
        if (host !== "") await open(host, wanted);
      });
    },
    close: () => close(),
  };
}

const noAddress = (name: string): string =>
  `${name} has no IPv6 link-local address: is it up, and IPv6 not switched off?`;

/** Where to listen on an interface; empty while it has no address. */
function hostOf(name: string): string {
  if (name === "lo") return "127.0.0.1";
  const own = networkInterfaces()[name]?.find(({ family, address }) => family === "IPv6" && address.startsWith("fe80"));
  return own === undefined ? "" : `${own.address.split("%")[0]}%${name}`;
}
