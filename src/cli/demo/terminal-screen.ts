/** The terminal's other screen, on which the live view is drawn, and the way back from it. */
import { closeSync, openSync, writeSync } from "node:fs";

export const alternateScreen = "\u001b[?1049h\u001b[?25l";
export const normalScreen = "\u001b[?25h\u001b[?1049l";
/** Set for the processes of a demonstration that draws on the other screen. */
export const drawsVariable = "ISLET_DEMO_DRAWS";

/**
 * The demonstration was killed before it could leave the other screen: one of its processes does it. Whether the terminal
 * echoes again is for its shell. No terminal any more: nothing to do.
 */
export function leaveScreenOfTheDead(environment: NodeJS.ProcessEnv = process.env, terminal = "/dev/tty"): void {
  if (environment[drawsVariable] === undefined) return;
  try {
    const file = openSync(terminal, "w");
    writeSync(file, normalScreen);
    closeSync(file);
  } catch {
    // The terminal has gone too.
  }
}
