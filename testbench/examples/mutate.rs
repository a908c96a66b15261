//! The mutation run: faults in the Verilog of the blocks whose cases lie in a folder, and how many of them the
//! cases find.
//!
//! ```sh
//! TCPU_VECTORS=/tmp/vectors cargo test -p tcpu-testbench --test engines
//! cargo run -p tcpu-testbench --example mutate -- /tmp/vectors 100
//! ```
//!
//! The number is how many faults of a block are tried, at most. Cases of one block that several tests have recorded
//! count together. A module that is a block of its own in the folder has its faults there, and not inside others.
//! Survivors are listed below the table.

use std::error::Error;
use std::path::PathBuf;

use tcpu_synth::Module;
use tcpu_testbench::mutation::{designs, recorded, run, Design};

/// A module's Verilog without its name.
fn body(module: &Module) -> &str {
    module.text.split_once('(').map_or("", |(_, body)| body)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().ok_or("which folder?")?.into();
    let most = arguments.next().map_or(Ok(100), |n| n.parse())?;
    println!("| tests | places | tried | found | % |");
    println!("|---|---|---|---|---|");
    let mut survivors = Vec::new();
    let designs = designs(recorded(&folder)?);
    let top = |design: &Design| design.traces[0].modules.first().cloned();
    let tops: Vec<Module> = designs.iter().filter_map(top).collect();
    for design in &designs {
        let own = top(design);
        let others = tops.iter().filter(|top| Some(*top) != own.as_ref());
        let others: Vec<&str> = others.map(body).collect();
        let meant = |module: &Module| !others.contains(&body(module));
        let report = run(&design.traces, most, &meant)?;
        let found = report.tried - report.survivors.len();
        println!(
            "| {} | {} | {} | {found} | {:.0} |",
            design.tests.join(", "),
            report.places,
            report.tried,
            100.0 * found as f64 / report.tried.max(1) as f64
        );
        survivors.push((design.tests.join(", "), report.survivors));
    }
    for (tests, mutants) in survivors.iter().filter(|(_, mutants)| !mutants.is_empty()) {
        println!("\n{tests}:");
        for mutant in mutants {
            println!("  {}: {}", mutant.module, mutant.statement);
            println!("      {}", mutant.wrong);
        }
    }
    Ok(())
}
