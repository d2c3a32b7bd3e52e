/** The grid codes that come with the product, each from its file in `grid-codes/`. A new one is a file and its line here. */
import { invariant } from "../domain/result.ts";
import { type GridCode, readGridCode } from "./grid-code.ts";
import as4777 from "./grid-codes/as4777-2-2020.json" with { type: "json" };
import rule21 from "./grid-codes/ca-rule21.json" with { type: "json" };
import en50549 from "./grid-codes/en50549-1-2019.json" with { type: "json" };
import g98 from "./grid-codes/g98.json" with { type: "json" };
import g99 from "./grid-codes/g99.json" with { type: "json" };
import iec61727 from "./grid-codes/iec61727-2004.json" with { type: "json" };
import ieee1547 from "./grid-codes/ieee1547-2018.json" with { type: "json" };
import vde4105 from "./grid-codes/vde-ar-n-4105-2018.json" with { type: "json" };
import vde4110 from "./grid-codes/vde-ar-n-4110-2018.json" with { type: "json" };

const documents: readonly unknown[] = [ieee1547, rule21, en50549, vde4110, g98, g99, as4777, vde4105, iec61727];

/** All of them, in the order in which they are shown. A file that is wrong ends the program at its start. */
export const gridCodes: readonly GridCode[] = documents.flatMap((document) =>
  readGridCode(document, (path, found, complaint) =>
    invariant(false, `built-in grid code: ${path.join(".")} is ${JSON.stringify(found)}: ${complaint}`),
  ),
);

/** The codes that state a setting or leave it to a person, for people: `VDE-AR-N 4105:2018, EN 50549-1:2019`. */
export const codesWith = (key: string): string => {
  const having = gridCodes.filter(
    ({ blank, origins }) => origins[key]?.source !== "" || (blank as readonly string[]).includes(key),
  );
  return [...new Set(having.map(({ code }) => code))].join(", ");
};
