/** Everything in Spanish. */
import type { Catalogs } from "../language.ts";
import { endings, units } from "./common.table.ts";
import { events } from "./events.table.ts";
import { faults } from "./faults.table.ts";
import { page } from "./page.table.ts";
import { pages } from "./pages.table.ts";
import { phrases } from "./phrases.table.ts";
import { reasons } from "./reasons.table.ts";
import { sentences } from "./sentences.table.ts";
import { told } from "./told.table.ts";

export const spanish: Catalogs = { sentences, events, reasons, endings, units, phrases, faults, page, pages, told };
