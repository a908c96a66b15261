//! The Verilog that is emitted for a block, beside the block's simulation.
//!
//! ```text
//! case ──> [ block ] ──every port, every cycle──> trace ──inputs──> [ its Verilog, verilated ] ──outputs──> equal?
//! ```
//!
//! All outputs must be the same in every cycle, also those that mean nothing yet: the two begin with zeros in
//! all registers and memories. From a random start, those that mean something must be the same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tcpu_synth::verilated::{Model, ModelError, PortId, Start};
use tcpu_synth::verilog_name;
use thiserror::Error;

use crate::mutation;
use crate::start;
use crate::trace::{Difference, Port, Telling, Trace};

/// The variable that says into which folder cases are written that were replayed, for the mutation run: more
/// of each test than otherwise.
const VECTORS: &str = "TCPU_VECTORS";
const RECORDED: u32 = 64;

/// How many cases of each test are replayed on the Verilog.
const CASES: u32 = 8;

/// Why a block's Verilog is not the block.
#[derive(Debug, Error)]
pub enum CosimError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the Verilog of the block differs from its simulation: {0}")]
    Difference(#[from] Difference),
    #[error("the Verilog of the block differs from a random start: {0}")]
    Start(Difference),
    #[error("the Verilog of the block has other ports: {0}")]
    Ports(String),
    #[error(transparent)]
    Vectors(#[from] mutation::VectorError),
}

/// A verilated block whose ports go by the names of the block's.
pub struct Cosim {
    model: Model,
    /// Blocks without registers have none.
    clock: Option<PortId>,
    ports: HashMap<String, PortId>,
    /// Of a model without one of its registers: what it follows at, and what shows it.
    through: Option<(PortId, PortId)>,
    loops: bool,
}

impl Cosim {
    /// A model of a traced block that has `more` ports than the block, those of a mutation.
    ///
    /// # Errors
    /// Ports that are not the block's.
    pub fn of(model: Model, trace: &Trace, more: &[&str]) -> Result<Cosim, CosimError> {
        let mut ports = HashMap::new();
        for port in &trace.ports {
            let name = verilog_name(&port.name);
            let same = |other: &tcpu_synth::Port| {
                (other.name == name, other.input, other.width) == (true, port.input, port.bits)
            };
            let found = model.ports().find(|(_, other)| same(other));
            let (id, _) = found.ok_or_else(|| CosimError::Ports(port.name.clone()))?;
            ports.insert(port.name.clone(), id);
        }
        let clock = model.input("clock", 1).ok();
        if model.ports().count() != ports.len() + more.len() + usize::from(clock.is_some()) {
            return Err(CosimError::Ports("it has more of them".to_string()));
        }
        let through = match more.contains(&mutation::THROUGH) {
            true => {
                let look = model.output(mutation::LOOK, 64)?;
                Some((model.input(mutation::THROUGH, 1)?, look))
            }
            false => None,
        };
        Ok(Cosim {
            model,
            clock,
            ports,
            through,
            loops: false,
        })
    }

    /// The register that was taken out follows itself.
    pub fn loops(&self) -> bool {
        self.loops
    }

    /// The register that was taken out follows what is there now; what it shows then.
    fn follow(&mut self, through: PortId, look: PortId) -> u64 {
        for level in [1, 0] {
            self.model.set(through, &[level]);
            self.model.eval();
        }
        self.model.get(look)
    }

    fn tick(&mut self, level: u64) {
        if let Some(clock) = self.clock {
            self.model.set(clock, &[level]);
        }
        self.model.eval();
    }
}

impl Telling for Cosim {
    fn set(&mut self, port: &Port, value: &[u32]) {
        let word = |pair: &[u32]| {
            let high = pair.get(1).copied().unwrap_or(0);
            u64::from(pair[0]) | u64::from(high) << 32
        };
        let words: Vec<u64> = value.chunks(2).map(word).collect();
        self.model.set(self.ports[&port.name], &words);
    }

    fn settle(&mut self) {
        self.tick(0);
        if let Some((through, look)) = self.through {
            let [first, second] = [(); 2].map(|()| self.follow(through, look));
            self.loops |= first != second;
        }
    }

    fn get(&mut self, port: &Port) -> Vec<u32> {
        let id = self.ports[&port.name];
        let word = |i: usize| (self.model.word(id, i / 2) >> (32 * (i % 2))) as u32;
        (0..port.bits.div_ceil(32)).map(word).collect()
    }

    fn edge(&mut self) {
        self.tick(1);
    }
}

/// How many more cases of a test are replayed.
static LEFT: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

fn cases() -> u32 {
    match std::env::var_os(VECTORS) {
        Some(_) => RECORDED,
        None => CASES,
    }
}

fn left<T>(test: &str, act: impl FnOnce(&mut u32) -> T) -> T {
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    let tests = left.get_or_insert_with(HashMap::new);
    act(tests.entry(test.to_string()).or_insert_with(cases))
}

/// The next case of this test is to be replayed: it is among the first, or one was different and is
/// now being shrunk.
pub(crate) fn due(test: &str) -> bool {
    left(test, |left| *left > 0)
}

/// Replays a trace on a model of its block, from the given start and from a random one.
///
/// # Errors
/// The first difference, or ports that are not the block's.
pub fn compare(model: &Model, trace: &Trace) -> Result<(), CosimError> {
    let given = model.again(Start::Given)?;
    trace.replay(&mut Cosim::of(given, trace, &[])?, &[])?;
    if start::restarts(trace) {
        let random = model.again(Start::Random(trace.cycles.len() as u32))?;
        let mut random = Cosim::of(random, trace, &[])?;
        start::reset(trace, &mut random);
        let outcome = trace.replay(&mut random, start::MEANT);
        outcome.map_err(CosimError::Start)?;
    }
    Ok(())
}

/// Replays what the blocks of a case showed.
///
/// # Errors
/// The first difference, or why there is no model.
pub(crate) fn replay(test: &str, traces: &[Trace]) -> Result<(), CosimError> {
    let played = || traces.iter().filter(|trace| !trace.cycles.is_empty());
    let outcome = played().try_for_each(|trace| compare(&Model::new(&trace.modules)?, trace));
    if let (Ok(()), Some(folder)) = (&outcome, std::env::var_os(VECTORS)) {
        played().try_for_each(|trace| mutation::store(folder.as_ref(), test, trace))?;
    }
    left(test, |left| match outcome {
        Ok(()) => *left = left.saturating_sub(1),
        Err(_) => *left = u32::MAX,
    });
    outcome
}
