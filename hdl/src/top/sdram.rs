//! A board with a 16-bit SDRAM.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use super::{Lamp, Restart};
use crate::link::LinkConfig;
use crate::sdram::{Sdram, SdramConfig};
use crate::system::System;
use crate::types::U;

/// See the documentation of [`top`](super). S, L, F, V and A are the build's own.
#[derive(LogicBlock)]
pub struct SdramTop<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
{
    pub clock: Signal<In, Clock>,
    /// Pressed; comes when it wants.
    pub button: Signal<In, bool>,
    pub rx: Signal<In, bool>,
    pub tx: Signal<Out, bool>,
    pub lamp: Signal<Out, bool>,
    // The chip.
    pub ras_n: Signal<Out, bool>,
    pub cas_n: Signal<Out, bool>,
    pub we_n: Signal<Out, bool>,
    pub ba: Signal<Out, U<2>>,
    pub a: Signal<Out, U<13>>,
    pub dm: Signal<Out, U<2>>,
    pub dq_out: Signal<Out, U<16>>,
    pub dq_enable: Signal<Out, bool>,
    pub dq_in: Signal<In, U<16>>,
    restart: Restart,
    light: Lamp,
    pub system: System<S, L, F, V, A>,
    memory: Sdram<F>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
    SdramTop<S, L, F, V, A>
{
    /// A top for a build, connected. The memory is the chip's.
    pub fn new(config: &Config, link: &LinkConfig, chip: &SdramConfig) -> Self {
        let mut top = SdramTop {
            clock: Default::default(),
            button: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            lamp: Default::default(),
            ras_n: Default::default(),
            cas_n: Default::default(),
            we_n: Default::default(),
            ba: Default::default(),
            a: Default::default(),
            dm: Default::default(),
            dq_out: Default::default(),
            dq_enable: Default::default(),
            dq_in: Default::default(),
            restart: Default::default(),
            light: Default::default(),
            system: System::new(config, link),
            memory: Sdram::new(chip),
        };
        top.connect_all();
        top
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for SdramTop<S, L, F, V, A>
{
    #[hdl_gen]
    fn update(&mut self) {
        self.restart.clock.next = self.clock.val();
        self.light.clock.next = self.clock.val();
        self.system.clock.next = self.clock.val();
        self.memory.clock.next = self.clock.val();

        self.restart.button.next = self.button.val();
        self.restart.settled.next = self.system.settled.val();
        self.system.reset.next = self.restart.reset.val();
        self.light.busy.next = self.system.busy.val();
        self.light.fault.next = self.system.fault.val();
        self.lamp.next = self.light.lamp.val();
        self.system.rx.next = self.rx.val();
        self.tx.next = self.system.tx.val();

        // the memory port
        self.memory.req_valid.next = self.system.req_valid.val();
        self.system.req_ready.next = self.memory.req_ready.val();
        self.memory.req_write.next = self.system.req_write.val();
        self.memory.req_addr.next = self.system.req_addr.val();
        self.memory.req_beats.next = self.system.req_beats.val();
        self.memory.w_valid.next = self.system.w_valid.val();
        self.system.w_ready.next = self.memory.w_ready.val();
        self.memory.w_data.next = self.system.w_data.val();
        self.memory.w_strb.next = self.system.w_strb.val();
        self.system.r_valid.next = self.memory.r_valid.val();
        self.memory.r_ready.next = self.system.r_ready.val();
        self.system.r_data.next = self.memory.r_data.val();

        // the chip
        self.ras_n.next = self.memory.ras_n.val();
        self.cas_n.next = self.memory.cas_n.val();
        self.we_n.next = self.memory.we_n.val();
        self.ba.next = self.memory.ba.val();
        self.a.next = self.memory.a.val();
        self.dm.next = self.memory.dm.val();
        self.dq_out.next = self.memory.dq_out.val();
        self.dq_enable.next = self.memory.dq_enable.val();
        self.memory.dq_in.next = self.dq_in.val();
    }
}
