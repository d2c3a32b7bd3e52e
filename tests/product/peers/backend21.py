"""An independent backend of OCPP 2.1 on the Python library of mobilityhouse/ocpp, which judges every message in both
directions by the published schemas. It drives blocks Q and R and writes one JSON line for each check.

Usage: backend21.py with-permit|without-permit   (the first line on standard output is the port)
"""
import asyncio
import json
import logging
import sys
import time
from datetime import datetime, timedelta, timezone

import websockets
from ocpp.messages import CallError
from ocpp.routing import on
from ocpp.v21 import ChargePoint, call, call_result

PERMITTED = sys.argv[1] == "with-permit"
violations = []


class Watch(logging.Handler):
    """The library logs what breaks a schema; its errors are answered as CALLERROR."""

    def emit(self, record):
        if record.levelno >= logging.ERROR or "validat" in record.getMessage().lower():
            violations.append(record.getMessage()[:300])


logging.getLogger("ocpp").addHandler(Watch())


def now(after_s=0.0):
    return (datetime.now(timezone.utc) + timedelta(seconds=after_s)).isoformat().replace("+00:00", "Z")


class Station(ChargePoint):
    def __init__(self, *args):
        super().__init__(*args)
        self.events, self.starts, self.reports, self.der_reports, self.alarms = [], [], [], [], []
        self.pulled = 0
        self.pull_answer = {"setpoint": 2500.0}

    @on("BootNotification")
    def boot(self, **_):
        return call_result.BootNotification(current_time=now(), interval=60, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self, **_):
        return call_result.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_):
        return call_result.StatusNotification()

    @on("SecurityEventNotification")
    def security(self, **_):
        return call_result.SecurityEventNotification()

    @on("NotifyEvent")
    def event(self, **_):
        return call_result.NotifyEvent()

    @on("MeterValues")
    def meter(self, **_):
        return call_result.MeterValues()

    @on("NotifyReport")
    def report(self, **kwargs):
        self.reports.append(kwargs)
        return call_result.NotifyReport()

    @on("TransactionEvent")
    def transaction(self, **kwargs):
        self.events.append(kwargs)
        return call_result.TransactionEvent()

    @on("PullDynamicScheduleUpdate")
    def pull(self, **_):
        self.pulled += 1
        return call_result.PullDynamicScheduleUpdate(status="Accepted", schedule_update=self.pull_answer)

    @on("NotifyDERStartStop")
    def start_stop(self, **kwargs):
        self.starts.append((time.time(), kwargs))
        return call_result.NotifyDERStartStop()

    @on("ReportDERControl")
    def der_report(self, **kwargs):
        self.der_reports.append(kwargs)
        return call_result.ReportDERControl()

    @on("NotifyDERAlarm")
    def der_alarm(self, **kwargs):
        self.alarms.append(kwargs)
        return call_result.NotifyDERAlarm()

    @on("NotifyPriorityCharging")
    def priority(self, **_):
        return call_result.NotifyPriorityCharging()


begun = time.time()


def check(name, ok, detail=""):
    """The library can't write names with an underscore before a capital, or `SoC`: these fields are left to other tests."""
    told = f"{str(detail)[:400]} ({time.time() - begun:.0f} s)"
    print(json.dumps({"name": name, "ok": bool(ok), "detail": told}), flush=True)


async def until(holds, within_s=40):
    end = time.time() + within_s
    while time.time() < end:
        if holds():
            return True
        await asyncio.sleep(0.05)
    return False


class Driver:
    def __init__(self, station):
        self.station = station
        self.ids = 100
        self.tx = None

    async def power(self):
        answer = await self.station.call(
            call.GetVariables(get_variable_data=[{"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}])
        )
        value = answer.get_variable_result[0].get("attribute_value")
        return float(value) if value else float("nan")

    async def flows(self, wanted, within_s=30):
        end = time.time() + within_s
        power = float("nan")
        while time.time() < end:
            power = await self.power()
            if abs(power - wanted) < 400:
                return True, power
            await asyncio.sleep(0.2)
        return False, power

    async def profile(self, period, evse=1, schedule=None, **profile):
        self.ids += 1
        purpose = profile.get("chargingProfilePurpose", "TxProfile")
        kind = profile.get("chargingProfileKind", "Absolute")
        body = {
            "id": self.ids,
            "stackLevel": 1,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": kind,
            "chargingSchedule": [
                {
                    "id": self.ids,
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, **period}],
                    **({} if kind == "Dynamic" else {"startSchedule": now(-1)}),
                    **(schedule or {}),
                }
            ],
            **({"transactionId": self.tx} if purpose == "TxProfile" else {}),
            **profile,
        }
        answer = await self.station.call(call.SetChargingProfile(evse_id=evse, charging_profile=body))
        return answer.status if answer.status == "Accepted" else (answer.status_info or {}).get("reason_code")

    async def clear(self):
        await self.station.call(call.ClearChargingProfile(charging_profile_criteria={"chargingProfilePurpose": "TxProfile"}))

    async def refusals(self):
        dynamic = {"chargingProfileKind": "Dynamic"}
        curve = [{"frequency": 59.9, "power": -1000}, {"frequency": 60.1, "power": 1000}]
        rows = [
            ("LocalLoadBalancing", "UnsupportedParam", {"operationMode": "LocalLoadBalancing"}, {}),
            ("mode of a maximum", "InvalidOperationMode", {"operationMode": "CentralSetpoint", "setpoint": 1.0},
             {"evse": 0, "chargingProfilePurpose": "ChargingStationMaxProfile"}),
            ("no limit", "InvalidSchedule", {"operationMode": "ChargingOnly"}, {}),
            ("setpoint while charging only", "InvalidSchedule", {"limit": 10.0, "setpoint": 1.0}, {}),
            ("no setpoint", "InvalidSchedule", {"operationMode": "CentralSetpoint"}, {}),
            ("beyond its limit", "InvalidSchedule", {"operationMode": "CentralSetpoint", "setpoint": 6.0, "limit": 5.0}, {}),
            ("negative limit", "InvalidSchedule", {"limit": -5000.0}, {}),
            ("no curve", "NoFreqWattCurve", {"operationMode": "LocalFrequency", "v2xBaseline": 0.0}, {}),
            ("curve in A", "UnsupportedRateUnit",
             {"operationMode": "LocalFrequency", "v2xBaseline": 0.0, "v2xFreqWattCurve": curve}, {"schedule": {"chargingRateUnit": "A"}}),
            ("local generation", "UnsupportedPurpose", {"limit": 1.0}, {"evse": 0, "chargingProfilePurpose": "LocalGeneration"}),
            ("interval without Dynamic", "InvalidProfile", {"limit": 1.0}, {"dynUpdateInterval": 5}),
            ("two periods", "InvalidSchedule", {},
             {**dynamic, "schedule": {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1.0}, {"startPeriod": 9, "limit": 1.0}]}}),
            ("local time", "InvalidSchedule", {"limit": 1.0}, {"schedule": {"useLocalTime": True}}),
            ("random delay", "InvalidSchedule", {"limit": 1.0}, {"schedule": {"randomizedDelay": 5}}),
            ("sleep", "InvalidSchedule", {"operationMode": "Idle", "evseSleep": True}, {}),
            ("unknown transaction", "TxNotFound", {"limit": 1.0}, {"transactionId": "none"}),
        ]
        for name, reason, period, more in rows:
            got = await self.profile(period, **more)
            check(f"refused: {name}", got == reason, f"{got}, expected {reason}")

    async def bidirectional(self):
        station = self.station
        got = await self.profile({"operationMode": "CentralSetpoint", "setpoint": -5000.0, "dischargeLimit": -8000.0, "limit": 9000.0})
        if not PERMITTED:
            check("without a permit a discharge is refused", got in ("NoPermit", "PermitNotInForce", "NotReady"), got)
            got = await self.profile({"operationMode": "ExternalSetpoint", "dischargeLimit": -1.0})
            check("without a permit a discharge limit is refused", got in ("NoPermit", "PermitNotInForce"), got)
            got = await self.profile({"operationMode": "CentralSetpoint", "setpoint": 4000.0})
            check("without a permit charging goes on", got == "Accepted", got)
            check("4 kW flow", *(await self.flows(4000)))
            return
        check("CentralSetpoint is taken", got == "Accepted", got)
        check("5 kW come back", *(await self.flows(-5000)))
        told = await until(lambda: any(e["transaction_info"].get("operation_mode") == "CentralSetpoint" for e in station.events))
        check("the mode is told", told)
        composite = await station.call(call.GetCompositeSchedule(duration=60, evse_id=1))
        check("composite schedule has the setpoint", composite.schedule["charging_schedule_period"][0].get("setpoint") == -5000, composite)
        got = await self.profile({"operationMode": "CentralSetpoint", "setpoint": 1000.0}, stackLevel=5, chargingProfileKind="Dynamic")
        check("dynamic profile is taken", got == "Accepted", got)
        dynamic = self.ids
        for setpoint in (2000.0, 3000.0, -4000.0):
            answer = await station.call(call.UpdateDynamicSchedule(charging_profile_id=dynamic, schedule_update={"setpoint": setpoint}))
            check(f"update to {setpoint}", answer.status == "Accepted", answer)
        check("the last of a burst counts", *(await self.flows(-4000)))
        answer = await station.call(call.UpdateDynamicSchedule(charging_profile_id=4711, schedule_update={"setpoint": 1.0}))
        check("unknown dynamic profile", (answer.status_info or {}).get("reason_code") == "InvalidProfile", answer)
        got = await self.profile({"operationMode": "CentralSetpoint", "setpoint": 0.0}, stackLevel=6, chargingProfileKind="Dynamic", dynUpdateInterval=2)
        check("pulled profile is taken", got == "Accepted", got)
        check("it is pulled", await until(lambda: station.pulled > 0))
        check("what was pulled flows", *(await self.flows(2500)))
        await self.clear()
        curve = [{"frequency": 40.0, "power": -3000.0}, {"frequency": 70.0, "power": -3000.0}]
        signals = [{"signal": -10, "power": -2000.0}, {"signal": 10, "power": 2000.0}]
        answer = await station.call(call.AFRRSignal(timestamp=now(), signal=5))
        check("a signal that nobody follows", (answer.status_info or {}).get("reason_code") == "NoSignalWattCurve", answer)
        got = await self.profile({"operationMode": "LocalFrequency", "v2xBaseline": -1000.0, "v2xFreqWattCurve": curve, "v2xSignalWattCurve": signals})
        check("LocalFrequency is taken", got == "Accepted", got)
        check("baseline and curve flow", *(await self.flows(-4000)))
        answer = await station.call(call.AFRRSignal(timestamp=now(), signal=-10))
        check("a signal", answer.status == "Accepted", answer)
        check("it is added", *(await self.flows(-6000)))
        answer = await station.call(call.UsePriorityCharging(transaction_id=self.tx, activate=True))
        check("priority without a profile", answer.status == "NoProfile", answer)
        got = await self.profile({"limit": 6000.0}, chargingProfilePurpose="PriorityCharging")
        check("a profile of priority charging", got == "Accepted", got)
        answer = await station.call(call.UsePriorityCharging(transaction_id=self.tx, activate=True))
        check("priority", answer.status == "Accepted", answer)
        check("priority charges", *(await self.flows(6000)))
        await station.call(call.UsePriorityCharging(transaction_id=self.tx, activate=False))
        check("and ends", *(await self.flows(-6000)))
        answer = await station.call(call.NotifyAllowedEnergyTransfer(transaction_id=self.tx, allowed_energy_transfer=["DC_BPT"]))
        check("an allowance during a session", (answer.status_info or {}).get("reason_code") == "UnsupportedRequest", answer)
        await self.clear()
        got = await self.profile({"operationMode": "Idle"})
        check("Idle is taken", got == "Accepted", got)
        check("nothing flows", *(await self.flows(0)))
        await self.clear()

    async def der_set(self, control, priority, default=False, after=None, lasts=None, pct=50.0):
        body = {"priority": priority, "pctMaxDischargePower": pct}
        if after is not None:
            body["startTime"] = now(after)
        if lasts is not None:
            body["duration"] = lasts
        return await self.station.call(
            call.SetDERControl(is_default=default, control_id=control, control_type="LimitMaxDischarge", limit_max_discharge=body)
        )

    def told(self):
        return [
            " ".join([("+" if kwargs["started"] else "-") + kwargs["control_id"], *kwargs.get("superseded_ids", [])])
            for _, kwargs in self.station.starts
        ]

    async def fresh(self):
        await self.station.call(call.ClearDERControl(is_default=True))
        await self.station.call(call.ClearDERControl(is_default=False))
        await asyncio.sleep(0.3)
        self.station.starts.clear()

    async def case(self, name, steps, expected):
        """Steps: arguments of der_set with the superseded ids that are expected at once; then what is told in all."""
        await self.fresh()
        for arguments, superseded in steps:
            answer = await self.der_set(**arguments)
            got = answer.superseded_ids or []
            check(f"{name}: {arguments['control']}", answer.status == "Accepted" and list(got) == superseded, answer)
        await until(lambda: len(self.told()) >= len(expected), 12)
        await asyncio.sleep(0.3)
        check(f"{name}: told", self.told() == expected, f"{self.told()}, expected {expected}")

    async def der(self):
        a = lambda control, priority, **more: {"control": control, "priority": priority, **more}
        always = {"default": True}
        await self.case("S1 S2", [(a("a", 5, **always), []), (a("b", 3, **always), ["a"])], [])
        await self.case("S3", [(a("a", 3, **always), []), (a("b", 5, **always), ["b"])], [])
        await self.case("S4", [(a("a", 3, **always), []), (a("b", 3, **always), [])], [])
        await self.case("S5", [(a("a", 5, after=60, lasts=60), []), (a("b", 3, after=90, lasts=60), ["a"])], [])
        await self.case("S6 S12", [(a("a", 5, after=0, lasts=60), []), (a("b", 3, after=2, lasts=2), [])], ["+a", "+b a", "-b a"])
        await self.case("S7", [(a("a", 5, after=0, lasts=60), []), (a("b", 3, after=0, lasts=60), ["a"])], ["+a", "+b a"])
        await self.case("S8", [(a("a", 3, after=0, lasts=60), []), (a("b", 5, after=0, lasts=60), ["b"])], ["+a"])
        await self.case("S9", [(a("a", 3, after=0, lasts=60), []), (a("b", 3, after=0, lasts=60), [])], ["+a"])
        await self.case("S10", [(a("a", 3, after=0, lasts=60), []), (a("a", 9, after=0, lasts=60), [])], ["+a"])
        await self.case("S11", [(a("d", 1, **always), []), (a("s", 9, after=1, lasts=1), [])], ["+s", "-s"])
        await self.case("S14", [(a("a", 3, **always), []), (a("b", 5, **always), ["b"]), (a("c", 1, **always), ["a"])], [])
        await self.fresh()
        due = time.time() + 2
        await self.der_set("late", 1, after=2, lasts=5)
        await until(lambda: len(self.station.starts) > 0, 10)
        delay = self.station.starts[0][0] - due if self.station.starts else float("nan")
        check("NotifyDERStartStop within 1 s", -0.05 <= delay <= 1.0, f"{delay:.3f} s")
        await self.fresh()
        droop = {"priority": 1, "overFreq": 60.1, "underFreq": 59.9, "overDroop": 0.05, "underDroop": 0.05, "responseTime": 5.0}
        answer = await self.station.call(call.SetDERControl(is_default=True, control_id="f", control_type="WattPF", freq_droop=droop))
        check("a kind that is not there", answer.status == "NotSupported", answer)
        answer = await self.station.call(call.SetDERControl(is_default=True, control_id="f", control_type="LimitMaxDischarge", freq_droop=droop))
        check("a control of another kind", answer.status == "Rejected", answer)
        answer = await self.der_set("w", 1, default=True, after=1)
        check("a default with a window", answer.status == "Rejected", answer)
        answer = await self.station.call(call.GetDERControl(request_id=1))
        check("nothing to report", answer.status == "NotFound", answer)
        for i in range(12):
            await self.der_set(f"c{i}", 5, after=600 + i, lasts=5)
        answer = await self.station.call(call.GetDERControl(request_id=2))
        check("a report", answer.status == "Accepted", answer)
        await until(lambda: len(self.station.der_reports) >= 2, 10)
        count = sum(len(one.get("limit_max_discharge", [])) for one in self.station.der_reports)
        check("twelve in two parts", count == 12 and [one.get("tbc", False) for one in self.station.der_reports] == [True, False], self.station.der_reports)
        answer = await self.station.call(call.ClearDERControl(is_default=True, control_id="c1"))
        check("cleared under the wrong sort", answer.status == "NotFound", answer)
        answer = await self.station.call(call.ClearDERControl(is_default=False, control_type="LimitMaxDischarge"))
        check("cleared by kind", answer.status == "Accepted", answer)
        answer = await self.station.call(call.ClearDERControl(is_default=False, control_type="LimitMaxDischarge"))
        check("nothing left of it", answer.status == "NotFound", answer)
        if PERMITTED:
            await self.profile({"operationMode": "CentralSetpoint", "setpoint": -6000.0})
            check("6 kW come back", *(await self.flows(-6000)))
            await self.der_set("hold", 1, after=0, lasts=60, pct=100.0 * 2000 / await self.rated())
            check("a DER control holds 2 kW", *(await self.flows(-2000)))
            await self.fresh()
            check("and lets go", *(await self.flows(-6000)))
            await self.clear()

    async def rated(self):
        answer = await self.station.call(
            call.GetVariables(get_variable_data=[{"component": {"name": "DCDERCtrlr", "evse": {"id": 1}}, "variable": {"name": "MaxW"}}])
        )
        return float(answer.get_variable_result[0]["attribute_value"])

    async def run(self):
        station = self.station
        ok = await until(lambda: any(e["event_type"] == "Started" and e["evse"]["id"] == 1 for e in station.events if "evse" in e), 60)
        check("a transaction has begun", ok, station.events[:1])
        self.tx = next(e["transaction_info"]["transaction_id"] for e in station.events if e.get("evse", {}).get("id") == 1)
        answer = await station.call(call.GetBaseReport(request_id=7, report_base="FullInventory"))
        check("full inventory", answer.status == "Accepted", answer)
        await until(lambda: station.reports and not station.reports[-1].get("tbc", False))
        names = {item["component"]["name"] for report in station.reports for item in report.get("report_data", [])}
        check("components of 2.1", {"V2XChargingCtrlr", "DCDERCtrlr", "ConnectedEV", "ISO15118Ctrlr"} <= names, names)
        got = await self.profile({"operationMode": "CentralSetpoint", "setpoint": 3000.0})
        check("a setpoint is taken", got == "Accepted", got)
        check("the site takes part", *(await self.flows(3000, 60)))
        await self.clear()
        if PERMITTED:
            got = None
            end = time.time() + 40
            while got != "Accepted" and time.time() < end:
                got = await self.profile({"operationMode": "CentralSetpoint", "setpoint": -1000.0})
                await asyncio.sleep(0 if got == "Accepted" else 0.5)
            check("a discharge is permitted", got == "Accepted", got)
        await self.clear()
        await self.refusals()
        await self.bidirectional()
        await self.der()


async def main():
    done = asyncio.Event()

    async def connected(socket):
        check("ocpp2.1 is spoken", socket.subprotocol == "ocpp2.1", socket.subprotocol)
        station = Station(socket.request.path.strip("/"), socket)
        listening = asyncio.create_task(station.start())
        try:
            await Driver(station).run()
        except Exception as error:  # noqa: BLE001 - told as a failed check
            check("the run came to its end", False, repr(error))
        check("no violation of a schema", not violations, violations)
        listening.cancel()
        done.set()

    async with websockets.serve(connected, "127.0.0.1", 0, subprotocols=["ocpp2.1", "ocpp2.0.1"]) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await done.wait()


asyncio.run(main())
