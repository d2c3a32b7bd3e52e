/** Settings that every device behind Modbus TCP has. */
import { integerOr, text } from "../setting.ts";

/** Where a device is reached. */
const host = text({ sentence: "Name or address of the device.", maxLength: 253, example: "192.168.1.20" });
/** What every Modbus device has. */
export const modbus = {
  host,
  port: integerOr(502, { sentence: "TCP port of its Modbus server.", min: 1, max: 65_535 }),
  unitId: integerOr(1, { sentence: "Modbus unit identifier.", min: 0, max: 255 }),
  map: text({
    sentence: "Register map: `sunspec`, or the path of a map file for a device that does not speak SunSpec.",
    maxLength: 300,
    example: "sunspec",
  }).default("sunspec"),
};
