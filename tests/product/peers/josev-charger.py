"""
Josev's SECC (EcoG-io/iso15118) as a charger on the interface of its settings. Its stock hardware puts out 1 V and forgets its
limits after a session; this one puts out what it is asked for. PKI_PATH names its certificates.
"""
import asyncio
import logging
import sys

from iso15118.secc import SECCHandler
from iso15118.secc.controller.evse_data import EVSEACCLLimits, EVSEDCCLLimits
from iso15118.secc.controller.interface import ServiceStatus
from iso15118.secc.controller.simulator import SimEVSEController, get_evse_context
from iso15118.secc.secc_settings import Config
from iso15118.shared.exificient_exi_codec import ExificientEXICodec

POWER_W, CURRENT_A, VOLTAGE_V = 30_000, 200, 500


class Charger(SimEVSEController):
    def __init__(self):
        super().__init__()
        self.new_session()

    def new_session(self):
        context = self.evse_data_context = get_evse_context()
        dc, ac = context.rated_limits.dc_limits, context.rated_limits.ac_limits
        for limits in (dc, ac):
            for name in limits.as_dict():
                if "power" in name:
                    setattr(limits, name, 0 if name.startswith("min") else POWER_W)
        ac.max_current = 32
        dc.max_charge_current = dc.max_discharge_current = CURRENT_A
        dc.min_charge_current = dc.min_discharge_current = 0
        dc.max_voltage, dc.min_voltage = VOLTAGE_V, 150
        context.session_limits.dc_limits = EVSEDCCLLimits(
            max_charge_power=POWER_W, min_charge_power=0, max_charge_current=CURRENT_A, max_voltage=VOLTAGE_V,
            max_discharge_power=POWER_W, min_discharge_power=0, max_discharge_current=CURRENT_A, min_voltage=150,
        )
        context.session_limits.ac_limits = EVSEACCLLimits(max_charge_power=POWER_W / 3, max_discharge_power=0)
        context.nominal_voltage, context.nominal_frequency = 230, 50
        context.present_active_power = context.present_current = 0
        context.present_voltage = 0

    async def send_rated_limits(self):
        await super().send_rated_limits()
        self.new_session()

    async def send_charging_command(self, ev_target_voltage, ev_target_current, is_precharge=False, is_session_bpt=False):
        context = self.evse_data_context
        if ev_target_voltage is not None:
            context.present_voltage = ev_target_voltage
        context.present_current = 0 if is_precharge else ev_target_current or 0

    async def session_ended(self, current_state, reason):
        print(f"session ended: {current_state}: {reason}", flush=True)
        self.new_session()


async def main():
    config = Config()
    config.load_envs()
    logging.getLogger().handlers = [logging.StreamHandler(sys.stderr)]
    controller = Charger()
    await controller.set_status(ServiceStatus.STARTING)
    handler = SECCHandler(exi_codec=ExificientEXICodec(), evse_controller=controller, config=config)
    print("ready", flush=True)
    await handler.start(config.iface)


asyncio.run(main())
