//! The semaphores.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::semaphores::Semaphores;
use tcpu_hdl::types::U;
use tcpu_isa::{SEMAPHORES, SEMAPHORE_MAX};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{self, config, stalls, with_reset};

/// Up to two of the semaphores that a unit waits for or signals.
fn pair(rng: &mut Rng, allowed: impl Fn(u8) -> bool) -> [Option<u8>; 2] {
    [(); 2].map(|()| {
        let sem = rng.u8(..SEMAPHORES as u8);
        (rng.bool() && allowed(sem)).then_some(sem)
    })
}

/// Six units wait, and take and signal in so many percent of the cycles. Each waits for semaphores of its
/// own, as in a program.
fn play(cycles: u64, seed: u64, busy: [u8; 2], reset: u64, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Semaphores::default(), |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        reset,
        |bench, until| part(bench, until.min(cycles), seed, busy),
        |u, on| {
            u.reset.next = on;
            for unit in 0..6 {
                u.takes[unit].next = false;
                u.done[unit].next = U::default();
            }
        },
    )
}

/// Plays so many cycles.
fn part(
    bench: &mut Bench<Semaphores>,
    cycles: u64,
    seed: u64,
    [taking, signalling]: [u8; 2],
) -> Outcome {
    let end = bench.cycle() + cycles;
    let mut rng = Rng::with_seed(seed);
    let owner: [usize; SEMAPHORES] = [(); SEMAPHORES].map(|()| rng.usize(..6));
    let mut counts = [0u32; SEMAPHORES];
    let mut waits = [[None; 2]; 6];
    while bench.cycle() < end {
        let mut done = [[None; 2]; 6];
        let mut takes = [false; 6];
        let mut after = counts;
        for u in 0..6 {
            let mut need = [0; SEMAPHORES];
            for sem in waits[u].iter().flatten() {
                need[usize::from(*sem)] += 1;
            }
            let may = need.iter().zip(&counts).all(|(need, have)| need <= have);
            takes[u] = may && rng.u8(..100) < taking;
            bench.uut.waits[u].next = U::new(cases::semaphores(waits[u]));
            bench.uut.takes[u].next = takes[u];
            if takes[u] {
                after
                    .iter_mut()
                    .zip(need)
                    .for_each(|(count, n)| *count -= n);
            }
            if rng.u8(..100) < signalling {
                done[u] = pair(&mut rng, |sem| after[usize::from(sem)] + 2 <= SEMAPHORE_MAX);
                for sem in done[u].iter().flatten() {
                    after[usize::from(*sem)] += 1;
                }
            }
            bench.uut.done[u].next = U::new(cases::semaphores(done[u]));
            bench.settle();
            ensure_eq!(bench.uut.may[u].val(), may, "unit {u} may ({:?})", waits[u]);
        }
        for u in 0..6 {
            // A unit goes on to its next exec, and an idle one shows whatever it likes.
            if takes[u] || waits[u] == [None; 2] {
                waits[u] = pair(&mut rng, |sem| owner[usize::from(sem)] == u);
            }
        }
        counts = after;
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    /// A unit may start exactly if each semaphore that it waits for is above zero, above one if it waits
    /// for it twice. All takes and signals of all units in one cycle count, none is lost,
    /// up to the largest value.
    #[test]
    fn count_takes_and_signals(
        cycles in 1u64..700,
        seed in any::<u64>(),
        busy in prop::array::uniform2(0u8..=100),
        reset in stalls(1),
    ) {
        check("semaphores", |watch| play(cycles, seed, busy, reset[0], watch))?;
    }
}
