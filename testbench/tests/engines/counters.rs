//! The counters.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::counters::Counters;
use tcpu_hdl::types::U;
use tcpu_isa::counters::{number, COUNTERS};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::config;

/// Random events, some of them rare, with a reader that looks at any counter in any cycle.
fn play(cycles: u64, seed: u64, clears: bool, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Counters::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let mut counts = [0u64; COUNTERS.len()];
    // Cycles since the first command, which is cycle 1.
    let mut now = 0;
    while bench.cycle() < cycles {
        let events = rng.u64(..1 << number::CYCLES) & rng.u64(..);
        let (command, write) = (rng.u8(..10) == 0, rng.u8(..4) == 0);
        let clear = clears && rng.u8(..20) == 0;
        let select = rng.usize(..COUNTERS.len());
        let uut = &mut bench.uut;
        uut.events.next = U::new(events);
        uut.command.next = command;
        uut.write.next = write;
        uut.clear.next = clear;
        uut.select.next = select.into();
        bench.settle();
        ensure_eq!(
            bench.uut.value.val(),
            U::new(counts[select]),
            "{}",
            COUNTERS[select]
        );
        for (i, count) in counts[..number::CYCLES].iter_mut().enumerate() {
            *count += events >> i & 1;
        }
        now += u64::from(command || now > 0);
        if write {
            counts[number::CYCLES] = now;
        }
        if clear {
            counts = Default::default();
            now = 0;
        }
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Each counter counts its own events and no others; the cycle counter runs from the first command to the
    /// last write, both included; all are zero after they were cleared, and can be read at any time.
    #[test]
    fn count_events(cycles in 1u64..300, seed in any::<u64>(), clears in any::<bool>()) {
        check("counters", |watch| play(cycles, seed, clears, watch))?;
    }
}
