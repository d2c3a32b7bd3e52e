/** How the control process is started: what both sides of the start must agree on. */
import type { ControlStart } from "./control.ts";

/** What the service hands over as the first message; the rows of inputs and reports come as descriptors. */
export type ProcessStart = Omit<ControlStart, "inputs" | "report" | "vehicles" | "ringFd"> & {
  /** A ring for the flight recorder comes as the last descriptor. */
  readonly recorded: boolean;
};

/** Descriptors under which the child finds the rows: after stdin, stdout, stderr and the message channel. */
export const inputsFd = 4;
export const reportFd = 5;
export const vehiclesFd = 6;
export const ringFd = 7;

/**
 * The engine without threads of its own and without its slow compiler. Its helper threads (garbage collection, compilation)
 * have ordinary priority: on a busy machine they are kept from running while they hold what the control loop waits for, and
 * the loop's real-time priority is worth nothing. Without them the optimizing compiler would run in the loop's own thread,
 * 10 to 15 ms for one function; the quick one (Maglev) takes a fraction of a millisecond and its code is fast enough for a
 * tick. Measured by `npm run -s bench -- loop`; docs/decisions/0006 has the figures.
 */
export const controlProcessFlags: readonly string[] = [
  "--single-threaded",
  "--v8-pool-size=0",
  "--no-turbofan",
  // A tick allocates nothing: the usual young generation would be 16 MB that only the start has filled.
  "--max-semi-space-size=1",
];
