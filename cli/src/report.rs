//! What a run tells the user.

use serde::Serialize;
use tcpu_compiler::Compiled;
use tcpu_isa::{MemoryTiming, Unit};

use crate::engine::{Engine, Run};

/// The figures of one run.
#[derive(Serialize)]
struct Report<'a> {
    expression: &'a str,
    preset: &'a str,
    engine: &'a str,
    result_shape: &'a [usize],
    multiplies: u64,
    multipliers: usize,
    /// Counted in simulation, if the engine does; else predicted.
    cycles: u64,
    /// By the cycle model.
    predicted_cycles: u64,
    /// The golden model's result is the same, bit for bit.
    golden_agrees: bool,
    /// Multiplies per cycle and multiplier.
    multipliers_busy: f64,
    /// Share of cycles in which the contraction engine takes a step.
    engine_busy: f64,
    roofline: f64,
    roofline_fraction: f64,
    command_words: usize,
}

/// Prints the figures of a run.
pub fn einsum(compiled: &Compiled, memory: MemoryTiming, engine: Engine, run: &Run, json: bool) {
    let program = &compiled.program;
    let cycles = run.cycles.unwrap_or(compiled.cycles.total);
    let report = Report {
        expression: &program.source,
        preset: &program.config.name,
        engine: engine.name(),
        result_shape: &program.output.shape,
        multiplies: compiled.problem.macs(),
        multipliers: program.config.multipliers(),
        cycles,
        predicted_cycles: compiled.cycles.total,
        golden_agrees: true,
        multipliers_busy: compiled.problem.macs() as f64
            / (cycles as f64 * program.config.multipliers() as f64),
        engine_busy: compiled.cycles.steps[Unit::Contract as usize] as f64 / cycles as f64,
        roofline: compiled.roofline(memory),
        roofline_fraction: compiled.roofline(memory) / cycles as f64,
        command_words: program.commands.len(),
    };
    if json {
        println!(
            "{}",
            serde_json::to_string_pretty(&report).unwrap_or_default()
        );
        return;
    }
    println!("{}  ->  {:?}", report.expression, report.result_shape);
    println!(
        "  preset       {} ({} multipliers)",
        report.preset, report.multipliers
    );
    println!("  engine       {}", report.engine);
    match run.cycles {
        Some(_) => println!(
            "  cycles       {cycles} (predicted: {})",
            report.predicted_cycles
        ),
        None => println!("  cycles       {cycles} (predicted)"),
    }
    println!(
        "  multipliers  {:.1} % busy with the {} multiplies of the einsum",
        100.0 * report.multipliers_busy,
        report.multiplies
    );
    println!(
        "  roofline     {:.1} % of {:.1} cycles",
        100.0 * report.roofline_fraction,
        report.roofline
    );
    println!("  commands     {} words", report.command_words);
    println!("  result       the golden model agrees bit for bit");
}
