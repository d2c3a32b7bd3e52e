/** What events say, by their keys; the English is in `src/domain/events/`. */
import type { eventWords } from "../../../domain/event-words.table.ts";
import type { EventTexts } from "../language.ts";

export const events: Readonly<Record<keyof typeof eventWords, EventTexts>> = {
  "stageDisobeys": {
    sentence: "Ladepunkt {evse} folgt seinem Sollwert nicht.",
    cause: "Er gibt {measuredW}, verlangt waren {askedW}.",
    todo: "Leistungsteil prüfen; es wird nicht benutzt, bis es wieder folgt.",
  },
  "stageAlarm": {
    sentence: "Das Leistungsteil von Ladepunkt {evse} meldet einen Alarm und wird nicht benutzt.",
    cause: "Sein Alarm: {alarms}.",
    todo: "Ladepunkt ansehen, Ursache beheben, dann den Alarm dort zurücksetzen.",
    ends: "Wenn das Leistungsteil keinen Alarm mehr meldet.",
  },
  "emergencyStop": {
    sentence: "Der Not-Halt von Ladepunkt {evse} ist gedrückt.",
    cause: "Jemand hat ihn gedrückt, oder seine Leitung ist offen.",
    todo: "Grund feststellen, dann entriegeln und den Alarm am Ladepunkt zurücksetzen. Eine Person muss den Ladepunkt auch hier fortsetzen.",
    ends: "Wenn er entriegelt und am Ladepunkt zurückgesetzt ist; dann den Ladepunkt unter Aktionen fortsetzen.",
  },
  "emergencyHold": {
    sentence: "Ladepunkt {evse} bleibt nach seinem Not-Halt gestoppt.",
    cause: "Nach einem Not-Halt startet nichts von selbst wieder.",
    todo: "Wenn der Ladepunkt sicher ist, unter Aktionen fortsetzen.",
    ends: "Wenn eine Person den Ladepunkt fortsetzt.",
  },
  "stageLocal": {
    sentence: "Das Leistungsteil von Ladepunkt {evse} ist auf Vor-Ort-Bedienung und wird nicht benutzt.",
    cause: "Sein eigener Schalter oder sein Bedienfeld hat übernommen.",
    todo: "Nach Ende der Arbeit dort wieder auf Fernbedienung stellen.",
    ends: "Wenn es wieder auf Fernbedienung ist.",
  },
  "functionsDiffer": {
    sentence: "Die Netzfunktionen von Ladepunkt {evse} weichen vom Profil ab. Er darf nicht netzparallel laufen.",
    cause: "Register {register} ist {found}, erwartet {expected}.",
    todo: "Feststellen, wer es geändert hat. Dann schreibt ein Installateur die Funktionen unter Aktionen neu.",
  },
  "blind": {
    sentence: "Die Anlage hat keine Rückmeldung: {device} antwortet nicht.",
    cause: "Zu Beginn {silentMs} ohne Antwort. Meist ist die Versorgung oder das Netzwerk ausgefallen.",
    todo: "Versorgung und Netzwerkkabel prüfen.",
  },
  "blindFrozen": {
    sentence: "Die Anlage hat keine Rückmeldung: {device} antwortet mit alten Werten.",
    cause: "Die eigene Uhr steht seit {silentMs}.",
    todo: "Gerät neu starten. Wiederholt es sich, den Hersteller fragen.",
  },
  "blindNever": {
    sentence: "Die Anlage hat keine Rückmeldung: {device} hat seit dem Start nicht geantwortet.",
    cause: "Es ist aus, die Adresse ist falsch, oder das Netzwerk ist nicht verbunden.",
    todo: "Versorgung, Netzwerkkabel und Adresse in der Konfiguration prüfen.",
  },
  "blindContacts": {
    sentence: "Die Anlage hat keine Rückmeldung: an K1 meldet Kontakt NO {no}, NC meldet {nc}.",
    cause: "Die beiden Kontakte von K1 widersprechen sich.",
    todo: "Die Kontaktblöcke von K1 und ihre Verdrahtung ansehen.",
  },
  "blindUnmeasured": {
    sentence: "Die Anlage hat keine Rückmeldung: {device} meldet keine Spannung.",
    cause: "Die Stellung von K1 wird durch seine Kontakte und die Spannungen beider Seiten nachgewiesen; eine unbekannte Spannung gilt weder als da noch als weg.",
    todo: "Dieses Gerät ansehen: Versorgung, Leitung, und ob es von der Seite gespeist wird, die es misst.",
  },
  "blindStalled": {
    sentence: "Die Steuerung selbst stand {silentMs} still; alle Ladepunkte sind aus.",
    cause: "Der Rechner gab ihr keine Zeit. Geräte und Kabel sind nicht schuld.",
    todo: "Nachsehen, was sonst auf dem Rechner läuft; der Steuerung Echtzeit-Vorrang geben.",
  },
  "blindMoment": {
    sentence: "Die Anlage hatte einen Moment keine Rückmeldung: Werte eines Geräts fehlten.",
    cause: "Das Gerät antwortete wieder, bevor es benannt werden konnte.",
    todo: "Wiederholt es sich, die Antwortzeiten der Geräte ansehen.",
  },
  "deviceSilent": {
    sentence: "{device} antwortet nicht.",
    todo: "Versorgung und Netzwerkkabel prüfen.",
    ends: "Wenn es wieder antwortet.",
  },
  "deviceFrozen": {
    sentence: "{device} antwortet mit alten Werten.",
    cause: "Die eigene Uhr oder der Zähler steht still.",
    todo: "Gerät neu starten. Wiederholt es sich, den Hersteller fragen.",
    ends: "Wenn die Uhr wieder läuft.",
  },
  "deviceFault": {
    cause: "Es antwortet, kann so aber nicht benutzt werden.",
  },
  "deviceBack": {
    sentence: "{device} antwortet wieder.",
    cause: "Die Verbindung ist wieder da.",
  },
  "controllerLate": {
    sentence: "Die Steuerung selbst stand still: {count}-mal in der letzten Minute, am längsten {longestMs}.",
    cause: "Der Rechner war zu beschäftigt. Kein Gerät und kein Kabel ist schuld.",
    todo: "Nachsehen, was sonst auf dem Rechner läuft; fehlt der Steuerung der Echtzeit-Vorrang, ihn geben (CAP_SYS_NICE).",
    ends: "Wenn eine Minute ohne vergangen ist.",
  },
  "meter-stale": {
    sentence: "Der Netzzähler antwortet nicht. Entladen gestoppt.",
    cause: "Versorgung oder Netzwerk ist ausgefallen, oder ein anderes Programm hält die Verbindung.",
    todo: "Versorgung und Netzwerkkabel des Zählers prüfen.",
    ends: "Wenn er wieder antwortet.",
  },
  "meter-frozen": {
    sentence: "Der Netzzähler ist eingefroren. Entladen gestoppt.",
    cause: "Er antwortet, aber seine Werte oder sein eigener Zählerstand bewegen sich seit {silentMs} nicht.",
    todo: "Zähler neu starten. Wiederholt es sich, den Hersteller fragen.",
    ends: "Wenige Sekunden, nachdem sich seine Werte wieder bewegen.",
  },
  "meter-implausible": {
    sentence: "Der Netzzähler meldet unmögliche Werte. Entladen gestoppt.",
    cause: "Ein Wert fehlt oder liegt außerhalb, oder die Phasen ergeben nicht die Summe.",
    todo: "Skalierung, Messbereich, Verdrahtung und Stromwandler prüfen.",
    ends: "Fünf Sekunden, nachdem seine Werte wieder möglich sind.",
  },
  "meter-contradicts": {
    sentence: "Der Netzzähler sieht die Leistung der Ladepunkte nicht. Entladen gestoppt.",
    cause: "Seine Stromwandler sind verdreht, sitzen an anderer Stelle oder auf einer anderen Phase, oder er zeigt einen anderen Stromkreis.",
    todo: "Richtung und Platz der Stromwandler prüfen, dann zurücksetzen.",
  },
  "gridLost": {
    sentence: "Netzausfall.",
    cause: "Die Netzspannung fiel auf {voltagePu}.",
  },
  "gridBack": {
    sentence: "Nach {outageMin} als Insel wieder am Netz.",
    cause: "Das Netz war {returnS} lang gut; K1 nachweislich geschlossen.",
  },
  "gridGood": {
    sentence: "Das Netz ist wieder gut.",
    cause: "Beide Voltmeter nennen es gut.",
  },
  "ceased": {
    sentence: "Entladen gestoppt. Eines der beiden Voltmeter nannte das Netz nicht gut.",
    cause: "An K1 oder am Netzzähler hat das Netz eine Grenze verletzt, oder ein Ausfall wurde vermutet.",
    ends: "Wenn das Netz so lange gut war, wie sein Profil verlangt.",
  },
  "ceasedVoltage": {
    sentence: "Entladen gestoppt. Die Netzspannung betrug {voltagePu}.",
    cause: "Sie verließ den Bereich {minVoltagePu!}–{maxVoltagePu}.",
    ends: "Wenn das Netz so lange gut war, wie sein Profil verlangt.",
  },
  "ceasedFrequency": {
    sentence: "Entladen gestoppt. Die Netzfrequenz betrug {frequencyHz}.",
    cause: "Sie verließ den Bereich {minFrequencyHz!}–{maxFrequencyHz}.",
    ends: "Wenn das Netz so lange gut war, wie sein Profil verlangt.",
  },
  "ceasedK1": {
    sentence: "Entladen gestoppt. K1 liefert keine aktuellen Werte.",
    cause: "Ohne sein Voltmeter kennt niemand das Netz auf beiden Seiten.",
    todo: "Das eigene Ereignis von K1 ansehen.",
    ends: "Wenn K1 antwortet und das Netz so lange gut war, wie sein Profil verlangt.",
  },
  "ceasedMeter": {
    sentence: "Entladen gestoppt. Der Netzzähler liefert keine aktuellen Werte.",
    cause: "Ohne ihn weiß niemand, was eingespeist wird.",
    todo: "Das eigene Ereignis des Zählers ansehen.",
    ends: "Wenn der Zähler gut ist und das Netz so lange gut war, wie sein Profil verlangt.",
  },
  "startFailed": {
    sentence: "Die Insel ist nicht gestartet. Noch {startsLeft} von {startsMax} Starts.",
    cause: "An der Sammelschiene kam keine Spannung auf, oder das Netz kam inzwischen zurück.",
    todo: "Die Ladepunkte ansehen, die die Insel bilden sollen.",
  },
  "returnFailed": {
    sentence: "Die Rückkehr zum Netz misslang {failedMin} lang. Die Anlage bleibt Insel.",
    cause: "K1 schließt nicht, oder das Netz bleibt nicht gut.",
    todo: "K1 ansehen. Die Insel läuft inzwischen weiter.",
  },
  "islandStarted": {
    sentence: "K1 nachweislich offen; Schiene spannungslos geprüft; Insel in {darkS} gestartet.",
    cause: "Das Netz fiel aus, und Ersatzbetrieb ist erlaubt.",
  },
  "islandEnded": {
    sentence: "Die Insel ist beendet.",
  },
  "islandEnding": {
    sentence: "Die Insel endet in {runwayH}.",
    cause: "Kein Fahrzeug hat mehr Energie über seiner Reserve.",
    todo: "Ein Fahrzeug anstecken, das die Insel speisen kann, oder eine Stufe abwerfen.",
  },
  "tierShed": {
    sentence: "{tier} wurde abgeworfen.",
    cause: "Die Energie über der Reserve bleibt den höheren Stufen.",
  },
  "tierRestored": {
    sentence: "{tier} ist wieder versorgt.",
    cause: "Leistung und Energie reichen.",
  },
  "auxBattery": {
    sentence: "Die Steuerung läuft aus ihrer Hilfsbatterie.",
    cause: "Die Schiene ist spannungslos.",
  },
  "pvBeyondShift": {
    sentence: "Die Photovoltaik liefert mehr, als Lasten und Batterien nehmen, und die Frequenz kann sie nicht weiter zurückhalten.",
    cause: "Diese Wechselrichter geben weniger nach, als die Insel braucht, oder gar nicht. Das netzbildende Leistungsteil kann abschalten.",
    todo: "Photovoltaik an ihrem Schalter ausschalten oder Lasten einschalten. Einen Wechselrichter einbauen lassen, der eine Leistungsgrenze annimmt oder unter 61,5 Hz ganz nachgibt.",
  },
  "starts-used": {
    sentence: "Die Insel ist so oft misslungen, wie sie versucht werden darf.",
    cause: "Kein Start führte zu stabiler Spannung an der Sammelschiene.",
    todo: "Ursache finden, dann vor Ort zurücksetzen. Auch die Rückkehr des Netzes beendet es.",
  },
  "auxiliary-low": {
    sentence: "Die Hilfsbatterie reicht nicht mehr für einen weiteren Schwarzstart.",
    cause: "Starts und die Zeit ohne Strom haben sie verbraucht.",
    todo: "Laden oder auf das Netz warten; der Rest hält die Steuerung wach.",
  },
  "source-missing": {
    sentence: "Kein Fahrzeug kann die Insel speisen.",
    cause: "An einem Ladepunkt, der die Insel bilden darf, steht keines mit mehr als seiner Reserve.",
    todo: "Ein solches Fahrzeug an einem solchen Ladepunkt anstecken.",
  },
  "tier-overload": {
    sentence: "Eine Stufe nimmt beim Einschalten mehr, als die Insel tragen kann; sie bleibt aus.",
    cause: "Gleich nach dem Einschalten brach die Spannung der Insel ein, oder ihre Leistung war zu hoch.",
    todo: "Feststellen, was dort anläuft, dann vor Ort zurücksetzen.",
  },
  "inadvertentExport": {
    sentence: "{peakW} Einspeisung für {durationS}. {load}: {dropW} weggefallen.",
    cause: "{load}: auf einmal abgeschaltet.",
  },
  "exportBeyond": {
    sentence: "{peakW} mehr als erlaubt eingespeist, für {durationS}.",
  },
  "importBeyond": {
    sentence: "{peakW} mehr als zulässig bezogen, für {durationS}.",
  },
  "exportLong": {
    sentence: "Eine Einspeisung über die Erlaubnis hinaus dauerte länger als {longS}.",
    cause: "Die Fahrzeuge sollten weniger geben, und es hörte nicht auf.",
    todo: "Zähler, Ladepunkte und Erlaubnis vergleichen, dann die Alarme der Aufzeichnung unter Aktionen quittieren.",
  },
  "exportAlarm": {
    sentence: "{count}-mal in 24 h eingespeist, obwohl die Erlaubnis es ausschließt.",
    cause: "Lasten schalten schneller ab, als der Abstand zulässt.",
    todo: "Den gehaltenen Bezug am Netzanschlusspunkt erhöhen, dann die Alarme der Aufzeichnung unter Aktionen quittieren.",
  },
  "relay-latched": {
    sentence: "Das Rückleistungs- oder Mindestbezugsrelais hat ausgelöst. Nichts wird ins Netz abgegeben.",
    cause: "Am Netzanschlusspunkt floss länger Leistung in die falsche Richtung, als das Relais zulässt.",
    todo: "Ursache finden, dann das Relais vor Ort zurücksetzen.",
  },
  "meter-slower": {
    sentence: "Der Netzzähler zeigt Änderungen etwa {laterMs} später als eingestellt. Die Leistung steigt langsamer.",
    cause: "Sein Mittelungsfenster, sein Takt oder sein Netzwerk ist langsamer als eingestellt; sonst würde die Leistung endlos schwingen.",
    todo: "Messen (islet commission, step nudges), updateMs, windowMs und latencyMs des Zählers berichtigen, dann neu starten.",
    ends: "Mit einem Neustart, einem Zurücksetzen vor Ort, oder wenn es nach einer Stunde neu versucht wurde.",
  },
  "stage-slower": {
    sentence: "{stage} folgt dem Sollwert etwa {laterMs} später als eingestellt. Die Leistung steigt langsamer.",
    cause: "Ansprechzeit, Totzeit, Steigung oder Befehlstakt ist langsamer als eingestellt; sonst würde die Leistung endlos schwingen.",
    todo: "Messen (islet commission, step nudges), responseMs, deadTimeMs, slewPctPerS und commandPeriodMs des Leistungsteils berichtigen, dann neu starten.",
    ends: "Mit einem Neustart, einem Zurücksetzen vor Ort, oder wenn es nach einer Stunde neu versucht wurde.",
  },
  "promise-broken": {
    sentence: "Eine Grenze am Netzanschlusspunkt wird nach einem Lastsprung innerhalb von {foundMs} eingehalten; zugesagt sind {promisedMs}.",
    cause: "Im Betrieb festgestellt: {later}.",
    todo: "Suchen, was verzögert (Netzwerk, Gateway, Firmware); oder messen (islet commission, step nudges), Einstellungen berichtigen und angeben, was die Anlage zusagen kann.",
    ends: "Wenn Zähler und Leistungsteile wieder so schnell sind, wie die Zusage verlangt.",
  },
  "control-unsteady": {
    sentence: "Eine Grenze am Netzanschlusspunkt wurde immer wieder überschritten. Die Leistung hält mehr Abstand und steigt langsam.",
    cause: "Eine Last schaltet alle paar Sekunden, oder Zähler und Leistungsteile verhalten sich anders als eingestellt.",
    todo: "Die Last finden; die Einstellungen von Zähler und Leistungsteilen mit ihren Datenblättern vergleichen.",
    ends: "Schritt für Schritt, zehn Minuten nach der letzten Überschreitung.",
  },
  "reductionAsked": {
    sentence: "Der Netzbetreiber verlangt weniger: alle Ladepunkte zusammen nehmen höchstens {limitW}.",
    cause: "Sein Kontakt sagt es.",
    todo: "Nichts ist zu tun; das Laden geht wie zuvor weiter, wenn der Kontakt zurück ist.",
  },
  "reductionUnknown": {
    sentence: "Ob der Netzbetreiber weniger verlangt, ist nicht bekannt: alle Ladepunkte zusammen nehmen höchstens {limitW}.",
    cause: "{device}, an dem sein Kontakt hängt, antwortet nicht.",
    todo: "Dieses Modul ansehen.",
  },
  "firmwareNotCovered": {
    sentence: "Die Firmware von Leistungsteil {stage} ist von der Erlaubnis nicht erfasst. Der Parallelbetrieb ist aus.",
    cause: "Die Firmware ist {firmware}; die Erlaubnis erfasst {covers}.",
    todo: "Die erfasste Firmware installieren, oder eine Erlaubnis, die diese erfasst.",
  },
  "stageNotCovered": {
    sentence: "Das Leistungsteil von Ladepunkt {evse} ist von der Erlaubnis nicht erfasst. Der Parallelbetrieb ist aus.",
    cause: "Seine Seriennummer ist {serial}.",
    todo: "Eine Erlaubnis einspielen, die es erfasst, oder das erlaubte Leistungsteil einbauen.",
  },
  "permitRefused": {
    sentence: "Die eingespielte Erlaubnis wird abgelehnt. Der Parallelbetrieb ist aus.",
    todo: "Eine gültige Erlaubnis einspielen.",
  },
  "permitInstalled": {
    sentence: "Erlaubnis {reference} eingespielt.",
    cause: "Eingespielt von {by}.",
  },
  "permitRevoked": {
    sentence: "Die Erlaubnis ist widerrufen. Der Parallelbetrieb ist aus.",
    cause: "Vom Netzbetreiber oder einem Installateur zurückgezogen.",
    todo: "Den Netzbetreiber fragen.",
  },
  "permissive-missing": {
    sentence: "Das Freigabesignal des Netzbetreibers fehlt. Nichts wird ins Netz abgegeben.",
    cause: "Der Netzbetreiber hat es weggenommen, oder der Empfänger ist aus.",
    todo: "Den Empfänger prüfen; den Netzbetreiber fragen.",
  },
  "anti-islanding-off": {
    sentence: "Die Inselnetzerkennung eines Leistungsteils ist aus. Nichts wird ins Netz abgegeben.",
    cause: "Ihre Einstellungen wurden geändert, oder sie war nie eingeschaltet.",
    todo: "Am Ladepunkt einschalten lassen.",
  },
  "service-disabled": {
    sentence: "Der Netzbetreiber hat den Parallelbetrieb gesperrt.",
    cause: "Sein Signal oder die Freigabe im Netzprofil sagt es.",
    todo: "Warten, bis der Netzbetreiber wieder freigibt.",
  },
  "permit-revoked": {
    sentence: "Die Erlaubnis wurde widerrufen. Nichts wird ins Netz abgegeben.",
    cause: "Der Netzbetreiber oder ein Installateur hat sie zurückgezogen.",
    todo: "Den Netzbetreiber fragen; eine neue Erlaubnis muss eingespielt werden.",
    ends: "Wenn eine neue Erlaubnis eingespielt ist.",
  },
  "grid-code-open": {
    sentence: "Die Netzanschlussregel hat Einstellungen, die niemand angegeben hat. Nichts wird ins Netz abgegeben.",
    cause: "Keine Quelle der Regeldatei nennt sie, und keine Person hat sie eingetragen.",
    todo: "Den Netzbetreiber fragen, in eine Datei eintragen, auf die site.gridProfile zeigt, und neu starten.",
    ends: "Wenn ein Installateur sie eingetragen hat.",
  },
  "permit-expired": {
    sentence: "Die Erlaubnis ist abgelaufen. Nichts wird ins Netz abgegeben.",
    cause: "Ihr letzter Tag ist vorbei.",
    todo: "Beim Netzbetreiber eine neue anfordern und einspielen.",
    ends: "Wenn eine neue Erlaubnis eingespielt ist.",
  },
  "permit-not-yet-valid": {
    sentence: "Die Erlaubnis gilt noch nicht. Nichts wird ins Netz abgegeben.",
    cause: "Nach der Uhr dieser Steuerung liegt ihr erster Tag in der Zukunft.",
    todo: "Den ersten Tag abwarten oder die Uhr richtigstellen.",
  },
  "clock-untrusted": {
    sentence: "Die Uhr ist nicht gestellt, darum kann keine Erlaubnis gelten.",
    cause: "Seit dem Start des Rechners hat nichts sie gestellt.",
    todo: "Die Uhr stellen oder einen Zeitserver verbinden.",
  },
  "clock-set-back": {
    sentence: "Die Uhr wurde zurückgestellt. Eine abgelaufene Erlaubnis bleibt abgelaufen.",
    cause: "Das Protokoll hat Einträge von später als jetzt.",
    todo: "Die Uhr richtigstellen; ging sie vor, spielt ein Installateur die Erlaubnis neu ein.",
  },
  "started": {
    sentence: "Die Steuerung ist gestartet.",
  },
  "modeChanged": {
    sentence: "Die Betriebsart ist jetzt {mode}, war {before}.",
    cause: "Zeile {row} der Tabelle der Betriebsarten.",
  },
  "backendLost": {
    sentence: "Das Backend ist nicht erreichbar.",
    cause: "Die Verbindung ist weg.",
  },
  "backendBack": {
    sentence: "Verbindung zum Backend nach {offlineMin} wieder da.",
    cause: "Das Netzwerk ist zurück; gespeicherte Vorgänge werden übermittelt.",
  },
  "dischargeRefused": {
    sentence: "Abgelehnt: Entladen mit {askedW}, vom Backend verlangt.",
    cause: "Es ist keine Erlaubnis zum Parallelbetrieb eingespielt; nur Ersatzbetrieb ist erlaubt.",
    todo: "Den Betreiber des Backends unterrichten, oder Ihren Installateur nach einer Erlaubnis fragen.",
  },
  "limitTightened": {
    sentence: "{by} hat verschärft: {what} von {fromW} auf {toW}.",
    cause: "Angegebener Grund: „{why}“.",
  },
  "acted": {
    sentence: "{by}: {what}.",
    cause: "Angegebener Grund: „{why}“.",
  },
  "commissioning": {
    sentence: "Die Inbetriebnahme hat die Anlage: „{step}“, begonnen von {by}. Bis zum Ende zählt keine andere Anforderung.",
    cause: "Ein Installateur führt auf der Seite einen Schritt der Inbetriebnahme aus.",
    todo: "Nichts; wer die Anlage haben muss, stoppt den Schritt auf der Seite Installation. Grenzen, Erlaubnisse und Stopps gelten.",
    ends: "Mit dem Schritt.",
  },
  "contradiction": {
    sentence: "Die Dateien der Anlage widersprechen sich: {what}",
    cause: "Hier: {here}; dort: {there}.",
    todo: "{remedy} Das Paket für den Netzbetreiber wird bis dahin verweigert (islet approval).",
    ends: "Mit dem nächsten Start, nachdem eines von beiden stimmt.",
  },
  "certificateExpires": {
    sentence: "Das Zertifikat „{name}“ läuft in {leftDays} ab.",
    cause: "Es wurde nicht erneuert.",
    todo: "Den Betreiber des Backends um Erneuerung bitten.",
  },
  "pageCertificateExpires": {
    sentence: "Das eigene Zertifikat der Seite läuft in {leftDays} ab.",
    cause: "Seine Zeit ist fast um.",
    todo: "Die Steuerung neu starten: sie macht selbst ein neues. Nennt die Konfiguration eigene Dateien, diese ersetzen.",
  },
  "owed": {
    sentence: "{count} Angaben sind in Kraft und noch nicht gespeichert.",
    todo: "Platz auf dem Speicher schaffen oder ihn instand setzen. Ein Neustart davor vergisst sie.",
    ends: "Wenn alles geschrieben ist; es wird von selbst wieder versucht.",
  },
  "unknownEvent": {
    sentence: "Etwas ist geschehen, wofür diese Version keine Worte hat.",
    todo: "Das Protokoll sichern und melden.",
  },
  "k1NotOpen": {
    sentence: "K1 hat nicht innerhalb von {travelLimitS} offen nachgewiesen. Verriegelt.",
    cause: "Ein Hauptpol ist verschweißt, oder ein Kontaktblock klemmt.",
    todo: "„Was jetzt zu tun ist“ befolgen. Nichts startet von selbst wieder.",
  },
  "k1NotClosed": {
    sentence: "K1 hat nicht innerhalb von {travelLimitS} geschlossen nachgewiesen.",
    cause: "Die Spule hat keine Versorgung, oder ein Kontaktblock klemmt.",
    todo: "K1 und seine Versorgung prüfen.",
  },
  "lockedOut": {
    sentence: "Verriegelt. An K1 meldet Kontakt NO {no}, NC meldet {nc}.",
    cause: "Was die Geräte melden, kann nicht alles stimmen.",
    todo: "„Was jetzt zu tun ist“ befolgen. Nichts startet von selbst wieder.",
  },
  "lockedOutMoved": {
    sentence: "Verriegelt. K1 hat sich ohne Befehl bewegt: NO meldet {no}, NC meldet {nc}.",
    cause: "Jemand oder etwas anderes betätigt K1, oder seine Spule hat die Versorgung verloren.",
    todo: "„Was jetzt zu tun ist“ befolgen. Feststellen, wer oder was K1 betätigt.",
  },
  "lockedOutStage": {
    sentence: "Verriegelt. Ein Leistungsteil gab weiter Leistung, obwohl es stoppen sollte.",
    cause: "Es folgt seinen Befehlen nicht.",
    todo: "„Was jetzt zu tun ist“ befolgen. Das Leistungsteil unter Ereignisse finden und außer Betrieb nehmen.",
  },
  "lockedOutVoltages": {
    sentence: "Verriegelt. Die Spannungen beiderseits von K1 widersprechen seinen Kontakten.",
    cause: "Ein Kontakt oder ein Voltmeter ist falsch, oder eine andere Quelle speist die Anlage.",
    todo: "„Was jetzt zu tun ist“ befolgen. Beide Seiten von K1 messen.",
  },
  "lockedOutSource": {
    sentence: "Verriegelt. Die Sammelschiene bleibt unter Spannung, obwohl alle Ladepunkte aus sind.",
    cause: "Eine andere Quelle speist die Anlage: ein Generator, fremde PV oder eine zweite Einspeisung.",
    todo: "„Was jetzt zu tun ist“ befolgen. Diese Quelle finden und trennen.",
  },
  "lockedOutConducts": {
    sentence: "Verriegelt. K1 meldet offen und leitet: die Leitung des Netzbetreibers wurde von der Anlage gespeist.",
    cause: "Ein Pol von K1 ist verschweißt oder überbrückt, ohne dass die Kontakte es wissen. Die Anlage speist ihn nicht mehr.",
    todo: "„Was jetzt zu tun ist“ befolgen. Einen Techniker rufen: jeden Pol von K1 messen, während es offen ist. Nach dem Zurücksetzen ist die Anlage nur Last, bis K1 unter Netzspannung geöffnet hat und nichts auf der Sammelschiene blieb.",
  },
  "lockedOutBefore": {
    sentence: "Verriegelt schon vor dem Start der Steuerung.",
    cause: "Ein Neustart beendet keine Verriegelung.",
    todo: "„Was jetzt zu tun ist“ befolgen. Nichts startet von selbst wieder.",
  },
  "opensUnproven": {
    sentence: "Nur Laden: K1 hat seit seinem Versagen nicht nachgewiesen, dass es öffnet.",
    cause: "K1 öffnete nicht auf Befehl, oder leitete, während es offen meldete. Eine Anlage, die das Netz nicht sicher verlassen kann, gibt nichts zurück und startet keinen Ersatzbetrieb.",
    todo: "K1 instand setzen lassen. Dann vor Ort bei vorhandenem Netz eine geplante Insel beginnen: öffnet K1 und ist die Sammelschiene spannungslos, ist es nachgewiesen, und dies endet von selbst.",
  },
  "generatorRuns": {
    sentence: "Der Generator läuft: die Leistungsteile bleiben von der Schiene fern.",
    cause: "Sein Kontakt sagt es. Daneben wird keine Insel gebildet und K1 nicht geschlossen.",
    todo: "Nichts ist zu tun; die Leistungsteile kommen zurück, wenn er steht.",
  },
  "generatorUnknown": {
    sentence: "Ob der Generator läuft, ist nicht bekannt: die Leistungsteile bleiben von der Schiene fern.",
    cause: "{device}, an dem sein Kontakt hängt, antwortet nicht.",
    todo: "Dieses Modul ansehen.",
  },
  "bondNotMade": {
    sentence: "Die Verbindung von Neutralleiter und Erde ist nicht nachgewiesen: keine Insel wird gebildet.",
    cause: "Ihr Schütz sollte schließen, und seine zwei Kontakte melden das nicht beide.",
    todo: "Das Schütz der Verbindung, seine Kontakte und ihre Verdrahtung ansehen.",
  },
  "bondNotUndone": {
    sentence: "Es ist nicht nachgewiesen, dass die Verbindung von Neutralleiter und Erde offen ist: K1 wird nicht darauf geschlossen.",
    cause: "Ihr Schütz sollte öffnen, und seine zwei Kontakte melden das nicht beide.",
    todo: "Das Schütz der Verbindung ansehen: bei geschlossenem K1 fließt Neutralleiterstrom über die Erde.",
  },
  "targetMissed": {
    sentence: "{vehicle} erreicht {targetPct} bis {departsByMs} nicht. Prognose {forecastPct}.",
    todo: "Für seine Route ein anderes Fahrzeug einplanen, oder es zuerst laden lassen.",
  },
  "departureMissed": {
    sentence: "{vehicle} sollte um {departsByMs} mit {targetPct} fahren. Es ist noch hier, mit {socPct}.",
    cause: "Leistung oder Zeit reichten nicht, oder sein Plan hat sich geändert.",
    todo: "Eine neue Abfahrt geben oder die alte löschen. Bis dahin wird es zuerst geladen und gibt nichts.",
    ends: "Wenn es {targetPct} hat, fährt oder eine andere Abfahrt hat.",
  },
  "neededAt": {
    sentence: "{vehicle} wird um {neededByMs} gebraucht. Angesteckt lassen.",
    cause: "Es löst {from} ab, das dann bei seiner Reserve ist.",
    todo: "Angesteckt lassen.",
  },
  "sessionStopped": {
    sentence: "{vehicle} hat seine Sitzung beendet.",
    todo: "An Ladepunkt {evse} abstecken und neu anstecken. Wiederholt es sich, {vehicle} in die Werkstatt schicken.",
  },
  "pluggedIn": {
    sentence: "{vehicle} ist an Ladepunkt {evse} angesteckt.",
  },
  "unplugged": {
    sentence: "{vehicle} hat Ladepunkt {evse} verlassen.",
  },
  "targetReached": {
    sentence: "{vehicle} hat sein Ziel von {targetPct} erreicht.",
  },
};
