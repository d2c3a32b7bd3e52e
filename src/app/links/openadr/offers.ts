/**
 * Events that ask to draw less become grid events of the site: people commit or decline, the plan delivers, what was measured
 * settles it. In a programme whose events are binding all of it is committed.
 */
import type { GridEvents } from "../../economy/grid-events.ts";
import type { Memory } from "./memory.ts";
import { type KnownEvent, offersOf } from "./wanted.ts";

const quarterMs = 15 * 60_000;

export interface Offers {
  /** True where something has changed that a plan rests on. */
  update(events: readonly KnownEvent[], nowMs: number): boolean;
}

export function keepOffers(
  gridEvents: Pick<GridEvents, "offer" | "answer" | "withdraw" | "get">,
  memory: Memory,
  told: (sentence: string) => void,
  problem: (sentence: string) => void,
): Offers {
  return {
    update(events, nowMs) {
      let isChanged = false;
      const { offers } = memory.marks;
      const wanted = offersOf(events, nowMs, problem);
      const stillThere = new Set(events.map(({ event }) => `${event.id}/${event.modificationDateTime}`));
      for (const [key, id] of Object.entries(offers)) {
        const [eventId = "", , modified = ""] = key.split("/");
        if (stillThere.has(`${eventId}/${modified}`)) continue;
        delete offers[key];
        isChanged = true;
        // What is over stays on record.
        const gone = gridEvents.get(id);
        if (gone !== undefined && gone.toMs > nowMs) gridEvents.withdraw(id);
      }
      for (const { key, program, isBinding, fromMs, toMs, lessW } of wanted) {
        if (offers[key] !== undefined) continue;
        // The plan knows quarters of an hour: the event is delivered for all those that it touches.
        const from = Math.floor(fromMs / quarterMs) * quarterMs;
        const to = Math.ceil(toMs / quarterMs) * quarterMs;
        const by = `OpenADR ${program}`.slice(0, 80);
        const offered = gridEvents.offer(
          {
            ...{ programme: program.slice(0, 80), fromMs: from, toMs: to, askedW: lessW },
            ...{ answerByMs: from, payPerKWh: 0, penaltyPerKWh: 0 },
          },
          by,
          nowMs,
        );
        if (!offered.ok) {
          problem(`An event of ${program} is not offered to people: ${offered.error}`);
          continue;
        }
        isChanged = true;
        offers[key] = offered.value.id;
        told(
          `An event of ${program} asks to draw ${Math.round(lessW)} W less: it is under grid events, to be answered.`,
        );
        if (isBinding) gridEvents.answer(offered.value.id, lessW, by, nowMs);
      }
      if (isChanged) memory.mark();
      return isChanged;
    },
  };
}
