/** AC charging as ISO 15118-2 and ISO 15118-20 have in common: phases, and contactors that follow the pilot. */
import { notYet, type SessionContext } from "./session.ts";
import { pilotMaxMs } from "./times.ts";

export const phasesOf = ({ facts }: SessionContext): number => (facts.connector === "ac3" ? 3 : 1);

/** The vehicle's pilot first, then our contactors, then the answer, which waits `mostMs` for them. */
export function startAc(
  context: SessionContext,
  mostMs: number,
): "OK" | "FAILED" | "FAILED_ContactorError" | typeof notYet {
  const { facts, order, waitedMs } = context;
  if (facts.trouble !== "") return "FAILED";
  if (facts.pilot !== "C" && facts.pilot !== "D") return waitedMs < pilotMaxMs ? notYet : "FAILED";
  order.phase = "energy";
  // Contactors that are closed already (a schedule negotiated anew) are as good as those that close now.
  if (facts.contactorsClosed) return "OK";
  return waitedMs < mostMs ? notYet : "FAILED_ContactorError";
}
