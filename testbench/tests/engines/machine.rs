//! All engines at once, on programs that no compiler writes.

use std::cell::RefCell;
use std::ops::Range;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_compiler::cycles::predict;
use tcpu_golden::contract::{flits_made, flits_needed};
use tcpu_golden::sequencer::steps;
use tcpu_golden::{run, Fault, Order};
use tcpu_isa::program::{Program, Tensor};
use tcpu_isa::{
    Command, Commit, Config, Contract, Dma, Fetch, LoopLevel, MemoryTiming, OutType, Sync, TrfLoad,
    Unit,
};
use tcpu_testbench::bench::{check, Outcome};
use tcpu_testbench::{run_rtl, RtlOptions};

use crate::cases::{any_contract, build, byte, config, Levels, RESET};

/// Jobs of a program at most: as many as the memories have room for.
const JOBS: usize = 3;
/// Bytes of the external memory: operands below, results of each job above.
const EXTERNAL: usize = 4096;
const RESULTS: i64 = 2048;

/// The strides of one of the two address spaces.
type Strides = fn(&mut LoopLevel) -> &mut i32;
const A: Strides = |level| &mut level.stride_a;
const B: Strides = |level| &mut level.stride_b;

/// A program in the making.
struct Writer<'a> {
    config: &'a Config,
    rng: Rng,
    commands: Vec<Command>,
    shadow: [Levels; 6],
}

impl Writer<'_> {
    /// A nest with these counts.
    fn nest(&mut self, counts: &[u64]) -> Levels {
        let mut nest = RESET;
        for (level, &count) in nest.iter_mut().zip(counts) {
            level.count = count as u16;
        }
        nest
    }

    /// Strides for one address space, and a first address, so that `length` bytes from all addresses on are in
    /// a region.
    fn place(
        &mut self,
        nest: &mut Levels,
        levels: u8,
        of: Strides,
        length: i64,
        region: Range<i64>,
    ) -> u32 {
        for width in [60, 8, 1, 0] {
            for level in &mut nest[..usize::from(levels)] {
                *of(level) = self.rng.i32(-width..=width);
            }
            let mut used = nest[..usize::from(levels)].to_vec();
            // Offsets come out as `a`.
            used.iter_mut()
                .for_each(|level| level.stride_a = *of(level));
            let (mut low, mut high) = (0, 0);
            for step in steps(&used) {
                (low, high) = (low.min(step.a), high.max(step.a));
            }
            let (from, to) = (region.start - low, region.end - length - high);
            if from <= to {
                return self.rng.i64(from..=to) as u32;
            }
        }
        panic!("{region:?} has no room for {length}");
    }

    /// A number as a product of two.
    fn split(&mut self, n: u64) -> [u64; 2] {
        let parts: Vec<u64> = (1..=n).filter(|part| n % part == 0).collect();
        let part = parts[self.rng.usize(..parts.len())];
        [part, n / part]
    }

    /// Sets what is not yet set of a unit's nest, and then the exec.
    fn exec(&mut self, unit: Unit, nest: Levels, exec: Command) {
        for (level, (old, to)) in self.shadow[unit as usize].iter_mut().zip(nest).enumerate() {
            if *old != to {
                *old = to;
                let level = level as u8;
                self.commands.push(Command::Loop { unit, level, to });
            }
        }
        self.commands.push(exec);
    }

    /// Rows between the external memory and a region of DM, in one slice or all.
    fn transfer(&mut self, unit: Unit, ext: Range<i64>, dm: Range<i64>, sync: Sync) {
        let counts = [self.rng.u64(1..4), self.rng.u64(1..4)];
        let mut nest = self.nest(&counts);
        let bytes = self.rng.u16(1..=100);
        let ext = self.place(&mut nest, 2, A, bytes.into(), ext);
        let offset = self.place(&mut nest, 2, B, bytes.into(), dm);
        let slice = self.rng.usize(..self.config.slices) * self.config.dm_bytes();
        let broadcast = unit == Unit::Load && self.rng.bool();
        let dm = slice as u32 + offset;
        let dma = Dma {
            levels: 2,
            ext,
            dm,
            bytes,
            broadcast,
            sync,
        };
        let command = if unit == Unit::Load {
            Command::Load(dma)
        } else {
            Command::Store(dma)
        };
        self.exec(unit, nest, command);
    }

    /// A stream of `flits` flits out of a region.
    fn stream(&mut self, flits: u64, region: Range<i64>, sync: Sync) -> (Levels, Fetch) {
        let packet = self.rng.u8(1..=self.config.flit as u8);
        let pack = self.rng.u8(1..=self.config.flit as u8 / packet);
        let [x, y] = self.split(flits);
        let mut nest = self.nest(&[pack.into(), x, y]);
        let base = self.place(&mut nest, 3, A, packet.into(), region);
        (
            nest,
            Fetch {
                levels: 3,
                base,
                packet,
                pack,
                tail: None,
                sync,
            },
        )
    }

    /// Loads two operands, contracts them in some way, stores what comes out, all in places of its own.
    fn job(&mut self, number: usize) {
        let place = number as i64;
        let sync = |wait: Option<Unit>, signal: Option<Unit>| Sync {
            wait: wait.into_iter().collect(),
            signal: signal.into_iter().collect(),
        };
        let dm = |part: i64| 600 * place + 200 * part..600 * place + 200 * (part + 1);
        self.transfer(Unit::Load, 0..RESULTS, dm(0), sync(None, Some(Unit::Fetch)));
        self.transfer(
            Unit::Load,
            0..RESULTS,
            dm(1),
            sync(None, Some(Unit::TrfLoad)),
        );

        // Ten rows of the TRF.
        let (lanes, flit) = (self.config.lanes as i64, self.config.flit as i64);
        let rows = 10 * place..10 * (place + 1);
        let flits = self.rng.u64(1..20);
        let (mut nest, fetch) =
            self.stream(flits, dm(1), sync(Some(Unit::Load), Some(Unit::Contract)));
        let trf = self.place(&mut nest, 3, B, 1, rows.start * lanes..rows.end * lanes);
        let load = TrfLoad {
            fetch,
            trf,
            broadcast: self.rng.bool(),
        };
        self.exec(Unit::TrfLoad, nest, Command::TrfLoad(load));

        let counts = [self.rng.u64(1..5), self.rng.u64(1..5), self.rng.u64(1..4)];
        let mut walk = self.nest(&counts);
        let any = any_contract(self.config, &mut self.rng);
        let trf = self.place(&mut walk, 3, A, 1, rows.start * flit..rows.end * flit);
        for (level, to) in walk[..3].iter_mut().enumerate() {
            // Each slot restarts before it is used.
            to.stride_b = if any.reduce >> level & 1 == 1 {
                0
            } else {
                self.rng.i32(-2..=2)
            };
        }
        let contract = Contract {
            levels: 3,
            trf,
            hold: any.hold.min(3),
            init: true,
            // A program that writes nothing has no last cycle.
            emit: any.emit || number == 0,
            sync: sync(Some(Unit::TrfLoad), None),
            ..any
        };
        let (need, made) = (
            flits_needed(&contract, &walk[..3]),
            flits_made(&contract, &walk[..3]),
        );
        let (nest, fetch) = self.stream(need as u64, dm(0), sync(Some(Unit::Load), None));
        self.exec(Unit::Fetch, nest, Command::Fetch(fetch));
        self.exec(Unit::Contract, walk, Command::Contract(contract));
        if made == 0 {
            return;
        }

        let [x, y] = self.split(made as u64);
        let mut nest = self.nest(&[x, y]);
        let kinds = [OutType::I8, OutType::I16, OutType::I32, OutType::Digits];
        let commit = Commit {
            levels: 2,
            base: self.place(&mut nest, 2, A, flit, dm(2)),
            out: kinds[self.rng.usize(..4)],
            mult: self.rng.u16(..),
            shift: self.rng.u8(..20),
            sync: sync(None, Some(Unit::Store)),
        };
        self.exec(Unit::Commit, nest, Command::Commit(commit));
        let results = RESULTS + 600 * place..RESULTS + 600 * (place + 1);
        self.transfer(Unit::Store, results, dm(2), sync(Some(Unit::Commit), None));
    }
}

/// A program of jobs, by their seeds.
fn program(config: &Config, jobs: &[u64]) -> Program {
    let mut writer = Writer {
        config,
        rng: Rng::new(),
        commands: Vec::new(),
        shadow: [RESET; 6],
    };
    for (number, seed) in jobs.iter().enumerate() {
        writer.rng = Rng::with_seed(*seed);
        writer.job(number);
    }
    let output = Tensor {
        name: "all".into(),
        dtype: OutType::I8,
        shape: vec![EXTERNAL],
        ext: 0,
        int4: None,
    };
    Program {
        config: config.clone(),
        inputs: Vec::new(),
        output,
        data: Vec::new(),
        memory_bytes: EXTERNAL as u64,
        commands: writer.commands,
        predicted: None,
        source: String::new(),
    }
}

/// Runs a program in three tellings: golden model, hardware, cycle model.
fn play(program: &Program, image: &[u8], timing: MemoryTiming, options: &RtlOptions) -> Outcome {
    let Program {
        config, commands, ..
    } = program;
    let expected = run(config, commands, image.to_vec(), Order::Program)?;
    for order in [Order::Lowest, Order::Highest, Order::Random(1)] {
        let other = run(config, commands, image.to_vec(), order)?;
        ensure!(other == expected, "the program is not well synchronised");
    }
    let rtl = run_rtl(program, image.to_vec(), timing, options)?;
    ensure!(rtl.memory == expected, "the memory has other contents");
    if options.stalls.is_none() {
        let predicted = predict(config, timing, commands)?;
        ensure_eq!(rtl.cycles, predicted.total, "cycles");
        ensure_eq!(rtl.counters, predicted.counters, "counters");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(192))]

    /// Jobs of random loads, streams, contractions, commits and stores side by side, ordered by semaphores
    /// alone: the hardware leaves the memory as the golden model does, whatever stalls, and without stalls
    /// takes the cycles, and counts what the cycle model counts.
    #[test]
    fn random_programs(
        preset in prop::sample::select(vec!["nano", "tiny"]),
        jobs in prop::collection::vec(any::<u64>(), 1..=JOBS),
        seed in any::<u64>(),
        (width, latency) in (0u32..3, 2usize..30),
        stalls in prop::option::of(any::<u64>()),
    ) {
        let program = program(&build(preset), &jobs);
        program.check()?;
        let mut rng = Rng::with_seed(seed);
        let image: Vec<u8> = (0..EXTERNAL).map(|_| byte(&mut rng) as u8).collect();
        let timing = MemoryTiming { width: 1 << width, latency };
        // No program may let an accumulator overflow.
        let golden = run(&program.config, &program.commands, image.clone(), Order::Program);
        prop_assume!(!matches!(golden, Err(Fault::Overflow { .. })));
        check(&format!("machine_{preset}"), |watch| {
            let trace = RefCell::default();
            let options = RtlOptions {
                vcd: watch.vcd.clone(),
                trace: watch.traces.is_some().then_some(&trace),
                stalls,
                ..RtlOptions::default()
            };
            play(&program, &image, timing, &options)?;
            if let Some(traces) = &mut watch.traces {
                traces.push(trace.into_inner());
            }
            Ok(())
        })?;
    }
}
