//! The nested-loop sequencer.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::sequencer::{steps, Step};
use tcpu_hdl::sequencer::{Nest, Sequencer};
use tcpu_hdl::types::{Vector, U};
use tcpu_isa::{LoopLevel, LEVELS};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, levels, stalls, with_reset, Levels, RESET};

#[derive(Clone, Debug)]
struct Exec {
    nest: Levels,
    levels: u8,
    base: [u32; 2],
}

impl Exec {
    fn load(&self, uut: &mut Sequencer) {
        let level = |f: fn(&LoopLevel) -> i64| self.nest.each_ref().map(f);
        uut.nest.next = Nest {
            count: Vector(level(|l| l.count.into()).map(|x| U::new(x as u64))),
            stride_a: Vector(level(|l| l.stride_a.into()).map(|x| U::new(x as u64))),
            stride_b: Vector(level(|l| l.stride_b.into()).map(|x| U::new(x as u64))),
        };
        uut.levels.next = U::new(self.levels.into());
        uut.base_a.next = U::new(self.base[0].into());
        uut.base_b.next = U::new(self.base[1].into());
    }
}

fn execs() -> impl Strategy<Value = Vec<Exec>> {
    let exec = (
        levels(300, i32::MIN..=i32::MAX, -(1 << 23)..=(1 << 23) - 1),
        0..=LEVELS as u8,
        prop::array::uniform2(any::<u32>()),
    );
    let exec = exec.prop_map(|(nest, levels, base)| Exec { nest, levels, base });
    prop::collection::vec(exec, 1..5)
}

/// Walks all execs, each started in the cycle of the last step of the one before, or later.
fn play(execs: &[Exec], seeds: &[u64], watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Sequencer::default(), |u, clk| u.clock.next.clk = clk, watch)?;
    with_reset(
        &mut bench,
        seeds[2],
        |bench, until| part(bench, execs, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.start.next = false;
            u.step.next = false;
        },
    )
}

/// Plays the case, up to a cycle.
fn part(bench: &mut Bench<Sequencer>, execs: &[Exec], seeds: &[u64], until: u64) -> Outcome {
    let (mut start_stalls, mut step_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut noise = Rng::with_seed(seeds[0]);
    let mut waiting = execs.iter();
    let mut running: Option<(&Exec, Vec<_>)> = None;
    let (first, mut total) = (bench.cycle(), 0);
    while (waiting.len() > 0 || running.is_some()) && bench.cycle() < until {
        let uut = &mut bench.uut;
        // What is not loaded does not matter.
        uut.nest.next.count = Vector([U::new(noise.u64(..)); LEVELS]);
        uut.levels.next = U::new(noise.u64(..));
        let step = running.is_some() && !step_stalls.refuses();
        uut.step.next = step;
        let ends = running
            .as_ref()
            .is_none_or(|(_, steps)| step && steps.len() == 1);
        let start = match ends && !start_stalls.refuses() {
            true => waiting.next(),
            false => None,
        };
        uut.start.next = start.is_some();
        if let Some(exec) = start {
            exec.load(uut);
        }
        bench.settle();
        let uut = &bench.uut;
        ensure_eq!(uut.valid.val(), running.is_some(), "valid");
        if let Some((exec, steps)) = &mut running {
            let now: &Step = &steps[steps.len() - 1];
            let at = |base: u32, offset: i64| (i64::from(base) + offset) as u64;
            ensure_eq!(uut.a.val(), U::new(at(exec.base[0], now.a)), "a");
            ensure_eq!(uut.b.val(), U::new(at(exec.base[1], now.b)), "b");
            ensure_eq!(uut.at_first.val(), U::new(now.at_first.into()), "at_first");
            ensure_eq!(uut.at_last.val(), U::new(now.at_last.into()), "at_last");
            ensure_eq!(uut.last.val(), steps.len() == 1, "last");
            if step {
                steps.pop();
                total += 1;
            }
        }
        if running.as_ref().is_some_and(|(_, steps)| steps.is_empty()) {
            running = None;
        }
        if let Some(exec) = start {
            let mut walk: Vec<_> = steps(&exec.nest[..usize::from(exec.levels)]).collect();
            walk.reverse();
            running = Some((exec, walk));
        }
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(());
    }
    if !start_stalls.stalls() && !step_stalls.stalls() {
        // The first exec starts in the first cycle.
        ensure_eq!(bench.cycle() - first, total + 1, "cycles without a bubble");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Whatever nest of up to eight levels: the golden model's addresses and flags, in order, one per step;
    /// they stand still while nobody steps, and the last step ends the walk. Without stalls there is a
    /// step in every cycle, across all loop boundaries and from exec to exec.
    #[test]
    fn walks_nests(execs in execs(), seeds in stalls(3)) {
        check("sequencer", |watch| play(&execs, &seeds, watch))?;
    }
}

/// The longest loops, on the lowest and the highest level, without a bubble.
#[test]
fn longest_loops() {
    let mut nest = RESET;
    for level in [0, LEVELS - 1] {
        let stride_a = 3 - level as i32;
        nest[level] = LoopLevel {
            count: u16::MAX,
            stride_a,
            stride_b: 1,
        };
        let exec = Exec {
            nest,
            levels: LEVELS as u8,
            base: [1 << 31, 0],
        };
        check("sequencer_long", |watch| {
            play(std::slice::from_ref(&exec), &[0; 3], watch)
        })
        .unwrap();
        nest[level] = RESET[level];
    }
}
