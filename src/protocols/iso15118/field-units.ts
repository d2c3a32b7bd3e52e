/** The units that ISO 15118-20 implies by the names of its fields; ISO 15118-2 and DIN SPEC 70121 send them along. */

/** First match wins; the later ones are the more general. */
const units: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/(Duration|DepartureTime|RemainingTime|StartTime|FeePeriod|OverstayTimeThreshold|MaxDelay)/, "s"],
  [/SOC$/, "%"],
  [/Wh$/, "Wh"],
  [/VARh$/, "varh"],
  [/ReactivePower/, "var"],
  [/(Power|EIRP)/, "W"],
  [/Voltage/, "V"],
  [/Current/, "A"],
  [/Energy/, "Wh"],
  [/Frequency/, "Hz"],
];

/** The unit of a RationalNumber, a percentage or a time span by the name of its field, or undefined. */
export function unitOf(field: string): string | undefined {
  return units.find(([pattern]) => pattern.test(field))?.[1];
}

/** Fields that are seconds since 1970. */
export const isInstant = (field: string): boolean =>
  /^(TimeStamp|EVSETimeStamp|DateTimeNow|TimeAnchor|MeterTimestamp|CheckOutTime|TMeter)$/.test(field);
