"""Runs a program on the machine, its registers and its memory being behind the bus models of cocotbext-axi.

A case comes as JSON: the registers by name, status bits by name, the command words, the memory's contents, and a seed
of the pauses on all channels (0: none). What comes of it goes out as JSON.
"""

import json
import os
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AddressSpace, AxiBus, AxiLiteBus, AxiLiteMaster, AxiResp, AxiSlave, MemoryRegion

CASE = json.loads(Path(os.environ["TCPU_CASE"]).read_text())
AT = CASE["registers"]


def pauses(seed):
    """Runs of cycles in which a channel pauses, and in which it does not."""
    rng = random.Random(seed)
    longest = [rng.choice([1, 2, 4, 12]) for _ in range(2)]
    while True:
        for pause in (False, True):
            for _ in range(rng.randint(1, longest[pause])):
                yield pause


def channels(*ends):
    """The channels of masters and slaves."""
    for end in ends:
        for side in (end.write_if, end.read_if):
            for name in ("aw", "w", "b", "ar", "r"):
                channel = getattr(side, f"{name}_channel", None)
                if channel is not None:
                    yield channel


class Machine:
    """The machine, as its driver sees it."""

    def __init__(self, dut):
        self.dut = dut
        self.control = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.clock, dut.reset)
        self.space = AddressSpace()
        self.memory = MemoryRegion(len(CASE["memory"]) // 2)
        self.space.register_region(self.memory, CASE["base"])
        slave = AxiSlave(AxiBus.from_prefix(dut, "m_axi"), dut.clock, dut.reset, target=self.space)
        if CASE["seed"]:
            for number, channel in enumerate(channels(self.control, slave)):
                channel.set_pause_generator(pauses(CASE["seed"] + number))

    async def begin(self):
        self.dut.reset.value = 1
        cocotb.start_soon(Clock(self.dut.clock, 10, unit="ns").start())
        await ClockCycles(self.dut.clock, 4)
        self.dut.reset.value = 0
        await self.until("resetting", False)

    async def read(self, at):
        answer = await self.control.read(at, 4)
        assert answer.resp == AxiResp.OKAY, f"register {at:#x}: {answer.resp}"
        return int.from_bytes(answer.data, "little")

    async def write(self, at, value):
        answer = await self.control.write(at, value.to_bytes(4, "little"))
        assert answer.resp == AxiResp.OKAY, f"register {at:#x}: {answer.resp}"

    async def status(self):
        bits = await self.read(AT["status"])
        return {name: bits >> low & (1 << width) - 1 for name, (low, width) in CASE["status"].items()}

    async def until(self, bit, value):
        for _ in range(100_000):
            status = await self.status()
            if status[bit] == value:
                return status
        raise AssertionError(f"{bit} does not become {value}: {status}")

    async def run(self, words):
        words = [int(word, 16) for word in words]
        while words:
            room = (await self.status())["room"]
            for word in words[:room]:
                # A word is sixteen bytes in a row; the master makes four writes of them.
                answer = await self.control.write(AT["command"], word.to_bytes(16, "little"))
                assert answer.resp == AxiResp.OKAY, answer.resp
            words = words[room:]
        return await self.until("idle", True)


async def refusals(machine):
    """What no register can do is answered with an error, and does nothing."""
    end = AT["counters"] + 4 * CASE["counters"]
    for answer in (
        await machine.control.read(end, 4),
        await machine.control.write(AT["status"], bytes(4)),
        await machine.control.write(AT["interrupt"], bytes(1)),
    ):
        assert answer.resp == AxiResp.SLVERR, answer


async def errors(machine):
    """Transfers from and to where no memory is show in the status, and as an interrupt; a reset ends them."""
    for words, bit in (("bad_read", "read_error"), ("bad_write", "write_error")):
        status = await machine.run(CASE[words])
        assert [name for name in ("fault", "read_error", "write_error", "overflow") if status[name]] == [bit]
        assert machine.dut.irq.value == 1
        await machine.write(AT["control"], 1)
        status = await machine.until("resetting", False)
        assert not status[bit]


@cocotb.test()
async def program(dut):
    """The program, from the first word to the result, after things that go wrong."""
    machine = Machine(dut)
    await machine.begin()
    await machine.write(AT["interrupt"], 1)
    await machine.write(AT["base"], CASE["base"])
    await refusals(machine)
    await errors(machine)
    await machine.memory.write(0, bytes.fromhex(CASE["memory"]))
    await machine.run(CASE["words"])
    result = {
        "counters": [await machine.read(AT["counters"] + 4 * n) for n in range(CASE["counters"])],
        "memory": (await machine.memory.read(0, machine.memory.size)).hex(),
    }
    Path(os.environ["TCPU_RESULT"]).write_text(json.dumps(result))
