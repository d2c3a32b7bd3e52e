/** Where each use's energy came from on a day, by the energy account. */
import { nameWord } from "../../app/account/words.ts";
import type { AccountAnswer } from "../economy/account-api.ts";
import { decimal, phrase, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import { energy, money, table } from "./parts.ts";

export function originTable(account: AccountAnswer): Html {
  const { origins, rows, quarters, closing, closurePpm, noGridCharging, noBatteryExport, remarks, guests } = account;
  const lines = Object.keys(origins)
    .sort()
    .flatMap((use) =>
      Object.keys(origins[use]!)
        .sort()
        .map((origin) => ({
          cells: [phrase(nameWord(use)), phrase(nameWord(origin)), energy(origins[use]![origin]! / 1_000)],
        })),
    );
  const columns = [{ name: t`Use` }, { name: t`From` }, { name: t`Energy`, num: true }];
  const owed = guests
    .filter(({ givenWh, takenWh }) => givenWh + takenWh > 0)
    .map(
      (one) =>
        t`${one.guest}: ${money(Math.abs(one.due), one.currency)} due from ${one.due >= 0 ? one.host : one.guest}.`,
    );
  const notes = [
    t`${rows} of ${quarters} quarter-hours are on record, ${closing} of them close; in and out differ by ${decimal(closurePpm / 1e4, 2)} %.`,
    ...remarks.map(phrase),
    phrase(noGridCharging.sentence),
    phrase(noBatteryExport.sentence),
    ...owed,
  ];
  return html`${table(columns, lines, t`Origin of energy by use`)}${notes.map((note) => html`<p class="dim">${note}</p>`)}`;
}
