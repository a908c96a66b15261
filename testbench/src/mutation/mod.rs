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
mod vectors;

use tcpu_synth::verilated::{Model, Start};
use tcpu_synth::Module;

pub use faults::{mutants, Mutant};
pub use vectors::{designs, recorded, store, Design, Recorded, VectorError};

use crate::cosim::{Cosim, CosimError};
use crate::trace::Trace;

/// Name of the input that chooses a fault; 0 is none.
pub const SELECT: &str = "mutant";

/// What became of the faults of a block.
#[derive(Clone, Debug)]
pub struct Report {
    /// Places that have a fault; not all of them are tried.
    pub places: usize,
    pub tried: usize,
    /// Those that no recorded case shows.
    pub survivors: Vec<Mutant>,
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
        return Ok(Report {
            places: 0,
            tried: 0,
            survivors: Vec::new(),
        });
    };
    let (modules, places, mutants) = mutants(&first.modules, most, meant);
    let right = Model::new(&modules)?;
    let differs = |number: usize, trace: &Trace| -> Result<bool, CosimError> {
        let mut model = right.again(Start::Given)?;
        let select = model.input(SELECT, 16)?;
        model.set(select, &[number as u64]);
        let mut cosim = Cosim::of(model, trace, &[SELECT])?;
        Ok(trace.replay(&mut cosim, &[]).is_err())
    };
    for trace in traces {
        let mut cosim = Cosim::of(right.again(Start::Given)?, trace, &[SELECT])?;
        trace.replay(&mut cosim, &[])?;
    }
    let mut survivors = Vec::new();
    for (i, mutant) in mutants.iter().enumerate() {
        let mut found = false;
        for trace in traces {
            found = found || differs(i + 1, trace)?;
        }
        if !found {
            survivors.push(mutant.clone());
        }
    }
    Ok(Report {
        places,
        tried: mutants.len(),
        survivors,
    })
}
