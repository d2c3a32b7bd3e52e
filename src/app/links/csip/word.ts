/** The server's word as it was heard last: taken into the book, stored where it has changed. */
import { hearControl } from "../../../protocols/csip/events.ts";
import type { ProgramPorts } from "../../../protocols/csip/programs.ts";
import type { Kept } from "./kept.ts";

/** `serverS`: time of the server, s UTC. */
export function createWord(kept: Kept, serverS: () => number, tooMany: () => void): ProgramPorts {
  const { book } = kept;
  return {
    programs(programs) {
      const hrefs = new Set(programs.map(({ href }) => href));
      for (const { href, primacy } of programs) {
        const known = book.programs.get(href);
        if (known?.primacy === primacy) continue;
        const program = { primacy, fallback: known?.fallback ?? null };
        book.programs.set(href, program);
        kept.storeProgram(href, program);
      }
      for (const href of [...book.programs.keys()])
        if (!hrefs.has(href)) {
          book.programs.delete(href);
          kept.storeProgram(href, null);
        }
    },
    controls(program, controls) {
      const changed: string[] = [];
      for (const control of controls) {
        const before = JSON.stringify(book.events.get(control.mrid));
        if (!hearControl(book, program, control, serverS(), Math.random)) tooMany();
        else if (JSON.stringify(book.events.get(control.mrid)) !== before) changed.push(control.mrid);
      }
      kept.store(changed, [], []);
    },
    fallback(program, fallback) {
      const known = book.programs.get(program);
      if (known === undefined || JSON.stringify(known.fallback) === JSON.stringify(fallback)) return;
      const next = { primacy: known.primacy, fallback };
      book.programs.set(program, next);
      kept.storeProgram(program, next);
    },
  };
}
