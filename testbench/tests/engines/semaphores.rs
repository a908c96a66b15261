//! The semaphores.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::semaphores::Semaphores;
use tcpu_hdl::types::U;
use tcpu_isa::{Unit, Units};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{any_sync, config, stalls, with_reset};

/// How the units behave.
#[derive(Clone, Copy)]
struct Manner {
    /// In so many percent of the cycles they start, and signal, if they can.
    taking: u8,
    signalling: u8,
    /// They signal whatever the count is, and start whatever they wait for.
    reckless: bool,
}

/// Six units wait, take and signal.
fn play(cycles: u64, seed: u64, manner: Manner, reset: u64, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Semaphores::default(), |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        reset,
        |bench, until| part(bench, until.min(cycles), seed, manner),
        |u, on| {
            u.reset.next = on;
            for unit in 0..6 {
                u.takes[unit].next = U::default();
                u.done[unit].next = U::default();
            }
        },
    )
}

/// Plays so many cycles.
fn part(bench: &mut Bench<Semaphores>, cycles: u64, seed: u64, manner: Manner) -> Outcome {
    let Manner {
        taking,
        signalling,
        reckless,
    } = manner;
    let end = bench.cycle() + cycles;
    let mut rng = Rng::with_seed(seed);
    // By producer, then consumer: 8 bits each.
    let mut counts = [[0u8; 6]; 6];
    let mut waits = [Units::default(); 6];
    // What was taken by the execs that started in the cycle before.
    let mut taken = [None; 6];
    // No unit may start in the first cycle: its queue is empty.
    let mut first = true;
    while bench.cycle() < end {
        let mut after = counts;
        let mut takes = [None; 6];
        let mut next = waits;
        for unit in Unit::ALL {
            let u = unit as usize;
            // What started in the cycle before takes in this one.
            let now: Units = taken[u].unwrap_or_default();
            let given = |p: Unit| counts[p as usize][u] > 0;
            let may = !first && waits[u].iter().all(given);
            let starts = taken[u].is_none() && (may || reckless) && rng.u8(..100) < taking;
            takes[u] = starts.then_some(waits[u]);
            // A head that is no exec, or is not there, goes without a start; what follows may yet come.
            let behind = any_sync(unit, &mut rng).wait;
            let advances = !starts && (waits[u].is_empty() || rng.u8(..100) < 5);
            if taken[u].is_some() || advances {
                next[u] = behind;
            }
            bench.uut.waits[u].next = U::new(next[u].mask().into());
            bench.uut.takes[u].next = U::new(now.mask().into());
            for producer in now.iter() {
                let count = &mut after[producer as usize][u];
                *count = count.wrapping_sub(1);
            }
            let mut done = Units::default();
            if rng.u8(..100) < signalling {
                let room = |&c: &Unit| reckless || counts[u][c as usize] < u8::MAX;
                done = any_sync(unit, &mut rng)
                    .signal
                    .iter()
                    .filter(room)
                    .collect();
            }
            for consumer in done.iter() {
                let count = &mut after[u][consumer as usize];
                *count = count.wrapping_add(1);
            }
            bench.uut.done[u].next = U::new(done.mask().into());
            bench.settle();
            ensure_eq!(bench.uut.may[u].val(), may, "{unit:?} may ({:?})", waits[u]);
        }
        (waits, taken, first) = (next, takes, false);
        counts = after;
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    /// A unit may start exactly if the semaphore from each unit that its head waits for is above zero, whether the
    /// head has waited, or was behind one that started and took, or behind one that is no exec. All takes and signals of
    /// all units in one cycle count, none is lost, up to the largest value.
    #[test]
    fn count_takes_and_signals(
        cycles in 1u64..700,
        seed in any::<u64>(),
        busy in prop::array::uniform2(0u8..=100),
        reset in stalls(1),
    ) {
        let manner = Manner { taking: busy[0], signalling: busy[1], reckless: false };
        check("semaphores", |watch| play(cycles, seed, manner, reset[0], watch))?;
    }

    /// A count that leaves its range wraps, and whether a unit may start follows the count.
    #[test]
    fn wrap(
        cycles in 1u64..700,
        seed in any::<u64>(),
        busy in prop::array::uniform2(0u8..=100),
        reset in stalls(1),
    ) {
        let manner = Manner { taking: busy[0], signalling: busy[1], reckless: true };
        check("semaphores_wrap", |watch| play(cycles, seed, manner, reset[0], watch))?;
    }
}
