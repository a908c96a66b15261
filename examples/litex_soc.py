"""A LiteX SoC with tcpu: its registers and its memory port on the SoC's bus.

    tcpu verilog --preset up5k --bus axi -o rtl
    python examples/litex_soc.py rtl --flit 8 -o soc.v

The SoC here has no CPU: a Wishbone master outside of it does what a CPU would. With a CPU, only the class `Tcpu` and
the lines that add it are needed.
"""

import argparse
from pathlib import Path

from litex.build.generic_platform import GenericPlatform, Pins, Subsignal
from litex.gen import LiteXModule
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import axi, wishbone
from migen import ClockDomain, ClockSignal, Instance, ResetSignal, Signal

CONTROL = {"aw": ["addr"], "w": ["data", "strb"], "b": ["resp"], "ar": ["addr"], "r": ["data", "resp"]}
BURST = ["id", "addr", "len", "size", "burst", "cache", "prot"]
MEMORY = {
    "aw": BURST,
    "w": ["data", "strb", "last"],
    "b": ["id", "resp"],
    "ar": BURST,
    "r": ["id", "data", "resp", "last"],
}


def ports(prefix, bus, channels, is_master):
    """The ports of an instance for all signals of a bus."""
    found = {}
    for channel, names in channels.items():
        ends = getattr(bus, channel)
        gives, takes = ("o", "i") if (channel in ("aw", "w", "ar")) == is_master else ("i", "o")
        found[f"{gives}_{prefix}_{channel}valid"] = ends.valid
        found[f"{takes}_{prefix}_{channel}ready"] = ends.ready
        for name in names:
            found[f"{gives}_{prefix}_{channel}{name}"] = getattr(ends, name)
    return found


class Tcpu(LiteXModule):
    """The machine: `control` is for its registers, `memory` is its master, `irq` its interrupt."""

    def __init__(self, platform, rtl, flit):
        self.control = axi.AXILiteInterface(data_width=32, address_width=32)
        self.memory = axi.AXIInterface(data_width=8 * flit, address_width=32, id_width=1)
        self.irq = Signal()
        connected = ports("s_axi", self.control, CONTROL, is_master=False)
        connected |= ports("m_axi", self.memory, MEMORY, is_master=True)
        for channel in ("aw", "ar"):
            connected[f"i_s_axi_{channel}addr"] = getattr(self.control, channel).addr[:12]
        self.specials += Instance(
            "tcpu_axi", i_clock=ClockSignal(), i_reset=ResetSignal(), o_irq=self.irq, **connected
        )
        for path in sorted(Path(rtl).glob("*.v")):
            platform.add_source(str(path))


class Soc(SoCMini):
    """The machine at 0x3000_0000, RAM at 0x4000_0000, and a master outside."""

    def __init__(self, platform, rtl, flit):
        self.cd_sys = ClockDomain()
        SoCMini.__init__(self, platform, clk_freq=50_000_000)
        self.comb += self.cd_sys.clk.eq(platform.request("clock"))
        self.comb += self.cd_sys.rst.eq(platform.request("reset"))

        self.tcpu = Tcpu(platform, rtl, flit)
        region = SoCRegion(origin=0x3000_0000, size=0x1000, cached=False)
        self.bus.add_slave("tcpu", self.tcpu.control, region)
        self.bus.add_master("tcpu", self.tcpu.memory)
        self.comb += platform.request("irq").eq(self.tcpu.irq)

        ram = wishbone.SRAM(0x4000)
        self.submodules += ram
        self.bus.add_slave("main_ram", ram.bus, SoCRegion(origin=0x4000_0000, size=0x4000))
        host = wishbone.Interface(data_width=32, address_width=32)
        self.comb += host.connect_to_pads(platform.request("host"), mode="slave")
        self.bus.add_master("host", host)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rtl", help="folder with the Verilog of tcpu")
    parser.add_argument("--flit", type=int, required=True, help="bytes of the preset's flit")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the SoC's Verilog")
    args = parser.parse_args()
    widths = {"adr": 30, "dat_w": 32, "dat_r": 32, "sel": 4, "cyc": 1, "stb": 1, "ack": 1, "we": 1, "cti": 3, "bte": 2}
    host = [Subsignal(name, Pins(width)) for name, width in (widths | {"err": 1}).items()]
    names = [(name, 0, Pins(1)) for name in ("clock", "reset", "irq")]
    platform = GenericPlatform("any", [*names, ("host", 0, *host)], name="soc")
    soc = Soc(platform, args.rtl, args.flit)
    soc.finalize()
    args.output.write_text(str(platform.get_verilog(soc, name="soc")))


if __name__ == "__main__":
    main()
