//! Block RAM behind the memory port.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::block_memory::BlockMemory;
use tcpu_hdl::types::{Flits, U};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls};

/// Rows of the memory: so few that requests meet, and wrap at its end.
const ROWS: usize = 32;

/// A request: its first row (addresses go on behind the memory's end) and its beats.
#[derive(Clone, Debug)]
struct Request {
    write: bool,
    row: usize,
    beats: usize,
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let request = (any::<bool>(), 0..3 * ROWS, 1usize..=16);
    let request = request.prop_map(|(write, row, beats)| Request { write, row, beats });
    prop::collection::vec(request, 1..40)
}

/// Plays requests, requests, write beats and read beats stalling by their seeds.
fn play<const F: usize>(requests: &[Request], seeds: &[u64], watch: &mut Watch) -> Outcome {
    let block = BlockMemory::<F>::new(ROWS * F);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seeds[0]);
    let mut plain = [[0i8; F]; ROWS];
    let (mut writes, mut expected) = (VecDeque::new(), VecDeque::new());
    for request in requests {
        for beat in 0..request.beats {
            let row = &mut plain[(request.row + beat) % ROWS];
            if !request.write {
                expected.push_back(*row);
                continue;
            }
            let (data, strb) = ([(); F].map(|()| rng.i8(..)), rng.u32(..));
            for (i, byte) in row.iter_mut().enumerate() {
                if strb >> i & 1 == 1 {
                    *byte = data[i];
                }
            }
            writes.push_back((data, strb));
        }
    }
    let mut slow: Vec<Stalls> = seeds.iter().map(|seed| Stalls::new(*seed)).collect();
    let (mut next, mut offered) = (0, [false; 2]);
    while next < requests.len() || !writes.is_empty() || !expected.is_empty() {
        // What was offered stays; what is not offered is noise.
        offered[0] = next < requests.len() && (offered[0] || !slow[0].refuses());
        offered[1] = !writes.is_empty() && (offered[1] || !slow[1].refuses());
        let noise = Request {
            write: rng.bool(),
            row: rng.usize(..ROWS),
            beats: rng.usize(..16),
        };
        let request = match offered[0] {
            true => &requests[next],
            false => &noise,
        };
        let uut = &mut bench.uut;
        uut.req_valid.next = offered[0];
        uut.req_write.next = request.write;
        uut.req_addr.next = U::new((request.row * F) as u64);
        uut.req_beats.next = U::new(request.beats as u64);
        let noise = ([(); F].map(|()| rng.i8(..)), rng.u32(..));
        let (data, strb) = writes.front().filter(|_| offered[1]).unwrap_or(&noise);
        uut.w_valid.next = offered[1];
        uut.w_data.next = Flits([*data]);
        uut.w_strb.next = U::new(u64::from(*strb));
        uut.r_ready.next = !slow[2].refuses();
        bench.settle();
        let uut = &bench.uut;
        if offered[0] && uut.req_ready.val() {
            (next, offered[0]) = (next + 1, false);
        }
        if offered[1] && uut.w_ready.val() {
            writes.pop_front();
            offered[1] = false;
        }
        if uut.r_valid.val() && uut.r_ready.val() {
            let found = uut.r_data.val().0[0];
            ensure_eq!(Some(found), expected.pop_front(), "a beat");
        }
        bench.edge();
        ensure!(bench.cycle() < 20_000, "nothing comes any more");
    }
    if slow.iter().all(|slow| !slow.stalls()) {
        // Two cycles to the first beat; one that is read is on its way for two more.
        let (mut beats, mut end) = (0, 0);
        for request in requests {
            beats += request.beats as u64;
            end = end.max(beats + if request.write { 2 } else { 4 });
        }
        ensure_eq!(bench.cycle(), end, "cycles");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    /// Reads give what was written before them, byte by byte, in order, however slow the port's user is; and
    /// without stalls a beat moves in every cycle.
    #[test]
    fn like_a_plain_memory(requests in requests(), seeds in stalls(3)) {
        check("block_memory_narrow", |watch| play::<4>(&requests, &seeds, watch))?;
        check("block_memory_wide", |watch| play::<16>(&requests, &seeds, watch))?;
    }
}
