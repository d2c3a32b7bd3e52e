/** Compares the site's clock with the fleet's, and reads the documents that stand at the broker: sooner while nobody answers. */
import { helloAnswerSchema } from "../../../protocols/fleet/payloads.ts";
import { standingAt, subjectOf } from "../../../protocols/fleet/subjects.ts";
import { isletVersion } from "../../version.ts";
import type { Carrier } from "./connection.ts";
import { jsonOf } from "./told.ts";

const everyMs = 60_000;
/** While nobody behind the broker answers they are asked for sooner, after a pause that grows from this, ms. */
const unansweredMinMs = 5_000;

export interface ReaderOptions {
  readonly site: string;
  readonly boot: string;
  readonly carrier: Pick<Carrier, "ask">;
  /** Somebody answers, or nobody; `isNew`: after a time in which nobody did. */
  readonly onAnswered: (is: boolean, isNew: boolean) => void;
  /** Which heads of the audit log are not proven yet, by the places that they had. */
  readonly onPlaces: (places: readonly number[]) => void;
  readonly take: Readonly<Record<"order" | "release", (payload: Uint8Array) => void>>;
}

export interface Reader {
  /** The connection is new. */
  again(): void;
  /** To be called often while there is a connection. */
  look(nowMs: number): void;
  /** Fleet's clock less the site's, ms; NaN before they have compared. */
  readonly clockOffsetMs: number;
}

export function createReader({ site, boot, carrier, onAnswered, onPlaces, take }: ReaderOptions): Reader {
  let dueMs = 0;
  let pauseMs = unansweredMinMs;
  let clockOffsetMs = Number.NaN;
  let isAnswered = false;

  async function greet(): Promise<void> {
    const askedMs = Date.now();
    const hello = { schema: "islet-fleet-hello-1", site, boot, version: isletVersion() };
    const answer = await carrier.ask(subjectOf(site, "hello"), JSON.stringify(hello));
    const heard = answer === null ? undefined : helloAnswerSchema.safeParse(jsonOf(answer.payload)).data;
    if (heard !== undefined) clockOffsetMs = heard.atMs - (askedMs + Date.now()) / 2;
    if (heard?.places !== undefined) onPlaces(heard.places);
    const isNew = heard !== undefined && !isAnswered;
    isAnswered = heard !== undefined;
    if (!isAnswered) dueMs = Math.min(dueMs, performance.now() + pauseMs);
    pauseMs = isAnswered ? unansweredMinMs : Math.min(everyMs, pauseMs * 2);
    onAnswered(isAnswered, isNew);
  }

  async function readAll(): Promise<void> {
    await greet();
    for (const kind of ["order", "release"] as const) {
      const answer = await carrier.ask(standingAt(site, kind), "");
      if (answer !== null && answer.status === 0) take[kind](answer.payload);
    }
  }

  return {
    again() {
      dueMs = 0;
    },
    look(nowMs) {
      if (nowMs < dueMs) return;
      dueMs = nowMs + everyMs;
      void readAll();
    },
    get clockOffsetMs() {
      return clockOffsetMs;
    },
  };
}
