//! Faults in the emitted Verilog, and how many of them the engines' own tests find.
//!
//! ```text
//! engine tests ──first cases──> vectors (a folder) ──┐
//!                    the block's Verilog ──faults──> one model, input "mutant" ──replay──> found, or not
//! ```
//!
//! A fault is found if an output differs in a cycle of a recorded case. All faults of a block are in one model, which
//! an input chooses from: it is built once.

mod faults;
mod registers;
mod vectors;

use tcpu_synth::verilated::{Model, Start};
use tcpu_synth::Module;

pub use faults::{mutants, Mutant};
pub use registers::registers;
pub use vectors::{designs, recorded, store, Design, Recorded, VectorError};

use crate::cosim::{Cosim, CosimError};
use crate::trace::Trace;

/// Name of the input that chooses a fault; 0 is none.
pub const SELECT: &str = "mutant";

/// Names of the input at whose rise a register that was taken out follows, and of the output that shows it.
pub const THROUGH: &str = "through";
pub const LOOK: &str = "look";

/// What became of the faults of a block.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Places that have a fault; not all of them are tried.
    pub places: usize,
    pub tried: usize,
    /// Of those that were tried: registers without which there is a loop.
    pub loops: usize,
    /// Those that no recorded case shows.
    pub survivors: Vec<Mutant>,
}

/// What a fault does on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    Difference,
    Loop,
}

/// Tries up to `most` faults of a block, evenly spread over the modules of its Verilog that are `meant`, on its
/// recorded cases.
///
/// # Errors
/// No model, or a block that is wrong without a fault.
pub fn run(
    traces: &[Trace],
    most: usize,
    meant: &dyn Fn(&Module) -> bool,
) -> Result<Report, CosimError> {
    let Some(first) = traces.first() else {
        return Ok(Report::default());
    };
    let (modules, places, mutants) = mutants(&first.modules, most, meant);
    tried(traces, &modules, &[SELECT], places, &mutants)
}

/// Takes out each register of a block, one at a time, on its recorded cases.
///
/// # Errors
/// As for [`run`].
pub fn run_registers(traces: &[Trace]) -> Result<Report, CosimError> {
    let Some(first) = traces.first() else {
        return Ok(Report::default());
    };
    let (modules, mutants) = registers(&first.modules);
    if mutants.is_empty() {
        return Ok(Report::default());
    }
    let more = [SELECT, THROUGH, LOOK];
    tried(traces, &modules, &more, mutants.len(), &mutants)
}

/// Plays all cases with each of the faults, until one shows it.
fn tried(
    traces: &[Trace],
    modules: &[Module],
    more: &[&str],
    places: usize,
    mutants: &[Mutant],
) -> Result<Report, CosimError> {
    let right = Model::new(modules)?;
    let seen = |number: usize, trace: &Trace| -> Result<Seen, CosimError> {
        let mut model = right.again(Start::Given)?;
        let select = model.input(SELECT, 16)?;
        model.set(select, &[number as u64]);
        let mut cosim = Cosim::of(model, trace, more)?;
        let outcome = trace.replay(&mut cosim, &[]);
        Ok(match (cosim.loops(), outcome) {
            (true, _) => Seen::Loop,
            (false, Err(_)) => Seen::Difference,
            (false, Ok(())) => Seen::Nothing,
        })
    };
    for trace in traces {
        let mut cosim = Cosim::of(right.again(Start::Given)?, trace, more)?;
        trace.replay(&mut cosim, &[])?;
    }
    let mut report = Report {
        places,
        tried: mutants.len(),
        ..Report::default()
    };
    for (i, mutant) in mutants.iter().enumerate() {
        let mut found = Seen::Nothing;
        for trace in traces {
            if found == Seen::Nothing {
                found = seen(i + 1, trace)?;
            }
        }
        match found {
            Seen::Nothing => report.survivors.push(mutant.clone()),
            Seen::Loop => report.loops += 1,
            Seen::Difference => {}
        }
    }
    Ok(report)
}
