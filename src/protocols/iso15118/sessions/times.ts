/** Times of a session on the charger's side, ms. Sources: public implementations and recorded sessions; where they are silent, ours. */
import { secondMs } from "../../../domain/units.ts";

/** No request for so long: power off, contactors open, connection closed. */
export const sequenceMaxMs = 60 * secondMs;
/** "Processing" may be answered for so long; vehicles give up after 60 s. */
export const processingMaxMs = 55 * secondMs;
/** Schedules from the backend are waited for this long (ours); later ones are a reason to negotiate again. */
export const scheduleWaitMaxMs = 10 * secondMs;
/** An answer that waits for the backend: vehicles wait 5 s for those with certificates, recorded ones took up to 4.4 s. */
export const backendAnswerMaxMs = 4_400;
/** The output reaches the vehicle's voltage within this. */
export const prechargeMaxMs = 10 * secondMs;
/** An answer that waits for contactors: vehicles of DIN SPEC 70121 and ISO 15118-20 wait little more than 1.5 s for it. */
export const contactorAnswerMaxMs = 1_400;
/** Vehicles of ISO 15118-2 wait 5 s for the same answer (Josev's and RISE-V2G's timeouts): a slow stage is no failure. */
export const iso2ContactorMaxMs = 4 * secondMs;
/** AC contactors close within 3 s. */
export const acContactorMaxMs = 3 * secondMs;
/** An AC vehicle that may not feed any more has stopped within this (ours; its own inverter ramps down). */
export const acObedienceMaxMs = 5 * secondMs;
/** The vehicle changes its pilot to C or D within this of asking for power. */
export const pilotMaxMs = 500;

/**
 * DIN SPEC 70121 and ISO 15118-2: a vehicle that is silent for so long while it charges gets no more (vehicles pause for up to
 * 2.3 s in recordings), and is gone after the second; a person may take 5 minutes to pay (ours).
 */
export const silence = { loopSilentMs: 3 * secondMs, loopMaxMs: 10 * secondMs, authorizationMaxMs: 300 * secondMs };
/** ISO 15118-20: half a second after a response of the loop the vehicle is late; the session's end is ours. */
export const iso20Silence = { loopSilentMs: 500, loopMaxMs: 5 * secondMs, authorizationMaxMs: 180 * secondMs };
/** A pause that the charger asks for begins within this, s. */
export const pauseMaxS = 60;
/** What a vehicle has said of its energy counts for so long in the loop; then nothing is taken out. */
export const needsMaxMs = 5 * secondMs;
