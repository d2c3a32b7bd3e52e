/** Reasons by their keys; the English is in `src/domain/reasons.ts`. */
import type { ReasonKey } from "../../../domain/reasons.ts";
import type { EventTexts } from "../language.ts";

export const reasons: Readonly<Record<ReasonKey, EventTexts>> = {
  "no-vehicle": {
    name: "Sin vehículo",
    sentence: "No hay ningún vehículo enchufado.",
  },
  "not-authorized": {
    name: "Autorización",
    sentence: "Nadie está autorizado en este punto de recarga.",
  },
  "paused": {
    name: "En pausa",
    sentence: "Un operador ha pausado este punto de recarga.",
  },
  "mode": {
    name: "Modo de la instalación",
    sentence: "El modo de la instalación no lo permite.",
  },
  "permit-discharge": {
    name: "Permiso de funcionamiento",
    sentence: "Ningún permiso de funcionamiento en paralelo cubre la descarga.",
  },
  "discharge-disabled": {
    name: "Descarga no habilitada",
    sentence: "La descarga no está habilitada en este punto de recarga.",
    todo: "Un instalador puede habilitarla.",
  },
  "not-bidirectional": {
    name: "Vehículo de solo carga",
    sentence: "El vehículo solo puede cargarse.",
  },
  "vehicle-limit": {
    name: "Vehículo",
    sentence: "El límite propio del vehículo.",
  },
  "vehicle-stale": {
    name: "Vehículo sin respuesta",
    sentence: "El vehículo ha dejado de renovar sus límites.",
  },
  "vehicle-session": {
    name: "Sesión",
    sentence: "La sesión con el vehículo no ha llegado a la transferencia de energía, o ha terminado.",
  },
  "vehicle-minimum": {
    name: "Mínimo del vehículo",
    sentence: "Por debajo de la menor potencia que acepta el vehículo, así que cero.",
  },
  "reserve": {
    name: "Reserva",
    sentence: "Se mantiene la reserva del estado de carga.",
  },
  "battery-full": {
    name: "Batería llena",
    sentence: "La batería está llena.",
  },
  "backend-limit": {
    name: "Límite del backend",
    sentence: "Un límite del backend.",
  },
  "backend-expired": {
    name: "Petición del backend caducada",
    sentence: "La petición del backend ha caducado.",
  },
  "link-limit": {
    name: "Límite de un sistema conectado",
    sentence: "Un límite de un sistema conectado por la API o MQTT.",
    todo: "Vale hasta que ese sistema o una persona lo retire: en Límites se ve de quién es.",
  },
  "operator-limit": {
    name: "Límite del operador",
    sentence: "Un límite de un operador.",
  },
  "stage-rating": {
    name: "Potencia nominal de la etapa",
    sentence: "La potencia nominal de la etapa o lo que puede ahora.",
  },
  "stage-stale": {
    name: "Etapa sin respuesta",
    sentence: "La etapa de potencia no responde.",
    todo: "Revise su alimentación y su cable de red.",
  },
  "stage-unverified": {
    name: "Etapa sin comprobar",
    sentence: "La etapa de potencia no ha pasado su comprobación de arranque.",
  },
  "stage-local": {
    name: "Control local",
    sentence: "La etapa de potencia está en control local.",
    todo: "Ponga su selector en remoto.",
  },
  "stage-alarm": {
    name: "Alarma de la etapa",
    sentence: "La etapa de potencia indica una alarma.",
  },
  "stage-disobeys": {
    name: "La etapa no obedece",
    sentence: "La etapa de potencia no sigue su consigna.",
    todo: "Revise la etapa de potencia; no se usa hasta que vuelva a seguir.",
  },
  "planned-import": {
    name: "Consumo planificado",
    sentence: "El consumo con el que cuenta el plan de la instalación: más subiría la punta facturada o rompería un compromiso.",
  },
  "import-limit": {
    name: "Límite de consumo",
    sentence: "El límite de consumo en el punto de conexión.",
  },
  "grid-operator": {
    name: "Operador de red",
    sentence: "El operador de red pide menos carga por su contacto, o el contacto no se puede leer.",
  },
  "export-limit": {
    name: "Límite de vertido",
    sentence: "El límite de vertido en el punto de conexión.",
  },
  "generation-profile": {
    name: "Perfil de generación",
    sentence: "El límite del perfil de generación para esta hora.",
  },
  "power-control-mode": {
    name: "Modo de control de potencia",
    sentence: "El modo de control de potencia de la instalación no lo permite.",
  },
  "phase-limit": {
    name: "Límite de fase",
    sentence: "El límite de una fase en el punto de conexión.",
  },
  "conductor-limit": {
    name: "Intensidad del conductor",
    sentence: "La intensidad admisible de un conductor.",
  },
  "bus-limit": {
    name: "Intensidad del embarrado",
    sentence: "La intensidad admisible de un embarrado.",
  },
  "transformer-limit": {
    name: "Potencia del transformador",
    sentence: "La potencia nominal de un transformador.",
  },
  "meter-stale": {
    name: "Contador sin respuesta",
    sentence: "El contador de red no responde. Descarga parada.",
    todo: "Revise la alimentación y el cable de red del contador.",
  },
  "meter-frozen": {
    name: "Contador congelado",
    sentence: "El contador de red está congelado. Descarga parada.",
    todo: "Reinicie el contador.",
  },
  "meter-implausible": {
    name: "Contador no verosímil",
    sentence: "El contador de red indica valores imposibles. Descarga parada.",
    todo: "Revise su cableado y sus transformadores de corriente.",
  },
  "meter-reversed": {
    name: "Contador invertido",
    sentence: "El contador de red tiene el signo cambiado: baja cuando las etapas cargan. Descarga parada.",
    todo: "Revise el sentido y el orden de sus transformadores de corriente y luego rearme.",
  },
  "meter-unproven": {
    name: "Contador sin comprobar",
    sentence: "El contador de red aún no se ha comprobado con un impulso, así que la potencia sigue siendo pequeña.",
  },
  "meter-slower": {
    name: "Contador más lento de lo configurado",
    sentence: "El contador de red muestra los cambios más tarde de lo configurado. La potencia se calcula con lo que muestra y sube más despacio.",
    todo: "Corrija windowMs y latencyMs del contador y reinicie. Tras una hora se prueba de nuevo como está configurado.",
  },
  "stage-slower": {
    name: "Etapa más lenta de lo configurado",
    sentence: "Una etapa de potencia sigue su consigna más tarde de lo configurado. La potencia se calcula con las medidas de las etapas y sube más despacio.",
    todo: "Corrija responseMs, deadTimeMs, slewPctPerS y commandPeriodMs de la etapa de potencia y reinicie. Tras una hora se prueba de nuevo como está configurado.",
  },
  "control-unsteady": {
    name: "Límite superado una y otra vez",
    sentence: "Se superó una y otra vez un límite en el punto de conexión. La potencia guarda más margen y sube despacio.",
    todo: "Busque la carga que conmuta tanto, o qué hacen contador y etapas distinto de lo configurado. El margen se reduce tras diez minutos sin excesos.",
  },
  "allocation": {
    name: "Parte de la instalación",
    sentence: "La potencia de la instalación se reparte entre los puntos de recarga.",
  },
  "ramp": {
    name: "Rampa",
    sentence: "La potencia sube poco a poco.",
  },
  "enter-service-ramp": {
    name: "Rampa de conexión",
    sentence: "Tras conectar, la potencia sube poco a poco.",
  },
  "apparent-power": {
    name: "Potencia aparente",
    sentence: "La potencia aparente nominal se comparte con la reactiva.",
  },
  "protection": {
    name: "Protección",
    sentence: "Ha disparado una protección.",
  },
  "islanded": {
    name: "Carga de la isla",
    sentence: "Decide la carga de la isla.",
  },
  "permit-none": {
    name: "Sin permiso",
    sentence: "No hay permiso de funcionamiento en paralelo.",
    todo: "Instale el permiso firmado de la distribuidora: islet permit install.",
  },
  "permit-revoked": {
    name: "Permiso revocado",
    sentence: "El permiso ha sido revocado.",
    todo: "Pregunte a la distribuidora; hay que instalar un permiso nuevo.",
  },
  "permit-not-yet-valid": {
    name: "Permiso aún no válido",
    sentence: "El permiso aún no es válido.",
    todo: "Espere a su primer día, o corrija el reloj.",
  },
  "permit-expired": {
    name: "Permiso caducado",
    sentence: "El permiso ha caducado.",
    todo: "Pida uno nuevo a la distribuidora e instálelo.",
  },
  "grid-code-open": {
    name: "Norma de red incompleta",
    sentence: "No se conocen ajustes de la norma de red. El funcionamiento en paralelo está apagado.",
    todo: "Introduzca lo que nombra check-config en un archivo al que apunte site.gridProfile.",
  },
  "permit-equipment": {
    name: "Equipo no cubierto",
    sentence: "El permiso no cubre el equipo o su firmware. El funcionamiento en paralelo está apagado.",
    todo: "Compare las etapas de potencia con el permiso: islet permit inspect.",
  },
  "clock-untrusted": {
    name: "Reloj sin poner en hora",
    sentence: "El reloj no está puesto en hora, así que ningún permiso puede ser válido.",
    todo: "Ponga el reloj en hora o conecte un servidor de tiempo.",
  },
  "clock-set-back": {
    name: "Reloj atrasado",
    sentence: "El reloj se ha atrasado. Un permiso caducado sigue caducado.",
    todo: "Corrija el reloj; si iba adelantado, un instalador instala de nuevo el permiso.",
  },
  "service-mode": {
    name: "Modo de servicio",
    sentence: "La instalación está configurada para menos.",
    todo: "Un instalador puede cambiar el modo de servicio.",
  },
  "service-disabled": {
    name: "Servicio deshabilitado",
    sentence: "La distribuidora ha retirado su permiso de servicio: los puntos de recarga que pueden dar potencia han dejado la red.",
    todo: "Espere a que la distribuidora lo vuelva a permitir.",
  },
  "relay-latched": {
    name: "Relé disparado",
    sentence: "Ha disparado el relé de potencia inversa o de consumo mínimo.",
    todo: "Busque la causa y rearme el relé en el lugar.",
  },
  "no-transfer-device": {
    name: "Sin interruptor de red",
    sentence: "No hay interruptor de red, así que la instalación no se puede separar de la red.",
  },
  "backup-not-notified": {
    name: "Distribuidora sin notificar",
    sentence: "No se ha comunicado a la distribuidora que la instalación tiene respaldo propio.",
    todo: "Comuníquelo por escrito y anótelo en la configuración o el permiso.",
  },
  "generator-runs": {
    name: "Generador",
    sentence: "El generador funciona: las etapas de potencia no se conectan al embarrado.",
    todo: "No hay que hacer nada; vuelven cuando se pare.",
  },
  "generator-unknown": {
    name: "Generador: no se sabe",
    sentence: "No se sabe si el generador funciona: las etapas de potencia no se conectan al embarrado.",
    todo: "Mire el módulo al que está cableado su contacto.",
  },
  "bond-unproven": {
    name: "Unión a tierra sin comprobar",
    sentence: "La unión de neutro y tierra no está comprobada, así que no puede funcionar ninguna isla.",
    todo: "Mire el contactor de la unión, sus contactos y su cableado.",
  },
  "starts-used": {
    name: "Arranques autónomos agotados",
    sentence: "La isla ha fallado tantas veces como se puede intentar.",
    todo: "Busque la causa y rearme en el lugar. La vuelta de la red también lo termina.",
  },
  "auxiliary-low": {
    name: "Batería auxiliar baja",
    sentence: "A la batería auxiliar le queda poco para otro arranque autónomo.",
    todo: "Cárguela, o espere a la red; lo que queda mantiene despierto el controlador.",
  },
  "source-missing": {
    name: "Sin fuente para la isla",
    sentence: "Ningún vehículo puede alimentar la isla.",
    todo: "Enchufe un vehículo con más que su reserva en un punto de recarga que pueda formar la isla.",
  },
  "tier-overload": {
    name: "Un nivel sobrecarga la isla",
    sentence: "Un nivel toma al conectarse más de lo que la isla puede dar, así que sigue apagado.",
    todo: "Averigüe qué arranca allí y luego rearme en el lugar.",
  },
  "momentary-cessation": {
    name: "Cese momentáneo",
    sentence: "La tensión de red está tan fuera que la descarga pausa un momento.",
  },
  "grid-unmeasured": {
    name: "Red sin medir",
    sentence: "No se mide la tensión o la frecuencia de la red. Descarga parada.",
    todo: "Revise las entradas de tensión y los fusibles del contador.",
  },
  "permissive-missing": {
    name: "Señal de permiso",
    sentence: "Falta la señal de permiso de la distribuidora.",
    todo: "Revise su receptor; pregunte a la distribuidora.",
  },
  "anti-islanding-off": {
    name: "Anti-isla",
    sentence: "La función anti-isla de la etapa de potencia está apagada.",
    todo: "Haga que la enciendan; sin ella no se entrega nada a la red.",
  },
  "frequency-droop": {
    name: "Estatismo de frecuencia",
    sentence: "La frecuencia de red se desvía, y la potencia la sigue.",
  },
  "volt-watt": {
    name: "Volt-vatio",
    sentence: "La tensión de red es alta, así que se puede entregar menos.",
  },
  "active-power-limit": {
    name: "Límite de potencia activa",
    sentence: "El límite de potencia activa de la distribuidora.",
  },
};
