//! The memory side of the bus: requests of the machine as bursts of AXI4.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::bus::AxiMemory;
use tcpu_hdl::types::{Flits, U};
use tcpu_testbench::axi::{AxiModel, Burst, Master, WriteBeat};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls};

/// Bytes of the memory: two pages and a half, so few that reads and writes meet.
const BYTES: usize = 2 * 4096 + 2048;
/// Requests begin in the last bytes of a page more often than elsewhere.
const EDGE: usize = 512;

/// A request: where it is, a part of the way from a page's edge or from the memory's begin, and its beats.
#[derive(Clone, Debug)]
struct Request {
    write: bool,
    at: usize,
    beats: usize,
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let at = prop_oneof![
        (4096 - EDGE..4096 + EDGE),
        (0..BYTES),
        // Some of it is behind the memory's end.
        (BYTES - EDGE..BYTES + EDGE),
    ];
    let request = (any::<bool>(), at, prop_oneof![Just(1usize), 1usize..=16]);
    let request = request.prop_map(|(write, at, beats)| Request { write, at, beats });
    prop::collection::vec(request, 1..40)
}

/// What the block and the memory do in a cycle, beside the machine: the beat that came back, errors.
type Moves = (Option<Vec<u8>>, [bool; 2]);

/// What the block shows the bus.
fn shown<const F: usize>(uut: &AxiMemory<F>) -> Master {
    let burst = Burst {
        at: uut.address.val().value(),
        len: uut.len.val().value(),
        size: uut.size.val().value(),
        kind: uut.burst.val().value(),
    };
    Master {
        aw: uut.awvalid.val().then_some(burst),
        w: uut.wvalid.val().then(|| WriteBeat {
            data: uut.wdata.val().0[0].map(|byte| byte as u8).to_vec(),
            strb: uut.wstrb.val().value(),
            last: uut.wlast.val(),
        }),
        b_ready: uut.bready.val(),
        ar: uut.arvalid.val().then_some(burst),
        r_ready: uut.rready.val(),
    }
}

/// Sets the inputs of the bus, settles, and plays the cycle on both. The machine's side has settled.
fn cycle<const F: usize>(
    bench: &mut Bench<AxiMemory<F>>,
    memory: &mut AxiModel,
    rng: &mut Rng,
) -> Result<Moves, Box<dyn std::error::Error>> {
    let slave = memory.show();
    let uut = &mut bench.uut;
    uut.awready.next = slave.aw_ready;
    uut.arready.next = slave.ar_ready;
    uut.wready.next = slave.w_ready;
    uut.bvalid.next = slave.b.is_some();
    uut.bresp.next = U::new(slave.b.unwrap_or_else(|| rng.u8(..)).into());
    uut.rvalid.next = slave.r.is_some();
    uut.rresp.next = U::new(
        slave
            .r
            .as_ref()
            .map_or_else(|| rng.u8(..), |r| r.resp)
            .into(),
    );
    uut.rlast.next = slave.r.as_ref().map_or_else(|| rng.bool(), |r| r.last);
    // Nothing that the bus shows in a cycle reaches the bus in the same cycle.
    let before = shown(uut);
    bench.settle();
    let uut = &bench.uut;
    let shown = shown(uut);
    if before != shown {
        return Err("an answer in the same cycle".into());
    }
    let errors = [uut.read_error.val(), uut.write_error.val()];
    let came = match (slave.r, uut.r_valid.val() && uut.r_ready.val()) {
        (Some(beat), true) => Some(beat.data),
        (None, true) => return Err("a beat came from nowhere".into()),
        _ => None,
    };
    memory.clock(&shown)?;
    bench.edge();
    if bench.cycle() > 40_000 {
        return Err("nothing comes any more".into());
    }
    Ok((came, errors))
}

/// Plays requests, each handshake stalling by its seed. With `stop`, a part of them is played before, up to a
/// reset of the machine in that cycle.
fn play<const F: usize>(
    requests: &[Request],
    seeds: &[u64],
    stop: Option<u64>,
    watch: &mut Watch,
) -> Outcome {
    let mut rng = Rng::with_seed(seeds[0]);
    let bytes = (0..BYTES).map(|_| rng.u8(..)).collect();
    let mut memory = AxiModel::new(bytes, F, seeds[1]);
    let block = AxiMemory::<F>::default();
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    // Addresses may wrap.
    let page = rng.u32(..1 << 20);
    memory.base = u64::from(page << 12);
    bench.uut.base.next = U::new(page.into());
    if let Some(stop) = stop {
        part(&mut bench, &mut memory, requests, seeds, stop)?;
        stopped(&mut bench, &mut memory, &mut rng)?;
    }
    part(&mut bench, &mut memory, requests, seeds, u64::MAX)
}

/// Plays requests from now on, but not beyond a cycle.
fn part<const F: usize>(
    bench: &mut Bench<AxiMemory<F>>,
    memory: &mut AxiModel,
    requests: &[Request],
    seeds: &[u64],
    stop: u64,
) -> Outcome {
    let mut rng = Rng::with_seed(seeds[0]);
    let (begin, bursts) = (bench.cycle(), memory.bursts);
    let mut plain = memory.bytes.clone();
    let (mut writes, mut expected, mut bad) = (VecDeque::new(), VecDeque::new(), [false; 2]);
    let aligned = |request: &Request| request.at / F * F;
    for request in requests {
        for beat in 0..request.beats {
            let at = aligned(request) + beat * F;
            let there = at + F <= BYTES;
            bad[usize::from(request.write)] |= !there;
            if !request.write {
                expected.push_back(there.then(|| plain[at..at + F].to_vec()));
                continue;
            }
            let (data, strb) = ([(); F].map(|()| rng.i8(..)), rng.u32(..));
            for i in (0..F).filter(|i| there && strb >> i & 1 == 1) {
                plain[at + i] = data[i] as u8;
            }
            writes.push_back((data, strb));
        }
    }
    let mut slow: Vec<Stalls> = seeds[2..].iter().map(|seed| Stalls::new(*seed)).collect();
    let (mut next, mut offered, mut errors) = (0, [false; 2], [false; 2]);
    let done = |next, writes: &VecDeque<_>, expected: &VecDeque<_>, quiet| {
        next == requests.len() && writes.is_empty() && expected.is_empty() && quiet
    };
    while !done(next, &writes, &expected, bench.uut.quiet.val()) {
        if bench.cycle() >= stop {
            return Ok(());
        }
        // What was offered stays; what is not offered is noise.
        offered[0] = next < requests.len() && (offered[0] || !slow[0].refuses());
        offered[1] = !writes.is_empty() && (offered[1] || !slow[1].refuses());
        let uut = &mut bench.uut;
        uut.req_valid.next = offered[0];
        uut.req_write.next = rng.bool();
        uut.req_addr.next = U::new(rng.u64(..));
        uut.req_beats.next = U::new(rng.u64(..));
        if let Some(request) = requests.get(next).filter(|_| offered[0]) {
            uut.req_write.next = request.write;
            uut.req_addr.next = U::new(aligned(request) as u64);
            uut.req_beats.next = U::new(request.beats as u64);
        }
        let noise = ([(); F].map(|()| rng.i8(..)), rng.u32(..));
        let (data, strb) = writes.front().filter(|_| offered[1]).unwrap_or(&noise);
        uut.w_valid.next = offered[1];
        uut.w_data.next = Flits([*data]);
        uut.w_strb.next = U::new(u64::from(*strb));
        uut.r_ready.next = !slow[2].refuses();
        bench.settle();
        if offered[0] && bench.uut.req_ready.val() {
            (next, offered[0]) = (next + 1, false);
        }
        if offered[1] && bench.uut.w_ready.val() {
            writes.pop_front();
            offered[1] = false;
        }
        let (came, failed) = cycle(bench, memory, &mut rng)?;
        if let Some(data) = came {
            match expected.pop_front() {
                Some(Some(beat)) => ensure_eq!(data, beat, "a beat"),
                Some(None) => (),
                None => return Err("a beat too many".into()),
            }
        }
        errors = [errors[0] | failed[0], errors[1] | failed[1]];
    }
    ensure!(memory.idle(), "quiet, but the memory is not");
    ensure!(memory.bytes == plain, "the memory has other contents");
    // A burst has one answer: an error in its last beat is all that a write can tell.
    ensure_eq!(errors, bad, "errors of reads and writes");
    if seeds.iter().all(|seed| *seed == 0) && !requests.iter().any(|r| r.write) {
        // A beat per cycle: bursts follow each other without a gap.
        let beats: usize = requests.iter().map(|r| r.beats).sum();
        let (bound, took) = (
            beats as u64 + memory.bursts - bursts + 8,
            bench.cycle() - begin,
        );
        ensure!(took <= bound, "{took} cycles for {beats} beats");
    }
    Ok(())
}

/// In a reset of the machine, whatever its side shows, the block comes to rest without breaking a rule; of the
/// beats that come then only those that wait for the bus can write.
fn stopped<const F: usize>(
    bench: &mut Bench<AxiMemory<F>>,
    memory: &mut AxiModel,
    rng: &mut Rng,
) -> Outcome {
    let mut written = 0;
    for left in (0..16).rev() {
        let mut quiet = false;
        while !quiet {
            let uut = &mut bench.uut;
            uut.stop.next = true;
            uut.req_valid.next = rng.bool();
            uut.req_addr.next = U::new(rng.u64(..));
            uut.w_valid.next = rng.bool();
            uut.w_data.next = Flits([[(); F].map(|()| rng.i8(..))]);
            uut.w_strb.next = U::new(rng.u64(..));
            uut.r_ready.next = rng.bool();
            bench.settle();
            let uut = &bench.uut;
            ensure!(!uut.req_ready.val() && !uut.w_ready.val(), "it listens");
            let writes = uut.wvalid.val() && uut.wstrb.val().value() > 0;
            written += u32::from(writes && memory.show().w_ready);
            quiet = uut.quiet.val();
            let (came, _) = cycle(bench, memory, rng)?;
            ensure!(came.is_none(), "a beat reaches the machine");
        }
        ensure!(left > 0 || memory.idle(), "quiet, but the memory is not");
    }
    ensure!(written <= 2, "{written} beats are written in a reset");
    bench.uut.stop.next = false;
    Ok(())
}

/// Without stalls, what the book says: a burst's address shows in the second cycle after its request, the first write
/// beat in the third.
#[test]
fn timing() {
    let play = |watch: &mut Watch| {
        for write in [false, true] {
            let block = AxiMemory::<4>::default();
            let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
            for cycle in 0..6 {
                let uut = &mut bench.uut;
                uut.req_valid.next = cycle == 0;
                uut.req_write.next = write;
                uut.req_beats.next = 2.into();
                uut.w_valid.next = true;
                (uut.awready.next, uut.arready.next, uut.wready.next) = (true, true, true);
                bench.settle();
                let shows = shown(&bench.uut);
                let found = [shows.aw.is_some(), shows.ar.is_some(), shows.w.is_some()];
                let beats = write && (3..5).contains(&cycle);
                let expected = [write && cycle == 2, !write && cycle == 2, beats];
                ensure_eq!(found, expected, "cycle {cycle}");
                bench.edge();
            }
        }
        Ok(())
    };
    check("bus_memory_timing", play).unwrap();
}

proptest! {
    #![proptest_config(config(256))]

    /// Reads give what was written before them, in order, though the bus orders nothing; bursts keep the rules;
    /// errors are told; quiet means that all is answered.
    #[test]
    fn in_order(requests in requests(), seeds in stalls(5)) {
        check("bus_memory_narrow", |watch| play::<4>(&requests, &seeds, None, watch))?;
        check("bus_memory_wide", |watch| play::<16>(&requests, &seeds, None, watch))?;
    }

    /// A reset of the machine in any cycle.
    #[test]
    fn stops(requests in requests(), seeds in stalls(5), stop in 0u64..400) {
        check("bus_memory_stop", |watch| play::<8>(&requests, &seeds, Some(stop), watch))?;
    }
}
