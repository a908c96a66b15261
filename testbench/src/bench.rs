//! A test bench for one block: manual clock, waveform, record of its ports.
//!
//! ```text
//! test ──inputs──> [ block ] ──outputs──> test       a cycle: set inputs, settle, look, edge
//!                      └──> waveform, trace of all ports
//! ```
//!
//! A test is a function that plays a case on a block and says what was wrong. [`check`] runs it; if it
//! fails, it runs again with a waveform, and the failure names the file. With a [`Trace`] the same
//! function records what every port showed in every cycle, to be replayed on another telling of the block;
//! [`check`] does so with the first cases of each test, on the block's Verilog.

use std::error::Error as StdError;
use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;

use fastrand::Rng;
use rust_hdl::prelude::*;
use thiserror::Error;

use crate::cosim;
use crate::trace::Trace;
use crate::waves::{failure, Wave};

/// What a test function returns: why the block is wrong.
pub type Outcome = Result<(), Box<dyn StdError>>;

/// Lets all signals settle.
pub fn settle(uut: &mut impl Block) {
    loop {
        uut.update_all();
        if !uut.has_changed() {
            return;
        }
    }
}

/// What is kept of a run.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Write a waveform here.
    pub vcd: Option<PathBuf>,
    /// Record all ports of each block in here.
    pub traces: Option<Vec<Trace>>,
}

/// A block with its clock.
pub struct Bench<'a, B: Block> {
    pub uut: Box<B>,
    clock: fn(&mut B, bool),
    cycle: u64,
    wave: Option<Wave>,
    trace: Option<&'a mut Trace>,
}

impl<'a, B: Block> Bench<'a, B> {
    /// Connects a block and lets it settle. `clock` sets the block's clock signal.
    ///
    /// # Errors
    /// The waveform cannot be created, or a block that is to be traced has no Verilog.
    pub fn new(uut: B, clock: fn(&mut B, bool), watch: &'a mut Watch) -> io::Result<Self> {
        let mut uut = Box::new(uut);
        uut.connect_all();
        if let Some(traces) = &mut watch.traces {
            traces.push(Trace::of(uut.as_ref()).map_err(io::Error::other)?);
        }
        settle(uut.as_mut());
        let wave = match &watch.vcd {
            Some(path) => Some(Wave::create(path, uut.as_ref())?),
            None => None,
        };
        Ok(Bench {
            uut,
            clock,
            cycle: 0,
            wave,
            trace: watch.traces.as_mut().and_then(|traces| traces.last_mut()),
        })
    }

    /// Number of the cycle, from 0.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Lets the inputs that were set act. Outputs of registers can be read before, all others after.
    pub fn settle(&mut self) {
        settle(self.uut.as_mut());
    }

    /// Only these bits of an output mean something in this cycle, the lowest first: another telling of the block may
    /// show others.
    pub fn means(&mut self, output: &str, bits: &[bool]) {
        if let Some(trace) = &mut self.trace {
            trace.mask(output, bits);
        }
    }

    /// Ends the cycle: the clock rises, and falls with the next inputs.
    pub fn edge(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.note(self.uut.as_ref());
        }
        if let Some(wave) = &mut self.wave {
            wave.low(self.cycle, self.uut.as_ref());
        }
        (self.clock)(&mut self.uut, true);
        self.settle();
        if let Some(wave) = &mut self.wave {
            wave.high(self.cycle, self.uut.as_ref());
        }
        (self.clock)(&mut self.uut, false);
        self.cycle += 1;
    }
}

/// When a handshake is refused: never, or at random, in runs whose lengths differ from seed to seed.
pub struct Stalls {
    rng: Option<Rng>,
    /// Longest run of cycles in which it is accepted, and refused.
    longest: [u32; 2],
    left: u32,
    refused: bool,
}

impl Stalls {
    /// By this seed; 0 never stalls.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let longest = [0; 2].map(|_| rng.choice([1, 2, 4, 12]).unwrap_or(1));
        Stalls {
            rng: (seed > 0).then_some(rng),
            longest,
            left: 0,
            refused: false,
        }
    }

    /// The handshake is refused in the next cycle.
    pub fn refuses(&mut self) -> bool {
        let Some(rng) = &mut self.rng else {
            return false;
        };
        if self.left == 0 {
            self.refused = !self.refused;
            self.left = rng.u32(1..=self.longest[usize::from(self.refused)]);
        }
        self.left -= 1;
        self.refused
    }

    /// Refuses at random, if it ever does.
    pub fn stalls(&self) -> bool {
        self.rng.is_some()
    }
}

/// A block that did not do what it should, and the waveform that shows it.
#[derive(Debug, Error)]
#[error("{what}\n{hint}")]
pub struct Failure {
    what: String,
    hint: String,
    pub wave: PathBuf,
}

/// Runs a test function. If it fails or panics, it runs again, now with a waveform. What its blocks show in
/// the test's first cases, their Verilog must show too, in every cycle.
///
/// # Errors
/// What was wrong, and where the waveform is. `name` names its file, and the test.
pub fn check(name: &str, run: impl Fn(&mut Watch) -> Outcome) -> Result<(), Failure> {
    let attempt = |watch: &mut Watch| match catch_unwind(AssertUnwindSafe(|| run(watch))) {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(panic) => Err(match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic
                .downcast_ref::<&str>()
                .unwrap_or(&"the block panics")
                .to_string(),
        }),
    };
    let mut watch = Watch {
        vcd: None,
        traces: cosim::due(name).then(Vec::new),
    };
    let first = attempt(&mut watch);
    let replayed = match &first {
        Ok(()) => cosim::replay(name, &watch.traces.unwrap_or_default()),
        Err(_) => Ok(()),
    };
    if first.is_ok() && replayed.is_ok() {
        return Ok(());
    }
    let (wave, hint) = failure(name);
    let again = attempt(&mut Watch {
        vcd: Some(wave.clone()),
        traces: None,
    });
    let what = match (first, replayed) {
        (first, _) if first != again => format!("{first:?} (with a waveform: {again:?})"),
        (Err(what), _) => what,
        (Ok(()), replayed) => replayed.map_or_else(|error| error.to_string(), |()| String::new()),
    };
    Err(Failure { what, hint, wave })
}
