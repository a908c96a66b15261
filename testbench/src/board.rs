//! A board under simulation: the whole system, a memory, and the host's end of the line.
//!
//! ```text
//! send ──> [ bits ] ──rx──> ┌────────┐
//!                           │ System │ <──> memory model, or block RAM or an SDRAM controller (in the RTL)
//! receive <── [ bits ] <─tx─└────────┘
//! ```

use std::collections::VecDeque;
use std::rc::Rc;

use tcpu_hdl::folded::Folded;
use tcpu_hdl::link::LinkConfig;
use tcpu_hdl::preset::{
    with_block_top, with_sdram_top, with_system, WithBlockTop, WithSdramTop, WithSystem,
};
use tcpu_hdl::sdram::SdramConfig;
use tcpu_hdl::system::System;
use tcpu_hdl::top::{BlockTop, SdramTop};
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::{Config, MemoryTiming};
use tcpu_micro::program::{folds, identity, program};
use tcpu_synth::verilated::{Model, ModelError, PortId, Start};

use crate::bench::settle;
use crate::driver::RunError;
use crate::folded::FoldedModel;
use crate::memory::{ExternalMemory, Request, Shown};
use crate::sdram::{Broken, Chip, Pins};

/// A machine with its memory, whatever its sizes.
trait Machine {
    /// Plays a cycle; gives the level of the line to the host, and whether something runs.
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool);

    /// The first rule of the memory chip that was broken.
    fn broken(&self) -> Option<Broken> {
        None
    }
}

/// A system behind whose port is a memory model.
struct Modelled<M> {
    system: Box<M>,
    memory: ExternalMemory,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Machine
    for Modelled<System<S, L, F, V, A>>
{
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        self.system.play(rx, button, &mut self.memory)
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Machine
    for BlockTop<S, L, F, V, A>
{
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        self.clock.next.clk = false;
        self.rx.next = rx;
        self.button.next = button;
        settle(self);
        let now = (self.tx.val(), self.system.busy.val());
        self.clock.next.clk = true;
        settle(self);
        now
    }
}

/// A top with its memory chip.
struct WithChip<T> {
    top: Box<T>,
    chip: Chip,
    broken: Option<Broken>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Machine
    for WithChip<SdramTop<S, L, F, V, A>>
{
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        let top = self.top.as_mut();
        top.clock.next.clk = false;
        top.rx.next = rx;
        top.button.next = button;
        // Nobody drives the pins: they are whatever they are.
        top.dq_in.next = U::new(u64::from(self.chip.dq().unwrap_or(0xDEAD)));
        settle(top);
        let now = (top.tx.val(), top.system.busy.val());
        let pins = Pins {
            ras: !top.ras_n.val(),
            cas: !top.cas_n.val(),
            we: !top.we_n.val(),
            bank: top.ba.val().value() as usize,
            address: top.a.val().value() as u16,
            mask: top.dm.val().value() as u8,
            dq: top.dq_enable.val().then(|| top.dq_out.val().value() as u16),
        };
        let clocked = self.chip.clock(&pins);
        self.broken = self.broken.take().or(clocked.err());
        top.clock.next.clk = true;
        settle(top);
        now
    }

    fn broken(&self) -> Option<Broken> {
        self.broken.clone()
    }
}

impl Machine for Folded {
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        self.clock.next.clk = false;
        self.rx.next = rx;
        self.button.next = button;
        settle(self);
        let now = (self.tx.val(), self.engine.lamp.val().get_bit(0));
        self.clock.next.clk = true;
        settle(self);
        now
    }
}

impl Machine for FoldedModel {
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        FoldedModel::cycle(self, rx, button)
    }
}

/// The Verilog of a top that has all of its memory inside, or its netlist.
struct Verilated {
    model: Model,
    clock: PortId,
    rx: PortId,
    button: PortId,
    tx: PortId,
}

impl Verilated {
    fn new(model: Model) -> Result<Verilated, ModelError> {
        Ok(Verilated {
            clock: model.input("clock", 1)?,
            rx: model.input("rx", 1)?,
            button: model.input("button", 1)?,
            tx: model.output("tx", 1)?,
            model,
        })
    }
}

impl Machine for Verilated {
    /// It does not show whether something runs.
    fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        let inputs = [(self.clock, false), (self.rx, rx), (self.button, button)];
        for (port, level) in inputs {
            self.model.set(port, &[u64::from(level)]);
        }
        self.model.eval();
        let tx = self.model.get(self.tx) == 1;
        self.model.set(self.clock, &[1]);
        self.model.eval();
        (tx, false)
    }
}

/// A system that is played beside its memory.
trait Play {
    /// Plays a cycle of both.
    fn play(&mut self, rx: bool, reset: bool, memory: &mut ExternalMemory) -> (bool, bool);
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Play
    for System<S, L, F, V, A>
{
    fn play(&mut self, rx: bool, reset: bool, memory: &mut ExternalMemory) -> (bool, bool) {
        self.clock.next.clk = false;
        self.rx.next = rx;
        self.reset.next = reset;
        self.req_ready.next = memory.req_ready();
        let r_data = memory.r_data();
        self.r_valid.next = r_data.is_some();
        if let Some(data) = r_data {
            self.r_data.next = Flits([std::array::from_fn(|i| data[i] as i8)]);
        }
        self.w_ready.next = memory.w_ready(self.w_valid.val());
        settle(self);
        let mut shown = Shown {
            r_ready: self.r_ready.val(),
            ..Shown::default()
        };
        if self.req_valid.val() {
            shown.request = Some(Request {
                write: self.req_write.val(),
                addr: self.req_addr.val().value(),
                beats: self.req_beats.val().value() as u32,
            });
        }
        if self.w_valid.val() {
            shown.w_valid = true;
            shown.w_data = self.w_data.val().0[0].iter().map(|&b| b as u8).collect();
            shown.w_strb = self.w_strb.val().value() as u32;
        }
        let now = (self.tx.val(), self.busy.val());
        memory.clock(&shown);
        self.clock.next.clk = true;
        settle(self);
        now
    }
}

/// What a board's memory is.
#[derive(Clone)]
enum Kind {
    Model(MemoryTiming),
    Block,
    Sdram(SdramConfig),
    Folded,
    FoldedModel,
    Verilated(Rc<Model>),
}

/// Cycles for which a reset button is pressed; on a real board there are many more.
const PRESS: u32 = 100;

/// See the module's documentation.
pub struct Board {
    config: Config,
    link: LinkConfig,
    kind: Kind,
    machine: Box<dyn Machine>,
    busy: bool,
    /// Cycles for which the reset button is still pressed.
    pressed: u32,
    /// Cycles since power came.
    pub cycles: u64,
    to_device: VecDeque<u8>,
    /// The byte that is being sent, with start and stop bit, lowest bit first; cycles left of the bit.
    sending: u16,
    send_left: u16,
    to_host: VecDeque<u8>,
    /// Bits of the byte that is being received; cycles to the middle of the next one.
    receiving: Option<(u32, u16)>,
    receive_left: u16,
}

impl Board {
    /// A board that was just switched on; its memory holds whatever it holds.
    ///
    /// # Errors
    /// A build without hardware.
    pub fn new(config: &Config, link: LinkConfig, timing: MemoryTiming) -> Result<Board, RunError> {
        Board::with(config, link, Kind::Model(timing))
    }

    /// A board that was just switched on, with block RAM as its memory: all of it is RTL.
    ///
    /// # Errors
    /// A build without hardware.
    pub fn with_block_memory(config: &Config, link: LinkConfig) -> Result<Board, RunError> {
        Board::with(config, link, Kind::Block)
    }

    /// A board that was just switched on, with an SDRAM: its controller is RTL, its chip a model.
    ///
    /// # Errors
    /// A build without hardware.
    pub fn with_sdram(
        config: &Config,
        link: LinkConfig,
        chip: SdramConfig,
    ) -> Result<Board, RunError> {
        Board::with(config, link, Kind::Sdram(chip))
    }

    /// A board with a folded machine that was just switched on. Of `link`, what is said of the line and the clock counts.
    ///
    /// # Errors
    /// A build that does not fold.
    pub fn with_folded(config: &Config, link: LinkConfig) -> Result<Board, RunError> {
        Board::with(config, link, Kind::Folded)
    }

    /// A board with a folded machine that was just switched on: the model of its engine, not the RTL. Of `link`, what
    /// is said of the line and the clock counts.
    ///
    /// # Errors
    /// A build that does not fold.
    pub fn with_folded_model(config: &Config, link: LinkConfig) -> Result<Board, RunError> {
        Board::with(config, link, Kind::FoldedModel)
    }

    /// A board that was just switched on, of a model of its top, which has all of its memory inside: of its Verilog, or
    /// of its netlist.
    ///
    /// # Errors
    /// A model of something else.
    pub fn with_model(config: &Config, link: LinkConfig, model: Model) -> Result<Board, RunError> {
        Board::with(config, link, Kind::Verilated(Rc::new(model)))
    }

    fn with(config: &Config, link: LinkConfig, kind: Kind) -> Result<Board, RunError> {
        let machine: Option<Box<dyn Machine>> = match &kind {
            Kind::Folded | Kind::FoldedModel if !folds(config) => None,
            Kind::Folded => {
                let image = program(&identity(config, link.kilohertz))?;
                let folded = Folded::new(&image.program, &image.words, link.divisor);
                Some(Box::new(folded))
            }
            Kind::FoldedModel => {
                let model = FoldedModel::new(config, link.kilohertz, link.divisor)?;
                Some(Box::new(model))
            }
            Kind::Verilated(model) => {
                let model = model.again(Start::Given)?;
                Some(Box::new(Verilated::new(model)?))
            }
            Kind::Model(timing) => with_system(config, &link, Boxed(fresh(config, &link, *timing))),
            Kind::Block => with_block_top(config, &link, Boxed(())),
            Kind::Sdram(chip) => with_sdram_top(config, &link, chip, Boxed(Chip::new(*chip))),
        };
        let machine = machine.ok_or_else(|| RunError::NoHardware {
            name: config.name.clone(),
            slices: config.slices,
            lanes: config.lanes,
            flit: config.flit,
            int4: config.int4,
        })?;
        Ok(Board {
            config: config.clone(),
            link,
            kind,
            machine,
            busy: false,
            pressed: 0,
            cycles: 0,
            to_device: VecDeque::new(),
            sending: 0,
            send_left: 0,
            to_host: VecDeque::new(),
            receiving: None,
            receive_left: 0,
        })
    }

    /// Switches the board off and on.
    ///
    /// # Errors
    /// As for [`Board::new`].
    pub fn restart(&mut self) -> Result<(), RunError> {
        *self = Board::with(&self.config, self.link, self.kind.clone())?;
        Ok(())
    }

    /// Presses the reset button, for a while.
    pub fn press(&mut self) {
        self.pressed = PRESS;
    }

    /// The first rule of its SDRAM that was broken.
    pub fn broken(&self) -> Option<Broken> {
        self.machine.broken()
    }

    /// Puts a byte onto the line, behind those that are not sent yet.
    pub fn send(&mut self, byte: u8) {
        self.to_device.push_back(byte);
    }

    /// The next byte that has come back.
    pub fn receive(&mut self) -> Option<u8> {
        self.to_host.pop_front()
    }

    /// Bytes are on their way to the device.
    pub fn sending(&self) -> bool {
        self.sending != 0 || !self.to_device.is_empty()
    }

    /// The processor runs.
    pub fn busy(&self) -> bool {
        self.busy
    }

    /// Plays a cycle.
    pub fn cycle(&mut self) {
        if self.sending == 0 {
            if let Some(byte) = self.to_device.pop_front() {
                // Above the stop bit a mark that says where the byte ends.
                self.sending = u16::from(byte) << 1 | 3 << 9;
                self.send_left = self.link.divisor;
            }
        }
        let rx = self.sending <= 1 || self.sending & 1 == 1;
        let (tx, busy) = self.machine.cycle(rx, self.pressed > 0);
        self.pressed = self.pressed.saturating_sub(1);
        self.busy = busy;
        self.cycles += 1;
        if self.sending > 1 {
            self.send_left -= 1;
            if self.send_left == 0 {
                self.sending >>= 1;
                self.send_left = self.link.divisor;
            }
        }
        if self.sending == 1 {
            self.sending = 0;
        }
        self.listen(tx);
    }

    /// Takes the level of the line to the host.
    fn listen(&mut self, tx: bool) {
        let Some((bits, byte)) = self.receiving else {
            if !tx {
                self.receiving = Some((0, 0));
                self.receive_left = self.link.divisor + self.link.divisor / 2;
            }
            return;
        };
        self.receive_left -= 1;
        if self.receive_left > 0 {
            return;
        }
        self.receive_left = self.link.divisor;
        self.receiving = match bits {
            8 => {
                self.to_host.push_back(byte as u8);
                None
            }
            _ => Some((bits + 1, byte | u16::from(tx) << bits)),
        };
    }
}

/// Memory as it is after power came: full of something.
fn fresh(config: &Config, link: &LinkConfig, timing: MemoryTiming) -> ExternalMemory {
    let bytes = (0..link.memory).map(|i| (i.wrapping_mul(167) >> 3) as u8);
    ExternalMemory::new(bytes.collect(), config.flit, timing, None)
}

/// Forgets the sizes of a machine, and gives it its memory.
struct Boxed<M>(M);

impl WithSystem for Boxed<ExternalMemory> {
    type Output = Box<dyn Machine>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        system: Box<System<S, L, F, V, A>>,
    ) -> Box<dyn Machine> {
        let memory = self.0;
        Box::new(Modelled { system, memory })
    }
}

impl WithBlockTop for Boxed<()> {
    type Output = Box<dyn Machine>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<BlockTop<S, L, F, V, A>>,
    ) -> Box<dyn Machine> {
        top
    }
}

impl WithSdramTop for Boxed<Chip> {
    type Output = Box<dyn Machine>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<SdramTop<S, L, F, V, A>>,
    ) -> Box<dyn Machine> {
        Box::new(WithChip {
            top,
            chip: self.0,
            broken: None,
        })
    }
}
