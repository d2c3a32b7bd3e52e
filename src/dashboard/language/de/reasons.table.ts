/** Reasons by their keys; the English is in `src/domain/reasons.ts`. */
import type { ReasonKey } from "../../../domain/reasons.ts";
import type { EventTexts } from "../language.ts";

export const reasons: Readonly<Record<ReasonKey, EventTexts>> = {
  "no-vehicle": {
    name: "Kein Fahrzeug",
    sentence: "Kein Fahrzeug ist angesteckt.",
  },
  "not-authorized": {
    name: "Freigabe",
    sentence: "An diesem Ladepunkt ist niemand freigegeben.",
  },
  "paused": {
    name: "Ausgesetzt",
    sentence: "Ein Bediener hat diesen Ladepunkt ausgesetzt.",
  },
  "mode": {
    name: "Betriebsart der Anlage",
    sentence: "Die Betriebsart der Anlage lässt es nicht zu.",
  },
  "permit-discharge": {
    name: "Betriebserlaubnis",
    sentence: "Keine Erlaubnis zum Parallelbetrieb erfasst das Entladen.",
  },
  "discharge-disabled": {
    name: "Entladen nicht freigegeben",
    sentence: "Entladen ist für diesen Ladepunkt nicht freigegeben.",
    todo: "Ein Installateur kann es freigeben.",
  },
  "not-bidirectional": {
    name: "Fahrzeug lädt nur",
    sentence: "Das Fahrzeug kann nur geladen werden.",
  },
  "vehicle-limit": {
    name: "Fahrzeug",
    sentence: "Die eigene Grenze des Fahrzeugs.",
  },
  "vehicle-stale": {
    name: "Fahrzeug stumm",
    sentence: "Das Fahrzeug erneuert seine Grenzen nicht mehr.",
  },
  "vehicle-session": {
    name: "Sitzung",
    sentence: "Die Sitzung mit dem Fahrzeug hat den Energiefluss noch nicht erreicht oder ist beendet.",
  },
  "vehicle-minimum": {
    name: "Minimum des Fahrzeugs",
    sentence: "Unter der kleinsten Leistung, die das Fahrzeug annimmt, also null.",
  },
  "reserve": {
    name: "Reserve",
    sentence: "Die Reserve im Ladestand wird gehalten.",
  },
  "battery-full": {
    name: "Batterie voll",
    sentence: "Die Batterie ist voll.",
  },
  "backend-limit": {
    name: "Grenze des Backends",
    sentence: "Eine Grenze des Backends.",
  },
  "backend-expired": {
    name: "Anforderung des Backends abgelaufen",
    sentence: "Die Anforderung des Backends ist abgelaufen.",
  },
  "link-limit": {
    name: "Grenze eines verbundenen Systems",
    sentence: "Eine Grenze eines Systems, das über API oder MQTT verbunden ist.",
    todo: "Sie gilt, bis dieses System oder eine Person sie zurücknimmt: unter Grenzen steht, wessen sie ist.",
  },
  "operator-limit": {
    name: "Grenze eines Bedieners",
    sentence: "Eine Grenze eines Bedieners.",
  },
  "stage-rating": {
    name: "Nennleistung des Leistungsteils",
    sentence: "Die Nennleistung des Leistungsteils oder was es jetzt kann.",
  },
  "stage-stale": {
    name: "Leistungsteil stumm",
    sentence: "Das Leistungsteil antwortet nicht.",
    todo: "Versorgung und Netzwerkkabel prüfen.",
  },
  "stage-unverified": {
    name: "Leistungsteil ungeprüft",
    sentence: "Das Leistungsteil hat seine Prüfung beim Start nicht bestanden.",
  },
  "stage-local": {
    name: "Vor-Ort-Bedienung",
    sentence: "Das Leistungsteil ist auf Vor-Ort-Bedienung.",
    todo: "Seinen Wahlschalter auf Fernbedienung stellen.",
  },
  "stage-alarm": {
    name: "Alarm des Leistungsteils",
    sentence: "Das Leistungsteil meldet einen Alarm.",
  },
  "stage-disobeys": {
    name: "Leistungsteil folgt nicht",
    sentence: "Das Leistungsteil folgt seinem Sollwert nicht.",
    todo: "Leistungsteil prüfen; es wird nicht benutzt, bis es wieder folgt.",
  },
  "planned-import": {
    name: "Geplanter Bezug",
    sentence: "Der Bezug, mit dem der Plan der Anlage rechnet: mehr würde die abgerechnete Spitze erhöhen oder eine Zusage brechen.",
  },
  "import-limit": {
    name: "Bezugsgrenze",
    sentence: "Die Bezugsgrenze am Netzanschlusspunkt.",
  },
  "grid-operator": {
    name: "Netzbetreiber",
    sentence: "Der Netzbetreiber verlangt über seinen Kontakt weniger Laden, oder der Kontakt ist nicht lesbar.",
  },
  "export-limit": {
    name: "Einspeisebegrenzung",
    sentence: "Die Einspeisebegrenzung am Netzanschlusspunkt.",
  },
  "generation-profile": {
    name: "Erzeugungsprofil",
    sentence: "Die Grenze des Erzeugungsprofils für diese Stunde.",
  },
  "power-control-mode": {
    name: "Leistungsregelung",
    sentence: "Die Art der Leistungsregelung der Anlage lässt es nicht zu.",
  },
  "phase-limit": {
    name: "Phasengrenze",
    sentence: "Die Grenze einer Phase am Netzanschlusspunkt.",
  },
  "conductor-limit": {
    name: "Strombelastbarkeit des Leiters",
    sentence: "Die Strombelastbarkeit eines Leiters.",
  },
  "bus-limit": {
    name: "Strombelastbarkeit der Schiene",
    sentence: "Die Strombelastbarkeit einer Schiene.",
  },
  "transformer-limit": {
    name: "Nennleistung des Transformators",
    sentence: "Die Nennleistung eines Transformators.",
  },
  "meter-stale": {
    name: "Zähler stumm",
    sentence: "Der Netzzähler antwortet nicht. Entladen gestoppt.",
    todo: "Versorgung und Netzwerkkabel des Zählers prüfen.",
  },
  "meter-frozen": {
    name: "Zähler eingefroren",
    sentence: "Der Netzzähler ist eingefroren. Entladen gestoppt.",
    todo: "Den Zähler neu starten.",
  },
  "meter-implausible": {
    name: "Zähler nicht plausibel",
    sentence: "Der Netzzähler meldet unmögliche Werte. Entladen gestoppt.",
    todo: "Verdrahtung und Stromwandler prüfen.",
  },
  "meter-reversed": {
    name: "Zähler verdreht",
    sentence: "Der Netzzähler hat das falsche Vorzeichen: er fällt, wenn die Leistungsteile laden. Entladen gestoppt.",
    todo: "Richtung und Reihenfolge der Stromwandler prüfen, dann zurücksetzen.",
  },
  "meter-unproven": {
    name: "Zähler nicht nachgewiesen",
    sentence: "Der Netzzähler ist noch durch keinen Stoß nachgewiesen, darum bleibt die Leistung klein.",
  },
  "meter-slower": {
    name: "Zähler langsamer als eingestellt",
    sentence: "Der Netzzähler zeigt Änderungen später als eingestellt. Gerechnet wird mit dem, was er zeigt, und die Leistung steigt langsamer.",
    todo: "windowMs und latencyMs des Zählers berichtigen, dann neu starten. Nach einer Stunde wird es wie eingestellt neu versucht.",
  },
  "stage-slower": {
    name: "Leistungsteil langsamer als eingestellt",
    sentence: "Ein Leistungsteil folgt seinem Sollwert später als eingestellt. Gerechnet wird mit den Messwerten der Leistungsteile, und die Leistung steigt langsamer.",
    todo: "responseMs, deadTimeMs, slewPctPerS und commandPeriodMs des Leistungsteils berichtigen, dann neu starten. Nach einer Stunde wird es wie eingestellt neu versucht.",
  },
  "control-unsteady": {
    name: "Grenze immer wieder überschritten",
    sentence: "Eine Grenze am Netzanschlusspunkt wurde immer wieder überschritten. Die Leistung hält mehr Abstand und steigt langsam.",
    todo: "Die Last finden, die so oft schaltet, oder was Zähler und Leistungsteile anders tun als eingestellt. Nach zehn Minuten ohne Überschreitung wird der Abstand kleiner.",
  },
  "allocation": {
    name: "Anteil an der Anlage",
    sentence: "Die Leistung der Anlage wird unter den Ladepunkten geteilt.",
  },
  "ramp": {
    name: "Rampe",
    sentence: "Die Leistung steigt allmählich.",
  },
  "enter-service-ramp": {
    name: "Rampe nach Zuschaltung",
    sentence: "Nach der Zuschaltung steigt die Leistung allmählich.",
  },
  "apparent-power": {
    name: "Scheinleistung",
    sentence: "Die Nennscheinleistung wird mit der Blindleistung geteilt.",
  },
  "protection": {
    name: "Schutz",
    sentence: "Ein Schutz hat ausgelöst.",
  },
  "islanded": {
    name: "Last der Insel",
    sentence: "Die Last der Insel bestimmt.",
  },
  "permit-none": {
    name: "Keine Erlaubnis",
    sentence: "Es ist keine Erlaubnis zum Parallelbetrieb eingespielt.",
    todo: "Die signierte Erlaubnis des Netzbetreibers einspielen: islet permit install.",
  },
  "permit-revoked": {
    name: "Erlaubnis widerrufen",
    sentence: "Die Erlaubnis wurde widerrufen.",
    todo: "Den Netzbetreiber fragen; eine neue Erlaubnis muss eingespielt werden.",
  },
  "permit-not-yet-valid": {
    name: "Erlaubnis gilt noch nicht",
    sentence: "Die Erlaubnis gilt noch nicht.",
    todo: "Den ersten Tag abwarten oder die Uhr richtigstellen.",
  },
  "permit-expired": {
    name: "Erlaubnis abgelaufen",
    sentence: "Die Erlaubnis ist abgelaufen.",
    todo: "Beim Netzbetreiber eine neue anfordern und einspielen.",
  },
  "grid-code-open": {
    name: "Netzanschlussregel unvollständig",
    sentence: "Einstellungen der Netzanschlussregel sind nicht bekannt. Der Parallelbetrieb ist aus.",
    todo: "Was check-config nennt, in eine Datei eintragen, auf die site.gridProfile zeigt.",
  },
  "permit-equipment": {
    name: "Ausrüstung nicht erfasst",
    sentence: "Die Ausrüstung oder ihre Firmware ist von der Erlaubnis nicht erfasst. Der Parallelbetrieb ist aus.",
    todo: "Leistungsteile mit der Erlaubnis vergleichen: islet permit inspect.",
  },
  "clock-untrusted": {
    name: "Uhr nicht gestellt",
    sentence: "Die Uhr ist nicht gestellt, darum kann keine Erlaubnis gelten.",
    todo: "Die Uhr stellen oder einen Zeitserver verbinden.",
  },
  "clock-set-back": {
    name: "Uhr zurückgestellt",
    sentence: "Die Uhr wurde zurückgestellt. Eine abgelaufene Erlaubnis bleibt abgelaufen.",
    todo: "Die Uhr richtigstellen; ging sie vor, spielt ein Installateur die Erlaubnis neu ein.",
  },
  "service-mode": {
    name: "Konfigurierte Betriebsart",
    sentence: "Die Anlage ist für weniger konfiguriert.",
    todo: "Ein Installateur kann die konfigurierte Betriebsart ändern.",
  },
  "service-disabled": {
    name: "Betrieb gesperrt",
    sentence: "Der Netzbetreiber hat die Freigabe zurückgenommen: Ladepunkte, die Leistung geben können, haben das Netz verlassen.",
    todo: "Warten, bis der Netzbetreiber wieder freigibt.",
  },
  "relay-latched": {
    name: "Relais ausgelöst",
    sentence: "Das Rückleistungs- oder Mindestbezugsrelais hat ausgelöst.",
    todo: "Ursache finden, dann das Relais vor Ort zurücksetzen.",
  },
  "no-transfer-device": {
    name: "Kein Netztrennschalter",
    sentence: "Es gibt keinen Netztrennschalter; die Anlage kann nicht vom Netz getrennt werden.",
  },
  "backup-not-notified": {
    name: "Netzbetreiber nicht unterrichtet",
    sentence: "Dem Netzbetreiber wurde nicht gemeldet, dass die Anlage sich im Ersatzbetrieb versorgt.",
    todo: "Schriftlich melden, dann in Konfiguration oder Erlaubnis vermerken.",
  },
  "generator-runs": {
    name: "Generator",
    sentence: "Der Generator läuft: die Leistungsteile bleiben von der Schiene fern.",
    todo: "Nichts ist zu tun; sie kommen zurück, wenn er steht.",
  },
  "generator-unknown": {
    name: "Generator nicht bekannt",
    sentence: "Ob der Generator läuft, ist nicht bekannt: die Leistungsteile bleiben von der Schiene fern.",
    todo: "Das Modul ansehen, an dem sein Kontakt hängt.",
  },
  "bond-unproven": {
    name: "Erdverbindung nicht nachgewiesen",
    sentence: "Die Verbindung von Neutralleiter und Erde ist nicht nachgewiesen; darum darf keine Insel laufen.",
    todo: "Das Schütz der Verbindung, seine Kontakte und ihre Verdrahtung ansehen.",
  },
  "starts-used": {
    name: "Schwarzstarts verbraucht",
    sentence: "Die Insel ist so oft misslungen, wie sie versucht werden darf.",
    todo: "Ursache finden, dann vor Ort zurücksetzen. Auch die Rückkehr des Netzes beendet es.",
  },
  "auxiliary-low": {
    name: "Hilfsbatterie schwach",
    sentence: "Die Hilfsbatterie reicht nicht mehr für einen weiteren Schwarzstart.",
    todo: "Laden oder auf das Netz warten; der Rest hält die Steuerung wach.",
  },
  "source-missing": {
    name: "Keine Quelle für die Insel",
    sentence: "Kein Fahrzeug kann die Insel speisen.",
    todo: "Ein Fahrzeug mit mehr als seiner Reserve an einem Ladepunkt anstecken, der die Insel bilden darf.",
  },
  "tier-overload": {
    name: "Stufe überlastet die Insel",
    sentence: "Eine Stufe nimmt beim Einschalten mehr, als die Insel tragen kann; sie bleibt aus.",
    todo: "Feststellen, was dort anläuft, dann vor Ort zurücksetzen.",
  },
  "momentary-cessation": {
    name: "Kurze Unterbrechung",
    sentence: "Die Netzspannung liegt so weit außerhalb, dass das Entladen kurz pausiert.",
  },
  "grid-unmeasured": {
    name: "Netz nicht gemessen",
    sentence: "Spannung oder Frequenz des Netzes wird nicht gemessen. Entladen gestoppt.",
    todo: "Spannungseingänge und Sicherungen des Zählers prüfen.",
  },
  "permissive-missing": {
    name: "Freigabesignal",
    sentence: "Das Freigabesignal des Netzbetreibers fehlt.",
    todo: "Den Empfänger prüfen; den Netzbetreiber fragen.",
  },
  "anti-islanding-off": {
    name: "Inselnetzerkennung",
    sentence: "Die Inselnetzerkennung des Leistungsteils ist aus.",
    todo: "Einschalten lassen; ohne sie wird nichts ins Netz abgegeben.",
  },
  "frequency-droop": {
    name: "Frequenzstatik",
    sentence: "Die Netzfrequenz weicht ab, und die Leistung folgt ihr.",
  },
  "volt-watt": {
    name: "P(U)-Regelung",
    sentence: "Die Netzspannung ist hoch, darum darf weniger abgegeben werden.",
  },
  "active-power-limit": {
    name: "Wirkleistungsgrenze",
    sentence: "Die Wirkleistungsgrenze des Netzbetreibers.",
  },
};
