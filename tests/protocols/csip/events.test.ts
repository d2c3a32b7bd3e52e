/** The life of controls: what holds when several speak, and what the server is told, each once. Rows by the case that they show. */
import { describe, expect, test } from "vitest";
import {
  createBook,
  type EventBook,
  eventsMax,
  gradientOf,
  hearControl,
  lookAtEvents,
  startOf,
} from "../../../src/protocols/csip/events.ts";
import type { Control } from "../../../src/protocols/csip/resources.ts";

const control = (mrid: string, given: Partial<Control> = {}): Control => ({
  mrid,
  createdS: 100,
  status: 0,
  startS: 1_000,
  durationS: 600,
  randomizeStartS: 0,
  randomizeDurationS: 0,
  replyTo: "/rsp",
  responseRequired: 3,
  values: { expLimW: 5_000 },
  rampS: Number.NaN,
  fault: "",
  ...given,
});
/** Program A stands above B and C. */
function bookOf(): EventBook {
  const book = createBook();
  book.programs.set("A", { primacy: 1, fallback: null });
  book.programs.set("B", { primacy: 2, fallback: { values: { expLimW: 1_500 }, gradient: 27 } });
  book.programs.set("C", { primacy: 3, fallback: { values: { expLimW: 900, impLimW: 800 }, gradient: 50 } });
  return book;
}
const hear = (book: EventBook, program: string, one: Control, nowS = 900, random = () => 0.5) =>
  hearControl(book, program, one, nowS, random);
const look = (book: EventBook, nowS: number) => {
  const { inForce, owed } = lookAtEvents(book, nowS);
  return {
    exp: inForce.expLimW?.value,
    imp: inForce.impLimW?.value,
    owed: owed.map(({ mrid, status }) => `${mrid}${status}`),
  };
};

type Step = readonly [nowS: number, exp: number | undefined, owed: string];
const cases: readonly {
  readonly name: string;
  readonly hear: (book: EventBook) => void;
  readonly steps: readonly Step[];
}[] = [
  {
    name: "a control is received, started and completed, each told once, and the default holds before and after",
    hear: (book) => hear(book, "B", control("X")),
    steps: [
      [900, 1_500, "X1"],
      [1_000, 5_000, "X2"],
      [1_300, 5_000, ""],
      [1_600, 1_500, "X3"],
      [1_700, 1_500, ""],
    ],
  },
  {
    name: "a program with lower primacy takes over, and the other goes on after it",
    hear: (book) => {
      hear(book, "B", control("X"));
      hear(book, "A", control("Y", { startS: 1_100, durationS: 60, values: { expLimW: 0 } }));
    },
    steps: [
      [1_000, 5_000, "X1,X2,Y1"],
      [1_100, 0, "X7,Y2"],
      [1_160, 5_000, "Y3"],
      [1_600, 1_500, ""],
    ],
  },
  {
    name: "of two of one program the later one replaces the other for good",
    hear: (book) => {
      hear(book, "B", control("X"));
      hear(book, "B", control("Y", { createdS: 101, startS: 1_100, durationS: 60, values: { expLimW: 0 } }));
    },
    steps: [
      [1_000, 5_000, "X1,X2,Y1"],
      [1_100, 0, "X7,Y2"],
      [1_160, 1_500, "Y3"],
      [1_600, 1_500, ""],
    ],
  },
  {
    name: "a control goes on with the mode in which nobody stands above it",
    hear: (book) => {
      hear(book, "B", control("X", { values: { expLimW: 5_000, impLimW: 700 } }));
      hear(book, "A", control("Y", { values: { expLimW: 0 } }));
    },
    steps: [
      [1_000, 0, "X1,X2,Y1,Y2"],
      [1_600, 1_500, "X3,Y3"],
    ],
  },
  {
    name: "one that is first heard while it runs is started at once, one that is over has expired",
    hear: (book) => {
      hear(book, "B", control("X", { startS: 500 }));
      hear(book, "B", control("Z", { startS: 100 }));
    },
    steps: [[900, 5_000, "X1,X2,Z1,Z254"]],
  },
  {
    name: "what can't be done and what makes no sense is answered so, and the default holds",
    hear: (book) => {
      hear(book, "B", control("X", { startS: 800, values: {}, fault: "not-applicable" }));
      hear(book, "B", control("Z", { startS: 800, fault: "invalid" }));
    },
    steps: [[900, 1_500, "X1,X252,Z1,Z253"]],
  },
  {
    name: "the server says that a scheduled one is replaced",
    hear: (book) => hear(book, "B", control("X", { status: 4 })),
    steps: [
      [900, 1_500, "X1,X7"],
      [1_000, 1_500, ""],
    ],
  },
  {
    name: "only what the server asks to be told is told",
    hear: (book) => {
      hear(book, "B", control("X", { startS: 800, responseRequired: 1 }));
      hear(book, "C", control("Z", { startS: 800, replyTo: "" }));
    },
    steps: [[900, 5_000, "X1"]],
  },
];

describe("controls as events", () => {
  test.each(cases)("$name", ({ hear: said, steps }) => {
    const book = bookOf();
    said(book);
    for (const [nowS, exp, owed] of steps) {
      const seen = look(book, nowS);
      expect([nowS, seen.exp, seen.owed.join(",")]).toEqual([nowS, exp, owed]);
    }
  });

  test("a cancelled one ends at once, a scheduled one as well; with chance within its range", () => {
    const book = bookOf();
    hear(book, "B", control("X", { startS: 800 }));
    hear(book, "B", control("Y", { startS: 2_000 }));
    hear(book, "A", control("Z", { startS: 800, randomizeStartS: -40, values: { expLimW: 10 } }));
    expect(look(book, 900).exp).toBe(10);
    hear(book, "B", control("X", { startS: 800, status: 2 }), 910);
    hear(book, "B", control("Y", { startS: 2_000, status: 2 }), 910);
    hear(book, "A", control("Z", { startS: 800, randomizeStartS: -40, values: { expLimW: 10 }, status: 3 }), 910);
    expect(look(book, 910)).toMatchObject({ exp: 10, owed: ["Y6"] });
    expect(look(book, 929).exp).toBe(10);
    expect(look(book, 930)).toMatchObject({ exp: 1_500, owed: ["Z6"] });
  });

  test("chance is drawn once, and a start is shifted by it", () => {
    const book = bookOf();
    const random = () => 0.25;
    hear(book, "B", control("X", { randomizeStartS: 60 }), 900, random);
    hear(book, "B", control("X", { randomizeStartS: 60 }), 950, () => 0.9);
    expect(startOf(book.events.get("X")!)).toBe(1_015);
    expect(look(book, 1_014).exp).toBe(1_500);
    expect(look(book, 1_015).exp).toBe(5_000);
  });

  test("a book that was stored and read goes on: nothing is told twice, nothing is drawn anew", () => {
    const book = bookOf();
    hear(book, "B", control("X", { randomizeStartS: 60 }));
    look(book, 1_031);
    const again = bookOf();
    for (const [mrid, event] of book.events) again.events.set(mrid, structuredClone(event));
    hear(again, "B", control("X", { randomizeStartS: 60 }), 1_100, () => 0);
    expect(look(again, 1_100)).toMatchObject({ exp: 5_000, owed: [] });
    expect(look(again, 1_629).exp).toBe(5_000);
    expect(look(again, 1_630)).toMatchObject({ exp: 1_500, owed: ["X3"] });
  });

  test("a program that the device is no longer assigned to has nothing to say", () => {
    const book = bookOf();
    hear(book, "B", control("X", { startS: 800 }));
    expect(look(book, 900).exp).toBe(5_000);
    book.programs.delete("B");
    expect(look(book, 901).exp).toBe(900);
  });

  test("default controls: the lowest primacy that has the mode; the gradient likewise", () => {
    const book = bookOf();
    expect(look(book, 900)).toMatchObject({ exp: 1_500, imp: 800 });
    expect(gradientOf(book)).toBe(27);
  });

  test("what is long over is forgotten; there are never more than can be kept", () => {
    const book = bookOf();
    for (let i = 0; i < eventsMax; i++) expect(hear(book, "B", control(`E${i}`))).toBe(true);
    expect(hear(book, "B", control("one more"))).toBe(false);
    look(book, 1_600);
    expect(lookAtEvents(book, 1_600 + 3 * 86_400).forgotten.length).toBe(eventsMax);
    expect(book.events.size).toBe(0);
  });
});
