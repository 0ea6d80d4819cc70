"""NONMEM's rules record by record, slowly, with scipy's expm and steady states run in; and what ours gives."""

from __future__ import annotations

import csv
import io
from functools import lru_cache
from math import ceil

import numpy as np
from scipy.linalg import expm

from unwound.exchange import event_table
from unwound.pharmacology import models
from unwound.pharmacology.simulation import of_one
from unwound.pharmacology.solver.timeline import Look
from unwound.pharmacology.subjects import Subjects

EXPONENT = {"V1": 1, "V2": 1, "V3": 1, "CL": 1, "Q2": 1, "Q3": 1}


def rates(weight: float) -> tuple[np.ndarray, float]:
    """Kamp's three compartments written out, (3, 3) in 1/h, and the central volume."""
    of = {
        name: float(value[0])
        for name, value in models.parameters(models.model("kamp_2020"), np.array([weight])).items()
    }
    k10, k12, k13 = of["CL"] / of["V1"], of["Q2"] / of["V1"], of["Q3"] / of["V1"]
    k21, k31 = of["Q2"] / of["V2"], of["Q3"] / of["V3"]
    return np.array([[-k10 - k12 - k13, k21, k31], [k12, -k21, 0], [k13, 0, -k31]]), of["V1"]


def move(matrix: np.ndarray, state: np.ndarray, rate: float, hours: float) -> np.ndarray:
    crossed: np.ndarray = crossing(matrix.tobytes(), hours) @ np.append(state, rate)
    return crossed[:3]


@lru_cache(maxsize=4096)
def crossing(matrix: bytes, hours: float) -> np.ndarray:
    whole = np.zeros((4, 4))
    whole[:3, :3], whole[0, 3] = np.frombuffer(matrix).reshape(3, 3), 1.0
    return np.asarray(expm(whole * hours))


class Subject:
    """One subject's state while the records are gone through."""

    def __init__(self) -> None:
        self.time = 0.0
        self.state = np.zeros(3)
        self.running: list[tuple[float, float]] = []  # end, rate
        self.pending: list[tuple[float, float, float]] = []  # time, amount, rate

    def empty(self) -> None:
        self.state, self.running, self.pending = np.zeros(3), [], []

    def give(self, at: float, amount: float, rate: float) -> None:
        if rate > 0:
            self.running.append((at + amount / rate, rate))
        else:
            self.state[0] += amount

    def advance(self, matrix: np.ndarray, to: float) -> None:
        """From event to event, a further dose that falls on a record before the record."""
        while self.time < to or any(at <= to for at, *_ in self.pending):
            nexts = [to, *(end for end, _ in self.running), *(at for at, *_ in self.pending)]
            until = min(at for at in nexts if at >= self.time)
            rate = sum(rate for end, rate in self.running if end > self.time)
            self.state = move(matrix, self.state, rate, until - self.time)
            self.time = until
            self.running = [(end, rate) for end, rate in self.running if end > until]
            due = [each for each in self.pending if each[0] <= until]
            self.pending = [each for each in self.pending if each[0] > until]
            for at, amount, speed in due:
                self.give(at, amount, speed)


def run_in(
    matrix: np.ndarray, amount: float, rate: float, interval: float
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """The state just before the next dose after many; and what still runs, as (hours left, rate)."""
    body = Subject()
    slowest = -float(np.linalg.eigvals(matrix).real.max())
    many = ceil((25 / slowest + (amount / rate if rate else 0)) / interval)
    for count in range(many):
        body.advance(matrix, count * interval)
        body.give(count * interval, amount, rate)
    body.advance(matrix, many * interval)
    return body.state, [(end - many * interval, speed) for end, speed in body.running]


def nonmem(text: str) -> dict[str, list[float]]:
    """Predictions in ng/mL at every observation record of a plain table, by ID."""
    shown: dict[str, list[float]] = {}
    body, last = Subject(), None
    for row in csv.DictReader(io.StringIO(text)):
        at = {name: 0.0 if value in (".", "") else float(value) for name, value in row.items() if name != "ID"}
        number = at.get
        if row["ID"] != last:
            body, last = Subject(), row["ID"]
            body.time = at["TIME"]
        matrix, volume = rates(number("WT", 70.0) or 70.0)
        event = int(number("EVID", 1 if number("AMT", 0) > 0 else 0))
        if event in (3, 4) and at["TIME"] < body.time:
            body.time = at["TIME"]
            body.empty()
        body.advance(matrix, at["TIME"])
        amount, rate, steady, interval = (number(name, 0.0) for name in ("AMT", "RATE", "SS", "II"))
        if event in (3, 4) or (event in (1, 4) and steady == 1):
            body.empty()
        if event in (1, 4):
            if steady and amount == 0:
                body.state = body.state + move(matrix, np.zeros(3), rate, 1e5)
                rate = 0.0
            elif steady:
                left, still = run_in(matrix, amount, rate, interval)
                body.state = body.state + left
                body.running += [(body.time + hours, speed) for hours, speed in still]
            body.give(body.time, amount, rate)
            body.pending += [(body.time + n * interval, amount, rate) for n in range(1, int(number("ADDL", 0)) + 1)]
        if event == 0:
            shown.setdefault(row["ID"], []).append(float(body.state[0] / volume * 1000))
    return shown


def ours(text: str) -> dict[str, list[float]]:
    table = event_table.read(text, "t")
    shown: dict[str, list[float]] = {}
    for id, course in table.courses.items():
        looks = [Look(time_h=seen.time_h, after=seen.after, period=seen.period) for seen in course.observed]
        periods = Subjects(np.array(course.weights_kg or [70.0]))
        curve = of_one(course.doses, periods, course.ends_h, "kamp_2020", looks, of_doses=course.of_doses)
        shown[id] = curve.plasma[0].tolist()
    return shown
