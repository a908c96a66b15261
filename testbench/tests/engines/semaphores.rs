//! The semaphores.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::semaphores::Semaphores;
use tcpu_hdl::types::U;
use tcpu_isa::{Unit, Units};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{any_sync, config};

/// Six units wait, and take and signal in so many percent of the cycles. `reckless` ones signal whatever the
/// count is, and start whatever they wait for.
fn play(
    cycles: u64,
    seed: u64,
    [taking, signalling]: [u8; 2],
    reckless: bool,
    watch: &mut Watch,
) -> Outcome {
    let mut bench = Bench::new(Semaphores::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    // By producer, then consumer: 8 bits each.
    let mut counts = [[0u8; 6]; 6];
    let mut waits = [Units::default(); 6];
    while bench.cycle() < cycles {
        let mut after = counts;
        let mut takes = [false; 6];
        for unit in Unit::ALL {
            let u = unit as usize;
            let may = waits[u].iter().all(|p| counts[p as usize][u] > 0);
            takes[u] = (may || reckless) && rng.u8(..100) < taking;
            bench.uut.waits[u].next = U::new(waits[u].mask().into());
            bench.uut.takes[u].next = takes[u];
            if takes[u] {
                for producer in waits[u].iter() {
                    let count = &mut after[producer as usize][u];
                    *count = count.wrapping_sub(1);
                }
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
        for unit in Unit::ALL {
            // A unit goes on to its next exec, and an idle one shows whatever it likes.
            let u = unit as usize;
            if takes[u] || waits[u].is_empty() {
                waits[u] = any_sync(unit, &mut rng).wait;
            }
        }
        counts = after;
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    /// A unit may start exactly if the semaphore from each unit that it waits for is above zero. All takes and
    /// signals of all units in one cycle count, none is lost, up to the largest value.
    #[test]
    fn count_takes_and_signals(
        cycles in 1u64..700,
        seed in any::<u64>(),
        busy in prop::array::uniform2(0u8..=100),
    ) {
        check("semaphores", |watch| play(cycles, seed, busy, false, watch))?;
    }

    /// A count that leaves its range wraps, and whether a unit may start follows the count.
    #[test]
    fn wrap(
        cycles in 1u64..700,
        seed in any::<u64>(),
        busy in prop::array::uniform2(0u8..=100),
    ) {
        check("semaphores_wrap", |watch| play(cycles, seed, busy, true, watch))?;
    }
}
