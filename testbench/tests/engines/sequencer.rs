//! The nested-loop sequencer.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::sequencer::{steps, Step};
use tcpu_hdl::sequencer::Sequencer;
use tcpu_hdl::types::U;
use tcpu_isa::{LoopLevel, LEVELS};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, levels, stalls, used, with_reset, RESET};

/// A walk, and the levels that are set before it starts.
#[derive(Clone, Debug)]
struct Exec {
    sets: Vec<(usize, LoopLevel)>,
    levels: u8,
    base: [u32; 2],
}

fn execs() -> impl Strategy<Value = Vec<Exec>> {
    let exec = (
        levels(300, i32::MIN..=i32::MAX, -(1 << 23)..=(1 << 23) - 1),
        // All levels, or some, or one twice.
        prop_oneof![
            2 => Just((0..LEVELS).collect::<Vec<usize>>()),
            1 => prop::collection::vec(0..LEVELS, 0..6),
        ],
        used(),
        prop::array::uniform2(any::<u32>()),
    );
    let exec = exec.prop_map(|(nest, sets, levels, base)| Exec {
        sets: sets.into_iter().map(|level| (level, nest[level])).collect(),
        levels,
        base,
    });
    prop::collection::vec(exec, 1..5)
}

/// Steps of one walk after all sets so far are few enough to be walked.
fn short(nest: &[LoopLevel]) -> bool {
    nest.iter().map(|l| u64::from(l.count)).product::<u64>() < 100_000
}

/// Walks all execs, each started in the cycle of the last step of the one before, or later. Levels are set while
/// the walk before is still on.
fn play(execs: &[Exec], seeds: &[u64], watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Sequencer::default(), |u, clk| u.clock.next.clk = clk, watch)?;
    with_reset(
        &mut bench,
        seeds[3],
        |bench, until| part(bench, execs, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.set.next = false;
            u.plan.next = false;
            u.start.next = false;
            u.step.next = false;
        },
    )
}

/// Plays the case, up to a cycle.
fn part(bench: &mut Bench<Sequencer>, execs: &[Exec], seeds: &[u64], until: u64) -> Outcome {
    let [mut start_stalls, mut step_stalls, mut set_stalls] =
        [seeds[0], seeds[1], seeds[2]].map(Stalls::new);
    let mut noise = Rng::with_seed(seeds[0]);
    let mut waiting = execs.iter();
    let mut next = waiting.next();
    let mut sets: VecDeque<_> = next
        .into_iter()
        .flat_map(|exec| exec.sets.clone())
        .collect();
    let mut nest = RESET;
    let mut running: Option<(&Exec, Vec<_>)> = None;
    // The next walk's levels were planned, after the last of them was set.
    let mut planned = false;
    let (mut total, mut busy) = (0, 0);
    while (next.is_some() || running.is_some()) && bench.cycle() < until {
        let uut = &mut bench.uut;
        // What is neither set nor started with does not matter.
        uut.level.next = U::new(noise.u64(..));
        uut.count.next = U::new(noise.u64(..));
        uut.levels.next = U::new(noise.u64(..));
        uut.base_a.next = U::new(noise.u64(..));
        let set = match set_stalls.refuses() {
            true => None,
            false => sets.pop_front(),
        };
        uut.set.next = set.is_some();
        if let Some((level, to)) = set {
            uut.level.next = level.into();
            uut.count.next = U::new(to.count.into());
            uut.repeats.next = to.count != 1;
            uut.stride_a.next = U::new(to.stride_a as u64);
            uut.stride_b.next = U::new(to.stride_b as u64);
            nest[level] = to;
        }
        let step = running.is_some() && !step_stalls.refuses();
        uut.step.next = step;
        let ends = running
            .as_ref()
            .is_none_or(|(_, steps)| step && steps.len() == 1);
        let start = next.filter(|_| ends && planned && !start_stalls.refuses());
        uut.start.next = start.is_some();
        // The walk behind it can be planned at once if there is nothing to be set; a plan that comes too early
        // is one that is not kept.
        planned &= start.is_none();
        let (behind, all_set) = match start {
            Some(_) => {
                let behind = waiting.clone().next();
                (behind, behind.is_some_and(|exec| exec.sets.is_empty()))
            }
            None => (next, sets.is_empty()),
        };
        let plans = behind.filter(|_| !planned && all_set && !start_stalls.refuses());
        uut.plan.next = plans.is_some() || !planned && noise.bool();
        if let Some(exec) = plans {
            uut.levels.next = U::new((1 << exec.levels) - 1);
            planned = true;
        }
        if let Some(exec) = start {
            uut.base_a.next = U::new(exec.base[0].into());
            uut.base_b.next = U::new(exec.base[1].into());
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
            busy += 1;
            if step {
                steps.pop();
                total += 1;
            }
        }
        if running.as_ref().is_some_and(|(_, steps)| steps.is_empty()) {
            running = None;
        }
        if let Some(exec) = start {
            let used = &nest[..usize::from(exec.levels)];
            if !short(used) {
                return Ok(());
            }
            let mut walk: Vec<_> = steps(used).collect();
            walk.reverse();
            running = Some((exec, walk));
            next = waiting.next();
            sets = next
                .into_iter()
                .flat_map(|exec| exec.sets.clone())
                .collect();
        }
        bench.edge();
    }
    if !step_stalls.stalls() {
        ensure_eq!(busy, total, "cycles without a bubble");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Whatever nest of up to eight levels: the golden model's addresses and flags, in order, one per step;
    /// they stand still while nobody steps, and the last step ends the walk. Without stalls there is a
    /// step in every cycle, across all loop boundaries and from exec to exec. A level that is set while a walk
    /// is on counts for the next walk only, and stays for all later ones; of several plans the last one counts.
    #[test]
    fn walks_nests(execs in execs(), seeds in stalls(4)) {
        check("sequencer", |watch| play(&execs, &seeds, watch))?;
    }
}

/// The longest loops, on the lowest and the highest level, without a bubble.
#[test]
fn longest_loops() {
    for level in [0, LEVELS - 1] {
        let to = LoopLevel {
            count: u16::MAX,
            stride_a: 3 - level as i32,
            stride_b: 1,
        };
        let exec = Exec {
            sets: vec![(level, to)],
            levels: LEVELS as u8,
            base: [1 << 31, 0],
        };
        check("sequencer_long", |watch| {
            play(std::slice::from_ref(&exec), &[0; 4], watch)
        })
        .unwrap();
    }
}
