/** The door of a place behind a modem: open while the modem's daemon is there, for the vehicle that the modem has matched with. */
import { createDoor, type Door, type DoorOptions } from "./door.ts";
import { createModem } from "./modem.ts";

/** A door by the configuration of its place. */
export function openDoor(options: DoorOptions): Door {
  const { index, link } = options.start;
  if (link.slacSocket === undefined) return createDoor(options);
  const modem = createModem({
    path: link.slacSocket,
    now: options.now,
    onNews: (news) => options.say({ kind: "modem", index, ...news }),
  });
  const door = createDoor({ ...options, refuses: () => modem.goneWhy || modem.unmatchedWhy });
  return {
    get open() {
      return door.open && modem.goneWhy === "";
    },
    look(hindrance, nowMs) {
      modem.tick(nowMs);
      modem.tell(options.facts.pilot, options.kept?.session !== undefined);
      const why = modem.goneWhy || modem.unmatchedWhy;
      if (why !== "") door.end(why);
      door.look(hindrance || modem.goneWhy, nowMs);
    },
    end: door.end,
    secure: door.secure,
    async close() {
      modem.close();
      await door.close();
    },
  };
}
