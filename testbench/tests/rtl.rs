//! Compiled programs on the RTL: right, and in exactly the predicted cycles.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_compiler::{compile, cycles, Options};
use tcpu_isa::{Config, MemoryTiming};
use tcpu_testbench::{run_rtl, waves, RtlOptions};

/// Compiles a case, runs it on the RTL and compares it with all that is known about it.
fn compare(case: &Case, options: &Options, settings: &RtlOptions) -> Result<(), String> {
    let prepared = prepare(case, options);
    let program = &prepared.compiled.program;
    let run = run_rtl(program, prepared.image.clone(), options.memory, settings)
        .map_err(|error| error.to_string())?;
    if result(&prepared.compiled, &run.memory) != prepared.expected {
        return Err("the result is wrong".to_string());
    }
    if settings.stalls.is_some() {
        return Ok(());
    }
    let predicted = &prepared.compiled.cycles;
    if run.cycles != predicted.total {
        return Err(format!(
            "{} cycles instead of {}",
            run.cycles, predicted.total
        ));
    }
    if run.counters != predicted.counters {
        return Err(format!(
            "{:?} instead of {:?}",
            run.counters, predicted.counters
        ));
    }
    let timeline = cycles::timeline(&program.config, options.memory, &program.commands);
    let timeline = timeline.map_err(|error| error.to_string())?;
    let known = run.timeline.len() == timeline.len();
    match run.timeline.iter().zip(&timeline).find(|(a, b)| a != b) {
        Some((a, b)) => Err(format!("{a:?} instead of {b:?}")),
        None if !known => Err("the timeline has another length".to_string()),
        None => Ok(()),
    }
}

/// Compares; a failure leaves a waveform and names it.
fn check(name: &str, case: &Case, options: &Options, stalls: Option<u64>) {
    let settings = RtlOptions {
        stalls,
        timeline: true,
        ..RtlOptions::default()
    };
    if let Err(error) = compare(case, options, &settings) {
        let (path, hint) = waves::failure(name);
        let settings = RtlOptions {
            vcd: Some(path),
            ..settings
        };
        let again = compare(case, options, &settings);
        let parts = compile(&case.expr, &case.shapes, options).map(|c| c.parts);
        panic!("{error} (again: {again:?})\n{case:?}\n{parts:?}\n{hint}");
    }
}

fn matmul(m: usize, n: usize, k: usize) -> Case {
    Case {
        expr: "ij,jk->ik".into(),
        shapes: vec![vec![m, k], vec![k, n]],
        seed: 9,
        int4: [false; 3],
    }
}

/// Small products on every preset.
#[test]
fn small_products() {
    for preset in Config::names() {
        check("small_products", &matmul(4, 4, 4), &options(preset), None);
        check(
            "small_products",
            &matmul(17, 17, 17),
            &options(preset),
            None,
        );
    }
}

/// Rows of the published table, on its machine and with fewer columns.
#[test]
fn table_on_256_multipliers() {
    for (m, n, k) in [(16, 16, 16), (33, 65, 47), (64, 64, 64), (128, 128, 8)] {
        check("table_on_m256", &matmul(m, n, k), &options("m256"), None);
        check("table_on_max", &matmul(m, n, k), &options("max"), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever contraction and memory: the RTL computes it, takes the predicted cycles, counts what the
    /// cycle model counts, and every unit does in every cycle what the model says.
    #[test]
    fn random_on_small(case in any_case(9), preset in 0usize..2, width in 0u32..3, latency in 2usize..40) {
        let memory = MemoryTiming { width: 1 << width, latency };
        let options = Options { memory, ..options(Config::names()[preset]) };
        check("random_on_small", &case, &options, None);
    }

    /// However memory and command port stall: the result stays right.
    #[test]
    fn random_stalls(case in any_case(7), preset in 0usize..2, seed in any::<u64>()) {
        check("random_stalls", &case, &options(Config::names()[preset]), Some(seed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// The same on every other preset.
    #[test]
    fn random_on_presets(case in any_case(12), preset in 2usize..Config::names().len(), stalls in prop::option::of(any::<u64>())) {
        check("random_on_presets", &case, &options(Config::names()[preset]), stalls);
    }
}
