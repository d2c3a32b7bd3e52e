/** Settings of who a device is: compared with what the device says, or standing in for it where it says nothing. */
import type { z } from "zod";
import { group, text } from "../setting.ts";

export const identitySettings = group(
  {
    manufacturer: text({ sentence: "Manufacturer as the device tells it.", maxLength: 64, example: "Acme" }).optional(),
    model: text({ sentence: "Model as the device tells it.", maxLength: 64, example: "DC 11" }).optional(),
    serialNumber: text({
      sentence: "Serial number; a permit covers stages by it.",
      maxLength: 64,
      example: "A-1234",
      installer: true,
    }).optional(),
    firmware: text({
      sentence: "Firmware version; a permit names the versions that it covers.",
      maxLength: 64,
      example: "2.1.0",
      installer: true,
    }).optional(),
  },
  "Who was commissioned here. What a device tells otherwise stops it; what it does not tell is taken from here.",
);

/** What a device must say of itself before it is commanded; a part that is absent is not asked. */
export type IdentityConfig = z.infer<typeof identitySettings>;
