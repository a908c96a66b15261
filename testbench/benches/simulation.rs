//! How fast the machine is simulated: clock cycles per second of wall time, per preset, under rust-hdl and under
//! Verilator, on the same program. `cargo bench -p tcpu-testbench`; a name after `--` picks rows.

use criterion::{criterion_group, criterion_main, BatchSize, Criterion, Throughput};
use tcpu_compiler::{compile, Compiled, Options};
use tcpu_isa::{Config, MemoryTiming, OutType};
use tcpu_testbench::verilated::Verilated;
use tcpu_testbench::{run_on, run_rtl, RtlOptions};

/// A product of two matrices that keeps every unit of every preset busy.
fn product(preset: &str) -> (Compiled, MemoryTiming) {
    let config = Config::preset(preset).expect("a preset");
    let memory = MemoryTiming {
        width: config.flit,
        ..MemoryTiming::default()
    };
    let options = Options {
        config,
        memory,
        out: OutType::I8,
        mult: 1,
        shift: 8,
        int4: Vec::new(),
    };
    let shapes = [vec![32, 32], vec![32, 32]];
    (
        compile("ij,jk->ik", &shapes, &options).expect("a program"),
        memory,
    )
}

fn simulation(criterion: &mut Criterion) {
    for preset in Config::names() {
        let (compiled, timing) = product(preset);
        let program = &compiled.program;
        let operand = vec![3; 32 * 32];
        let image = program.image(&[&operand, &operand]).expect("an image");
        let options = RtlOptions::default();
        let mut group = criterion.benchmark_group(preset);
        group.sample_size(10);
        group.throughput(Throughput::Elements(compiled.cycles.total));
        group.bench_function("rust-hdl", |bench| {
            bench.iter(|| run_rtl(program, image.clone(), timing, &options).expect("a run"));
        });
        // Finding the model takes longer than the run.
        group.bench_function("verilator", |bench| {
            bench.iter_batched(
                || Verilated::new(&program.config).expect("a model"),
                |mut machine| {
                    run_on(&mut machine, program, image.clone(), timing, &options).expect("a run")
                },
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group!(benches, simulation);
criterion_main!(benches);
