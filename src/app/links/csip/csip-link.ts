/**
 * A utility's IEEE 2030.5 server as a link of the port for requests. Its limits are caps, its setpoints requests; what is in force
 * is reckoned each second from what was heard last, whether the server is there or not. The server's clock counts for its
 * controls; ours only carries it on.
 */
import { readFileSync } from "node:fs";
import type { SiteConfig } from "../../../config/site.ts";
import { type Client, type ClientPorts, createClient } from "../../../protocols/csip/client.ts";
import { type AllInForce, gradientOf, lookAtEvents } from "../../../protocols/csip/events.ts";
import { lfdiOf, sfdiOf } from "../../../protocols/csip/identity.ts";
import { openTransport } from "../../../protocols/csip/transport.ts";
import type { EvseInputs } from "../../control/shared/inputs.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import type { Log } from "../../log.ts";
import type { People } from "../../people.ts";
import type { Documents } from "../../store/store.ts";
import type { LinkPort } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { createAnswers } from "./answers.ts";
import { createAsking } from "./asking.ts";
import { availableW, createMeans, figuresOf, stateOf } from "./figures.ts";
import { openKept } from "./kept.ts";
import { createCsipNotes } from "./notes.ts";
import { wantedOf } from "./wanted.ts";
import { createWord } from "./word.ts";

type CsipConfig = NonNullable<SiteConfig["links"]["csip"]>;

export interface CsipOptions {
  readonly config: SiteConfig;
  readonly csip: CsipConfig;
  readonly inputs: readonly EvseInputs[];
  readonly people: Pick<People, "get">;
  readonly links: Pick<LinkPort, "ask" | "release" | "standing">;
  readonly documents: Documents;
  readonly log: Log;
}

/** What is in force is reckoned anew this often, and the client looked after, ms. */
const lookEveryMs = 500;

export function startCsip(options: CsipOptions): OutsideLink {
  const { config, csip, documents, log } = options;
  const cert = readFileSync(csip.certificateFile, "utf8");
  const lfdi = lfdiOf(cert);
  const kept = openKept(documents);
  const { book } = kept;
  const means = createMeans(config.site);
  const asking = createAsking(options.links);
  const notes = createCsipNotes(log, csip.url);
  let latest: ControlReport | null = null;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let inForce: AllInForce = {};
  let dueMs = 0;
  let busy: Promise<void> | null = null;
  let isStopped = false;
  let wasHeard = false;
  /** The server's time, s UTC, at a moment of the monotonic clock, ms: a step of our own clock moves nothing. */
  let clock = { serverS: Date.now() / 1_000 + kept.offsetS, atMs: performance.now() };
  const serverS = (): number => Math.floor(clock.serverS + (performance.now() - clock.atMs) / 1_000);
  if (kept.unreadable > 0)
    log("warn", `CSIP: ${kept.unreadable} records can't be read and don't count; limits that were in force hold.`);

  const transport = openTransport({
    url: csip.url,
    cert,
    key: readFileSync(csip.keyFile, "utf8"),
    ca: readFileSync(csip.caFile, "utf8"),
    serverName: csip.serverName,
    csipaus: csip.profile === "csip-aus" ? "https://csipaus.org/ns" : "",
  });

  const failed = (sentence: string): void => void (isStopped || notes.failed(sentence));
  const word = createWord(kept, serverS, notes.tooMany);
  const answer = createAnswers({ kept, transport, lfdi, serverS, failed });
  const ports: ClientPorts = {
    time(saidS) {
      const apartS = saidS - Date.now() / 1_000;
      clock = { serverS: saidS, atMs: performance.now() };
      notes.clock(apartS);
    },
    programs(programs) {
      word.programs(programs);
      settle();
    },
    controls(program, controls) {
      word.controls(program, controls);
      settle();
    },
    fallback(program, control) {
      word.fallback(program, control);
      settle();
    },
    figures: () => ({ figures: figuresOf(config, latest, options.inputs), gradient: gradientOf(book) || 0 }),
    state: () =>
      stateOf({
        ...options,
        report: latest!,
        isDisconnected: inForce.connect?.value === 0,
        isDeEnergized: inForce.energize?.value === 0,
      }),
    availableW: () => (latest === null ? 0 : availableW(latest)),
    readings: () => means.take(),
    heard() {
      kept.heard(Date.now(), serverS() - Date.now() / 1_000);
      notes.heard();
    },
    failed,
    stranger: (sentence) => notes.stranger(sentence),
  };
  const client: Client = createClient({
    transport,
    ports,
    path: new URL(csip.url).pathname,
    lfdi,
    sfdi: sfdiOf(lfdi),
    register: csip.registration === "in-band",
    pin: csip.pin,
    pen: csip.enterpriseNumber,
    connectionPointId: csip.profile === "csip-aus" ? csip.connectionPointId : undefined,
    nowS: () => performance.now() / 1_000,
    serverS,
  });

  /** In force first, stored afterwards. */
  function settle(): void {
    const seen = lookAtEvents(book, serverS());
    inForce = seen.inForce;
    const isLost = !(Date.now() - kept.heardMs <= csip.failSafe.afterS * 1_000);
    const figures = figuresOf(config, latest, options.inputs);
    const wanted = wantedOf(inForce, figures, isLost ? csip.failSafe : null);
    // What can't be read may have been what holds: nothing is loosened before the server has said it anew.
    const isKnown = kept.unreadable === 0 || wasHeard;
    if (isKnown)
      asking.follow(wanted, { report: latest, figures, config, gradient: gradientOf(book) || 0, serverS: serverS() });
    kept.store(seen.changed, seen.forgotten, seen.owed);
  }

  async function turn(): Promise<void> {
    if (!notes.isStranger) await answer();
    if (performance.now() < dueMs) return;
    dueMs = (await client.turn()) * 1_000;
    wasHeard ||= notes.isConnected;
    await answer();
  }

  return {
    name: "Utility (CSIP)",
    look(report) {
      latest = report;
      means.add(report);
      const nowMs = performance.now();
      if (nowMs - lookedMs < lookEveryMs || isStopped) return;
      lookedMs = nowMs;
      settle();
      busy ??= turn().finally(() => {
        busy = null;
      });
    },
    get connected() {
      return notes.isConnected;
    },
    get sentence() {
      return notes.sentence;
    },
    async stop() {
      isStopped = true;
      transport.stop();
      await busy?.catch(() => undefined);
    },
  };
}
