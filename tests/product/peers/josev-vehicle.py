"""
Josev's EVCC (EcoG-io/iso15118) as a vehicle that goes through one session for each line on its input, `{"interface", "config",
"control", "tls13", "contract", "withinS"}`, and says in a line of JSON how it ended. PKI_PATH names its certificates, as in its own settings.
"""
import asyncio
import collections
import json
import logging
import os
import sys
import time
import types

from iso15118.evcc.comm_session_handler import CommunicationSessionHandler
from iso15118.evcc.controller.simulator import SimEVController
from iso15118.evcc.evcc_config import EVCCConfig
from iso15118.evcc.states import iso15118_2_states, iso15118_20_states
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.messages.enums import AuthEnum
from iso15118.shared.notifications import StopNotification
from iso15118.shared.settings import SettingKey, load_shared_settings, shared_settings

HEARD_MAX = 5_000
TROUBLES_MAX = 4
CONTROL_MODES = {"scheduled": 1, "dynamic": 2}
ENERGY = ("CurrentDemandRes received", "ChargingStatusRes received", "ChargeLoopRes received")
# It prefers its contract wherever one is accepted; a vehicle that pays by card has none.
CARD_ONLY = types.SimpleNamespace(**{**AuthEnum.__members__, "PNC": None, "PNC_V2": None})
heard = collections.deque(maxlen=HEARD_MAX)


class Ear(logging.Handler):
    def emit(self, record):
        heard.append((record.levelno, record.getMessage()))
        if os.environ.get("VEHICLE_LOG"):
            sys.stderr.write(f"{time.time():.2f} {record.getMessage()[:200]}\n")


class Vehicle(SimEVController):
    """Its stock vehicle; only the control mode is chosen, where it would take whatever is offered first."""

    control = ""

    async def select_energy_service_v20(self, services):
        selected = await super().select_energy_service_v20(services)
        for one in services[0].parameter_sets:
            for parameter in one.parameters:
                if parameter.name == "ControlMode" and parameter.int_value == CONTROL_MODES.get(self.control):
                    selected.parameter_set = one
                    return selected
        return selected


class Queue(asyncio.Queue):
    """Of the session handler: hears how the session ended."""

    stopped = None

    def put_nowait(self, item):
        if isinstance(item, StopNotification):
            self.stopped = item
        super().put_nowait(item)


async def go_through(job, codec):
    heard.clear()
    shared_settings[SettingKey.ENABLE_TLS_1_3] = job.get("tls13", False)
    for states in (iso15118_2_states, iso15118_20_states):
        states.AuthEnum = AuthEnum if job.get("contract", False) else CARD_ONLY
    config = EVCCConfig(**job["config"])
    config.load_raw_values()
    controller = Vehicle(config)
    controller.control = job.get("control", "")
    handler = CommunicationSessionHandler(config, job["interface"], codec, controller)
    queue = handler._rcv_queue = Queue()
    began = time.monotonic()
    task = asyncio.create_task(handler.start_session_handler())
    while queue.stopped is None and not task.done() and time.monotonic() - began < job.get("withinS", 60):
        await asyncio.sleep(0.05)
    seconds = time.monotonic() - began
    for other in asyncio.all_tasks():
        if other is not asyncio.current_task():
            other.cancel()
    await asyncio.sleep(0.1)
    if handler.udp_client is not None and handler.udp_client._transport is not None:
        handler.udp_client._transport.close()
    said = [text for _, text in heard]
    troubles = [text for level, text in heard if level >= logging.ERROR or "Reason: " in text]
    stopped = queue.stopped
    complete = stopped is not None and stopped.successful and any("SessionStopRes received" in text for text in said)
    if stopped is not None and not complete:
        troubles.append(str(stopped.reason))
    if stopped is None and not troubles:
        troubles.append(f"no end within {seconds:.0f} s; last: {said[-1] if said else 'nothing'}")
    return {
        "complete": complete,
        "seconds": round(seconds, 1),
        "rounds": sum(any(word in text for word in ENERGY) for text in said),
        "trouble": "" if complete else " | ".join(text.split("\n")[0][:200] for text in troubles[-TROUBLES_MAX:]),
    }


async def main():
    load_shared_settings()
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger().handlers = [Ear()]
    codec = ExificientEXICodec()
    loop = asyncio.get_running_loop()
    print(json.dumps({"ready": True}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            result = await go_through(json.loads(line), codec)
        except Exception as trouble:
            result = {"complete": False, "seconds": 0, "rounds": 0, "trouble": f"{type(trouble).__name__}: {trouble}"}
        print(json.dumps(result), flush=True)


asyncio.run(main())
