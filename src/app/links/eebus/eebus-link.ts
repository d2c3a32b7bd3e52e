/**
 * EEBUS as a link of the port for requests: the site is a controllable system whose consumption and production a trusted peer
 * limits. Peers connect to the site, or the site to them; who may limit says a person (`islet eebus trust`, or the configuration).
 */
import { hostname } from "node:os";
import type { SiteConfig } from "../../../config/site.ts";
import { oneLine } from "../../../domain/visible.ts";
import { type PeerHandler, type ShipPeer, startShipNode } from "../../../protocols/eebus/ship-node.ts";
import { createSpinePeer, type SpinePeer } from "../../../protocols/eebus/spine-peer.ts";
import type { Log } from "../../log.ts";
import type { Documents } from "../../store/store.ts";
import type { LinkPort } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { type Announcement, announce } from "./announcement.ts";
import { createGuardLimits, type GuardLimits } from "./guard-limits.ts";
import { keepIdentity, skiOf } from "./identity.ts";
import { readSki, type Seen, seenMax, type Trusted, watchTrust, writeSeen } from "./trust.ts";

/** Peers are told that we are there this often, ms; they count on 60 s. */
const beatEveryMs = 30_000;
/** A peer that does not connect by itself is tried again after this at first, then twice as long, up to the longest, ms. */
const retryMinMs = 2_000;
const retryMaxMs = 30_000;
const seenEveryMs = 2_000;
/** A peer that has not asked within this time who we are is not waited for, ms. */
const askedWithinMs = 5_000;

export interface EebusOptions {
  readonly config: SiteConfig;
  readonly eebus: NonNullable<SiteConfig["links"]["eebus"]>;
  readonly links: Pick<LinkPort, "ask" | "release" | "standing">;
  readonly documents: Documents;
  readonly log: Log;
}

interface Connected {
  readonly ski: string;
  readonly spine: SpinePeer;
  readonly sinceMs: number;
  heartbeatMs: number;
}

export function startEebus(options: EebusOptions): OutsideLink {
  const { config, eebus, log, documents } = options;
  const nowMs = (): number => performance.now();
  const keys = keepIdentity(config.stateDir);
  const shipId = `Islet-${keys.ski.slice(0, 12)}`;
  const trustedNow = watchTrust(config.stateDir, configured(eebus));
  let trusted: readonly Trusted[] = trustedNow();
  const isTrusted = (ski: string): boolean => trusted.some((one) => one.ski === ski);
  const nameOf = (ski: string): string => trusted.find((one) => one.ski === ski)?.name ?? ski.slice(0, 8);
  const peers = new Map<string, Connected>();
  const seen = createSeen(config.stateDir, keys.ski);
  const notes = createNotes(log);
  const guard = (): Connected | undefined => [...peers.values()].find(({ spine }) => spine.isGuard);
  let guardName = "";
  let limits: GuardLimits | null = null;
  /** A peer has stated something that others are to be told. */
  let isNews = false;

  const node = startShipNode({
    ...{ keys, shipId, skiOf, isTrusted },
    ...{ host: eebus.host, port: eebus.port },
    onPeer: greet,
    onStranger(ski) {
      seen.note({ ski, name: "", address: null, state: "asks" });
      notes.once(
        `stranger ${ski}`,
        "warn",
        `EEBUS: a peer that nobody trusts asks to pair, SKI ${ski}. If it is yours: islet eebus trust ${ski}`,
      );
    },
    onEnd: (ski, why) => notes.lost(ski, nameOf(ski), oneLine(why).slice(0, 200)),
    onFault: (why) =>
      notes.once(
        `listen ${why}`,
        "error",
        `EEBUS can't listen on ${eebus.host}:${eebus.port}: ${why}. Give another port (links.eebus.port), or end what uses it.`,
      ),
  });
  const network = openNetwork(options, keys.ski, shipId, () => node.port, notes);
  const calls = createCalls((ski, address) => node.connect(ski, address));

  function limitsOf(): GuardLimits {
    limits ??= createGuardLimits({
      ...{ config, eebus, links: options.links, documents, log, nowMs },
      nowUtcMs: Date.now,
      guardName: () => guardName || (trusted[0]?.name ?? "Control box"),
    });
    return limits;
  }

  /** A trusted peer is through: data is exchanged from now on. */
  function greet({ ski, shipId: theirs, send }: ShipPeer): PeerHandler {
    const it = limitsOf();
    const feed = (): void => {
      if (connected.spine.isGuard && Number.isFinite(connected.heartbeatMs)) it.heartbeat(connected.heartbeatMs);
    };
    const spine = createSpinePeer({
      names: { device: `d:_n:Islet_${shipId}`, brand: "Islet", model: "Islet", serial: keys.ski.slice(0, 12) },
      shown: it.shown,
      ...{ send, nowUtcMs: Date.now },
      mayBind() {
        const other = guard();
        return other === undefined || other.ski === ski ? "" : `${nameOf(other.ski)} limits this site already.`;
      },
      onLimit(direction, limit) {
        feed();
        guardName = nameOf(ski);
        isNews = true;
        return it.limit(direction, limit);
      },
      onFailSafeLimit: (direction, valueW) => it.failSafeLimit(direction, valueW),
      onFailSafeDuration: (durationMs) => it.failSafeDuration(durationMs),
      onHeartbeat() {
        connected.heartbeatMs = nowMs();
        feed();
      },
      onNamed: (device) => seen.note({ ski, name: oneLine(device).slice(0, 60), address: null, state: "connected" }),
    });
    const connected: Connected = { ski, spine, sinceMs: nowMs(), heartbeatMs: Number.NEGATIVE_INFINITY };
    peers.set(ski, connected);
    calls.reached(ski);
    seen.note({ ski, name: oneLine(theirs).slice(0, 60), address: null, state: "connected" });
    notes.found(ski, nameOf(ski));
    spine.start();
    return {
      take: (datagram) => spine.take(datagram),
      lost() {
        if (peers.get(ski) !== connected) return;
        peers.delete(ski);
        seen.note({ ski, name: "", address: null, state: "gone" });
      },
    };
  }

  function followTrust(): void {
    const now = trustedNow();
    if (now === trusted) return;
    trusted = now;
    node.trustChanged();
  }
  let beatMs = Number.NEGATIVE_INFINITY;

  return {
    name: "EEBUS",
    look() {
      followTrust();
      if (trusted.length === 0) {
        limits?.end();
        limits = null;
      } else {
        const it = limitsOf();
        const leader = guard();
        if (leader !== undefined && Number.isFinite(leader.heartbeatMs)) it.heartbeat(leader.heartbeatMs);
        if (it.look() || isNews) for (const { spine } of peers.values()) spine.tell("limits");
        isNews = false;
      }
      for (const { spine, sinceMs } of peers.values()) if (nowMs() - sinceMs > askedWithinMs) spine.hurry();
      if (nowMs() - beatMs >= beatEveryMs) {
        beatMs = nowMs();
        for (const { spine } of peers.values()) spine.tell("heartbeat");
      }
      for (const found of network.found())
        seen.note({ ...found, state: peers.has(found.ski) ? "connected" : "announced" });
      for (const { ski, address } of trusted) {
        const to = address ?? network.found().find((one) => one.ski === ski)?.address;
        if (to !== undefined && !peers.has(ski)) calls.due(ski, to);
      }
      seen.write();
    },
    get connected() {
      return guard() !== undefined && limits?.isMissed !== true;
    },
    get sentence() {
      if (trusted.length === 0)
        return `EEBUS: nobody is trusted yet, so nobody limits. This site's SKI is ${keys.ski}; islet eebus trust SKI lets a control box in.`;
      const who = guard();
      const holds = limits?.sentence ?? "";
      if (who !== undefined)
        return limits?.isMissed
          ? `EEBUS: ${nameOf(who.ski)} is connected, and its heartbeat is missing. ${holds} Ends when the heartbeat is back and it states a limit or none.`
          : "";
      return `EEBUS: no trusted peer is connected (${trusted.map(({ name }) => name).join(", ")}). ${holds} Check its network and that it trusts SKI ${keys.ski}.`;
    },
    async stop() {
      await Promise.all([network.stop(), node.stop()]);
    },
  };
}

const configured = ({ guards }: EebusOptions["eebus"]): readonly Trusted[] =>
  guards.flatMap(({ ski, name, address }) => {
    const plain = readSki(ski);
    return plain === null ? [] : [{ ski: plain, name, address: address ?? null }];
  });

/** The announcement, once the server listens; nothing where it is not wanted, or this machine alone is heard. */
function openNetwork(
  { config, eebus }: EebusOptions,
  ski: string,
  shipId: string,
  port: () => number,
  notes: Notes,
): { found(): ReturnType<Announcement["found"]>; stop(): Promise<void> } {
  let announcement: Announcement | null = null;
  let isStopped = false;
  const onFault = (why: string): void =>
    notes.once(
      "mdns",
      "warn",
      `EEBUS: the site can't be announced on the network (${why}). Peers are reached by links.eebus.guards[].address.`,
    );
  const start = async (): Promise<void> => {
    const name = `${config.site.name} (Islet on ${hostname()})`;
    const made = await announce({ ski, shipId, name, port: port(), onFault });
    if (isStopped) await made.stop();
    else announcement = made;
  };
  const isAlone = /^(127\.|localhost$|::1$)/.test(eebus.host);
  if (eebus.announce && !isAlone)
    setTimeout(() => void start().catch((failure: Error) => onFault(failure.message)), 500);
  return {
    found: () => announcement?.found() ?? [],
    async stop() {
      isStopped = true;
      await announcement?.stop();
    },
  };
}

/** Connections that are tried again and again, ever more rarely. */
function createCalls(connect: (ski: string, address: string) => void) {
  const tried = new Map<string, { atMs: number; waitMs: number }>();
  return {
    reached: (ski: string): void => void tried.delete(ski),
    due(ski: string, address: string): void {
      const nowMs = performance.now();
      const before = tried.get(ski);
      if (before !== undefined && nowMs - before.atMs < before.waitMs) return;
      tried.set(ski, {
        atMs: nowMs,
        waitMs: Math.min(retryMaxMs, before === undefined ? retryMinMs : before.waitMs * 2),
      });
      connect(ski, address);
    },
  };
}

/** Who has been seen, for `islet eebus list`; written when it has changed. */
function createSeen(stateDir: string, ski: string) {
  const all = new Map<string, Seen>();
  let isNew = true;
  let writtenMs = Number.NEGATIVE_INFINITY;
  return {
    note(peer: Omit<Seen, "atMs">): void {
      const before = all.get(peer.ski);
      const next = {
        ...peer,
        name: peer.name || (before?.name ?? ""),
        address: peer.address ?? before?.address ?? null,
      };
      if (before?.name === next.name && before.address === next.address && before.state === next.state) return;
      if (before === undefined && all.size >= seenMax) all.delete(all.keys().next().value ?? "");
      all.set(peer.ski, { ...next, atMs: Date.now() });
      isNew = true;
    },
    write(): void {
      if (!isNew || performance.now() - writtenMs < seenEveryMs) return;
      writtenMs = performance.now();
      isNew = false;
      try {
        writeSeen(stateDir, ski, [...all.values()]);
      } catch {
        // Shown to people only: a full disk must not stop the link.
      }
    },
  };
}

interface Notes {
  once(key: string, level: "warn" | "error", sentence: string): void;
  found(ski: string, name: string): void;
  lost(ski: string, name: string, why: string): void;
}
/** Kinds of notes that are told apart. */
const notedMax = 100;

/** What is logged: each thing once until it changes. */
function createNotes(log: Log): Notes {
  const said = new Map<string, string>();
  const isNews = (key: string, sentence: string): boolean => {
    if (said.get(key) === sentence || (!said.has(key) && said.size >= notedMax)) return false;
    said.set(key, sentence);
    return true;
  };
  return {
    once(key, level, sentence) {
      if (isNews(key, sentence)) log(level, sentence);
    },
    found(ski, name) {
      said.set(ski, "connected");
      log("info", `EEBUS: ${name} is connected, SKI ${ski}.`);
    },
    lost(ski, name, why) {
      const sentence = `EEBUS: ${name} is not reached: ${why}. What it limits holds until its heartbeat is missed, then the fail-safe limit; it is tried again until it is there.`;
      if (isNews(ski, sentence)) log("warn", sentence);
    },
  };
}
