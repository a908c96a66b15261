//! A machine on a bus under simulation: a driver that knows nothing but the registers, and memory.
//!
//! ```text
//! driver ──> [ AXI4-Lite master ] ──> ┌────────┐
//!                                     │ AxiTop │ <──AXI4──> memory model
//!                                irq <└────────┘
//! ```

use tcpu_hdl::bus::AxiTop;
use tcpu_hdl::preset::{with_axi_top, WithAxiTop};
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::bus::{at, control, status, REGISTER_BYTES};
use tcpu_isa::{encode, Command, Config, Counters};
use thiserror::Error;

use crate::axi::{AxiModel, Broken, Burst, Master, Slave, WriteBeat, OKAY};
use crate::bench::{settle, Stalls};

/// Why a machine on a bus did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BusError {
    #[error("preset {0} has no hardware")]
    NoHardware(String),
    #[error("memory port: {0}")]
    Broken(#[from] Broken),
    #[error("an answer on the {0} channel changed before it was taken")]
    Changed(&'static str),
    #[error("the register at {at:#x} answers {answer}")]
    Refused { at: usize, answer: u8 },
    #[error("it takes too long; its status is {status:#x}")]
    Stuck { status: u32 },
    #[error("something is wrong: its status is {status:#x}")]
    Wrong { status: u32 },
}

/// What the master of the registers shows in a cycle.
#[derive(Clone, Copy, Default)]
struct Asks {
    aw: Option<usize>,
    w: Option<u32>,
    b_ready: bool,
    ar: Option<usize>,
    r_ready: bool,
}

/// What the machine shows in a cycle.
struct Shows {
    aw_ready: bool,
    w_ready: bool,
    b: Option<u8>,
    ar_ready: bool,
    r: Option<(u32, u8)>,
    irq: bool,
    memory: Master,
}

/// The top of a build, whatever its sizes.
trait Machine {
    /// Plays a cycle.
    fn cycle(&mut self, reset: bool, asks: &Asks, memory: &Slave) -> Shows;
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Machine
    for AxiTop<S, L, F, V, A>
{
    fn cycle(&mut self, reset: bool, asks: &Asks, memory: &Slave) -> Shows {
        self.clock.next.clk = false;
        self.reset.next = reset;
        self.s_axi_awvalid.next = asks.aw.is_some();
        self.s_axi_awaddr.next = asks.aw.unwrap_or(0).into();
        self.s_axi_wvalid.next = asks.w.is_some();
        self.s_axi_wdata.next = U::new(asks.w.unwrap_or(0).into());
        self.s_axi_wstrb.next = 15.into();
        self.s_axi_bready.next = asks.b_ready;
        self.s_axi_arvalid.next = asks.ar.is_some();
        self.s_axi_araddr.next = asks.ar.unwrap_or(0).into();
        self.s_axi_rready.next = asks.r_ready;
        self.m_axi_awready.next = memory.aw_ready;
        self.m_axi_wready.next = memory.w_ready;
        self.m_axi_bvalid.next = memory.b.is_some();
        self.m_axi_bresp.next = U::new(memory.b.unwrap_or(0).into());
        self.m_axi_arready.next = memory.ar_ready;
        self.m_axi_rvalid.next = memory.r.is_some();
        if let Some(beat) = &memory.r {
            self.m_axi_rdata.next = Flits([std::array::from_fn(|i| beat.data[i] as i8)]);
            self.m_axi_rresp.next = U::new(beat.resp.into());
            self.m_axi_rlast.next = beat.last;
        }
        settle(self);
        let write = Burst {
            at: self.m_axi_awaddr.val().value(),
            len: self.m_axi_awlen.val().value(),
            size: self.m_axi_awsize.val().value(),
            kind: self.m_axi_awburst.val().value(),
        };
        let read = Burst {
            at: self.m_axi_araddr.val().value(),
            len: self.m_axi_arlen.val().value(),
            size: self.m_axi_arsize.val().value(),
            kind: self.m_axi_arburst.val().value(),
        };
        let shows = Shows {
            aw_ready: self.s_axi_awready.val(),
            w_ready: self.s_axi_wready.val(),
            b: self
                .s_axi_bvalid
                .val()
                .then(|| self.s_axi_bresp.val().value() as u8),
            ar_ready: self.s_axi_arready.val(),
            r: self.s_axi_rvalid.val().then(|| {
                let data = self.s_axi_rdata.val().value() as u32;
                (data, self.s_axi_rresp.val().value() as u8)
            }),
            irq: self.irq.val(),
            memory: Master {
                aw: self.m_axi_awvalid.val().then_some(write),
                w: self.m_axi_wvalid.val().then(|| WriteBeat {
                    data: self.m_axi_wdata.val().0[0].map(|byte| byte as u8).to_vec(),
                    strb: self.m_axi_wstrb.val().value(),
                    last: self.m_axi_wlast.val(),
                }),
                b_ready: self.m_axi_bready.val(),
                ar: self.m_axi_arvalid.val().then_some(read),
                r_ready: self.m_axi_rready.val(),
            },
        };
        self.clock.next.clk = true;
        settle(self);
        shows
    }
}

/// Cycles in which something must have happened.
const PATIENCE: u64 = 100_000;

/// See the module's documentation.
pub struct Bus {
    machine: Box<dyn Machine>,
    pub memory: AxiModel,
    /// The channels of the registers: aw, w, b, ar, r.
    stalls: [Stalls; 5],
    kept: [Option<(u32, u8)>; 2],
    /// The interrupt, in the last cycle.
    pub irq: bool,
    pub cycles: u64,
}

impl Bus {
    /// A machine after power-up, with this memory; with `stalls`, a seed that is not 0, every handshake is slow
    /// at random.
    ///
    /// # Errors
    /// A build without hardware.
    pub fn new(config: &Config, bytes: Vec<u8>, stalls: u64) -> Result<Bus, BusError> {
        struct Boxed;
        impl WithAxiTop for Boxed {
            type Output = Box<dyn Machine>;

            fn run<
                const S: usize,
                const L: usize,
                const F: usize,
                const V: usize,
                const A: usize,
            >(
                self,
                top: Box<AxiTop<S, L, F, V, A>>,
            ) -> Self::Output {
                top
            }
        }
        let machine = with_axi_top(config, Boxed);
        let mut rng = fastrand::Rng::with_seed(stalls);
        let mut seed = |_| if stalls > 0 { rng.u64(1..) } else { 0 };
        Ok(Bus {
            machine: machine.ok_or_else(|| BusError::NoHardware(config.name.clone()))?,
            memory: AxiModel::new(bytes, config.flit, stalls),
            stalls: std::array::from_fn(&mut seed).map(Stalls::new),
            kept: [None; 2],
            irq: false,
            cycles: 0,
        })
    }

    fn cycle(&mut self, reset: bool, asks: &Asks) -> Result<Shows, BusError> {
        let shows = self.machine.cycle(reset, asks, &self.memory.show());
        if !reset {
            self.memory.clock(&shows.memory)?;
        }
        let answers = [shows.b.map(|answer| (0, answer)), shows.r];
        let taken = [asks.b_ready, asks.r_ready];
        for (n, channel) in ["b", "r"].into_iter().enumerate() {
            if self.kept[n].is_some() && self.kept[n] != answers[n] {
                return Err(BusError::Changed(channel));
            }
            self.kept[n] = answers[n].filter(|_| !taken[n] && !reset);
        }
        self.irq = shows.irq;
        self.cycles += 1;
        Ok(shows)
    }

    /// Lets a cycle go by.
    ///
    /// # Errors
    /// A rule that is broken.
    pub fn wait(&mut self) -> Result<(), BusError> {
        self.cycle(false, &Asks::default()).map(|_| ())
    }

    /// Resets bus, machine and memory, whose contents stay.
    ///
    /// # Errors
    /// A rule that is broken.
    pub fn reset(&mut self) -> Result<(), BusError> {
        self.memory.reset();
        self.cycle(true, &Asks::default()).map(|_| ())
    }

    /// Writes a register; its answer.
    ///
    /// # Errors
    /// A rule that is broken, or no answer.
    pub fn write(&mut self, at: usize, value: u32) -> Result<u8, BusError> {
        let mut asks = Asks::default();
        let mut left = [true; 2];
        for _ in 0..PATIENCE {
            let go = |stalls: &mut Stalls| !stalls.refuses();
            // What was offered stays.
            asks.aw = asks
                .aw
                .or((left[0] && go(&mut self.stalls[0])).then_some(at));
            asks.w = asks
                .w
                .or((left[1] && go(&mut self.stalls[1])).then_some(value));
            asks.b_ready = go(&mut self.stalls[2]);
            let shows = self.cycle(false, &asks)?;
            if asks.aw.is_some() && shows.aw_ready {
                (asks.aw, left[0]) = (None, false);
            }
            if asks.w.is_some() && shows.w_ready {
                (asks.w, left[1]) = (None, false);
            }
            if let (Some(answer), true) = (shows.b, asks.b_ready) {
                return Ok(answer);
            }
        }
        Err(BusError::Stuck { status: 0 })
    }

    /// Reads a register; its value and its answer.
    ///
    /// # Errors
    /// A rule that is broken, or no answer.
    pub fn read(&mut self, at: usize) -> Result<(u32, u8), BusError> {
        let mut asks = Asks::default();
        let mut left = true;
        for _ in 0..PATIENCE {
            let go = |stalls: &mut Stalls| !stalls.refuses();
            asks.ar = asks.ar.or((left && go(&mut self.stalls[3])).then_some(at));
            asks.r_ready = go(&mut self.stalls[4]);
            let shows = self.cycle(false, &asks)?;
            if asks.ar.is_some() && shows.ar_ready {
                (asks.ar, left) = (None, false);
            }
            if let (Some(answer), true) = (shows.r, asks.r_ready) {
                return Ok(answer);
            }
        }
        Err(BusError::Stuck { status: 0 })
    }

    /// Sets where the machine's address 0 is, for it and for the memory; a multiple of
    /// [`BASE_STEP`](tcpu_isa::bus::BASE_STEP).
    ///
    /// # Errors
    /// As for [`Bus::write`], or a register that refuses.
    pub fn set_base(&mut self, base: u32) -> Result<(), BusError> {
        self.memory.base = base.into();
        self.set(at::BASE, base)
    }

    fn set(&mut self, at: usize, value: u32) -> Result<(), BusError> {
        match self.write(at, value)? {
            OKAY => Ok(()),
            answer => Err(BusError::Refused { at, answer }),
        }
    }

    fn get(&mut self, at: usize) -> Result<u32, BusError> {
        match self.read(at)? {
            (value, OKAY) => Ok(value),
            (_, answer) => Err(BusError::Refused { at, answer }),
        }
    }

    /// The status.
    ///
    /// # Errors
    /// As for [`Bus::read`], or a register that refuses.
    pub fn status(&mut self) -> Result<u32, BusError> {
        self.get(at::STATUS)
    }

    /// Waits until a bit of the status has a value; the status.
    ///
    /// # Errors
    /// It has not for too long, or a rule is broken.
    pub fn until(&mut self, bit: u32, value: bool) -> Result<u32, BusError> {
        let begin = self.cycles;
        loop {
            let status = self.status()?;
            if (status >> bit & 1 == 1) == value {
                return Ok(status);
            }
            if self.cycles - begin > PATIENCE {
                return Err(BusError::Stuck { status });
            }
        }
    }

    /// Resets the machine through its register, and waits until it is.
    ///
    /// # Errors
    /// It never is, or a rule is broken.
    pub fn reset_machine(&mut self) -> Result<(), BusError> {
        self.set(at::CONTROL, 1 << control::RESET)?;
        self.until(status::RESETTING, false).map(|_| ())
    }

    /// Pushes a word without asking whether there is room; the answer.
    ///
    /// # Errors
    /// As for [`Bus::write`].
    pub fn push(&mut self, word: u128) -> Result<u8, BusError> {
        let mut answer = OKAY;
        for part in 0..4 {
            let at = at::COMMAND + REGISTER_BYTES * part;
            answer = self.write(at, (word >> (32 * part)) as u32)?;
        }
        Ok(answer)
    }

    /// Pushes commands when there is room, and waits for their end; the status.
    ///
    /// # Errors
    /// Something goes wrong, or never ends.
    pub fn run(&mut self, commands: &[Command]) -> Result<u32, BusError> {
        let wrong = |status: u32| {
            let bits = [
                status::FAULT,
                status::READ_ERROR,
                status::WRITE_ERROR,
                status::OVERFLOW,
            ];
            bits.iter().any(|bit| status >> bit & 1 == 1)
        };
        let mut words = commands.iter().map(encode).peekable();
        let begin = self.cycles;
        while words.peek().is_some() {
            let status = self.status()?;
            if wrong(status) {
                return Err(BusError::Wrong { status });
            }
            if self.cycles - begin > PATIENCE + 100 * PATIENCE * commands.len() as u64 {
                return Err(BusError::Stuck { status });
            }
            for word in words.by_ref().take((status >> status::ROOM) as usize) {
                match self.push(word)? {
                    OKAY => (),
                    answer => {
                        return Err(BusError::Refused {
                            at: at::COMMAND,
                            answer,
                        })
                    }
                }
            }
        }
        let status = self.until(status::IDLE, true)?;
        match wrong(status) {
            true => Err(BusError::Wrong { status }),
            false => Ok(status),
        }
    }

    /// All counters.
    ///
    /// # Errors
    /// A rule that is broken.
    pub fn counters(&mut self) -> Result<Counters, BusError> {
        let mut counters = Counters::default();
        for (number, counter) in counters.0.iter_mut().enumerate() {
            *counter = self.get(at::COUNTERS + REGISTER_BYTES * number)?.into();
        }
        Ok(counters)
    }
}
