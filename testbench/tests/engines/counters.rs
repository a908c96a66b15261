//! The counters.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::counters::Counters;
use tcpu_hdl::types::U;
use tcpu_isa::counters::{number, COUNTERS, LAG, READ_CYCLES};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::config;

/// Random events, some of them rare, with a reader that looks at any counter in any cycle, and at all of them in
/// the end, when nothing happens.
fn play(cycles: u64, seed: u64, clears: bool, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Counters::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    // As they are; the cycles as they were in the cycles before.
    let mut counts = [0u64; COUNTERS.len()];
    let mut cycles_before = [0; 2];
    // Cycles since the first command, which is cycle 1; the cycle behind the last event or clear.
    let (mut now, mut quiet) = (0, 0);
    let lag = LAG as u64;
    // What is selected, and for how many cycles it was.
    let (mut select, mut held) = (0, 0);
    let end = cycles + lag + (COUNTERS.len() * (READ_CYCLES + 1)) as u64;
    while bench.cycle() < end {
        let events = rng.u64(..1 << number::CYCLES) & rng.u64(..);
        let (command, write) = (rng.u8(..10) == 0, rng.u8(..4) == 0);
        let clear = clears && rng.u8(..40) == 0;
        let acts = bench.cycle() < cycles;
        let (events, command, write, clear) = match acts {
            true => (events, command, write, clear),
            false => (0, false, false, false),
        };
        let other = match acts {
            true if rng.u8(..3) > 0 => select,
            true => rng.usize(..COUNTERS.len()),
            false => bench.cycle() as usize / (READ_CYCLES + 1) % COUNTERS.len(),
        };
        if other != select {
            (select, held) = (other, 0);
        }
        let uut = &mut bench.uut;
        uut.events.next = U::new(events);
        uut.command.next = command;
        uut.write.next = write;
        uut.clear.next = clear;
        uut.select.next = select.into();
        bench.settle();
        let found = bench.uut.value.val();
        if held < READ_CYCLES {
            held += 1;
        } else if select == number::CYCLES {
            ensure_eq!(found, U::new(cycles_before[1]), "{}", COUNTERS[select]);
        } else if bench.cycle() >= quiet + lag {
            ensure_eq!(found, U::new(counts[select]), "{}", COUNTERS[select]);
        }
        cycles_before = [counts[number::CYCLES], cycles_before[0]];
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
        if events > 0 || clear {
            quiet = bench.cycle();
        }
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Each counter counts its own events and no others, soon after they happened; the cycle counter runs from the
    /// first command to the last write, both included, and can be read at any time, two cycles late; all are zero after they were
    /// cleared.
    #[test]
    fn count_events(cycles in 1u64..300, seed in any::<u64>(), clears in any::<bool>()) {
        check("counters", |watch| play(cycles, seed, clears, watch))?;
    }
}
