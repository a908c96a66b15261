//! The top for a bus.

use rust_hdl::prelude::*;
use tcpu_isa::bus::COMMANDS;
use tcpu_isa::link::Identity;
use tcpu_isa::Config;

use crate::bus::control::AxiControl;
use crate::bus::memory::AxiMemory;
use crate::bus::registers::Registers;
use crate::decode::Word;
use crate::fifo::Fifo;
use crate::processor::Processor;
use crate::types::{Flits, U};

/// See the documentation of [`bus`](super). S, L, F, V and A are the build's own.
#[derive(LogicBlock)]
pub struct AxiTop<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> {
    pub clock: Signal<In, Clock>,
    /// Of the bus, high for a cycle at least: everything is forgotten, and the machine is reset.
    pub reset: Signal<In, bool>,
    /// High while the machine is idle or anything is wrong, if that is enabled.
    pub irq: Signal<Out, bool>,
    // Control: AXI4-Lite.
    pub s_axi_awvalid: Signal<In, bool>,
    pub s_axi_awready: Signal<Out, bool>,
    pub s_axi_awaddr: Signal<In, U<12>>,
    pub s_axi_wvalid: Signal<In, bool>,
    pub s_axi_wready: Signal<Out, bool>,
    pub s_axi_wdata: Signal<In, U<32>>,
    pub s_axi_wstrb: Signal<In, U<4>>,
    pub s_axi_bvalid: Signal<Out, bool>,
    pub s_axi_bready: Signal<In, bool>,
    pub s_axi_bresp: Signal<Out, U<2>>,
    pub s_axi_arvalid: Signal<In, bool>,
    pub s_axi_arready: Signal<Out, bool>,
    pub s_axi_araddr: Signal<In, U<12>>,
    pub s_axi_rvalid: Signal<Out, bool>,
    pub s_axi_rready: Signal<In, bool>,
    pub s_axi_rdata: Signal<Out, U<32>>,
    pub s_axi_rresp: Signal<Out, U<2>>,
    // Memory: AXI4, identifier 0.
    pub m_axi_awvalid: Signal<Out, bool>,
    pub m_axi_awready: Signal<In, bool>,
    pub m_axi_awid: Signal<Out, U<1>>,
    pub m_axi_awaddr: Signal<Out, U<32>>,
    pub m_axi_awlen: Signal<Out, U<8>>,
    pub m_axi_awsize: Signal<Out, U<3>>,
    pub m_axi_awburst: Signal<Out, U<2>>,
    pub m_axi_awcache: Signal<Out, U<4>>,
    pub m_axi_awprot: Signal<Out, U<3>>,
    pub m_axi_wvalid: Signal<Out, bool>,
    pub m_axi_wready: Signal<In, bool>,
    pub m_axi_wdata: Signal<Out, Flits<1, F>>,
    pub m_axi_wstrb: Signal<Out, U<F>>,
    pub m_axi_wlast: Signal<Out, bool>,
    pub m_axi_bvalid: Signal<In, bool>,
    pub m_axi_bready: Signal<Out, bool>,
    pub m_axi_bid: Signal<In, U<1>>,
    pub m_axi_bresp: Signal<In, U<2>>,
    pub m_axi_arvalid: Signal<Out, bool>,
    pub m_axi_arready: Signal<In, bool>,
    pub m_axi_arid: Signal<Out, U<1>>,
    pub m_axi_araddr: Signal<Out, U<32>>,
    pub m_axi_arlen: Signal<Out, U<8>>,
    pub m_axi_arsize: Signal<Out, U<3>>,
    pub m_axi_arburst: Signal<Out, U<2>>,
    pub m_axi_arcache: Signal<Out, U<4>>,
    pub m_axi_arprot: Signal<Out, U<3>>,
    pub m_axi_rvalid: Signal<In, bool>,
    pub m_axi_rready: Signal<Out, bool>,
    pub m_axi_rid: Signal<In, U<1>>,
    pub m_axi_rdata: Signal<In, Flits<1, F>>,
    pub m_axi_rresp: Signal<In, U<2>>,
    pub m_axi_rlast: Signal<In, bool>,
    control: AxiControl,
    registers: Registers,
    commands: Fifo<Word>,
    processor: Processor<S, L, F, V, A>,
    memory: AxiMemory<F>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
    AxiTop<S, L, F, V, A>
{
    /// A top for a build, connected. What its identity tells of a board is zero.
    pub fn new(config: &Config) -> Self {
        let identity = Identity {
            config: config.clone(),
            memory: 0,
            kilohertz: 0,
            receive: 0,
            commands: COMMANDS,
        };
        let mut top = AxiTop {
            clock: Default::default(),
            reset: Default::default(),
            irq: Default::default(),
            s_axi_awvalid: Default::default(),
            s_axi_awready: Default::default(),
            s_axi_awaddr: Default::default(),
            s_axi_wvalid: Default::default(),
            s_axi_wready: Default::default(),
            s_axi_wdata: Default::default(),
            s_axi_wstrb: Default::default(),
            s_axi_bvalid: Default::default(),
            s_axi_bready: Default::default(),
            s_axi_bresp: Default::default(),
            s_axi_arvalid: Default::default(),
            s_axi_arready: Default::default(),
            s_axi_araddr: Default::default(),
            s_axi_rvalid: Default::default(),
            s_axi_rready: Default::default(),
            s_axi_rdata: Default::default(),
            s_axi_rresp: Default::default(),
            m_axi_awvalid: Default::default(),
            m_axi_awready: Default::default(),
            m_axi_awid: Default::default(),
            m_axi_awaddr: Default::default(),
            m_axi_awlen: Default::default(),
            m_axi_awsize: Default::default(),
            m_axi_awburst: Default::default(),
            m_axi_awcache: Default::default(),
            m_axi_awprot: Default::default(),
            m_axi_wvalid: Default::default(),
            m_axi_wready: Default::default(),
            m_axi_wdata: Default::default(),
            m_axi_wstrb: Default::default(),
            m_axi_wlast: Default::default(),
            m_axi_bvalid: Default::default(),
            m_axi_bready: Default::default(),
            m_axi_bid: Default::default(),
            m_axi_bresp: Default::default(),
            m_axi_arvalid: Default::default(),
            m_axi_arready: Default::default(),
            m_axi_arid: Default::default(),
            m_axi_araddr: Default::default(),
            m_axi_arlen: Default::default(),
            m_axi_arsize: Default::default(),
            m_axi_arburst: Default::default(),
            m_axi_arcache: Default::default(),
            m_axi_arprot: Default::default(),
            m_axi_rvalid: Default::default(),
            m_axi_rready: Default::default(),
            m_axi_rid: Default::default(),
            m_axi_rdata: Default::default(),
            m_axi_rresp: Default::default(),
            m_axi_rlast: Default::default(),
            control: Default::default(),
            registers: Registers::new(identity.to_words()),
            commands: Fifo::new(usize::from(COMMANDS)),
            processor: Processor::new(config),
            memory: Default::default(),
        };
        top.connect_all();
        top
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for AxiTop<S, L, F, V, A>
{
    #[hdl_gen]
    fn update(&mut self) {
        self.control.clock.next = self.clock.val();
        self.registers.clock.next = self.clock.val();
        self.commands.clock.next = self.clock.val();
        self.processor.clock.next = self.clock.val();
        self.memory.clock.next = self.clock.val();
        self.control.reset.next = self.reset.val();
        self.registers.reset.next = self.reset.val();
        self.memory.reset.next = self.reset.val();

        // the control side
        self.control.awvalid.next = self.s_axi_awvalid.val();
        self.control.awaddr.next = self.s_axi_awaddr.val();
        self.control.wvalid.next = self.s_axi_wvalid.val();
        self.control.wdata.next = self.s_axi_wdata.val();
        self.control.wstrb.next = self.s_axi_wstrb.val();
        self.control.bready.next = self.s_axi_bready.val();
        self.control.arvalid.next = self.s_axi_arvalid.val();
        self.control.araddr.next = self.s_axi_araddr.val();
        self.control.rready.next = self.s_axi_rready.val();
        self.s_axi_awready.next = self.control.awready.val();
        self.s_axi_wready.next = self.control.wready.val();
        self.s_axi_bvalid.next = self.control.bvalid.val();
        self.s_axi_bresp.next = self.control.bresp.val();
        self.s_axi_arready.next = self.control.arready.val();
        self.s_axi_rvalid.next = self.control.rvalid.val();
        self.s_axi_rdata.next = self.control.rdata.val();
        self.s_axi_rresp.next = self.control.rresp.val();
        self.registers.write.next = self.control.write.val();
        self.registers.write_at.next = self.control.write_at.val();
        self.registers.data.next = self.control.data.val();
        self.control.written.next = self.registers.written.val();
        self.registers.read_at.next = self.control.read_at.val();
        self.control.value.next = self.registers.value.val();
        self.control.there.next = self.registers.there.val();
        self.irq.next = self.registers.irq.val();

        // commands
        self.commands.reset.next = self.registers.stop.val();
        self.commands.write.next = self.registers.push.val();
        self.commands.data.next = self.registers.word.val();
        self.registers.buffered.next = self.commands.count.val();
        self.processor.cmd.next = self.commands.head.val();
        self.processor.cmd_valid.next = self.commands.valid.val();
        self.commands.pop.next = self.commands.valid.val() && self.processor.cmd_ready.val();

        // the machine
        self.processor.reset.next = self.registers.stop.val();
        self.registers.idle.next = self.processor.idle.val();
        self.registers.fault.next = self.processor.fault.val();
        self.registers.fault_code.next = self.processor.fault_code.val();
        self.registers.fault_index.next = self.processor.fault_index.val();
        self.processor.counter_clear.next = self.registers.clear.val();
        self.processor.counter_select.next = self.registers.select.val();
        self.registers.counter.next = self.processor.counter.val();

        // memory
        self.memory.stop.next = self.registers.stop.val();
        self.memory.base.next = self.registers.base.val();
        self.registers.quiet.next = self.memory.quiet.val();
        self.registers.read_error.next = self.memory.read_error.val();
        self.registers.write_error.next = self.memory.write_error.val();
        self.memory.req_valid.next = self.processor.req_valid.val();
        self.memory.req_write.next = self.processor.req_write.val();
        self.memory.req_addr.next = self.processor.req_addr.val();
        self.memory.req_beats.next = self.processor.req_beats.val();
        self.memory.w_valid.next = self.processor.w_valid.val();
        self.memory.w_data.next = self.processor.w_data.val();
        self.memory.w_strb.next = self.processor.w_strb.val();
        self.memory.r_ready.next = self.processor.r_ready.val();
        self.processor.req_ready.next = self.memory.req_ready.val();
        self.processor.w_ready.next = self.memory.w_ready.val();
        self.processor.r_valid.next = self.memory.r_valid.val();
        self.processor.r_data.next = self.m_axi_rdata.val();
        self.m_axi_awvalid.next = self.memory.awvalid.val();
        self.m_axi_arvalid.next = self.memory.arvalid.val();
        self.m_axi_wvalid.next = self.memory.wvalid.val();
        self.m_axi_wdata.next = self.memory.wdata.val();
        self.m_axi_wstrb.next = self.memory.wstrb.val();
        self.m_axi_wlast.next = self.memory.wlast.val();
        self.m_axi_bready.next = self.memory.bready.val();
        self.m_axi_rready.next = self.memory.rready.val();
        self.memory.awready.next = self.m_axi_awready.val();
        self.memory.arready.next = self.m_axi_arready.val();
        self.memory.wready.next = self.m_axi_wready.val();
        self.memory.bvalid.next = self.m_axi_bvalid.val();
        self.memory.bresp.next = self.m_axi_bresp.val();
        self.memory.rvalid.next = self.m_axi_rvalid.val();
        self.memory.rresp.next = self.m_axi_rresp.val();
        self.memory.rlast.next = self.m_axi_rlast.val();
        self.m_axi_awid.next = 0.into();
        self.m_axi_awaddr.next = self.memory.address.val();
        self.m_axi_awlen.next = self.memory.len.val();
        self.m_axi_awsize.next = self.memory.size.val();
        self.m_axi_awburst.next = self.memory.burst.val();
        self.m_axi_awcache.next = self.memory.cache.val();
        self.m_axi_awprot.next = 0.into();
        self.m_axi_arid.next = 0.into();
        self.m_axi_araddr.next = self.memory.address.val();
        self.m_axi_arlen.next = self.memory.len.val();
        self.m_axi_arsize.next = self.memory.size.val();
        self.m_axi_arburst.next = self.memory.burst.val();
        self.m_axi_arcache.next = self.memory.cache.val();
        self.m_axi_arprot.next = 0.into();
    }
}
