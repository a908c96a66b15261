//! Replays the cases that lie in a folder on the netlists of their blocks: the vendor's cells, with the registers that
//! moved into multipliers and block RAMs, from the given start and from a random one.
//!
//! ```sh
//! TCPU_VECTORS=/tmp/vectors cargo test -p tcpu-testbench --test engines
//! cargo run -p tcpu-testbench --example netlist -- /tmp/vectors ecp5 8
//! ```
//!
//! The number is how many cases of a block are replayed, at most. A fourth argument names the tests that count: those
//! in whose names it is.

use std::error::Error;
use std::path::PathBuf;

use tcpu_synth::area::Family;
use tcpu_synth::gates::gates;
use tcpu_synth::verilated::Model;
use tcpu_testbench::cosim::compare;
use tcpu_testbench::mutation::{designs, recorded, Design};

/// A row of the table; why the block differs from its netlist, if it does.
fn row(design: &Design, family: Family, most: usize) -> Result<(), Box<dyn Error>> {
    let gates = gates(&design.traces[0].modules, family)?;
    let model = Model::quick(&gates.modules)?;
    let (mut cases, mut cycles) = (0, 0);
    for trace in design.traces.iter().take(most) {
        compare(&model, trace)?;
        cases += 1;
        cycles += trace.cycles.len();
    }
    println!(
        "| {} | {} | {} | {cases} | {cycles} |",
        design.tests.join(", "),
        gates.cells,
        gates.absorbed.registers,
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().ok_or("which folder?")?.into();
    let family = arguments.next().ok_or("which family?")?;
    let family = Family::ALL.into_iter().find(|known| known.name() == family);
    let family = family.ok_or("that is no family")?;
    let most = arguments.next().map_or(Ok(8), |n| n.parse())?;
    let only = arguments.next().unwrap_or_default();
    println!("| tests | cells | registers moved | cases | cycles |");
    println!("|---|---|---|---|---|");
    let mut wrong = 0;
    for design in designs(recorded(&folder)?) {
        let tests = design.tests.join(", ");
        if !tests.contains(&only) {
            continue;
        }
        if let Err(error) = row(&design, family, most) {
            println!("| {tests} | {error} |");
            wrong += 1;
        }
    }
    match wrong {
        0 => Ok(()),
        _ => Err(format!("{wrong} blocks are not the same").into()),
    }
}
