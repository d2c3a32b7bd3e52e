"""Scans a SunSpec server with pysunspec2, reads every point of every model, writes a setpoint and reads it back.

usage: scan_sunspec.py PORT
"""
import json
import sys

import sunspec2.modbus.client as client

device = client.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=int(sys.argv[1]), timeout=5)
device.scan()
models = [model for model in device.models if isinstance(model, int)]
errors = [model.error_info for entry in device.model_list for model in [entry] if model.error_info]
for entry in device.model_list:
    entry.read()
measure = device.models[701][0]
control = device.models[704][0]
control.WSetMod.cvalue = 1
control.WSetMod.write()
control.WSet.cvalue = 3000
control.WSet.write()
control.WSetRvrtTms.cvalue = 2
control.WSetRvrtTms.write()
control.WSetEna.cvalue = 1
control.WSetEna.write()
control.read()
print(json.dumps({
    "models": models,
    "errors": errors,
    "maker": device.models[1][0].Mn.cvalue,
    "powerW": measure.W.cvalue,
    "set": [control.WSetEna.cvalue, control.WSet.cvalue, control.WSetRvrtRem.cvalue],
    "ratedW": device.models[702][0].WMaxRtg.cvalue,
    "socPct": device.models[713][0].SoC.cvalue,
}))
device.close()
