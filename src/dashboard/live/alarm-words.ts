/** The alarm bits of a power stage in words. Source of the bits: SunSpec model 701, point `Alrm` (sunspec/models, json/model_701.json). */
import type { SiteStation } from "../../app/station.ts";
import type { WordValues } from "../../domain/words.ts";

/** By bit. */
const alarms = [
  "ground fault",
  "too much voltage on the DC side",
  "AC disconnect open",
  "DC disconnect open",
  "disconnected from the grid",
  "cabinet open",
  "stopped by hand",
  "too hot",
  "frequency too high",
  "frequency too low",
  "AC voltage too high",
  "AC voltage too low",
  "blown fuse",
  "too cold",
  "memory or internal communication failed",
  "its own hardware test failed",
  "an alarm of the manufacturer’s own",
] as const;
const manualShutdown = 1 << 6;
/** Models whose `Alrm` has these bits: a register map's alarms are its manufacturer's. */
const knownModels = [701, 64_901];
const shownMax = 3;

type DeviceReport = SiteStation["devices"][number];
type Devices = readonly Pick<DeviceReport, "kind" | "models">[];

const speaksSunSpec = (devices: Devices, stage: number): boolean =>
  devices.filter(({ kind }) => kind === "stage")[stage]?.models.some((model) => knownModels.includes(model)) ?? false;

/** Somebody has pressed the emergency stop at the charger. */
export const isEmergencyStop = (devices: Devices, stage: number, bits: number): boolean =>
  speaksSunSpec(devices, stage) && (bits & manualShutdown) !== 0;

/** What fills the sentence of a stage's alarm. */
export const alarmValues = (devices: Devices, stage: number, bits: number): WordValues => ({
  evse: stage + 1,
  alarms: alarmText(bits, speaksSunSpec(devices, stage)),
});

function alarmText(bits: number, known: boolean): string {
  const raw = `alarm bits 0x${(bits >>> 0).toString(16)}`;
  if (!known) return raw;
  const said = alarms.filter((_, bit) => (bits & (1 << bit)) !== 0);
  if (said.length === 0) return raw;
  return said.length > shownMax
    ? `${said.slice(0, shownMax).join(", ")} and ${said.length - shownMax} more`
    : said.join(", ");
}
