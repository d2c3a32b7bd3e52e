/**
 * The planner in a thread of its own, with bounded time and memory. One problem at a time; while it is planned, only the newest of
 * those that wait is kept, and everybody who waits gets its plan. Whatever happens to the thread, there is a plan: if it takes too
 * long, dies or can't start, it is ended and the plan is greedy, with the cause named.
 */
import { Worker } from "node:worker_threads";
import { type Plan, Planner } from "../planner.ts";
import type { PlanAnswer, PlanQuestion } from "./messages.ts";

export interface PlannerThreadOptions {
  /** Longest time for one plan, ms. */
  readonly limitMs?: number;
  /** Longest time until a new thread answers at all, ms. */
  readonly startLimitMs?: number;
  /** Memory of the solver's engine above which the thread is renewed between two plans, bytes. */
  readonly solverBytesMax?: number;
  readonly worker?: URL;
}

/** Heap of the thread's own JavaScript, MB. */
const heapMaxMB = 256;
/** After so many failures in a row the thread rests, and plans are greedy at once. */
const failuresMax = 3;
const restMs = 60_000;

interface Waiting {
  problem: unknown;
  readonly resolve: ((plan: Plan) => void)[];
}

export class PlannerThread {
  readonly #limitMs: number;
  readonly #startLimitMs: number;
  readonly #solverBytesMax: number;
  readonly #file: URL;
  readonly #greedy: (cause: string, problem: unknown) => Plan;
  #worker: Worker | null = null;
  #ready = false;
  #number = 0;
  #current: Waiting | null = null;
  #next: Waiting | null = null;
  #watchdog: ReturnType<typeof setTimeout> | null = null;
  #failures = 0;
  #restsUntilMs = 0;
  #closed = false;

  constructor({
    limitMs = 2_000,
    startLimitMs = 10_000,
    solverBytesMax = 256 * 2 ** 20,
    worker,
  }: PlannerThreadOptions = {}) {
    this.#limitMs = limitMs;
    this.#startLimitMs = startLimitMs;
    this.#solverBytesMax = solverBytesMax;
    this.#file = worker ?? new URL("./worker.ts", import.meta.url);
    this.#greedy = (cause, problem) => new Planner(null, cause).plan(problem);
  }

  /** Never rejects. A problem that a newer one overtakes while it waits gets the newer one's plan. */
  plan(problem: unknown): Promise<Plan> {
    return new Promise((resolve) => {
      if (this.#closed) resolve(this.#greedy("the planner is closed", problem));
      else if (this.#next) {
        this.#next.problem = problem;
        this.#next.resolve.push(resolve);
      } else {
        this.#next = { problem, resolve: [resolve] };
        this.#begin();
      }
    });
  }

  /** Ends the thread; plans that are waited for become greedy. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end("the planner is closed");
  }

  #begin(): void {
    if (this.#current || !this.#next) return;
    this.#current = this.#next;
    this.#next = null;
    if (performance.now() < this.#restsUntilMs) {
      this.#finish(this.#greedy(`the solver failed ${failuresMax} times in a row`, this.#current.problem));
      return;
    }
    if (!this.#worker) this.#start();
    else this.#ask();
  }

  #start(): void {
    this.#ready = false;
    const worker = new Worker(this.#file, { resourceLimits: { maxOldGenerationSizeMb: heapMaxMB }, name: "planner" });
    this.#worker = worker;
    // A thread that was ended may still have something to say; only the present one is listened to.
    worker.on("message", (answer: PlanAnswer) => this.#worker === worker && this.#onAnswer(answer));
    worker.on(
      "error",
      (failure) =>
        this.#worker === worker && void this.#fail(failure instanceof Error ? failure.message : String(failure)),
    );
    worker.on("exit", (code) => this.#worker === worker && void this.#fail(`its thread ended (${code})`));
    worker.unref();
    this.#watch(this.#startLimitMs, "its thread does not start");
  }

  #ask(): void {
    this.#number++;
    this.#watch(this.#limitMs, `it took longer than ${this.#limitMs} ms`);
    try {
      this.#worker!.postMessage({ number: this.#number, problem: this.#current!.problem } satisfies PlanQuestion);
    } catch (failure) {
      const cause = `the problem can't be sent: ${failure instanceof Error ? failure.message : failure}`;
      this.#finish(this.#greedy(cause, this.#current!.problem));
    }
  }

  #onAnswer({ number, plan, solverBytes }: PlanAnswer): void {
    if (!this.#ready) {
      this.#ready = true;
      if (this.#current) this.#ask();
      return;
    }
    if (number !== this.#number || !plan || !this.#current) return;
    this.#failures = 0;
    if (solverBytes > this.#solverBytesMax) this.#renew();
    this.#finish(plan);
  }

  /** Ends a thread that has grown too large; the next problem starts another. */
  #renew(): void {
    const worker = this.#worker;
    this.#worker = null;
    void worker?.terminate();
  }

  async #fail(cause: string): Promise<void> {
    if (++this.#failures >= failuresMax) {
      this.#failures = 0;
      this.#restsUntilMs = performance.now() + restMs;
    }
    await this.#end(`the solver failed: ${cause}`);
  }

  async #end(cause: string): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    const current = this.#current;
    if (current) this.#finish(this.#greedy(cause, current.problem));
    else this.#stopWatching();
    await worker?.terminate();
  }

  #finish(plan: Plan): void {
    this.#stopWatching();
    const current = this.#current;
    this.#current = null;
    for (const resolve of current?.resolve ?? []) resolve(plan);
    if (this.#closed && this.#next) {
      this.#current = this.#next;
      this.#next = null;
      this.#finish(this.#greedy("the planner is closed", this.#current.problem));
    } else this.#begin();
  }

  #watch(afterMs: number, cause: string): void {
    this.#stopWatching();
    this.#watchdog = setTimeout(() => void this.#fail(cause), afterMs);
  }

  #stopWatching(): void {
    if (this.#watchdog) clearTimeout(this.#watchdog);
    this.#watchdog = null;
  }
}
