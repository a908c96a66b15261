//! A board without external memory.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use super::{Lamp, Restart};
use crate::block_memory::BlockMemory;
use crate::link::LinkConfig;
use crate::system::System;

/// See the documentation of [`top`](super). S, L, F, V and A are the build's own.
#[derive(LogicBlock)]
pub struct BlockTop<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
{
    pub clock: Signal<In, Clock>,
    /// Pressed; comes when it wants.
    pub button: Signal<In, bool>,
    pub rx: Signal<In, bool>,
    pub tx: Signal<Out, bool>,
    pub lamp: Signal<Out, bool>,
    restart: Restart,
    light: Lamp,
    pub system: System<S, L, F, V, A>,
    memory: BlockMemory<F>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
    BlockTop<S, L, F, V, A>
{
    /// A top for a build, connected. `link` has the size of the memory.
    pub fn new(config: &Config, link: &LinkConfig) -> Self {
        let mut top = BlockTop {
            clock: Default::default(),
            button: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            lamp: Default::default(),
            restart: Default::default(),
            light: Default::default(),
            system: System::new(config, link),
            memory: BlockMemory::new(link.memory as usize),
        };
        top.connect_all();
        top
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for BlockTop<S, L, F, V, A>
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
    }
}
