/** What people are told of sessions with vehicles, in the log and on the page. */
import type { SiteConfig } from "../../config/site.ts";
import { isDirect } from "../../protocols/iso15118/sessions/contract.ts";
import type { Log } from "../log.ts";
import type { ContractOffer, EndedSession, FromSessions, VehicleWord } from "./messages.ts";
import type { ModemNews } from "./modem.ts";
import type { SleepNews } from "./sleep.ts";

/** Writes what the thread tells; `before` is what its vehicle said last. */
export function createSessionLog(
  { evses }: SiteConfig,
  log: Log,
  nameAt?: (evse: number) => string,
): (message: FromSessions, before: VehicleWord | undefined, stopping: boolean) => void {
  const nameOf = (index: number): string => evses[index]!.name ?? `EVSE ${index + 1}`;
  /** A vehicle by its name, with its identifier; told and not. */
  const calledOf = (index: number, vehicleId: string): string => {
    const name = nameAt?.(index + 1) ?? "";
    if (vehicleId === "") return "a vehicle that has not said who it is";
    return name === "" ? `vehicle ${vehicleId}` : `${name} (${vehicleId})`;
  };

  /** Why the vehicle in session is only charged, as people were told; empty where they were not. */
  const toldOneWay = evses.map(() => "");

  function noteVehicle(index: number, word: VehicleWord, before: VehicleWord | undefined): void {
    const { vehicleId, protocol, inEnergy, noDischarge } = word;
    const fields = { evse: index + 1, vehicle: vehicleId };
    if (before?.vehicleId !== vehicleId && vehicleId !== "")
      log("info", `${nameOf(index)}: ${protocol} with ${calledOf(index, vehicleId)}.`, fields);
    // Once for each session whose energy has begun: an AC vehicle that is only charged, and why.
    const isAc = !isDirect(evses[index]!.vehicleLink?.connector ?? "dc");
    const why = inEnergy && isAc ? noDischarge : "";
    if (why === "" || toldOneWay[index] === why) return;
    toldOneWay[index] = why;
    log("info", `${nameOf(index)}: ${calledOf(index, vehicleId)} is charged only: ${noDischarge}.`, fields);
  }

  return (message, before, stopping) => {
    const { index } = message;
    const place = nameOf(index);
    const evse = { evse: index + 1 };
    switch (message.kind) {
      case "listening":
        log("info", `${place} listens for vehicles: ${listeningOf(message)}.`, evse);
        return;
      case "not-listening":
        log("warn", `${place} does not listen for vehicles: ${message.why}. It is looked at again every 3 s.`, evse);
        return;
      case "vehicle":
        noteVehicle(index, message.word, before);
        return;
      case "ended":
        toldOneWay[index] = "";
        noteEnd(log, place, message, calledOf(index, message.vehicleId), stopping);
        return;
      case "energy": {
        const { vehicleId, chargedWh, dischargedWh } = message;
        const kWh = (wh: number): string => (wh / 1_000).toFixed(2);
        log(
          "info",
          `${place}: in its session ${calledOf(index, vehicleId)} took ${kWh(chargedWh)} kWh and gave ${kWh(dischargedWh)} kWh back.`,
          { ...evse, vehicle: vehicleId, chargedWh, dischargedWh },
        );
        return;
      }
      case "sleep":
        noteSleep(log, place, message, calledOf(index, message.vehicleId));
        return;
      case "modem": {
        const { news, why } = message;
        const isGood = news === "matched" || news === "back";
        log(isGood ? "info" : "warn", `${place}: ${modemWords[news](why)}.`, evse);
        return;
      }
      case "contract-refused": {
        const { vehicleId, emaid, why, ends } = message;
        const then = ends
          ? "Its session has ended; it may begin a new one, with another contract or a card"
          : "It may show another contract, or somebody may pay with a card";
        log(
          "warn",
          `${place}: the contract ${emaid} of ${calledOf(index, vehicleId)} is not accepted: ${why}. ${then}.`,
          {
            ...evse,
            vehicle: vehicleId,
            emaid,
          },
        );
        return;
      }
      case "noise":
        log(
          "warn",
          `${place}: ${message.count} connection${message.count === 1 ? "" : "s"} came to no session, the last one because of ${message.why}. Nothing of the charger changes by that.`,
          evse,
        );
    }
  };
}

const sleepWords: Readonly<Record<SleepNews, (why: string) => string>> = {
  asked: (why) => `is asked to pause: ${why}`,
  stays: (why) =>
    `was asked to pause and stays in its session, in which nothing flows: ${why}. It is asked again in 10 min`,
  asleep: (why) => `sleeps until power is wanted again: ${why}`,
  waking: () => "is woken: power is wanted again",
  wakeless: () =>
    "does not wake up, neither by the duty cycle nor by state F of the control pilot. It is tried again in 10 min; pulling its plug and plugging it in again helps",
};

function noteSleep(
  log: Log,
  place: string,
  { news, why, vehicleId, index }: Extract<FromSessions, { kind: "sleep" }>,
  vehicle: string,
): void {
  const level = news === "stays" || news === "wakeless" ? "warn" : "info";
  log(level, `${place}: ${vehicle} ${sleepWords[news](why)}.`, { evse: index + 1, vehicle: vehicleId });
}

const modemWords: Readonly<Record<ModemNews["news"], (why: string) => string>> = {
  matched: (mac) => `the modem has matched with a vehicle${mac === "" ? "" : ` (${mac})`}`,
  failed: (why) => `${why}. There is no session until it has; pulling the plug and plugging it in again begins anew`,
  lost: (why) => `${why}. Its session is over; the modem begins to match anew`,
  gone: (why) => `${why}. There is no session at this place until it is there again; it is tried every second`,
  back: () => "the modem's daemon is there again",
};

export const contractsSentence = (offer: ContractOffer | null): string =>
  offer === null
    ? "Contracts in vehicles are not accepted any more: no root of theirs is installed, or the backend has switched them off."
    : `Contracts in vehicles are accepted over TLS, by ${offer.roots.length} root${offer.roots.length === 1 ? "" : "s"}.`;

export function listeningOf(message: Extract<FromSessions, { kind: "listening" }>): string {
  const { address, tcpPort, tlsPort, discovery, notEncrypted } = message;
  const at = [
    ...(tcpPort === undefined ? [] : [`port ${tcpPort}`]),
    ...(tlsPort === undefined ? [] : [`port ${tlsPort} with encryption`]),
  ].join(" and ");
  const why = notEncrypted === "" ? "" : `; ${tlsPort === undefined ? "not encrypted, because " : ""}${notEncrypted}`;
  return `${address}, ${at}${discovery ? "; vehicles find it by asking" : ""}${why}`;
}

/** Ends that nobody has to look into, and their sentences. */
const inOrder: Readonly<Record<string, string>> = {
  stopped: "Ended by the vehicle, in order",
  paused: "Paused: the vehicle may come back to it while its plug is in",
};

export const endedOf = (
  { vehicleId, protocol, end, why }: Extract<FromSessions, { kind: "ended" }>,
  atMs: number,
): EndedSession => ({
  vehicle: vehicleId,
  protocol,
  atMs,
  sentence: inOrder[end] ?? `Ended because of this: ${why === "" ? end : why}. The vehicle may begin a new one`,
  inOrder: end in inOrder,
});

function noteEnd(
  log: Log,
  place: string,
  { end, why, vehicleId, index, contractRefused }: Extract<FromSessions, { kind: "ended" }>,
  vehicle: string,
  stopping: boolean,
): void {
  const fields = { evse: index + 1, vehicle: vehicleId, end };
  if (stopping || contractRefused || end in inOrder)
    log("info", `${place}: the session with ${vehicle} has ended (${end in inOrder ? end : why}).`, fields);
  else
    log(
      "warn",
      `${place}: the session with ${vehicle} was ended: ${why === "" ? end : why}. Power is off and the contactors are open. The vehicle may begin a new session.`,
      fields,
    );
}
