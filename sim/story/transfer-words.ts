/** Words of stories about K1: its contacts and its mode machine, and instruments that look at a transfer. */
import type { Probe, Reading } from "../checkers/probes.ts";
import type { StoryEvent } from "./scenario.ts";
import type { Site } from "./site.ts";

/** Whether the controller is in one of these modes; false while none runs. */
export const isIn =
  (...modes: readonly string[]) =>
  (site: Site): boolean =>
    modes.includes(site.controller?.mode ?? "dead");

export const k1Closed = (site: Site): boolean => site.world.transferDevice.closed;
export const k1Open = (site: Site): boolean => !site.world.transferDevice.closed;

/** Whether the bus carries its first tier while K1 is truly open. */
export function fedByIsland({ world }: Site): boolean {
  const critical = world.tiers[0]!;
  return !world.transferDevice.closed && world.bus.formers > 0 && critical.breakerClosed && world.bus.voltagePu > 0.85;
}

/** Whether the first tier has voltage, from wherever. */
export const lit = ({ world }: Site): boolean => world.tiers[0]!.breakerClosed && world.bus.voltagePu > 0.85;

/** Stages that are told to form in this cycle. */
export function toldToForm(site: Site): number {
  let told = 0;
  for (const { role } of site.commands.stages) if (role === "forming") told++;
  return told;
}

/** A person on site presses reset at one moment and lets go a second later. */
export function resets(at: string, until: string, sentence: string): readonly StoryEvent[] {
  return [
    [
      at,
      sentence,
      (site) => {
        site.station.resetRequest = true;
      },
    ],
    [
      until,
      "The key is turned back.",
      (site) => {
        site.station.resetRequest = false;
      },
    ],
  ];
}

/** The largest reading among the ticks in which a condition has just become true. */
export function mostWhenever(condition: (site: Site) => boolean, reading: Reading): Probe {
  let before = false;
  let seen = Number.NaN;
  return {
    from: undefined,
    to: undefined,
    look(site) {
      const now = condition(site);
      if (now && !before) {
        const value = reading(site);
        if (!(value <= seen)) seen = value;
      }
      before = now;
    },
    value: () => seen,
  };
}
