/** What is logged of a link to a broker: each change once, with what to do and how it ends. */
import type { Log } from "../../log.ts";

/** Topics whose retained commands are logged; more are not told apart. */
const topicsMax = 50;

export interface LinkNotes {
  connected(): void;
  lost(why: string): void;
  retained(topic: string): void;
  /** The latest of a connection that is lost, or has not been made yet. */
  readonly sentence: string;
}

export function createLinkNotes(log: Log, url: string): LinkNotes {
  let said = "";
  const topics = new Set<string>();
  return {
    connected() {
      log("info", `MQTT broker ${url}: connected.`);
      said = "connected";
    },
    lost(why) {
      const sentence = `MQTT broker ${url} is not reached: ${why}. Limits hold, requests end with their lease; it is tried again until it is there. Check address, password and certificates.`;
      if (said === sentence) return;
      log("warn", sentence);
      said = sentence;
    },
    get sentence() {
      return said === "" || said === "connected" ? `MQTT broker ${url}: not connected yet.` : said;
    },
    retained(topic) {
      if (topics.has(topic) || topics.size >= topicsMax) return;
      topics.add(topic);
      log("warn", `MQTT: a retained command on ${topic} is not heard. Publish commands without the retain flag.`);
    },
  };
}
