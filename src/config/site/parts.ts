/**
 * Meters and I/O modules that a site has beside the meter at its grid connection, and a transfer device made of them: its
 * contacts are inputs of a module, its coils outputs, the voltages of its sides meters or voltage relays.
 */
import { pccMeterName } from "../device-names.ts";
import { choice, choiceOr, flagOr, group, integer, integerOr, text } from "../setting.ts";
import { modbus } from "./modbus.ts";

const deviceName = (sentence: string) => text({ sentence, maxLength: 60, example: "Cabinet I/O" });
const input = (sentence: string) => integer({ sentence, min: 0, max: 65_535, installer: true });

export const namedDeviceSettings = group(
  {
    name: deviceName("What people call it. Parts name it so, and every fault of it."),
    kind: choice(["meter", "io"], {
      sentence: "`meter`: a meter or voltage relay with registers. `io`: a module with single inputs and outputs.",
    }),
    ...modbus,
    inputsAre: choiceOr("discrete", ["discrete", "coils"], {
      sentence:
        "How an `io` module gives its inputs: as discrete inputs (function 2) or as coils (function 1), as some controllers do.",
    }),
  },
  "A meter or an I/O module, by its name.",
);

const contactSettings = group(
  {
    device: deviceName("The I/O module that both contacts are wired to."),
    normallyOpenInput: input("Input of K1's normally-open contact, 0-based: on while K1 is closed."),
    normallyClosedInput: input("Input of K1's normally-closed contact, 0-based: on while K1 is open."),
    mirror: flagOr(false, {
      sentence:
        "The normally-closed contact is a mirror contact: by its build it cannot be closed while a main pole is. Without it open contacts prove no open pole, and no island may be formed.",
      installer: true,
    }),
  },
  "K1's auxiliary contacts, both of them.",
);

const driveSettings = group(
  {
    device: deviceName("The I/O module that K1's coils are wired to."),
    drive: choice(["coil", "pulse", "hold-to-run"], {
      sentence:
        "`coil`: one output, on while K1 is closed. `pulse`: an output for closing and one for opening, each on for `onMs`. `hold-to-run`: the same two, each on until the contacts say that K1 has arrived, for `onMs` at most.",
      installer: true,
    }),
    closeOutput: input("Output that closes K1, 0-based coil address."),
    openOutput: input("Output that opens K1, likewise. A drive with one coil has none.").optional(),
    onMs: integerOr(500, {
      sentence: "How long a pulse lasts, and how long a hold-to-run output is on at most.",
      unit: "ms",
      min: 50,
      max: 30_000,
      installer: true,
    }),
  },
  "How K1 is moved. The controller keeps the sequence: a close is given once, an open stands.",
);

const sideSettings = (side: string) =>
  group(
    {
      device: deviceName(
        `What measures it: a meter of \`devices\`, \`${pccMeterName}\`, or the module with a voltage relay.`,
      ),
      liveInput: input("Of a voltage relay: input that is on while there is voltage, 0-based.").optional(),
      deadInput: input(
        "Of a voltage relay: input that is on while there is none. Both off or both on is unknown.",
      ).optional(),
    },
    `Voltage on ${side}.`,
  );

export const generatorSettings = group(
  {
    device: deviceName("The I/O module that its contact is wired to."),
    restsInput: input(
      "Input that is on while the generator stands still, 0-based. A broken wire reads as a generator that runs.",
    ),
  },
  "A generator that may feed the bus by itself: while it runs, or while that is not known, no stage gives power and K1 is not closed.",
);

export const bondingSettings = group(
  {
    device: deviceName("The I/O module that the bond's coil and contacts are wired to."),
    output: input("Output that makes the bond, 0-based coil address; off undoes it."),
    bondedInput: input("Input that is on while the bond is made, 0-based."),
    unbondedInput: input("Input that is on while it is undone, 0-based. Both off or both on is unknown."),
  },
  "The island's bond between neutral and ground, for a K1 that switches the neutral: made after K1 has opened, undone before it closes.",
);

/** The parts of a transfer device that is no device of its own. */
export const transferParts = {
  contacts: contactSettings.optional(),
  command: driveSettings.optional(),
  gridVoltage: sideSettings("the grid's side of K1, with its frequency").optional(),
  busVoltage: sideSettings("the site's side of K1").optional(),
};
