//! The tensor register file.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::trf::Trf;
use tcpu_hdl::types::{Flits, Operands, U};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{build, config};

/// Random reads and writes; sub never fills a row in the cycle in which main reads it.
fn play<const S: usize, const L: usize, const F: usize>(
    preset: &str,
    cycles: u64,
    seed: u64,
    watch: &mut Watch,
) -> Outcome {
    let config = build(preset);
    let block = Trf::<S, L, F>::new(&config);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let mut rows = vec![Operands::<S, L, F>::default(); config.trf_rows];
    let mut shown = [None; 2];
    let mut given = None;
    while bench.cycle() < cycles {
        let (write, all) = (rng.bool(), rng.bool());
        // Addresses wrap, and few rows are used, so that they meet often.
        let place = |rng: &mut Rng| rng.usize(..8) + config.trf_rows * rng.usize(..3);
        let (to, lane) = (place(&mut rng), rng.usize(..L));
        // In this cycle the flit of the one before is written.
        let mut from = place(&mut rng);
        if given.is_some_and(|(at, _, _, _)| at % config.trf_rows == from % config.trf_rows) {
            from += 1;
        }
        let uut = &mut bench.uut;
        uut.write.next = write;
        uut.write_at.next = (to * L + lane).into();
        uut.write_all.next = all;
        uut.write_data.next = Flits([(); S].map(|()| [(); F].map(|()| rng.i8(..))));
        uut.read_at.next = U::new((from * F + rng.usize(..F)) as u64);
        bench.settle();
        let uut = &bench.uut;
        if let Some(row) = shown[1] {
            ensure_eq!(uut.row.val(), row, "the row");
        }
        shown = [Some(rows[from % config.trf_rows]), shown[0]];
        if let Some((at, lane, all, flits)) = given {
            let row: &mut Operands<S, L, F> = &mut rows[at % config.trf_rows];
            let flits: Flits<S, F> = flits;
            for (slice, flit) in row.0.iter_mut().zip(flits.0) {
                for (l, bytes) in slice.iter_mut().enumerate() {
                    if all || l == lane {
                        *bytes = flit;
                    }
                }
            }
        }
        given = write.then_some((to, lane, all, uut.write_data.val()));
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// A flit goes to its row and lane, or to all lanes, of every slice, in the cycle after, and a read in any later one
    /// sees it; the row that was read shows in the second cycle after.
    #[test]
    fn rows_and_lanes(cycles in 1u64..200, seed in any::<u64>()) {
        check("trf_tiny", |watch| play::<2, 2, 4>("tiny", cycles, seed, watch))?;
        check("trf_tall", |watch| play::<2, 16, 4>("tall", cycles, seed, watch))?;
        check("trf_ecp5", |watch| play::<2, 4, 16>("ecp5-85k", cycles, seed, watch))?;
    }
}
