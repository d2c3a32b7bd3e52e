/**
 * What ends power by a contact: the permissive signal (5.10.3, 5.10.4), and what a utility tries at commissioning: transfer trip,
 * its breaker, a relay's contact, the stop of a person. Each ends power within 2 s; a relay and a person hold it until a person.
 */
import type { GridProfile } from "../../config/grid-profiles.ts";
import { mra, timeMraS } from "../accuracy.ts";
import { conditions } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { ceasedAfterS, most, reachedAfterS } from "../reading.ts";
import { powerOf, recorded, timeOf } from "../recorded.ts";
import type { Signals } from "../rig.ts";

const beginS = 3;
const heldS = 10;
/** Watched after the contact is back, beyond the delay, s. */
const afterS = 12;
const ceaseMaxS = 2;
const begunPu = 0.02;
/** Powers with which a case begins, of the rating. */
const powers = [1, 0.33] as const;

interface Contact {
  readonly name: string;
  readonly active: Partial<Signals>;
  readonly back: Partial<Signals>;
  /** It holds until a person resets it, by this. */
  readonly latches: boolean;
}

const permissive: Contact = {
  name: "permissive signal lost",
  active: { permissive: false },
  back: { permissive: true },
  latches: false,
};

const inputs: readonly Contact[] = [
  { name: "transfer trip", active: { transferTrip: true }, back: { transferTrip: false }, latches: false },
  {
    name: "utility's breaker open",
    active: { upstreamClosed: false },
    back: { upstreamClosed: true },
    latches: false,
  },
  { name: "relay's contact", active: { relayTripped: true }, back: { relayTripped: false }, latches: true },
];

export const permissiveCases = (profile: GridProfile): readonly Case[] =>
  powers.flatMap((power) => contactCases(profile, permissive, power, power === 1));

export function ceaseInputCases(profile: GridProfile): readonly Case[] {
  return [
    ...inputs.flatMap((contact) => contactCases(profile, contact, 1, contact.latches)),
    ...stopCases(profile, "discharging", 1),
    ...stopCases(profile, "charging", -0.5),
  ];
}

function contactCases(profile: GridProfile, contact: Contact, power: number, quick: boolean): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  const { enterDelayS, nominalFrequencyHz } = settings;
  const watchS = enterDelayS + afterS;
  const record = recorded({
    settings,
    segments: [
      { forS: beginS, requestPu: power },
      { forS: heldS, signals: contact.active },
      { forS: watchS, signals: contact.back },
      ...(contact.latches
        ? [
            { forS: 1, signals: { reset: true } },
            { forS: watchS, signals: { reset: false } },
          ]
        : []),
    ],
  });
  const backS = beginS + heldS;
  const common = {
    direction: "discharging" as const,
    setting: `${contact.name} for ${heldS} s`,
    ability: "signals" as const,
    ...(quick && { quick: true as const }),
  };
  const label = `${contact.name}, ${Math.round(power * 100)} %`;
  const ceases: Case = {
    ...common,
    name: `${label}: ceases`,
    quantity: "time to cease",
    unit: "s",
    needs: { activePu: mra.activePu, timeS: 2 / nominalFrequencyHz },
    run: timeOf(record, (r) => ({ measured: ceasedAfterS(r, beginS, backS - r.stepS), low: null, high: ceaseMaxS })),
  };
  if (contact.latches)
    return [
      ceases,
      {
        ...common,
        name: `${label}: holds until a person resets it`,
        quantity: "most power after the contact is back",
        unit: "of rating",
        needs: { activePu: mra.activePu },
        run: powerOf(record, (r) => ({
          measured: most(r, r.activePu, backS, backS + watchS - r.stepS),
          low: null,
          high: mra.activePu,
        })),
      },
      returns(`${label}: returns after the reset`, backS + watchS),
    ];
  return [ceases, returns(`${label}: returns after the delay`, backS)];

  function returns(name: string, fromS: number): Case {
    const mraS = timeMraS(enterDelayS, nominalFrequencyHz);
    return {
      ...common,
      name,
      quantity: "time until power flows",
      unit: "s",
      needs: { activePu: mra.activePu, timeS: mraS },
      run: timeOf(record, (r) => ({
        measured: reachedAfterS(r, begunPu, fromS + 2 * r.stepS, fromS + watchS),
        low: Math.max(0, enterDelayS - mraS),
        high: watchS,
      })),
    };
  }
}

/** A person's stop at the charger, in either direction: it holds for as long as the person wants. */
function stopCases(profile: GridProfile, direction: Case["direction"], power: number): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  const record = recorded({
    settings,
    segments: [
      { forS: beginS, requestPu: power },
      { forS: 60, signals: { stopped: true } },
    ],
  });
  return [
    {
      name: `stop by a person, ${direction}`,
      direction,
      setting: "stop for a minute",
      ability: "signals",
      quantity: "time to cease, for good",
      unit: "s",
      needs: { activePu: mra.activePu, timeS: 2 / settings.nominalFrequencyHz },
      run: timeOf(record, (r) => ({ measured: ceasedAfterS(r, beginS, beginS + 59), low: null, high: ceaseMaxS })),
    },
  ];
}
