/**
 * After an emergency stop nothing starts again by itself: the charger is held as if a person had stopped it, until a person
 * resumes it. Releasing the button only makes that possible.
 */

import type { ControlReport } from "../../app/control/shared/report.ts";
import type { Log } from "../../app/log.ts";
import { held } from "../../app/people.ts";
import type { SiteStation } from "../../app/station.ts";
import { isEmergencyStop } from "./alarm-words.ts";
import { emergencyName } from "./event-rows.ts";

export function createEmergencyHold(station: SiteStation, log: Log): (report: ControlReport) => void {
  const pressed = station.config.evses.map(() => false);
  return ({ stages }) => {
    for (let i = 0; i < stages.length; i++) {
      const isPressed = isEmergencyStop(station.devices, i, stages[i]!.alarmBits);
      if (isPressed === pressed[i]) continue;
      pressed[i] = isPressed;
      // Held also when it is released, in case somebody has resumed it meanwhile.
      if ((station.people.get("held", i + 1)?.value ?? 0) >= held.everything) continue;
      const reason = `The emergency stop of charger ${i + 1} was pressed.`;
      try {
        station.people.ask("held", i + 1, { value: held.everything, by: emergencyName, atMs: Date.now(), reason });
      } catch (failure) {
        pressed[i] = !isPressed;
        log("error", `Charger ${i + 1} can't be held after its emergency stop.`, { err: failure });
      }
    }
  };
}
