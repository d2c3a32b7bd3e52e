/**
 * The step of SHIP's handshake in which both sides say whether they trust each other. The one that does not asks for more time
 * until a person decides. After enbility/ship-go (`ship/hs_hello.go`), which cites SHIP 13.4.4.1.
 */
import { at, type Json, textOf } from "./ship-json.ts";

/** Trust is waited for so long, ms (SHIP 13.4.4.1.3, as ship-go has it), and asked on for this many times. */
const helloMs = 60_000;
const graceMs = 10_000;
const prolongMs = 30_000;
const prolongsMax = 20;

interface HelloOptions {
  readonly isTrusted: () => boolean;
  readonly send: (message: Json) => void;
  /** Calls once after so many ms; what was waited for before is called no more. */
  readonly wait: (ms: number, run: () => void) => void;
  /** Ends the connection: one side does not trust the other. */
  readonly reject: () => void;
  readonly done: () => void;
}

export function createHello({ isTrusted, send, wait, reject, done }: HelloOptions) {
  let otherIsReady = false;
  let weAreReady = false;
  let isDone = false;
  let prolongs = 0;

  const say = (): void => send({ connectionHello: { phase: weAreReady ? "ready" : "pending", waiting: helloMs } });
  function abort(): void {
    send({ connectionHello: { phase: "aborted" } });
    reject();
  }
  /** The side that trusts waits for the other; the one that does not asks for more time. */
  function hold() {
    if (weAreReady) return wait(helloMs + graceMs, abort);
    wait(prolongMs, () => {
      if (++prolongs > prolongsMax) return abort();
      send({ connectionHello: { phase: "pending", prolongationRequest: true } });
      hold();
    });
  }
  function settle(): void {
    if (!weAreReady || !otherIsReady || isDone) return;
    isDone = true;
    done();
  }

  return {
    get isReady() {
      return weAreReady;
    },
    begin(): void {
      weAreReady = isTrusted();
      say();
      hold();
    },
    /** A person trusts the other side now. */
    trusted(): void {
      if (weAreReady) return;
      weAreReady = true;
      say();
      hold();
      settle();
    },
    take(message: Json | undefined) {
      const said = textOf(at(message, "phase"));
      if (said === "ready") {
        otherIsReady = true;
        return settle();
      }
      if (said !== "pending") return reject();
      if (at(message, "prolongationRequest") !== true) return;
      if (++prolongs > prolongsMax) return abort();
      say();
      hold();
    },
  };
}
