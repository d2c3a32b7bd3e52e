/** Tells people in the log what stands between a device and its work, and when it is over. */
import type { ReportedFault } from "../../../firmware-bridge/device/fault-words.ts";
import type { DeviceReport } from "../../../firmware-bridge/report.ts";
import type { Clears } from "../../domain/reasons.ts";

/** The same fault of the same device that comes again within this time is counted, not told, ms. */
const againMs = 30_000;

const clearing: Readonly<Record<Clears, string>> = {
  itself: "It is over as soon as the cause is gone.",
  afterDelay: "It is over some time after the cause is gone.",
  onReset: "It stays until somebody mends it.",
  never: "It does not go away.",
};

type Say = (level: "warn" | "info", message: string, fields: Record<string, unknown>) => void;
type Told = Pick<DeviceReport, "name" | "fault">;

interface Noted {
  code: string;
  saidAtMs: number;
  standing: boolean;
  /** The standing fault has been told, so that its end is worth a line. */
  told: boolean;
  untold: number;
}

/** `clock` in ms. To be called with every report of the control loop. */
export function createDeviceNotes(log: Say, clock: () => number): (reports: readonly Told[]) => void {
  const notes = new Map<string, Noted>();

  function end(name: string, noted: Noted): void {
    noted.standing = false;
    if (noted.told) log("info", `${name} works again.`, { device: name, fault: null });
    noted.told = false;
  }

  function stand(name: string, fault: ReportedFault, nowMs: number): void {
    const before = notes.get(name);
    const same = before?.code === fault.code;
    if (same && before.standing && (before.told || nowMs - before.saidAtMs < againMs)) return;
    if (same && nowMs - before.saidAtMs < againMs) {
      before.standing = true;
      before.untold += 1;
      return;
    }
    const times = same && before.untold > 0 ? ` Since the last line ${before.untold} times.` : "";
    notes.set(name, { code: fault.code, saidAtMs: nowMs, standing: true, told: true, untold: 0 });
    log("warn", `${fault.sentence} ${clearing[fault.clears]}${times}`, { device: name, fault: fault.code });
  }

  return (reports) => {
    const nowMs = clock();
    for (const { name, fault } of reports) {
      const noted = notes.get(name);
      if (fault !== null) stand(name, fault, nowMs);
      else if (noted?.standing === true) end(name, noted);
    }
  };
}
