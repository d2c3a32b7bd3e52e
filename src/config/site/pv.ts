/** Settings of PV inverters: where they are, what they are rated for, and how an island holds them back. */
import { choiceOr, group, number, text } from "../setting.ts";
import { modbus } from "./modbus.ts";

/** Most PV inverters of a site. */
export const pvMax = 16;

export const pvSettings = group(
  {
    name: text({ sentence: "What people call it.", maxLength: 60, example: "Roof south" }).optional(),
    ...modbus,
    ratedW: number({ sentence: "Rating of the PV.", unit: "W", min: 1, max: 100_000_000 }),
    curtail: choiceOr("command", ["command", "frequency-shift", "none"], {
      sentence:
        "How an island holds PV back: by a command, or by its frequency where PV only listens to that. `none`: it is only watched, nothing is ever written to it; not for PV behind K1.",
    }),
  },
  "PV that the controller watches, and holds back in an island.",
);
