//! The Verilog of the whole machine beside rust-hdl's simulation, in lockstep.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_isa::{Config, MemoryTiming};
use tcpu_testbench::machine::{Inputs, Machine, Outputs};
use tcpu_testbench::verilated::Verilated;
use tcpu_testbench::{rtl, run_on, RtlOptions};

/// Two machines that must say the same in every cycle.
struct Both {
    rtl: Box<dyn Machine>,
    verilated: Verilated,
    cycle: u64,
}

impl Both {
    fn new(config: &Config) -> Both {
        Both {
            rtl: rtl::machine(config, None, None).unwrap().unwrap(),
            verilated: Verilated::new(config).unwrap(),
            cycle: 0,
        }
    }
}

impl Machine for Both {
    fn w_valid(&self) -> bool {
        assert_eq!(self.rtl.w_valid(), self.verilated.w_valid());
        self.rtl.w_valid()
    }

    fn offer(&mut self, inputs: &Inputs) {
        self.rtl.offer(inputs);
        self.verilated.offer(inputs);
    }

    fn look(&self) -> Outputs {
        let outputs = self.rtl.look();
        assert_eq!(outputs, self.verilated.look(), "in cycle {}", self.cycle);
        outputs
    }

    fn clock(&mut self) {
        self.rtl.clock();
        self.verilated.clock();
        self.cycle += 1;
    }

    fn select(&mut self, number: usize) {
        self.rtl.select(number);
        self.verilated.select(number);
    }

    fn counter(&mut self) -> u64 {
        let value = self.rtl.counter();
        assert_eq!(value, self.verilated.counter(), "in cycle {}", self.cycle);
        value
    }
}

/// Runs a case on both; the result is right, too.
fn check(case: &Case, preset: &str, memory: MemoryTiming, stalls: Option<u64>) {
    let prepared = prepare(case, &options(preset));
    let program = &prepared.compiled.program;
    let settings = RtlOptions {
        stalls,
        ..RtlOptions::default()
    };
    let mut both = Both::new(&program.config);
    let run = run_on(
        &mut both,
        program,
        prepared.image.clone(),
        memory,
        &settings,
    )
    .unwrap();
    assert_eq!(result(&prepared.compiled, &run.memory), prepared.expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever contraction, memory and stalls: every output is the same in every cycle.
    #[test]
    fn random_on_small(
        case in any_case(8),
        preset in 0usize..2,
        width in 0u32..3,
        latency in 2usize..40,
        stalls in prop::option::of(any::<u64>()),
    ) {
        let memory = MemoryTiming { width: 1 << width, latency };
        check(&case, Config::names()[preset], memory, stalls);
    }

    /// Words that are no commands: the same faults at the same words, in the same cycles.
    #[test]
    fn faults(
        words in prop::collection::vec(word(), 1..40),
        ready in any::<u64>(),
    ) {
        let mut both = Both::new(&Config::preset("tiny").unwrap());
        let mut words = words.into_iter().peekable();
        for cycle in 0..200 {
            both.offer(&Inputs {
                command: words.peek().copied(),
                req_ready: ready >> (cycle % 64) & 1 == 1,
                ..Inputs::default()
            });
            if both.look().cmd_ready {
                words.next();
            }
            both.clock();
        }
    }
}

/// Command words near the edge of what is legal: a legal one with a few bits changed, seldom more.
fn word() -> impl Strategy<Value = u128> {
    use tcpu_isa::layout::{self, header, loops, Field};
    let field = |f: Field, value: u64| move |word: u128| f.put(word, value);
    let head = (0u64..7, 0u64..2, 0u64..10, any::<u128>(), 0u32..4);
    head.prop_map(move |(unit, op, level, noise, keep)| {
        let word = field(header::VERSION, layout::VERSION)(0);
        let word = header::LEVEL.put(header::OP.put(header::UNIT.put(word, unit), op), level);
        // Fewer and fewer bits of noise.
        let noise = (0..keep).fold(noise, |n, k| n & noise.rotate_left(17 * (k + 1)));
        let word = word | noise << 16;
        match op {
            0 => word & ((1 << 88) - 1) | 1 << loops::COUNT.lo,
            _ => word,
        }
    })
}
