/** `islet verify-device --kind transfer-device`: the duties of a transfer device, tried without moving it. */
import { transferDeviceModel } from "../maps/vendor-models.table.ts";
import { transferDuties } from "./duties-transfer.table.ts";
import type { Duty } from "./duty.ts";
import { StageUnderTest, type Surroundings } from "./stage-under-test.ts";
import { type DeviceVerification, type DutyResult, type Leave, tryDuty, whyNotTried } from "./verify-device.ts";

const own = transferDeviceModel.id;
const othersLookMs = 1_500;
const inUse = "somebody else commands it (its command registers change): stop the controller first";

/** Tries every duty. `onResult` is called after each, for a person who waits. */
export async function verifyTransferDevice(
  around: Surroundings,
  leave: Leave,
  onResult: (result: DutyResult) => void = () => {},
): Promise<DeviceVerification> {
  const device = new StageUnderTest(around, "transfer-device");
  const results: DutyResult[] = [];
  const note = (duty: Duty, verdict: DutyResult["verdict"], seen: string): void => {
    const { id, did, expected } = duty;
    results.push({ id, duty: duty.duty, did, expected, verdict, seen });
    onResult(results.at(-1)!);
  };
  const silent = await device.find();
  let endedBecause = silent ?? (device.images.has(own) ? "" : `model ${own} is not there: it is no transfer device`);
  const isCommanded = endedBecause === "" && leave.mayWrite && (await somebodyCommands(device));
  const allowed = isCommanded ? { mayWrite: false, mayDischarge: false } : leave;
  for (const duty of transferDuties) {
    const why = whyNotTried(duty, allowed);
    if (endedBecause !== "")
      note(duty, results.length === 0 ? "fail" : "not tried", results.length === 0 ? endedBecause : "not reached");
    else if (why !== "") note(duty, "not tried", isCommanded && duty.needs === "writes" ? inUse : why);
    else endedBecause = await tryDuty(device, { ...duty, trial: duty.trial! }, note);
  }
  device.link.shut();
  return { ...device.identity, results, endedBecause };
}

async function somebodyCommands(device: StageUnderTest): Promise<boolean> {
  const before = await device.get(own, "Tok");
  await device.around.sleep(othersLookMs);
  return (await device.get(own, "Tok")) !== before;
}
