/** What is logged of the link to a utility's server: each change once, with what to do and how it ends. */
import type { Log } from "../../log.ts";

/** A server's clock that is further away is worth a warning, s. */
const clockWarnS = 60;

export interface CsipNotes {
  heard(): void;
  failed(why: string): void;
  stranger(sentence: string): void;
  /** The server's clock is so much ahead of ours, s. */
  clock(apartS: number): void;
  tooMany(): void;
  readonly isConnected: boolean;
  /** It has proven to be another server: it is not spoken to any more. */
  readonly isStranger: boolean;
  readonly sentence: string;
}

export function createCsipNotes(log: Log, url: string): CsipNotes {
  let said = "";
  let isConnected = false;
  let isStranger = false;
  let toldClock = false;
  let toldMany = false;
  return {
    heard() {
      if (isStranger) return;
      if (!isConnected) log("info", `Utility's server ${url}: connected.`);
      isConnected = true;
      said = "";
    },
    failed(why) {
      if (isStranger) return;
      isConnected = false;
      const sentence = `Utility's server ${url}: ${why}. Controls run to their end, then the default control or the fail-safe holds; it is tried again until it answers. Check address, certificates and the registration at the utility.`;
      if (said !== sentence) log("warn", sentence);
      said = sentence;
    },
    stranger(sentence) {
      isConnected = false;
      isStranger = true;
      said = sentence;
      log("error", sentence);
    },
    clock(apartS) {
      const isFar = Math.abs(apartS) > clockWarnS;
      if (isFar && !toldClock)
        log(
          "warn",
          `The clock of the utility's server is ${Math.round(apartS)} s away from ours. Its controls go by its own. Check the clock here; if it is right, tell the utility.`,
        );
      toldClock = isFar;
    },
    tooMany() {
      if (!toldMany) log("warn", "The utility's server lists more controls than are kept: the last are not heard.");
      toldMany = true;
    },
    get isConnected() {
      return isConnected;
    },
    get isStranger() {
      return isStranger;
    },
    get sentence() {
      if (isConnected) return "";
      return said === "" ? `Utility's server ${url}: not connected yet.` : said;
    },
  };
}
