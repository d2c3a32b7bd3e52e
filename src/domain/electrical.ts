/**
 * Where a voltage counts as dead, live or fit for loads, and how long a state must last to be believed: said once, so that
 * controller, page and OCPP never disagree about the same bus. What a grid profile or a device's settings say is not here.
 * A voltage that is not known is neither dead nor live, neither lost nor fit.
 */

/** At and below: nothing feeds this conductor, pu. */
export const deadMaxPu = 0.1;
/** At and above: something feeds it, pu. Between the two it is neither. */
export const liveMinPu = 0.5;
/** Half-way between dead and live: what is shown where a pole is lost and the others are live, pu. */
export const neitherPu = (deadMaxPu + liveMinPu) / 2;
/** Loads may be fed at a voltage in this range, pu; outside it a supply counts as disturbed. */
export const serveMinPu = 0.88;
export const serveMaxPu = 1.1;
/** An island that stands below this sags under its load, pu. */
export const sagBelowPu = 0.85;

/** Whether nothing is live at this voltage, pu. NaN is not dead. */
export const isDeadPu = (voltagePu: number): boolean => voltagePu <= deadMaxPu;
/** Whether something is live at this voltage, pu. NaN is not live. */
export const isLivePu = (voltagePu: number): boolean => voltagePu >= liveMinPu;
/** Known, and not live: an outage, not a sag. */
export const isLostPu = (voltagePu: number): boolean => voltagePu < liveMinPu;
/** Whether loads may be served at this voltage, pu. */
export const servesPu = (voltagePu: number): boolean => voltagePu >= serveMinPu && voltagePu <= serveMaxPu;

/** Contacts and voltages agree this long before K1's position is believed, and a lockout may be reset, ms. */
export const coherentMs = 500;
/** Without a setting the grid has been good this long before K1 closes onto it: a line that recloses may lose it again, s. */
export const usualReturnDelayS = 30;

/** Stages that carry a planned island through K1's opening can give this much more than the load, as a multiple of it. */
export const holdMargin = 1.05;
