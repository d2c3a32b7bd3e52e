/**
 * `islet verify-device --kind transfer-device` and `--kind load-panel`: the duties of a device that switches, tried without
 * switching anything.
 */
import { loadPanelModel, transferDeviceModel } from "../maps/vendor-models.table.ts";
import { panelDuties } from "./duties-panel.table.ts";
import { transferDuties } from "./duties-transfer.table.ts";
import type { Duty } from "./duty.ts";
import { StageUnderTest, type Surroundings } from "./stage-under-test.ts";
import { type DeviceVerification, type DutyResult, type Leave, tryDuty, whyNotTried } from "./verify-device.ts";

const othersLookMs = 1_500;
const inUse = "somebody else commands it (its command registers change): stop the controller first";

/** What a switching device is: its model, its duties, and its name in sentences. */
const kinds = {
  "transfer-device": { model: transferDeviceModel.id, duties: transferDuties, name: "transfer device" },
  "load-panel": { model: loadPanelModel.id, duties: panelDuties, name: "panel of load tiers" },
} as const;

/** The kinds of devices that switch. */
export type SwitchingKind = keyof typeof kinds;

/** Tries every duty of a transfer device or a panel. `onResult` is called after each, for a person who waits. */
export async function verifySwitchingDevice(
  kind: SwitchingKind,
  around: Surroundings,
  leave: Leave,
  onResult: (result: DutyResult) => void = () => {},
): Promise<DeviceVerification> {
  const { model, duties, name } = kinds[kind];
  const device = new StageUnderTest(around, kind);
  const results: DutyResult[] = [];
  const note = (duty: Duty, verdict: DutyResult["verdict"], seen: string): void => {
    const { id, did, expected } = duty;
    results.push({ id, duty: duty.duty, did, expected, verdict, seen });
    onResult(results.at(-1)!);
  };
  const silent = await device.find();
  let endedBecause = silent ?? (device.images.has(model) ? "" : `model ${model} is not there: it is no ${name}`);
  const isCommanded = endedBecause === "" && leave.mayWrite && (await somebodyCommands(device, model));
  const allowed = isCommanded ? { mayWrite: false, mayDischarge: false } : leave;
  for (const duty of duties) {
    const why = whyNotTried(duty, allowed);
    if (endedBecause !== "")
      note(duty, results.length === 0 ? "fail" : "not tried", results.length === 0 ? endedBecause : "not reached");
    else if (why !== "") note(duty, "not tried", isCommanded && duty.needs === "writes" ? inUse : why);
    else endedBecause = await tryDuty(device, { ...duty, trial: duty.trial! }, note);
  }
  device.link.shut();
  return { ...device.identity, results, endedBecause };
}

async function somebodyCommands(device: StageUnderTest, model: number): Promise<boolean> {
  const before = await device.get(model, "Tok");
  await device.around.sleep(othersLookMs);
  return (await device.get(model, "Tok")) !== before;
}
