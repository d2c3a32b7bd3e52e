"""Seventeen grid-function cases of our own, with what must come of them reckoned here and by nothing of the controller.

usage: make.py SEED FOLDER

Same format and kinds of expectation as tests/golden/grid (ORIGIN.md there). Each case draws its figures from the seed; the
expectations follow from the definitions: a crossing of a ramp and a clearing time, a straight line of a characteristic, the
slope of frequency-droop, the last interruption of a delay. `tests/core/grid/own-cases.test.ts` judges the controller by them.
"""
import json
import os
import random
import sys

SEED, FOLDER = int(sys.argv[1]), sys.argv[2]
P, S, Q = 11_500, 12_650, 5_566
BASE = {
    "NP_P_MAX": P, "NP_VA_MAX": S, "NP_Q_MAX_INJ": Q, "NP_Q_MAX_ABS": Q, "NP_P_MAX_CHARGE": P,
    "NP_APPARENT_POWER_CHARGE_MAX": S, "NP_AC_V_NOM": 240, "NP_PHASE": "SINGLE", "NP_NORMAL_OP_CAT": "CAT_B",
    "NP_ABNORMAL_OP_CAT": "CAT_III", "AP_LIMIT_ENABLE": False, "AP_LIMIT": 1, "ES_PERMIT_SERVICE": True,
    "ES_V_LOW": 0.917, "ES_V_HIGH": 1.05, "ES_F_LOW": 59.5, "ES_F_HIGH": 60.1, "ES_DELAY": 300,
    "ES_RANDOMIZED_DELAY": 0, "ES_RAMP_RATE": 300, "CONST_PF_MODE_ENABLE": False, "CONST_Q_MODE_ENABLE": False,
    "QV_MODE_ENABLE": False, "QV_VREF": 1, "QV_VREF_AUTO_MODE": False, "QP_MODE_ENABLE": False, "PV_MODE_ENABLE": False,
    "OV2_TRIP_V": 1.2, "OV2_TRIP_T": 0.16, "OV1_TRIP_V": 1.1, "OV1_TRIP_T": 13, "UV1_TRIP_V": 0.88, "UV1_TRIP_T": 21,
    "UV2_TRIP_V": 0.5, "UV2_TRIP_T": 2, "OF2_TRIP_F": 62, "OF2_TRIP_T": 0.16, "OF1_TRIP_F": 61.2, "OF1_TRIP_T": 300,
    "UF1_TRIP_F": 58.5, "UF1_TRIP_T": 300, "UF2_TRIP_F": 56.5, "UF2_TRIP_T": 0.16, "PF_MODE_ENABLE": False,
    "PF_DBOF": 0.036, "PF_DBUF": 0.036, "PF_KOF": 0.05, "PF_KUF": 0.05, "PF_OLRT": 5, "MC_ENABLE": True,
    "MC_LVRT_V1": 0.5, "MC_HVRT_V1": 1.1, "STATUS_INIT": True, "NP_PRIO_OUTSIDE_MIN_Q_REQ": "REACTIVE",
}
rng = random.Random(SEED)
NO_TRIP = {"kind": "no_trip"}


def draw(low, high, digits=2):
    return round(rng.uniform(low, high), digits)


def steady(t, p_pu, q_var=0.0):
    return {"kind": "steady", "t": round(t, 3), "p_w": round(p_pu * P, 1), "q_var": round(q_var, 1)}


def trip(t_abnormal, clearing_s, not_before_s):
    return {"kind": "trip", "t_abnormal": round(t_abnormal, 4), "clearing_s": clearing_s,
            "not_before_s": min(not_before_s, clearing_s)}


def entry(t_ok, delay_s, ramp_s):
    return {"kind": "enter_service", "t_ok": round(t_ok, 3), "delay_s": delay_s, "ramp_s": ramp_s}


class Course:
    """Breakpoints of one input; `at` is where it stands now."""

    def __init__(self, value):
        self.points, self.at, self.value = [[0, value]], 0.0, value

    def hold(self, seconds):
        self.at = round(self.at + seconds, 4)
        self.points.append([self.at, self.value])
        return self.at

    def step(self, value):
        self.value = value
        self.points.append([self.at, value])
        return self.at

    def ramp(self, to, per_s):
        start, begin = self.at, self.value
        self.at = round(self.at + abs(to - begin) / per_s, 4)
        self.value = to
        self.points.append([self.at, to])
        return lambda level: start + abs(level - begin) / per_s


def case(name, title, expect, v=1.0, f=60.0, p=0.8, dt=0.02, duration=None, events=(), **settings):
    listed = lambda x: x.points if isinstance(x, Course) else x if isinstance(x, (dict, list)) else [[0, x]]
    ends = [c.at for c in (v, f, p) if isinstance(c, Course)]
    document = {
        "id": f"own-{name}", "family": name.split("-")[0], "title": f"{title} (seed {SEED})", "dt": dt,
        "duration": round(duration or max(ends), 2), "settings": {**BASE, **settings}, "events": list(events),
        "input": {"v": listed(v), "f": listed(f), "p": listed(p)}, "expect": expect,
    }
    with open(os.path.join(FOLDER, f"own-{name}.json"), "w") as file:
        json.dump(document, file)
        file.write("\n")


# 1 to 4: voltage that moves, and comes back in steps
threshold, clearing = draw(1.11, 1.16), float(rng.randint(2, 12))
v = Course(1.0); v.hold(2); crossing = v.ramp(1.18, draw(0.01, 0.06)); v.hold(clearing + 2)
case("voltage-ramp-up", "a slow rise through OV1", [steady(1.9, 0.8), trip(crossing(threshold), clearing, 12)], v=v,
     OV1_TRIP_V=threshold, OV1_TRIP_T=clearing)

clearing = float(rng.randint(21, 30))
v = Course(1.0); v.hold(2); crossing = v.ramp(0.8, draw(0.02, 0.1)); v.hold(clearing + 2)
case("voltage-ramp-down", "a slow fall through UV1", [steady(1.9, 0.8), trip(crossing(0.88), clearing, 20)], v=v,
     UV1_TRIP_T=clearing)

v = Course(1.0); v.hold(3); v.step(draw(0.1, 0.45)); low_from = v.at; v.hold(draw(0.3, 0.9)); low_to = v.at
for level, longest in ((0.6, 4), (0.75, 5), (0.86, 6)):
    v.step(level + draw(-0.01, 0.01)); v.hold(draw(1, longest))
v.step(1.0); v.hold(6)
case("recovery-steps", "a deep dip that comes back in steps, in time",
     [steady(2.9, 0.8), steady(v.at - 0.1, 0.8), NO_TRIP], v=v)

v = Course(1.0); v.hold(3); v.step(draw(0.55, 0.65)); low_from = v.at; v.hold(draw(3, 7)); v.step(draw(0.72, 0.78))
v.hold(draw(3, 7)); v.step(draw(0.83, 0.87)); v.hold(low_from + 23 - v.at)
case("recovery-too-slow", "the same, too slow: UV1 counts from its beginning",
     [steady(2.9, 0.8), trip(low_from, 21, 20)], v=v)

# 5 to 9: frequency that moves
db, k, request, hz = draw(0.017, 0.5, 3), draw(0.03, 0.05, 3), draw(0.7, 1.0), 61.6
f = Course(60.0); f.hold(2); crossing = f.ramp(hz, draw(0.1, 0.5)); plateau = f.at; f.hold(184)
level = max(-1.0, request - (hz - 60 - db) / (60 * k))
case("frequency-ramp-up", "a rise through OF1 with droop on",
     [steady(1.9, request), steady(plateau + 30, level), trip(crossing(61.2), 180, 180)], f=f, p=request, dt=0.1,
     PF_MODE_ENABLE=True, PF_DBOF=db, PF_KOF=k, PF_OLRT=draw(1, 5), OF1_TRIP_T=180)

f = Course(60.0); f.hold(2); crossing = f.ramp(56.2, draw(1.5, 3)); f.hold(1)
case("frequency-ramp-down", "a fast fall through UF2", [steady(1.9, 0.8), trip(crossing(56.5), 0.16, 0)], f=f)

f = Course(60.0); f.hold(2)
for hz in (draw(58.85, 59.2), draw(60.8, 61.15), draw(58.9, 59.3), 60.0):
    f.ramp(hz, draw(2.6, 3.0)); f.hold(draw(0.2, 1))
f.hold(3)
case("rocof-up-and-down", "2.6 to 3 Hz/s, three times about", [steady(1.9, 0.8), steady(f.at - 0.1, 0.8), NO_TRIP], f=f)

db, k, request = draw(0.017, 0.2, 3), draw(0.03, 0.05, 3), draw(0.2, 0.5)
f = Course(60.0); f.hold(2); f.ramp(60 - draw(0.4, 0.9), draw(1, 3)); low = f.value; f.hold(25); middle = f.at
f.ramp(60 + draw(0.5, 1.0), draw(1, 3)); high = f.value; f.hold(25)
pre = request
case("rocof-droop", "droop after fast ramps to either side",
     [steady(1.9, request), steady(middle - 0.1, min(1.0, pre + (60 - db - low) / (60 * k))), NO_TRIP], f=f, p=request,
     PF_MODE_ENABLE=True, PF_DBOF=db, PF_DBUF=db, PF_KOF=k, PF_KUF=k, PF_OLRT=draw(1, 4), dt=0.05)

f = Course(60.0); f.hold(2)
for _ in range(4):
    f.step(rng.choice([draw(56.0, 56.4), draw(62.1, 63.0)])); f.hold(draw(0.06, 0.1)); f.step(60.0); f.hold(draw(0.5, 2))
f.hold(2)
case("phase-jumps", "four jumps that show as a spike of up to 0.1 s", [steady(f.at - 0.1, 0.8), NO_TRIP], f=f)

f = Course(60.0); f.hold(2); at = f.step(draw(62.1, 63.5)); f.hold(draw(0.3, 0.6)); f.step(60.0); f.hold(2)
case("phase-jump-long", "a spike that lasts is a frequency", [steady(1.9, 0.8), trip(at, 0.16, 0)], f=f)

# 10 to 14: entering service
delay, ramp = float(rng.randint(8, 20)), float(rng.randint(5, 15))
v = Course(0.85); v.hold(draw(1, 3)); v.step(1.0); v.hold(delay - draw(1, 3)); v.step(draw(0.90, 0.915)); v.hold(0.1)
v.step(draw(0.93, 1.04)); v.hold(delay - draw(1, 3)); v.step(draw(1.06, 1.09)); v.hold(draw(0.1, 2)); ok = v.step(1.0)
v.hold(delay + ramp + 6)
case("enter-voltage-interrupted", "the window is left twice by the voltage",
     [entry(ok, delay, ramp), steady(v.at - 0.1, 0.6), NO_TRIP], v=v, p=0.6, dt=0.05, STATUS_INIT=False, ES_DELAY=delay,
     ES_RAMP_RATE=ramp)

f = Course(60.15); f.hold(draw(1, 4)); f.step(60.0); f.hold(delay - 0.5); f.step(60.11); f.hold(0.05); ok = f.step(60.05)
f.hold(delay + ramp + 6)
case("enter-frequency-interrupted", "one sample outside, just before the end",
     [entry(ok, delay, ramp), steady(f.at - 0.1, -0.5), NO_TRIP], f=f, p=-0.5, dt=0.05, STATUS_INIT=False, ES_DELAY=delay,
     ES_RAMP_RATE=ramp)

off, again = draw(3, 5), round(5.5 + delay * 0.5, 2)
events = [{"t": off, "set": {"ES_PERMIT_SERVICE": False}}, {"t": again, "set": {"ES_PERMIT_SERVICE": True}}]
ok = again
case("enter-permit-interrupted", "the permission is taken back in the middle of the delay",
     [entry(-(-ok // 0.05) * 0.05, delay, ramp), steady(ok + delay + ramp + 5, 0.6), NO_TRIP], p=0.6, dt=0.05,
     duration=ok + delay + ramp + 6, events=events, STATUS_INIT=False, ES_DELAY=delay, ES_RAMP_RATE=ramp)

delay, ramp = float(rng.randint(6, 12)), float(rng.randint(8, 15))
v = Course(0.8); ok1 = v.hold(draw(1, 3, 1)); v.step(1.0); v.hold(delay + ramp / 2); bad = v.step(draw(0.1, 0.4)); v.hold(2.6)
ok2 = v.step(1.0); v.hold(delay + ramp + 6)
case("enter-trip-in-ramp", "a dip ends the ramp: all of it begins anew",
     [entry(ok1, delay, ramp), trip(bad, 2, 1), entry(ok2, delay, ramp), steady(v.at - 0.1, 0.7)], v=v, p=0.7, dt=0.05,
     STATUS_INIT=False, ES_DELAY=delay, ES_RAMP_RATE=ramp)

# 15 to 17: characteristics with figures of their own, and phases that are unlike
v2, v3 = draw(0.96, 0.99), draw(1.01, 1.04)
curve = [(round(v2 - draw(0.04, 0.08), 3), draw(0.2, 0.44)), (v2, 0.0), (v3, 0.0), (round(v3 + draw(0.04, 0.05), 3), -draw(0.2, 0.44))]
olrt = draw(1, 4, 1)


def line(points, x):
    if x <= points[0][0]:
        return points[0][1]
    for (xa, ya), (xb, yb) in zip(points, points[1:]):
        if x <= xb:
            return ya + (yb - ya) * (x - xa) / (xb - xa)
    return points[-1][1]


v, expect = Course(1.0), []
for share in (0.5, 0.9, 1.4):
    for side in (-1, 1):
        a, b = (curve[1], curve[0]) if side < 0 else (curve[2], curve[3])
        level = round(min(1.095, max(0.885, a[0] + share * (b[0] - a[0]))), 4)
        v.step(level); v.hold(5 * olrt)
        expect.append(steady(v.at - 0.1, -0.5, line(curve, level) * S))
case("volt-var-own-curve", "six voltages on a curve of its own, charging", expect + [NO_TRIP], v=v, p=-0.5, dt=0.05,
     QV_MODE_ENABLE=True, QV_OLRT=olrt, **{f"QV_CURVE_V{i + 1}": x for i, (x, _) in enumerate(curve)},
     **{f"QV_CURVE_Q{i + 1}": y for i, (_, y) in enumerate(curve)})

va, vb, pb, olrt = draw(1.05, 1.065, 3), draw(1.085, 1.099, 3), draw(0.0, 0.3), draw(1, 4, 1)
v, expect = Course(1.0), []
for level in (draw(1.0, va - 0.005, 3), round((va + vb) / 2, 4), round(vb - 0.002, 4), round(va + 0.004, 4)):
    v.ramp(level, draw(0.005, 0.03, 3)); v.hold(6 * olrt)
    expect.append(steady(v.at - 0.1, min(0.95, line([(va, 1.0), (vb, pb)], level))))
case("volt-watt-ramps", "slow ramps up and down a curve of its own", expect + [NO_TRIP], v=v, p=0.95, dt=0.05,
     PV_MODE_ENABLE=True, PV_CURVE_V1=va, PV_CURVE_P1=1, PV_CURVE_V2=vb, PV_CURVE_P2=pb, PV_OLRT=olrt)

dip = draw(0.1, 0.45)
phases = {name: [[0, 1.0]] for name in "abc"}
hit = rng.choice("abc")
phases[hit] = [[0, 1.0], [3, 1.0], [3, dip], [6, dip]]
case("one-phase-dip", "one phase of three is low: the lowest decides", [steady(2.9, 0.8), trip(3.0, 2, 1)], v=phases,
     duration=6, NP_PHASE="THREE")
