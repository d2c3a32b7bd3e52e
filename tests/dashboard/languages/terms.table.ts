/** Terms of the trade: where the English has the first, German and Spanish have theirs (docs/glossary.md). */
export const terms: readonly {
  readonly english: RegExp;
  readonly german: RegExp;
  readonly spanish: RegExp;
}[] = [
  { english: /\bpower stages?\b/i, german: /Leistungsteil/, spanish: /etapa/i },
  { english: /\blocked out\b|\blockout\b/i, german: /erriegel/, spanish: /bloque/i },
  { english: /\bsite bus\b/i, german: /[Ss]chiene/, spanish: /embarrado/i },
  { english: /\bPCC meter\b/, german: /Netzzähler/, spanish: /contador de red/i },
  { english: /\btransfer device\b/i, german: /Netztrennschalter/, spanish: /interruptor de red/i },
  { english: /\bexport limit\b/i, german: /Einspeisebegrenzung/, spanish: /(?:límite|limitación) de vertido/i },
  { english: /\bin parallel\b/i, german: /arallel/, spanish: /en paralelo/i },
  { english: /\bcharger\b/i, german: /Ladepunkt/, spanish: /puntos? de recarga/i },
  { english: /(?<!\{)\btiers?\b/i, german: /Stufe|stufen/, spanish: /nivel/i },
  { english: /\bsetpoint\b/i, german: /Sollwert/, spanish: /consigna/i },
];
