//! What a run tells the user.

use serde::Serialize;
use tcpu_compiler::Compiled;
use tcpu_isa::counters::number;
use tcpu_isa::program::Program;
use tcpu_isa::{Activity, Counters, MemoryTiming, Unit};
use tcpu_micro::program::folds;

use crate::engine::{Engine, Run};
use crate::output;

/// The figures of one run.
#[derive(Serialize)]
struct Report<'a> {
    expression: &'a str,
    preset: &'a str,
    engine: &'a str,
    memory: MemoryTiming,
    result_shape: &'a [usize],
    multipliers: usize,
    command_words: usize,
    /// Counted by the engine (golden: by the cycle model).
    cycles: u64,
    /// By the cycle model.
    predicted_cycles: u64,
    /// The golden model's result is the same, bit for bit.
    golden_agrees: bool,
    /// Share of cycles in which the contraction engine takes a step.
    contract_busy: f64,
    #[serde(flatten)]
    einsum: Option<Einsum>,
    counters: Counters,
}

/// What is known of a compiled einsum beyond its program.
#[derive(Serialize)]
struct Einsum {
    multiplies: u64,
    /// Cycles in which all multipliers would have made these multiplies, divided by the cycles.
    multipliers_busy: f64,
    /// Cycles below which no machine with these multipliers and this memory can be.
    roofline: f64,
    roofline_fraction: f64,
    /// Parts in which it is run, each with its mapping.
    mapping: Vec<String>,
}

/// Prints the figures of an einsum's run.
pub fn einsum(compiled: &Compiled, memory: MemoryTiming, engine: &Engine, run: &Run, json: bool) {
    let cycles = run.cycles.max(1) as f64;
    let macs = compiled.macs;
    let roofline = compiled.roofline.cycles();
    let einsum = Einsum {
        multiplies: macs,
        multipliers_busy: compiled.roofline.compute / cycles,
        roofline,
        roofline_fraction: roofline / cycles,
        mapping: compiled.mapping(),
    };
    print(&compiled.program, memory, engine, run, Some(einsum), json);
}

/// Prints the figures of a program's run.
pub fn program(program: &Program, memory: MemoryTiming, engine: &Engine, run: &Run, json: bool) {
    print(program, memory, engine, run, None, json);
}

fn print(
    program: &Program,
    memory: MemoryTiming,
    engine: &Engine,
    run: &Run,
    einsum: Option<Einsum>,
    json: bool,
) {
    let busy = run.counters.unit(Unit::Contract, Activity::Busy) as f64;
    let report = Report {
        expression: &program.source,
        preset: &program.config.name,
        engine: engine.name(),
        memory,
        result_shape: &program.output.shape,
        multipliers: program.config.multipliers(),
        command_words: program.commands.len(),
        cycles: run.cycles,
        predicted_cycles: run.predicted,
        golden_agrees: true,
        contract_busy: busy / run.cycles.max(1) as f64,
        einsum,
        counters: run.counters,
    };
    output::say(&match json {
        true => serde_json::to_string_pretty(&report).unwrap_or_default(),
        false => text(&report, engine, folds(&program.config)),
    });
}

/// The report as lines for people. A board of a build that folds is another machine than the one whose cycles are known.
fn text(report: &Report, engine: &Engine, folds: bool) -> String {
    let mut lines = vec![format!(
        "{}  ->  {:?}",
        report.expression, report.result_shape
    )];
    let mut line = |title: &str, text: String| lines.push(format!("  {title:<11}  {text}"));
    line(
        "preset",
        format!("{} ({} multipliers)", report.preset, report.multipliers),
    );
    line("commands", format!("{} words", report.command_words));
    line(
        "cycles",
        match engine {
            Engine::Rtl | Engine::Verilator => format!(
                "{} {} (predicted: {})",
                report.cycles,
                match engine {
                    Engine::Verilator => "under Verilator",
                    _ => "in rust-hdl's simulation",
                },
                report.predicted_cycles
            ),
            Engine::Golden => format!("{} (predicted)", report.cycles),
            Engine::Board(_) => format!(
                "{} counted by the board ({}: {})",
                report.cycles,
                match folds {
                    true => "predicted for a machine that is not folded",
                    false => "predicted for this memory",
                },
                report.predicted_cycles
            ),
        },
    );
    if let Some(einsum) = &report.einsum {
        line(
            "multipliers",
            format!(
                "{:.1} % busy with the {} multiplies of the einsum",
                100.0 * einsum.multipliers_busy,
                einsum.multiplies
            ),
        );
        line(
            "roofline",
            format!(
                "{:.1} % of {:.1} cycles, the least for these multipliers and this memory",
                100.0 * einsum.roofline_fraction,
                einsum.roofline
            ),
        );
        for part in &einsum.mapping {
            line("mapping", part.clone());
        }
    }
    let counters = &report.counters;
    line("units", units(counters, report.cycles));
    line(
        "SRAM",
        format!(
            "{} window reads, {} window writes; memory: {} beats read, {} written",
            counters.dm_reads(),
            counters.dm_writes(),
            counters.0[number::READ_BEATS],
            counters.0[number::WRITE_BEATS]
        ),
    );
    line(
        "result",
        match engine {
            Engine::Rtl | Engine::Verilator | Engine::Board(_) => {
                "the golden model agrees, bit for bit".to_string()
            }
            Engine::Golden => "by the golden model".to_string(),
        },
    );
    lines.join("\n")
}

/// Share of the cycles in which each unit was busy.
fn units(counters: &Counters, cycles: u64) -> String {
    let share = |unit: Unit| {
        let busy = counters.unit(unit, Activity::Busy) as f64 / cycles.max(1) as f64;
        format!("{} {:.0} %", unit.name(), 100.0 * busy)
    };
    format!("busy: {}", Unit::ALL.map(share).join(", "))
}
