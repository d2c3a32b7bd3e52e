/** Day-ahead prices of the demonstration, as a file that the controller reads: cheap nights, dear evenings, and a spike when asked. */
import { hourMs } from "../../domain/units.ts";

/** Hours of the file, from the present one on. */
const hoursAhead = 48;
const spikeHours = 2;
const spikePerKWh = 1.6;

/** By the local hour at which each begins to hold. */
const usualPerKWh: readonly (readonly [fromHour: number, perKWh: number])[] = [
  [0, 0.14],
  [6, 0.28],
  [16, 0.52],
  [21, 0.28],
];

export function demoPrices(nowMs: number, timeZone: string, spike: boolean): string {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" });
  const firstMs = Math.floor(nowMs / hourMs) * hourMs;
  const lines = Array.from({ length: hoursAhead }, (_, i) => {
    const atMs = firstMs + i * hourMs;
    const hour = Number(format.format(atMs));
    const usual = usualPerKWh.findLast(([from]) => from <= hour)![1];
    return `${new Date(atMs).toISOString()},${spike && i < spikeHours ? spikePerKWh : usual}`;
  });
  return `at,perKWh\n${lines.join("\n")}\n`;
}
