/**
 * Answers sites that ask for the fleet's clock, and asks them what stands at places of their audit logs that are not proven yet.
 * Those that ask within a moment are looked up together; where the database is away they are answered without.
 */
import type { Msg } from "@nats-io/transport-node";
import type { Database } from "../store/database.ts";
import { unprovenPlaces } from "../store/heads.ts";

/** Sites that ask within this are answered together, ms. */
const gatherMs = 50;
/** So many wait at most: who asks beyond is answered without places. */
const waitingMax = 20_000;

interface Waiting {
  readonly message: Pick<Msg, "respond">;
  readonly heardMs: number;
}

/** Takes one question. */
export type Greeter = (site: string, message: Pick<Msg, "respond">, nowMs: number) => void;

export function createGreeter(database: Database): Greeter {
  let waiting = new Map<string, Waiting>();

  const answer = ({ message, heardMs }: Waiting, places: readonly number[] | undefined): void => {
    // The site reckons that its answer was given half-way between question and answer.
    const atMs = Math.round((heardMs + Date.now()) / 2);
    try {
      message.respond(JSON.stringify({ schema: "islet-fleet-hello-answer-1", atMs, places }));
    } catch {
      // The broker has gone meanwhile: the site asks again.
    }
  };
  async function answerAll(): Promise<void> {
    const all = waiting;
    waiting = new Map();
    let places: Awaited<ReturnType<typeof unprovenPlaces>> | null = null;
    try {
      places = await unprovenPlaces(database, [...all.keys()]);
    } catch {
      // The clock is told without.
    }
    for (const [site, one] of all) answer(one, places === null ? undefined : (places.get(site) ?? []));
  }

  return (site, message, heardMs) => {
    const one = { message, heardMs };
    if (waiting.size >= waitingMax || waiting.has(site)) return answer(one, undefined);
    if (waiting.size === 0) setTimeout(() => void answerAll(), gatherMs);
    waiting.set(site, one);
  };
}
