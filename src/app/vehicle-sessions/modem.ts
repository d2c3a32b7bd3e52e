/**
 * The link to a place's modem (ISO 15118-3, SLAC): its daemon matches modems and says so by lines of JSON on a local socket
 * (docs/slac.md). Without it, or without a match, there is no vehicle that could be spoken with: everything here fails closed.
 */
import { connect, type Socket } from "node:net";
import { z } from "zod";
import { secondMs } from "../../domain/units.ts";
import { visible } from "../../domain/visible.ts";

const version = 1;
/** A daemon says something at least once a second; one that is silent for longer than this is gone, ms. */
const silentMs = 5 * secondMs;
/** A new attempt follows a failed one after this, ms. */
const againMs = secondMs;
/** A line, and lines that are no message before the daemon is given up. */
const lineMax = 4_096;
const wrongMax = 10;

const text = z.string().max(200);
const helloLine = z.object({ type: z.literal("hello"), version: z.int(), modem: text.default("") });
const stateLine = z.object({
  type: z.literal("state"),
  state: z.enum(["unmatched", "matching", "matched", "failed", "lost"]),
  /** Why it is not matched. */
  reason: text.default(""),
  /** Address of the vehicle's modem. */
  vehicleMac: text.default(""),
});
const daemonLine = z.discriminatedUnion("type", [helloLine, stateLine, z.object({ type: z.literal("alive") })]);

/** What is new, for people. */
export interface ModemNews {
  readonly news: "matched" | "failed" | "lost" | "gone" | "back";
  readonly why: string;
}

export interface Modem {
  /** Why the daemon can't be relied on; empty while it can. */
  readonly goneWhy: string;
  /** Why there is no link to a vehicle; empty while there is. */
  readonly unmatchedWhy: string;
  /** What the daemon has to know: the pilot's state, and whether a session is paused whose keys it keeps. */
  tell(pilot: string, paused: boolean): void;
  /** Called often: silence, and attempts. */
  tick(nowMs: number): void;
  close(): void;
}

export interface ModemOptions {
  readonly path: string;
  readonly now: () => number;
  readonly onNews: (news: ModemNews) => void;
}

const notYet = "the modem's daemon has not been reached yet";
const noMatch = "the modem has not matched with a vehicle";

export function createModem({ path, now, onNews }: ModemOptions): Modem {
  let socket: Socket | undefined;
  let rest = "";
  let wrong = 0;
  let greeted = false;
  let heardAtMs = now();
  let tryAtMs = Number.NEGATIVE_INFINITY;
  let goneWhy = notYet;
  let unmatchedWhy = noMatch;
  let told = "";
  let saidGone = false;

  /** No match outlives the daemon that has told of it. */
  function gone(why: string): void {
    socket?.destroy();
    socket = undefined;
    greeted = false;
    tryAtMs = now() + againMs;
    goneWhy = `the modem's daemon at ${path} ${why}`;
    unmatchedWhy = noMatch;
    if (!saidGone) onNews({ news: "gone", why: goneWhy });
    saidGone = true;
  }

  function hello(spoken: number): void {
    if (spoken !== version) {
      gone(`speaks version ${spoken} of the protocol, and ${version} is expected`);
      return;
    }
    greeted = true;
    goneWhy = "";
    if (saidGone) onNews({ news: "back", why: "" });
    saidGone = false;
    told = "";
  }

  function state({ state: is, reason, vehicleMac }: z.infer<typeof stateLine>): void {
    const why = visible(reason);
    const before = unmatchedWhy;
    if (is === "matched") unmatchedWhy = "";
    else if (is === "failed") unmatchedWhy = `${noMatch}: ${why === "" ? "it gives no reason" : why}`;
    else if (is === "lost") unmatchedWhy = `the modem has lost the vehicle${why === "" ? "" : `: ${why}`}`;
    else unmatchedWhy = noMatch;
    if (before === unmatchedWhy || is === "matching" || is === "unmatched") return;
    onNews({ news: is, why: is === "matched" ? visible(vehicleMac) : unmatchedWhy });
  }

  function take(line: string): void {
    const read = daemonLine.safeParse(jsonOf(line));
    if (!read.success) {
      if (++wrong > wrongMax) gone(`has sent ${wrong} lines that are no message of the protocol`);
      return;
    }
    const { data } = read;
    heardAtMs = now();
    if (data.type === "hello") hello(data.version);
    else if (!greeted) gone("has not said hello first");
    else if (data.type === "state") state(data);
  }

  function open(): void {
    tryAtMs = Number.POSITIVE_INFINITY;
    heardAtMs = now();
    rest = "";
    wrong = 0;
    const mine = connect(path);
    socket = mine;
    mine.setEncoding("utf8");
    mine.on("error", ({ message }) => mine === socket && gone(`does not answer (${message})`));
    mine.on("close", () => mine === socket && gone("has closed the connection"));
    mine.on("data", (came: string) => {
      rest += came;
      for (let at = rest.indexOf("\n"); at >= 0 && mine === socket; at = rest.indexOf("\n")) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 1);
        take(line);
      }
      if (rest.length > lineMax && mine === socket) gone(`has sent a line of more than ${lineMax} characters`);
    });
  }

  return {
    get goneWhy() {
      return goneWhy;
    },
    get unmatchedWhy() {
      return unmatchedWhy;
    },
    tell(pilot, paused) {
      const line = JSON.stringify({ type: "pilot", state: pilot, paused });
      if (!greeted || line === told) return;
      told = line;
      socket?.write(`${line}\n`);
    },
    tick(nowMs) {
      if (socket === undefined && nowMs >= tryAtMs) open();
      if (socket !== undefined && nowMs - heardAtMs > silentMs) gone(`has been silent for ${silentMs / secondMs} s`);
    },
    close() {
      tryAtMs = Number.POSITIVE_INFINITY;
      const mine = socket;
      socket = undefined;
      mine?.destroy();
    },
  };
}

/** Undefined for what is none. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
