/**
 * A SunSpec server towards a utility or an energy manager. Reading is for the addresses that are named; writing for those that are
 * named for it, within the rights. What is written goes through the one port: 704 WSet is a request with a lease, 704 WMaxLimPct and
 * the rates of 702 are caps that hold until they are written anew. Whatever else is written is refused with a Modbus exception.
 */
import type { GridProfile } from "../../../config/grid-profiles.ts";
import type { SiteConfig } from "../../../config/site.ts";
import { flipSunSpecDer } from "../../../domain/sign.ts";
import { ExceptionCode, type Registers } from "../../../protocols/modbus/answer.ts";
import { createTcpServer } from "../../../protocols/modbus/tcp-server.ts";
import type { RegisterFace, Touched } from "../../../protocols/sunspec/register-face.ts";
import type { Log } from "../../log.ts";
import type { AskName } from "../asks.table.ts";
import type { Asker, LinkPort, Notice } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { createSiteFace, ratingsOf, type StandingWords } from "./site-face.ts";

type SunspecConfig = NonNullable<SiteConfig["links"]["sunspec"]>;

export interface SunspecOptions {
  readonly config: SiteConfig;
  /** The grid profile in force, which is shown. */
  readonly profile: GridProfile;
  readonly sunspec: SunspecConfig;
  readonly links: Pick<LinkPort, "ask" | "release" | "standing" | "follow">;
  readonly log: Log;
  /** UTC, ms. */
  readonly nowMs: () => number;
}

const idleMs = 120_000;
/** Listening is tried again after this long, ms. */
const listenAgainMs = 10_000;
/** Addresses that are logged as refused; more are not told apart. */
const refusedMax = 50;
/** Words that stand are read anew after this long, ms. */
const wordsEveryMs = 100;

const { ok, illegalValue } = ExceptionCode;

export function startSunspec({ config, profile, sunspec, links, log, nowMs }: SunspecOptions): OutsideLink {
  const where = `SunSpec server ${sunspec.host}:${sunspec.port}`;
  const maySet = sunspec.rights.length > 0 && sunspec.writers.length > 0;
  const ratings = ratingsOf(config);
  let asker: Asker = { link: "sunspec", id: "master", name: "SunSpec", rights: sunspec.rights, isPerson: false };
  let why = "";
  let words: StandingWords = wordsOf(links, why, nowMs());
  let wordsAtMs = Number.NEGATIVE_INFINITY;
  const wordsNow = (): StandingWords => {
    const now = nowMs();
    if (now - wordsAtMs >= wordsEveryMs || now < wordsAtMs) {
      wordsAtMs = now;
      words = wordsOf(links, why, now);
    }
    return words;
  };
  const { face, update } = createSiteFace(config, profile, wordsNow, maySet);
  /** What the master has written of 704, as he has meant it. */
  const said = { isSet: false, setW: 0, setS: 0, isLimited: false, limitW: ratings.maxW, limitS: 0 };

  function ask(what: AskName, value: number, validS: number | undefined): ExceptionCode {
    const receipt = links.ask(asker, { what, evse: 0, value, validS });
    why = receipt.state === "in-force" ? "" : receipt.sentence;
    wordsAtMs = Number.NEGATIVE_INFINITY;
    return receipt.accepted ? ok : illegalValue;
  }
  function release(what: AskName): void {
    if (links.standing().some((one) => one.link === "sunspec" && one.what === what)) links.release(asker, what, 0);
    why = "";
    wordsAtMs = Number.NEGATIVE_INFINITY;
  }

  function onControl(touched: Touched): ExceptionCode {
    const get = (path: string): number => face.get(704, path);
    if (notOurs.some(touched)) return illegalValue;
    if (touched("WSet")) said.setW = get("WSet");
    if (touched("WSetPct")) said.setW = (get("WSetPct") / 100) * ratings.maxW;
    if (touched("WSetMod") && !(get("WSetMod") === 0 || get("WSetMod") === 1)) return illegalValue;
    if (touched("WSetRvrtTms")) said.setS = get("WSetRvrtTms") || 0;
    if (touched("WMaxLimPct")) said.limitW = (get("WMaxLimPct") / 100) * ratings.maxW;
    if (touched("WMaxLimPctRvrtTms")) said.limitS = get("WMaxLimPctRvrtTms") || 0;
    const isOn = (path: string): boolean => get(path) === 1;
    if (["WSetEna", "WSet", "WSetPct", "WSetRvrtTms"].some(touched)) {
      if (touched("WSetEna")) said.isSet = isOn("WSetEna");
      // One whose lease is over is not alive because its value is written: it is enabled anew.
      else if (!Number.isFinite(wordsNow().requestW)) said.isSet = false;
      if (!said.isSet) release("powerW");
      else {
        const code = ask("powerW", flipSunSpecDer(said.setW), said.setS > 0 ? said.setS : sunspec.leaseS);
        if (code !== ok) {
          said.isSet = false;
          return code;
        }
      }
    }
    if (["WMaxLimPctEna", "WMaxLimPct", "WMaxLimPctRvrtTms"].some(touched)) {
      if (touched("WMaxLimPctEna")) said.isLimited = isOn("WMaxLimPctEna");
      else said.isLimited = Number.isFinite(wordsNow().dischargeLimitW);
      if (!said.isLimited) release("dischargeLimitW");
      else return ask("dischargeLimitW", said.limitW, said.limitS > 0 ? said.limitS : undefined);
    }
    return ok;
  }

  face.onWrite(1, () => illegalValue);
  face.onWrite(702, (touched) => onRates(face, touched, ask, release));
  face.onWrite(704, onControl);
  face.onWrite(715, (touched) => {
    if (touched("AlarmReset") || touched("OpCtl")) return illegalValue;
    // The heartbeat of a master renews what he asks.
    if (said.isSet && Number.isFinite(wordsNow().requestW))
      return ask("powerW", flipSunSpecDer(said.setW), said.setS > 0 ? said.setS : sunspec.leaseS);
    return ok;
  });

  const refused = new Set<string>();
  let fault = `${where} does not listen yet.`;
  let isStopped = false;
  const server = createTcpServer({
    ...{ host: sunspec.host, port: sunspec.port, unitId: sunspec.unitId, idleMs },
    connectionsMax: sunspec.connectionsMax,
    mayConnect: (address) => [...sunspec.readers, ...sunspec.writers].includes(address),
    facing: (address) => (maySet && sunspec.writers.includes(address) ? writable(address) : readOnly),
    onRefused(address) {
      if (refused.has(address) || refused.size >= refusedMax) return;
      refused.add(address);
      log(
        "warn",
        `${where}: a connection from ${address} is refused: it is not among readers or writers, or there are too many.`,
      );
    },
  });
  const read: Registers["read"] = (address, count, into, at) => face.read(address, count, into, at);
  const readOnly: Registers = { read, write: () => ExceptionCode.illegalFunction };
  const writable = (address: string): Registers => ({
    read,
    write(register, count, from, at) {
      asker = { ...asker, name: `SunSpec ${address}`.slice(0, 80) };
      return face.write(register, count, from, at);
    },
  });
  const listen = (): void => {
    server.listen().then(
      (port) => {
        fault = "";
        log(
          "info",
          `SunSpec server: listens on ${sunspec.host}:${port}, ${maySet ? `may be written: ${sunspec.rights.join(", ")}` : "read-only"}.`,
        );
      },
      (failure: Error) => {
        fault = `${where} can't listen: ${failure.message}. It is tried again.`;
        log("warn", fault);
        if (!isStopped) setTimeout(listen, listenAgainMs).unref();
      },
    );
  };
  listen();

  const stopFollowing = links.follow("sunspec", ({ event, sentence }: Notice) => {
    why = event === "in-force" || event === "lapsed" ? "" : sentence;
    if (event === "lapsed") said.isSet = false;
    wordsAtMs = Number.NEGATIVE_INFINITY;
  });

  return {
    name: "SunSpec server",
    get connected() {
      return fault === "";
    },
    get sentence() {
      return fault;
    },
    look: update,
    async stop() {
      isStopped = true;
      stopFollowing();
      server.stop();
    },
  };
}

/** A rate at its rating is no limit. */
function onRates(
  face: RegisterFace,
  touched: Touched,
  ask: (what: AskName, value: number, validS: number | undefined) => ExceptionCode,
  release: (what: AskName) => void,
): ExceptionCode {
  const rates = [
    ["WChaRteMax", "chargeLimitW"],
    ["WDisChaRteMax", "dischargeLimitW"],
  ] as const;
  if (!rates.some(([path]) => touched(path))) return illegalValue;
  for (const [path, what] of rates) {
    if (!touched(path)) continue;
    // As the registers hold it: in whole steps of their exponent.
    const ratedW = face.get(702, `${path}Rtg`);
    const valueW = face.get(702, path);
    if (!(valueW <= ratedW)) return illegalValue;
    if (valueW === ratedW) release(what);
    else if (ask(what, valueW, undefined) !== ok) return illegalValue;
  }
  return ok;
}

/** Points of 704 that are not the asker's to set: they follow the grid profile. Fallbacks to values of their own there are none. */
const notOurs = [
  ...["PFWInjEna", "PFWInjEnaRvrt", "PFWInjRvrtTms", "PFWAbsEna", "PFWAbsEnaRvrt", "PFWAbsRvrtTms"],
  ...[
    "VarSetEna",
    "VarSetMod",
    "VarSetPri",
    "VarSet",
    "VarSetRvrt",
    "VarSetPct",
    "VarSetPctRvrt",
    "VarSetEnaRvrt",
    "VarSetRvrtTms",
  ],
  ...["WMaxLimPctRvrt", "WMaxLimPctEnaRvrt", "WSetRvrt", "WSetPctRvrt", "WSetEnaRvrt"],
  ...["WRmp", "WRmpRef", "VarRmp", "AntiIslEna", "PFWInj.PF", "PFWInj.Ext", "PFWInjRvrt.PF", "PFWInjRvrt.Ext"],
  ...["PFWAbs.PF", "PFWAbs.Ext", "PFWAbsRvrt.PF", "PFWAbsRvrt.Ext"],
];

/** What stands of this link's words, as its registers show it. */
function wordsOf(links: SunspecOptions["links"], why: string, nowMs: number): StandingWords {
  const own = links.standing().filter(({ link, evse }) => link === "sunspec" && evse === 0);
  const find = (what: AskName) => own.find((one) => one.what === what);
  const leftS = (untilMs: number | null | undefined): number =>
    untilMs == null ? Number.NaN : Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
  const request = find("powerW");
  const discharge = find("dischargeLimitW");
  return {
    requestW: request?.value ?? Number.NaN,
    requestLeftS: leftS(request?.untilMs),
    chargeLimitW: find("chargeLimitW")?.value ?? Number.POSITIVE_INFINITY,
    dischargeLimitW: discharge?.value ?? Number.POSITIVE_INFINITY,
    dischargeLeftS: leftS(discharge?.untilMs),
    why: request?.sentence || why,
  };
}
