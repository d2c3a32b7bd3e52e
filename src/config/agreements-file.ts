/**
 * The file of mutual-aid agreements, YAML: who may be a guest's owner and host, and what a kWh given and taken costs between
 * them (requirement R36).
 *
 *     parties:
 *       - { id: depot, name: North Depot }
 *       - { id: garage, name: South Garage }
 *     agreements:
 *       - account: south-12
 *         host: depot
 *         guest: garage
 *         from: 2026-11-01          # first local day
 *         until: 2026-12-31         # last local day
 *         currency: EUR
 *         energyPerKWh: 0.30        # paid to the guest for each kWh given
 *         wearPerKWh: 0.08
 *         supplyPerKWh: 0.25        # paid by the guest for each kWh taken
 *         travel: { paidBy: host, perVisit: 12 }
 *         leastAtLeavingWh: 50000
 *         vehicles: [{ evccId: 0011223344AA }, { idToken: 04A1B2C3 }]
 *
 * All complaints come at once. What would be settled twice or by nobody's price is refused: dates of one account or one vehicle that
 * overlap, a party that is not listed, a price that is missing.
 */
import { z } from "zod";
import { dayOfDate } from "../domain/calendar.ts";
import { type Identifier, identifierKey, identifierKinds } from "../domain/fleet/vehicles.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { issueSentence } from "./issue-words.ts";
import type { ConfigComplaint } from "./parse.ts";
import { readYaml } from "./yaml-text.ts";

/** Largest file accepted, characters. */
const charactersMax = 200_000;
const partiesMax = 200;
const agreementsMax = 500;
const vehiclesMax = 20;

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const id = z.string("must be an id").regex(idPattern, "must be letters, digits, dots and dashes, at most 40");
const date = z
  .string("must be a date, for example 2026-11-01")
  .refine((value) => dayOfDate(value) !== undefined, "must be a date that exists, for example 2026-11-01");
const price = (what: string) =>
  z
    .number(`must be the price of ${what} in currency/kWh: write 0 where nothing is paid`)
    .min(0, "must be from 0 to 100 currency/kWh")
    .max(100, "must be from 0 to 100 currency/kWh");
const identifier = z
  .strictObject(Object.fromEntries(identifierKinds.map((kind) => [kind, z.string().min(1).max(64).optional()])))
  .refine((value) => Object.keys(value).length === 1, `must name one of ${identifierKinds.join(", ")}`);

const agreementSchema = z.strictObject({
  account: id,
  host: id,
  guest: id,
  from: date,
  until: date,
  currency: z.string("must be an ISO 4217 code").regex(/^[A-Z]{3}$/, "must be an ISO 4217 code such as EUR"),
  energyPerKWh: price("energy given"),
  wearPerKWh: price("wear"),
  supplyPerKWh: price("energy taken"),
  travel: z
    .strictObject({ paidBy: z.enum(["host", "guest"]), perVisit: z.number().min(0).max(100_000).default(0) })
    .default({ paidBy: "guest", perVisit: 0 }),
  leastAtLeavingWh: z.number().min(0).max(10_000_000).default(0),
  vehicles: z.array(identifier).min(1, "must name at least one vehicle").max(vehiclesMax),
});
const fileSchema = z.strictObject({
  parties: z.array(z.strictObject({ id, name: z.string().min(1).max(120) })).max(partiesMax),
  agreements: z.array(agreementSchema).max(agreementsMax),
});

/** One agreement as the file says it; dates are local days, both included. */
export interface Agreement extends Omit<z.output<typeof agreementSchema>, "vehicles"> {
  readonly hostName: string;
  readonly guestName: string;
  readonly vehicles: readonly Identifier[];
}

/** From the text to the agreements, or to every complaint. `file` is only for the complaints. */
export function parseAgreements(text: string, file: string): Result<readonly Agreement[], readonly ConfigComplaint[]> {
  const nowhere = { file, line: 1, setting: "", found: "" };
  if (text.length > charactersMax)
    return err([{ ...nowhere, complaint: `must be at most ${charactersMax} characters long` }]);
  const read = readYaml(text);
  if (!read.ok) return err(read.error.map(({ line, message }) => ({ ...nowhere, line, complaint: message })));
  const { document, lineOf } = read.value;
  const complain = (path: readonly PropertyKey[], complaint: string): ConfigComplaint => {
    const line = lineOf(path);
    const value: unknown = path.length === 0 ? undefined : document.getIn(path);
    const isPlain = typeof value === "string" || typeof value === "number";
    const setting = path
      .map((step, i) => (typeof step === "number" ? `[${step}]` : `${i > 0 ? "." : ""}${String(step)}`))
      .join("");
    return { file, line, setting, found: isPlain ? JSON.stringify(value).slice(0, 60) : "", complaint };
  };
  const parsed = fileSchema.safeParse(read.value.value);
  if (!parsed.success) return err(parsed.error.issues.map((issue) => complain(issue.path, issueSentence(issue))));
  const { parties, agreements } = parsed.data;
  const names = new Map(parties.map((party) => [party.id, party.name]));
  const complaints = agreements.flatMap((agreement, i) => ownMistakes(agreement, names, ["agreements", i], complain));
  complaints.push(...overlaps(agreements, complain));
  if (names.size < parties.length) complaints.push(complain(["parties"], "must name each party once"));
  if (complaints.length > 0) return err(complaints);
  return ok(
    agreements.map((agreement) => ({
      ...agreement,
      hostName: names.get(agreement.host)!,
      guestName: names.get(agreement.guest)!,
      vehicles: agreement.vehicles.map(identifierOf),
    })),
  );
}

type RawAgreement = z.output<typeof agreementSchema>;
type Complain = (path: readonly PropertyKey[], complaint: string) => ConfigComplaint;

const identifierOf = (raw: RawAgreement["vehicles"][number]): Identifier => {
  const kind = identifierKinds.find((one) => raw[one] !== undefined)!;
  return { kind, value: raw[kind]! };
};

function ownMistakes(
  { host, guest, from, until, travel }: RawAgreement,
  names: ReadonlyMap<string, string>,
  path: readonly PropertyKey[],
  complain: Complain,
): ConfigComplaint[] {
  const complaints: ConfigComplaint[] = [];
  const known = [...names.keys()].join(", ") || "nobody";
  for (const side of ["host", "guest"] as const)
    if (!names.has(side === "host" ? host : guest))
      complaints.push(complain([...path, side], `must be one of the parties; listed are ${known}`));
  if (host === guest) complaints.push(complain([...path, "guest"], "must be another party than the host"));
  if (from > until) complaints.push(complain([...path, "until"], `must not be before ${from}, its first day`));
  if (travel.paidBy === "guest" && travel.perVisit > 0)
    complaints.push(complain([...path, "travel"], "costs the host nothing where the guest pays: leave perVisit out"));
  return complaints;
}

/** One account, and one vehicle, has one agreement at a time. */
function overlaps(agreements: readonly RawAgreement[], complain: Complain): ConfigComplaint[] {
  const complaints: ConfigComplaint[] = [];
  agreements.forEach((one, i) => {
    const earlier = agreements.slice(0, i).findIndex((other) => {
      const keys = new Set(other.vehicles.map((raw) => identifierKey(identifierOf(raw))));
      const same =
        other.account === one.account || one.vehicles.some((raw) => keys.has(identifierKey(identifierOf(raw))));
      return same && one.from <= other.until && other.from <= one.until;
    });
    if (earlier < 0) return;
    const { account, from, until } = agreements[earlier]!;
    const complaint = `overlaps agreement ${earlier + 1} (account ${account}, ${from} to ${until}) with the same account or vehicle: end one before the other begins`;
    complaints.push(complain(["agreements", i, "from"], complaint));
  });
  return complaints;
}
