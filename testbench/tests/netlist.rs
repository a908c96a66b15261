//! The whole machine after synthesis, from the vendor's cells, and both tellings of it from a random start.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tcpu_isa::{Config, MemoryTiming};
use tcpu_synth::area::Family;
use tcpu_synth::emit;
use tcpu_synth::gates::gates;
use tcpu_synth::verilated::{Model, Start};
use tcpu_testbench::machine::Machine;
use tcpu_testbench::verilated::Verilated;
use tcpu_testbench::{run_on, RtlOptions, RtlRun};

/// Runs a case on a machine; the result is right, too.
fn run(machine: &mut dyn Machine, case: &Case, config: &Config, stalls: u64) -> RtlRun {
    let prepared = prepare(case, &options(&config.name));
    let program = &prepared.compiled.program;
    let memory = MemoryTiming {
        width: config.flit,
        latency: 2 + stalls as usize % 30,
    };
    let settings = RtlOptions {
        stalls: (stalls % 3 > 0).then_some(stalls),
        ..RtlOptions::default()
    };
    let run = run_on(machine, program, prepared.image.clone(), memory, &settings).unwrap();
    assert_eq!(result(&prepared.compiled, &run.memory), prepared.expected);
    run
}

/// Some cases, always the same.
fn cases(count: usize) -> Vec<(Case, u64)> {
    let mut runner = TestRunner::deterministic();
    let any = (any_case(8), any::<u64>());
    let case = |_| any.new_tree(&mut runner).unwrap().current();
    (0..count).map(case).collect()
}

/// A register that is not reset, or a memory that is not written, does not matter: from whatever state, and a reset,
/// a program runs as from the given start, bit for bit and cycle for cycle.
fn starts_anywhere(config: &Config, model: &Model, count: usize) {
    for (seed, (case, stalls)) in cases(count).iter().enumerate() {
        let start = |start| Verilated::of(config, model.again(start).unwrap()).unwrap();
        let given = run(&mut start(Start::Given), case, config, *stalls);
        let mut random = start(Start::Random(seed as u32));
        random.reset();
        assert_eq!(run(&mut random, case, config, *stalls), given, "{case:?}");
    }
}

#[test]
fn verilog_starts_anywhere() {
    for preset in ["nano", "tiny"] {
        let config = Config::preset(preset).unwrap();
        let model = Model::new(&emit(&config).unwrap()).unwrap();
        starts_anywhere(&config, &model, 40);
    }
}

/// From the ECP5's cells, with the registers that moved into multipliers and block RAMs: the same as the Verilog.
#[test]
fn cells_are_the_machine() {
    let config = Config::preset("nano").unwrap();
    let verilog = emit(&config).unwrap();
    let gates = gates(&verilog, Family::Ecp5).unwrap();
    let absorbed = gates.absorbed;
    assert!(absorbed.products > 0 && absorbed.reads > 0, "{absorbed:?}");
    let model = Model::quick(&gates.modules).unwrap();
    let verilog = Model::new(&verilog).unwrap();
    for (case, stalls) in cases(6) {
        let on = |model: &Model| {
            let model = model.again(Start::Given).unwrap();
            let mut machine = Verilated::of(&config, model).unwrap();
            run(&mut machine, &case, &config, stalls)
        };
        assert_eq!(on(&model), on(&verilog), "{case:?}");
    }
    starts_anywhere(&config, &model, 4);
}
