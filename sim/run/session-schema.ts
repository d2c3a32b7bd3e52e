import { z } from "zod";
import { habits } from "../peers/vehicle/habits.table.ts";

/** How the vehicle speaks, where the controller speaks with vehicles. */
export const sessionSchema = z.strictObject({
  protocol: z.enum(["din", "2", "20"]).default("20"),
  scheduled: z.boolean().default(false),
  habit: z.enum(["", ...habits.map(({ name }) => name)]).default(""),
  id: z
    .string()
    .regex(/^[A-Za-z0-9]{0,20}$/, "must be at most 20 letters and digits")
    .default(""),
});
