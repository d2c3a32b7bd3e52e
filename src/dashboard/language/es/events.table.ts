/** What events say, by their keys; the English is in `src/domain/events/`. */
import type { eventWords } from "../../../domain/event-words.table.ts";
import type { EventTexts } from "../language.ts";

export const events: Readonly<Record<keyof typeof eventWords, EventTexts>> = {
  "stageDisobeys": {
    sentence: "El punto de recarga {evse} no sigue su consigna.",
    cause: "Da {measuredW} cuando se pidieron {askedW}.",
    todo: "Revise la etapa de potencia; no se usa hasta que vuelva a seguir.",
  },
  "stageAlarm": {
    sentence: "La etapa de potencia del punto de recarga {evse} indica una alarma y no se usa.",
    cause: "Su alarma: {alarms}.",
    todo: "Mire el punto de recarga, corrija la causa y rearme la alarma allí.",
    ends: "Cuando la etapa de potencia ya no indique alarma.",
  },
  "emergencyStop": {
    sentence: "La parada de emergencia del punto de recarga {evse} está pulsada.",
    cause: "Alguien la ha pulsado, o su cableado está abierto.",
    todo: "Averigüe por qué; luego desenclávela y rearme la alarma en el punto de recarga. Una persona debe además reanudarlo aquí.",
    ends: "Cuando esté desenclavada y rearmada en el punto de recarga; luego reanúdelo en Acciones.",
  },
  "emergencyHold": {
    sentence: "El punto de recarga {evse} sigue parado tras su parada de emergencia.",
    cause: "Tras una parada de emergencia nada vuelve a arrancar solo.",
    todo: "Cuando el punto de recarga sea seguro, reanúdelo en Acciones.",
    ends: "Cuando una persona reanude el punto de recarga.",
  },
  "stageLocal": {
    sentence: "La etapa de potencia del punto de recarga {evse} está en control local y no se usa.",
    cause: "Su propio selector o panel la ha tomado.",
    todo: "Vuelva a ponerla en control remoto cuando acabe el trabajo allí.",
    ends: "Cuando vuelva a control remoto.",
  },
  "functionsDiffer": {
    sentence: "Las funciones de red del punto de recarga {evse} difieren del perfil. No puede funcionar en paralelo.",
    cause: "El registro {register} es {found}, se esperaba {expected}.",
    todo: "Averigüe quién lo cambió. Luego un instalador reescribe las funciones en Acciones.",
  },
  "blind": {
    sentence: "La instalación está sin respuesta: {device} no responde.",
    cause: "Sin respuesta durante {silentMs} cuando empezó. Casi siempre falla su alimentación o su red.",
    todo: "Revise su alimentación y su cable de red.",
  },
  "blindFrozen": {
    sentence: "La instalación está sin respuesta: {device} responde con valores antiguos.",
    cause: "Su propio reloj lleva {silentMs} parado.",
    todo: "Reinicie el equipo. Si se repite, pregunte al fabricante.",
  },
  "blindNever": {
    sentence: "La instalación está sin respuesta: {device} no ha respondido desde el arranque.",
    cause: "Está apagado, su dirección es incorrecta o su red no está conectada.",
    todo: "Revise su alimentación, su cable de red y su dirección en la configuración.",
  },
  "blindContacts": {
    sentence: "La instalación está sin respuesta: en K1 el contacto NO indica {no}, NC indica {nc}.",
    cause: "Los dos contactos de K1 no coinciden.",
    todo: "Mire los bloques de contactos de K1 y su cableado.",
  },
  "blindUnmeasured": {
    sentence: "La instalación está sin respuesta: {device} no indica tensión.",
    cause: "La posición de K1 se comprueba por sus contactos y las tensiones de ambos lados; una tensión que no se sabe no es ni presente ni ausente.",
    todo: "Mire este equipo en Estado: su alimentación, su línea y si lo alimenta el lado que mide.",
  },
  "blindStalled": {
    sentence: "El propio controlador estuvo parado {silentMs}; todos los puntos de recarga están apagados.",
    cause: "La máquina no le dio tiempo. Los equipos y sus cables no tienen la culpa.",
    todo: "Vea qué más se ejecuta en la máquina; dé al controlador prioridad de tiempo real.",
  },
  "blindMoment": {
    sentence: "La instalación estuvo un momento sin respuesta: faltaban los valores de un equipo.",
    cause: "El equipo volvió a responder antes de poder nombrarlo.",
    todo: "Si se repite, mire los tiempos de respuesta de los equipos en Estado.",
  },
  "deviceSilent": {
    sentence: "{device} no responde.",
    todo: "Revise su alimentación y su cable de red.",
    ends: "Cuando vuelva a responder.",
  },
  "deviceFrozen": {
    sentence: "{device} responde con valores antiguos.",
    cause: "Su propio reloj o contador está parado.",
    todo: "Reinicie el equipo. Si se repite, pregunte al fabricante.",
    ends: "Cuando su reloj vuelva a andar.",
  },
  "deviceFault": {
    cause: "Responde, pero así no se puede usar.",
  },
  "deviceBack": {
    sentence: "{device} vuelve a responder.",
    cause: "El enlace está restablecido.",
  },
  "controllerLate": {
    sentence: "El propio controlador se paró: {count} veces en el último minuto, la más larga {longestMs}.",
    cause: "Su máquina estaba demasiado ocupada. Ningún equipo ni cable tiene la culpa.",
    todo: "Vea qué más se ejecuta en la máquina; si el controlador no tiene prioridad de tiempo real, désela (CAP_SYS_NICE).",
    ends: "Cuando haya pasado un minuto sin ello.",
  },
  "meter-stale": {
    sentence: "El contador de red no responde. Descarga parada.",
    cause: "Ha fallado su alimentación o su red, u otro programa ocupa su conexión.",
    todo: "Revise la alimentación y el cable de red del contador.",
    ends: "Cuando vuelva a responder.",
  },
  "meter-frozen": {
    sentence: "El contador de red está congelado. Descarga parada.",
    cause: "Responde, pero sus valores o su propia cuenta no se mueven desde hace {silentMs}.",
    todo: "Reinicie el contador. Si se repite, pregunte al fabricante.",
    ends: "Unos segundos después de que sus valores vuelvan a moverse.",
  },
  "meter-implausible": {
    sentence: "El contador de red indica valores imposibles. Descarga parada.",
    cause: "Falta un valor o está fuera de rango, o sus fases no suman su total.",
    todo: "Revise su escala, su rango, su cableado y sus transformadores de corriente.",
    ends: "Cinco segundos después de que sus valores vuelvan a ser posibles.",
  },
  "meter-contradicts": {
    sentence: "El contador de red no ve la potencia de los puntos de recarga. Descarga parada.",
    cause: "Sus transformadores de corriente están invertidos, en otro lugar o en otra fase, o muestra otro circuito.",
    todo: "Revise el sentido y el lugar de sus transformadores de corriente y luego rearme.",
  },
  "gridLost": {
    sentence: "Red perdida.",
    cause: "La tensión de red cayó a {voltagePu}.",
  },
  "gridBack": {
    sentence: "De nuevo en la red tras {outageMin} en isla.",
    cause: "La red estuvo correcta {returnS}; K1 comprobado cerrado.",
  },
  "gridGood": {
    sentence: "La red vuelve a ser correcta.",
    cause: "Ambos voltímetros la dan por correcta.",
  },
  "ceased": {
    sentence: "Descarga parada. Uno de los dos voltímetros no dio la red por correcta.",
    cause: "En K1 o en el contador de red se superó un límite, o se sospechó la pérdida de red.",
    ends: "Cuando la red haya sido correcta durante la espera de su perfil.",
  },
  "ceasedVoltage": {
    sentence: "Descarga parada. La tensión de red era {voltagePu}.",
    cause: "Salió del rango {minVoltagePu!}–{maxVoltagePu}.",
    ends: "Cuando la red haya sido correcta durante la espera de su perfil.",
  },
  "ceasedFrequency": {
    sentence: "Descarga parada. La frecuencia de red era {frequencyHz}.",
    cause: "Salió del rango {minFrequencyHz!}–{maxFrequencyHz}.",
    ends: "Cuando la red haya sido correcta durante la espera de su perfil.",
  },
  "ceasedK1": {
    sentence: "Descarga parada. K1 no da valores actuales.",
    cause: "Sin su voltímetro nadie conoce la red en ambos lados.",
    todo: "Mire el evento propio de K1.",
    ends: "Cuando K1 responda y la red haya sido correcta durante la espera de su perfil.",
  },
  "ceasedMeter": {
    sentence: "Descarga parada. El contador de red no da valores actuales.",
    cause: "Sin él nadie sabe qué se vierte.",
    todo: "Mire el evento propio del contador.",
    ends: "Cuando el contador esté bien y la red haya sido correcta durante la espera de su perfil.",
  },
  "startFailed": {
    sentence: "La isla no arrancó. Quedan {startsLeft} de {startsMax} arranques.",
    cause: "No apareció tensión en el embarrado, o la red volvió entretanto.",
    todo: "Mire los puntos de recarga que deberían formar la isla.",
  },
  "returnFailed": {
    sentence: "La vuelta a la red falló durante {failedMin}. La instalación sigue en isla.",
    cause: "K1 no cierra, o la red no sigue correcta.",
    todo: "Mire K1. La isla sigue entretanto.",
  },
  "islandStarted": {
    sentence: "K1 comprobado abierto; embarrado sin tensión comprobado; isla arrancada en {darkS}.",
    cause: "Se perdió la red y el respaldo está permitido.",
  },
  "islandEnded": {
    sentence: "La isla ha terminado.",
  },
  "islandEnding": {
    sentence: "La isla termina en {runwayH}.",
    cause: "Ningún vehículo tiene más energía sobre su reserva.",
    todo: "Enchufe un vehículo que pueda alimentar la isla, o desconecte un nivel.",
  },
  "tierShed": {
    sentence: "{tier} se ha desconectado.",
    cause: "La energía sobre la reserva se guarda para los niveles superiores.",
  },
  "tierRestored": {
    sentence: "{tier} vuelve a tener suministro.",
    cause: "Hay potencia y energía suficientes.",
  },
  "auxBattery": {
    sentence: "El controlador funciona con su batería auxiliar.",
    cause: "El embarrado no tiene tensión.",
  },
  "pvBeyondShift": {
    sentence: "La fotovoltaica da más de lo que toman cargas y baterías, y la frecuencia ya no puede frenarla más.",
    cause: "Estos inversores ceden menos de lo que la isla necesita, o nada. La etapa que forma la red puede desconectarse.",
    todo: "Apague la fotovoltaica en su interruptor, o conecte cargas. Haga instalar un inversor que admita un límite de potencia, o que ceda por completo por debajo de 61,5 Hz.",
  },
  "starts-used": {
    sentence: "La isla ha fallado tantas veces como se puede intentar.",
    cause: "Ningún arranque dio una tensión estable en el embarrado.",
    todo: "Busque la causa y rearme en el lugar. La vuelta de la red también lo termina.",
  },
  "auxiliary-low": {
    sentence: "A la batería auxiliar le queda poco para otro arranque autónomo.",
    cause: "Los arranques y el tiempo a oscuras la han gastado.",
    todo: "Cárguela, o espere a la red; lo que queda mantiene despierto el controlador.",
  },
  "source-missing": {
    sentence: "Ningún vehículo puede alimentar la isla.",
    cause: "Ninguno con más que su reserva está en un punto de recarga que pueda formar la isla.",
    todo: "Enchufe un vehículo así en un punto de recarga así.",
  },
  "tier-overload": {
    sentence: "Un nivel toma al conectarse más de lo que la isla puede dar, así que sigue apagado.",
    cause: "La tensión de la isla cayó, o su potencia fue excesiva, justo tras conectarlo.",
    todo: "Averigüe qué arranca allí y luego rearme en el lugar.",
  },
  "inadvertentExport": {
    sentence: "Vertido de {peakW} durante {durationS}. {load}: cayeron {dropW}.",
    cause: "{load}: se apagó de golpe.",
  },
  "exportBeyond": {
    sentence: "Vertido {peakW} por encima de lo permitido durante {durationS}.",
  },
  "importBeyond": {
    sentence: "Consumo {peakW} por encima de lo admitido durante {durationS}.",
  },
  "exportLong": {
    sentence: "Un vertido por encima del permiso duró más de {longS}.",
    cause: "Se pidió a los vehículos dar menos y no terminó.",
    todo: "Compare contador, puntos de recarga y permiso; luego confirme las alarmas del registro en Acciones.",
  },
  "exportAlarm": {
    sentence: "Se vertió {count} veces en 24 h aunque el permiso no lo admite.",
    cause: "Las cargas se apagan más rápido de lo que permite el margen.",
    todo: "Suba el consumo que se mantiene en el punto de conexión; luego confirme las alarmas del registro en Acciones.",
  },
  "relay-latched": {
    sentence: "Ha disparado el relé de potencia inversa o de consumo mínimo. No se entrega nada a la red.",
    cause: "La potencia fue en sentido contrario en el punto de conexión más de lo que admite el relé.",
    todo: "Busque la causa y rearme el relé en el lugar.",
  },
  "meter-slower": {
    sentence: "El contador de red muestra los cambios unos {laterMs} más tarde de lo configurado. La potencia sube más despacio.",
    cause: "Su ventana de media, su intervalo o su red es más lento que los ajustes; si no, la potencia oscilaría sin fin.",
    todo: "Mídalos (islet commission, step nudges), corrija updateMs, windowMs y latencyMs del contador y reinicie.",
    ends: "Con un reinicio, un rearme en el lugar, o cuando se vuelva a probar tras una hora.",
  },
  "stage-slower": {
    sentence: "{stage} sigue su consigna unos {laterMs} más tarde de lo configurado. La potencia sube más despacio.",
    cause: "Su respuesta, tiempo muerto, rampa o período de orden es más lento que los ajustes; si no, la potencia oscilaría sin fin.",
    todo: "Mídalos (islet commission, step nudges), corrija responseMs, deadTimeMs, slewPctPerS y commandPeriodMs de la etapa de potencia y reinicie.",
    ends: "Con un reinicio, un rearme en el lugar, o cuando se vuelva a probar tras una hora.",
  },
  "promise-broken": {
    sentence: "Un límite en el punto de conexión se cumple en {foundMs} tras un salto de carga; la instalación promete {promisedMs}.",
    cause: "Hallado en servicio: {later}.",
    todo: "Busque qué lo retrasa (red, pasarela, firmware); o mídalos (islet commission, step nudges), corrija los ajustes y declare lo que la instalación puede prometer.",
    ends: "Cuando contador y etapas vuelvan a ser tan rápidos como pide la promesa.",
  },
  "control-unsteady": {
    sentence: "Se superó una y otra vez un límite en el punto de conexión. La potencia guarda más margen y sube despacio.",
    cause: "Una carga conmuta cada pocos segundos, o contador y etapas hacen algo distinto de lo configurado.",
    todo: "Busque la carga; compare los ajustes de contador y etapas con sus hojas de datos.",
    ends: "Paso a paso, diez minutos después del último exceso.",
  },
  "reductionAsked": {
    sentence: "El operador de red pide menos: todos los puntos de recarga juntos toman como mucho {limitW}.",
    cause: "Lo indica su contacto.",
    todo: "No hay que hacer nada; la carga sigue como antes cuando vuelva el contacto.",
  },
  "reductionUnknown": {
    sentence: "No se sabe si el operador de red pide menos: todos los puntos de recarga juntos toman como mucho {limitW}.",
    cause: "{device}, al que está cableado su contacto, no responde.",
    todo: "Mire este módulo en Estado.",
  },
  "firmwareNotCovered": {
    sentence: "El permiso no cubre el firmware de la etapa de potencia {stage}. El funcionamiento en paralelo está apagado.",
    cause: "El firmware es {firmware}; el permiso cubre {covers}.",
    todo: "Instale el firmware cubierto, o un permiso que cubra este.",
  },
  "stageNotCovered": {
    sentence: "El permiso no cubre la etapa de potencia del punto de recarga {evse}. El funcionamiento en paralelo está apagado.",
    cause: "Su número de serie es {serial}.",
    todo: "Instale un permiso que la cubra, o la etapa de potencia que se permitió.",
  },
  "permitRefused": {
    sentence: "El permiso instalado se rechaza. El funcionamiento en paralelo está apagado.",
    todo: "Instale un permiso válido.",
  },
  "permitInstalled": {
    sentence: "Permiso {reference} instalado.",
    cause: "Introducido por {by}.",
  },
  "permitRevoked": {
    sentence: "El permiso está revocado. El funcionamiento en paralelo está apagado.",
    cause: "Retirado por la distribuidora o un instalador.",
    todo: "Pregunte a la distribuidora.",
  },
  "permissive-missing": {
    sentence: "Falta la señal de permiso de la distribuidora. No se entrega nada a la red.",
    cause: "La distribuidora la ha retirado, o su receptor está apagado.",
    todo: "Revise su receptor; pregunte a la distribuidora.",
  },
  "anti-islanding-off": {
    sentence: "La función anti-isla de una etapa de potencia está apagada. No se entrega nada a la red.",
    cause: "Se cambiaron sus ajustes, o nunca se encendió.",
    todo: "Haga que la enciendan en el punto de recarga.",
  },
  "service-disabled": {
    sentence: "La distribuidora ha deshabilitado el funcionamiento en paralelo.",
    cause: "Lo indica su señal o el ajuste de servicio del perfil de red.",
    todo: "Espere a que la distribuidora lo vuelva a permitir.",
  },
  "permit-revoked": {
    sentence: "El permiso ha sido revocado. No se entrega nada a la red.",
    cause: "La distribuidora o un instalador lo ha retirado.",
    todo: "Pregunte a la distribuidora; hay que instalar un permiso nuevo.",
    ends: "Cuando se instale un permiso nuevo.",
  },
  "grid-code-open": {
    sentence: "La norma de red tiene ajustes que nadie ha indicado. No se entrega nada a la red.",
    cause: "Ninguna fuente del archivo de la norma los da, y nadie los ha introducido.",
    todo: "Pregunte al operador de red, introdúzcalos en un archivo al que apunte site.gridProfile y arranque de nuevo.",
    ends: "Cuando un instalador los haya introducido.",
  },
  "permit-expired": {
    sentence: "El permiso ha caducado. No se entrega nada a la red.",
    cause: "Su último día ha pasado.",
    todo: "Pida uno nuevo a la distribuidora e instálelo.",
    ends: "Cuando se instale un permiso nuevo.",
  },
  "permit-not-yet-valid": {
    sentence: "El permiso aún no es válido. No se entrega nada a la red.",
    cause: "Su primer día está por venir según el reloj de este controlador.",
    todo: "Espere a su primer día, o corrija el reloj.",
  },
  "clock-untrusted": {
    sentence: "El reloj no está puesto en hora, así que ningún permiso puede ser válido.",
    cause: "Nada lo ha puesto en hora desde que arrancó la máquina.",
    todo: "Ponga el reloj en hora o conecte un servidor de tiempo.",
  },
  "clock-set-back": {
    sentence: "El reloj se ha atrasado. Un permiso caducado sigue caducado.",
    cause: "El registro tiene entradas posteriores a ahora.",
    todo: "Corrija el reloj; si iba adelantado, un instalador instala de nuevo el permiso.",
  },
  "started": {
    sentence: "El controlador ha arrancado.",
  },
  "modeChanged": {
    sentence: "El modo de la instalación es ahora {mode}, era {before}.",
    cause: "Fila {row} de la tabla de modos.",
  },
  "backendLost": {
    sentence: "El backend está sin conexión.",
    cause: "La conexión se ha perdido.",
  },
  "backendBack": {
    sentence: "Conexión con el backend restablecida tras {offlineMin}.",
    cause: "La red ha vuelto; se entregan las transacciones guardadas.",
  },
  "dischargeRefused": {
    sentence: "Rechazado: descargar {askedW}, pedido por el backend.",
    cause: "No hay permiso de funcionamiento en paralelo; solo se permite el respaldo.",
    todo: "Avise al operador del backend, o pregunte a su instalador por un permiso.",
  },
  "limitTightened": {
    sentence: "{by} redujo: {what} de {fromW} a {toW}.",
    cause: "Motivo dado: «{why}».",
  },
  "acted": {
    sentence: "{by}: {what}.",
    cause: "Motivo dado: «{why}».",
  },
  "commissioning": {
    sentence: "La puesta en marcha tiene la instalación: «{step}», empezada por {by}. Hasta que termine no cuentan otras peticiones.",
    cause: "Un instalador hace un paso de la puesta en marcha en la página.",
    todo: "Nada; quien deba tener la instalación para el paso en la página Puesta en marcha. Límites, permisos y paradas siguen valiendo.",
    ends: "Con el paso.",
  },
  "contradiction": {
    sentence: "Los archivos de la instalación se contradicen: {what}",
    cause: "Aquí: {here}; allí: {there}.",
    todo: "{remedy} El paquete para la distribuidora se rechaza hasta entonces (islet approval).",
    ends: "Con el próximo arranque, cuando uno de los dos sea correcto.",
  },
  "certificateExpires": {
    sentence: "El certificado «{name}» caduca en {leftDays}.",
    cause: "No se ha renovado.",
    todo: "Pida al operador del backend que lo renueve.",
  },
  "pageCertificateExpires": {
    sentence: "El certificado propio de la página caduca en {leftDays}.",
    cause: "Su tiempo casi ha terminado.",
    todo: "Reinicie el controlador: crea uno nuevo por sí solo. Si la configuración nombra archivos propios, sustitúyalos.",
  },
  "owed": {
    sentence: "{count} cosas están en vigor y aún no en el disco.",
    todo: "Haga sitio en el disco, o repárelo. Un reinicio antes las olvida.",
    ends: "Cuando todo esté escrito; se reintenta por sí solo.",
  },
  "unknownEvent": {
    sentence: "Ha ocurrido algo para lo que esta versión no tiene palabras.",
    todo: "Guarde el registro e informe de ello.",
  },
  "k1NotOpen": {
    sentence: "K1 no demostró abierto en {travelLimitS}. Bloqueado.",
    cause: "Un polo principal está soldado, o un bloque de contactos está atascado.",
    todo: "Siga «Qué hacer ahora». Nada vuelve a arrancar solo.",
  },
  "k1NotClosed": {
    sentence: "K1 no demostró cerrado en {travelLimitS}.",
    cause: "La bobina no tiene alimentación, o un bloque de contactos está atascado.",
    todo: "Revise K1 y su alimentación.",
  },
  "lockedOut": {
    sentence: "Bloqueado. En K1 el contacto NO indica {no}, NC indica {nc}.",
    cause: "Lo que indican los equipos no puede ser todo cierto.",
    todo: "Siga «Qué hacer ahora». Nada vuelve a arrancar solo.",
  },
  "lockedOutMoved": {
    sentence: "Bloqueado. K1 se movió sin orden: NO indica {no}, NC indica {nc}.",
    cause: "Alguien o algo más acciona K1, o su bobina ha perdido la alimentación.",
    todo: "Siga «Qué hacer ahora». Averigüe quién o qué acciona K1.",
  },
  "lockedOutStage": {
    sentence: "Bloqueado. Una etapa de potencia siguió dando potencia aunque se le ordenó parar.",
    cause: "No sigue sus órdenes.",
    todo: "Siga «Qué hacer ahora». Busque la etapa de potencia en Eventos y póngala fuera de servicio.",
  },
  "lockedOutVoltages": {
    sentence: "Bloqueado. Las tensiones a ambos lados de K1 contradicen sus contactos.",
    cause: "Un contacto o un voltímetro falla, u otra fuente alimenta la instalación.",
    todo: "Siga «Qué hacer ahora». Mida ambos lados de K1.",
  },
  "lockedOutSource": {
    sentence: "Bloqueado. El embarrado sigue con tensión aunque todos los puntos de recarga están apagados.",
    cause: "Otra fuente alimenta la instalación: un generador, FV ajena o una segunda acometida.",
    todo: "Siga «Qué hacer ahora». Busque esa fuente y desconéctela.",
  },
  "lockedOutConducts": {
    sentence: "Bloqueado. K1 indica abierto y conduce: la línea de la distribuidora se alimentó desde la instalación.",
    cause: "Un polo de K1 está soldado o puenteado sin que sus contactos lo sepan. La instalación ha dejado de alimentarlo.",
    todo: "Siga «Qué hacer ahora». Llame a un técnico: mida cada polo de K1 mientras está abierto. Tras el rearme la instalación es solo consumo hasta que K1 haya abierto con la red viva y sin nada en el embarrado.",
  },
  "lockedOutBefore": {
    sentence: "Bloqueado desde antes de arrancar el controlador.",
    cause: "Un reinicio no termina ningún bloqueo.",
    todo: "Siga «Qué hacer ahora». Nada vuelve a arrancar solo.",
  },
  "opensUnproven": {
    sentence: "Solo carga: K1 no ha demostrado que abre desde que falló.",
    cause: "K1 no abrió cuando se le ordenó, o condujo mientras indicaba abierto. Una instalación que no está segura de dejar la red no devuelve nada ni arranca el respaldo.",
    todo: "Haga reparar K1. Luego inicie en el lugar una isla programada con la red presente: cuando K1 abra y el embarrado quede sin tensión, lo habrá demostrado y esto termina por sí solo.",
  },
  "generatorRuns": {
    sentence: "El generador funciona: las etapas de potencia no se conectan al embarrado.",
    cause: "Lo indica su contacto. Junto a él no se forma isla ni se cierra K1.",
    todo: "No hay que hacer nada; las etapas vuelven cuando se pare.",
  },
  "generatorUnknown": {
    sentence: "No se sabe si el generador funciona: las etapas de potencia no se conectan al embarrado.",
    cause: "{device}, al que está cableado su contacto, no responde.",
    todo: "Mire este módulo en Estado.",
  },
  "bondNotMade": {
    sentence: "La unión de neutro y tierra no está comprobada: no se forma isla.",
    cause: "Su contactor recibió la orden de cerrar, y sus dos contactos no lo indican ambos.",
    todo: "Mire el contactor de la unión, sus contactos y su cableado.",
  },
  "bondNotUndone": {
    sentence: "No está comprobado que la unión de neutro y tierra esté abierta: K1 no se cierra sobre ella.",
    cause: "Su contactor recibió la orden de abrir, y sus dos contactos no lo indican ambos.",
    todo: "Mire el contactor de la unión: con K1 cerrado, la corriente del neutro pasa por tierra.",
  },
  "targetMissed": {
    sentence: "{vehicle} no puede llegar al {targetPct} a las {departsByMs}. Previsión {forecastPct}.",
    todo: "Planifique otro vehículo para su ruta, o deje que cargue primero.",
  },
  "departureMissed": {
    sentence: "{vehicle} debía salir a las {departsByMs} con {targetPct}. Sigue aquí, con {socPct}.",
    cause: "No bastó la potencia o el tiempo, o su plan ha cambiado.",
    todo: "Dele una salida nueva, o borre la antigua. Hasta entonces se carga primero y no da nada.",
    ends: "Cuando tenga {targetPct}, salga o tenga otra salida.",
  },
  "neededAt": {
    sentence: "Se necesita {vehicle} a las {neededByMs}. Déjelo enchufado.",
    cause: "Releva a {from}, que estará entonces en su reserva.",
    todo: "Déjelo enchufado.",
  },
  "sessionStopped": {
    sentence: "{vehicle} paró su sesión.",
    todo: "Desenchufe en el punto de recarga {evse} y vuelva a enchufar. Si se repite, envíe {vehicle} al taller.",
  },
  "pluggedIn": {
    sentence: "{vehicle} está enchufado en el punto de recarga {evse}.",
  },
  "unplugged": {
    sentence: "{vehicle} ha dejado el punto de recarga {evse}.",
  },
  "targetReached": {
    sentence: "{vehicle} alcanzó su objetivo de {targetPct}.",
  },
};
