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
//!
//! With `registers` instead of the number, each register of a block and of all that is in it is taken out.
//!
//! Words behind that name the tests that do not count: those in whose names one of them is. Survivors are listed below
//! the table.

use std::error::Error;
use std::path::PathBuf;

use tcpu_synth::Module;
use tcpu_testbench::mutation::{
    designs, recorded, run, run_registers, Design, Mutant, Recorded, Report,
};

/// A module's Verilog without its name.
fn body(module: &Module) -> &str {
    module.text.split_once('(').map_or("", |(_, body)| body)
}

/// A row of the table, and what nobody found.
fn row(design: &Design, report: Report) -> (String, Vec<Mutant>) {
    let tests = design.tests.join(", ");
    if report.places == 0 {
        return (tests, Vec::new());
    }
    let counted = report.tried - report.loops;
    let found = counted - report.survivors.len();
    println!(
        "| {tests} | {} | {} | {} | {found} | {:.0} |",
        report.places,
        report.tried,
        report.loops,
        100.0 * found as f64 / counted.max(1) as f64
    );
    (tests, report.survivors)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().ok_or("which folder?")?.into();
    let kind = arguments.next().unwrap_or("100".to_string());
    let without: Vec<String> = arguments.collect();
    let counts = |case: &Recorded| !without.iter().any(|word| case.test.contains(word));
    println!("| tests | places | tried | loops | found | % |");
    println!("|---|---|---|---|---|---|");
    let mut survivors = Vec::new();
    let cases = recorded(&folder)?.into_iter().filter(counts);
    let designs = designs(cases.collect());
    let top = |design: &Design| design.traces[0].modules.first().cloned();
    let tops: Vec<Module> = designs.iter().filter_map(top).collect();
    for design in &designs {
        if kind == "registers" {
            survivors.push(row(design, run_registers(&design.traces)?));
            continue;
        }
        let own = top(design);
        let others = tops.iter().filter(|top| Some(*top) != own.as_ref());
        let others: Vec<&str> = others.map(body).collect();
        let meant = |module: &Module| !others.contains(&body(module));
        let report = run(&design.traces, kind.parse()?, &meant)?;
        survivors.push(row(design, report));
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
