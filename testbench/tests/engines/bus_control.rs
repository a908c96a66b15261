//! The control side of the bus, and the registers behind it.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::bus::{AxiControl, Registers};
use tcpu_hdl::processor::RESET_CYCLES;
use tcpu_hdl::types::U;
use tcpu_isa::bus::{
    at, control, register, status, Access, BASE_STEP, COMMANDS, REGISTER_BYTES, SPACE, STATUS_BITS,
};
use tcpu_isa::counters::READ_CYCLES;
use tcpu_isa::link::IDENTITY_WORDS;
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls, with_reset};

/// An access on the bus: where, and what is written, with strobes.
#[derive(Clone, Debug)]
struct Access32 {
    at: u64,
    write: Option<(u32, u8)>,
}

fn accesses() -> impl Strategy<Value = Vec<Access32>> {
    let strobes = prop_oneof![4 => Just(15u8), 1 => 0u8..16];
    let write = prop::option::of((any::<u32>(), strobes));
    let access = (0..SPACE as u64, write).prop_map(|(at, write)| Access32 { at, write });
    prop::collection::vec(access, 1..30)
}

/// What the registers of this test say of a number: there is one or not, and its value.
fn says(number: u64, seed: u64) -> (bool, u32) {
    let mut rng = Rng::with_seed(seed ^ number);
    (rng.bool(), rng.u32(..))
}

/// Plays accesses on the slave alone, up to some cycle; the registers answer at random.
fn on_slave(
    bench: &mut Bench<AxiControl>,
    accesses: &[Access32],
    seeds: &[u64],
    stop: u64,
) -> Outcome {
    let begin = bench.cycle();
    let mut rng = Rng::with_seed(seeds[0]);
    let mut slow: Vec<Stalls> = seeds[1..].iter().map(|seed| Stalls::new(*seed)).collect();
    let (writes, reads): (Vec<_>, Vec<_>) = accesses.iter().partition(|a| a.write.is_some());
    // How many of each channel went by: aw, w, b, ar, r; done are writes at the registers.
    let (mut gone, mut offered, mut done) = ([0; 5], [false; 5], VecDeque::new());
    let mut kept = [None; 2];
    while gone[2] < writes.len() || gone[4] < reads.len() {
        if bench.cycle() - begin >= stop {
            return Ok(());
        }
        let left = [
            writes.len(),
            writes.len(),
            usize::MAX,
            reads.len(),
            usize::MAX,
        ];
        for (n, offered) in offered.iter_mut().enumerate() {
            // An answer need not wait for its taker; everything else stays once it was offered.
            let stays = *offered && ![2, 4].contains(&n);
            *offered = gone[n] < left[n] && (stays || !slow[n].refuses());
        }
        let uut = &mut bench.uut;
        uut.awvalid.next = offered[0];
        uut.awaddr.next = U::new(writes.get(gone[0]).map_or(rng.u64(..), |a| a.at));
        let write = writes.get(gone[1]).and_then(|a| a.write);
        let (data, strobes) = write.unwrap_or_else(|| (rng.u32(..), rng.u8(..)));
        uut.wvalid.next = offered[1];
        uut.wdata.next = U::new(data.into());
        uut.wstrb.next = U::new(strobes.into());
        uut.bready.next = offered[2];
        uut.arvalid.next = offered[3];
        uut.araddr.next = U::new(reads.get(gone[3]).map_or(rng.u64(..), |a| a.at));
        uut.rready.next = offered[4];
        bench.settle();
        let (read, write) = (
            bench.uut.read_at.val().value(),
            bench.uut.write_at.val().value(),
        );
        let uut = &mut bench.uut;
        (uut.there.next, uut.value.next) = (
            says(read, seeds[0]).0,
            U::new(says(read, seeds[0]).1.into()),
        );
        uut.written.next = says(write, seeds[0]).0;
        bench.settle();
        let uut = &bench.uut;
        if uut.write.val() {
            done.push_back((write, uut.data.val().value()));
        }
        let ready = [
            uut.awready.val(),
            uut.wready.val(),
            uut.bvalid.val(),
            uut.arready.val(),
            uut.rvalid.val(),
        ];
        // An answer stays until it is taken.
        let b = uut.bvalid.val().then(|| (0, uut.bresp.val().value()));
        let r = uut.rvalid.val();
        let r = r.then(|| (uut.rdata.val().value(), uut.rresp.val().value()));
        for (answer, kept) in [b, r].into_iter().zip(&mut kept) {
            ensure!(kept.is_none() || *kept == answer, "an answer changes");
            *kept = answer;
        }
        let goes: [bool; 5] = std::array::from_fn(|n| offered[n] && ready[n]);
        if goes[2] {
            let access = writes.get(gone[2]).ok_or("an answer too many")?;
            let (data, strobes) = access.write.unwrap_or_default();
            let number = access.at / REGISTER_BYTES as u64;
            if strobes == 15 {
                ensure_eq!(done.pop_front(), Some((number, data.into())), "a write");
            }
            let good = strobes == 0 || strobes == 15 && says(number, seeds[0]).0;
            ensure_eq!(b, Some((0, if good { 0 } else { 2 })), "{access:?}");
            kept[0] = None;
        }
        if goes[4] {
            let access = reads.get(gone[4]).ok_or("an answer too many")?;
            let (there, value) = says(access.at / REGISTER_BYTES as u64, seeds[0]);
            let expected = (value.into(), if there { 0 } else { 2 });
            ensure_eq!(r, Some(expected), "{access:?}");
            kept[1] = None;
        }
        for n in 0..5 {
            gone[n] += usize::from(goes[n]);
            offered[n] &= !goes[n];
        }
        bench.edge();
        ensure!(bench.cycle() < 20_000, "nothing comes any more");
    }
    ensure!(done.is_empty(), "a write too many");
    if seeds[1..].iter().all(|seed| *seed == 0) {
        let longest = (3 * writes.len()).max((3 + READ_CYCLES) * reads.len()) as u64;
        ensure!(bench.cycle() - begin <= longest + 2, "it is slow");
    }
    Ok(())
}

/// What is done with the registers in a cycle, and what the machine shows.
#[derive(Clone, Debug)]
struct Step {
    write: Option<(usize, u32)>,
    read: usize,
    seed: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = prop_oneof![
        4 => (0..4usize).prop_map(|part| at::COMMAND + REGISTER_BYTES * part),
        1 => (0..2 * COUNTERS_END).prop_map(|at| at / REGISTER_BYTES * REGISTER_BYTES),
        1 => Just(at::CONTROL),
        1 => Just(at::INTERRUPT),
        1 => Just(at::BASE),
    ];
    // Mostly nothing for the control register: a reset takes long.
    let value = prop_oneof![4 => any::<u32>().prop_map(|v| v & !1), 1 => any::<u32>()];
    let write = prop::option::weighted(0.7, (place, value));
    let read = (0..2 * COUNTERS_END).prop_map(|at| at / REGISTER_BYTES * REGISTER_BYTES);
    let step = (write, read, any::<u64>());
    let step = step.prop_map(|(write, read, seed)| Step { write, read, seed });
    prop::collection::vec(step, 1..300)
}

/// Behind the last register.
const COUNTERS_END: usize = 0x100;

/// The identity of this test.
fn identity() -> [u32; IDENTITY_WORDS] {
    std::array::from_fn(|i| 0x1234_5678 ^ (i as u32) << 20)
}

/// A plain telling of the registers.
#[derive(Default)]
struct Plain {
    held: usize,
    steady: bool,
    enabled: bool,
    base: u32,
    taken: u32,
    failed: [bool; 2],
    overflow: bool,
    parts: [u32; 3],
}

/// Plays steps on the registers alone, next to the plain telling.
fn on_registers(steps: &[Step], watch: &mut Watch) -> Outcome {
    let block = Registers::new(identity());
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut plain = Plain::default();
    for step in steps {
        let mut rng = Rng::with_seed(step.seed);
        let reset = rng.u32(..100) == 0;
        let [idle, fault, quiet] = [(); 3].map(|()| rng.bool());
        let buffered = [0, 1, COMMANDS - 1, COMMANDS][rng.usize(..4)];
        let errors = [(); 2].map(|()| rng.u32(..20) == 0);
        let (code, index, counter) = (rng.u8(..), rng.u32(..), rng.u32(..));
        let uut = &mut bench.uut;
        uut.reset.next = reset;
        uut.write.next = step.write.is_some();
        let (to, data) = step.write.unwrap_or((0, rng.u32(..)));
        uut.write_at.next = (to / REGISTER_BYTES).into();
        uut.data.next = U::new(data.into());
        uut.read_at.next = (step.read / REGISTER_BYTES).into();
        uut.buffered.next = usize::from(buffered).into();
        uut.idle.next = idle;
        uut.fault.next = fault;
        uut.fault_code.next = U::new(code.into());
        uut.fault_index.next = U::new(index.into());
        uut.counter.next = U::new(counter.into());
        uut.quiet.next = quiet;
        (uut.read_error.next, uut.write_error.next) = (errors[0], errors[1]);
        bench.settle();
        let uut = &bench.uut;

        // What is read.
        let room = match plain.steady && !plain.overflow {
            true => COMMANDS - buffered,
            false => 0,
        };
        let rests = idle && quiet && plain.steady && buffered == 0;
        let flags = [
            (status::IDLE, rests),
            (status::FAULT, fault),
            (status::READ_ERROR, plain.failed[0]),
            (status::WRITE_ERROR, plain.failed[1]),
            (status::OVERFLOW, plain.overflow),
            (status::RESETTING, !plain.steady),
        ];
        let flags = flags.iter().map(|(bit, on)| u32::from(*on) << bit);
        let bits = u32::from(code) << status::CODE | u32::from(room) << status::ROOM;
        let known = register(step.read).filter(|r| r.access != Access::Write);
        let expected = known.map(|known| {
            let number = (step.read - known.at) / REGISTER_BYTES;
            match known.at {
                at::STATUS => bits | flags.sum::<u32>(),
                at::INTERRUPT => plain.enabled.into(),
                at::FAULT => index,
                at::TAKEN => plain.taken,
                at::BASE => plain.base,
                at::IDENTITY => identity()[number],
                at::COUNTERS => counter,
                other => panic!("no telling of the register at {other}"),
            }
        });
        let found = uut.there.val().then(|| uut.value.val().value() as u32);
        ensure_eq!(found, expected, "{step:?}");
        if step.read >= at::COUNTERS && known.is_some() {
            let number = (step.read - at::COUNTERS) / REGISTER_BYTES;
            ensure_eq!(uut.select.val(), number.into(), "the counter");
        }
        let wrong = fault || plain.failed[0] || plain.failed[1] || plain.overflow;
        ensure_eq!(uut.irq.val(), plain.enabled && (rests || wrong), "irq");
        ensure_eq!(uut.stop.val(), !plain.steady, "stop");
        ensure_eq!(
            uut.base.val(),
            U::new((plain.base / BASE_STEP).into()),
            "base"
        );

        // What is written.
        let known = register(to).filter(|r| r.access != Access::Read);
        let part = (to.wrapping_sub(at::COMMAND)) / REGISTER_BYTES;
        let pushes = step.write.is_some() && part == 3;
        ensure_eq!(
            uut.written.val(),
            known.is_some() && (part != 3 || room > 0),
            "written: {step:?}"
        );
        ensure_eq!(uut.push.val(), pushes && room > 0, "push");
        if uut.push.val() {
            let [a, b, c] = plain.parts.map(u128::from);
            let word = a | b << 32 | c << 64 | u128::from(data) << 96;
            ensure_eq!(uut.word.val().value(), word, "the word");
        }
        let to_control = step.write.is_some() && to == at::CONTROL;
        let bit = |bit: u32| to_control && data >> bit & 1 == 1;
        ensure_eq!(uut.clear.val(), bit(control::CLEAR), "clear");

        // The next cycle.
        if step.write.is_some() && part < 3 {
            plain.parts[part] = data;
        }
        if step.write.is_some() && to == at::INTERRUPT {
            plain.enabled = data & 1 == 1;
        }
        if step.write.is_some() && to == at::BASE {
            plain.base = data / BASE_STEP * BASE_STEP;
        }
        plain.overflow |= pushes && room == 0;
        if pushes && room > 0 {
            plain.taken += 1;
        }
        for (failed, error) in plain.failed.iter_mut().zip(errors) {
            *failed |= error;
        }
        if !plain.steady {
            (plain.taken, plain.failed, plain.overflow) = (0, [false; 2], false);
            plain.steady = plain.held == RESET_CYCLES && quiet;
            plain.held = RESET_CYCLES.min(plain.held + 1);
        }
        if bit(control::RESET) || reset {
            (plain.steady, plain.held, plain.parts) = (false, 0, [0; 3]);
        }
        plain.enabled &= !reset;
        plain.base *= u32::from(!reset);
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    /// Every access reaches the registers once and has its answer, whichever of its channels comes first.
    #[test]
    fn accesses_are_answered(accesses in accesses(), seeds in stalls(6), reset in any::<u64>()) {
        check("bus_control", |watch| {
            let mut bench = Bench::new(AxiControl::default(), |u, c| u.clock.next.clk = c, watch)?;
            let play = |bench: &mut Bench<_>, stop| on_slave(bench, &accesses, &seeds, stop);
            with_reset(&mut bench, reset, play, |uut, on| {
                uut.reset.next = on;
                // In a reset of the bus nothing is offered.
                uut.awvalid.next = false;
                uut.wvalid.next = false;
                uut.arvalid.next = false;
            })
        })?;
    }

    /// Registers are what the table says, and words, resets and errors do what it says.
    #[test]
    fn registers_are_as_told(steps in steps()) {
        check("bus_registers", |watch| on_registers(&steps, watch))?;
    }
}

/// The telling above has every bit of the status.
#[test]
fn every_bit_is_told() {
    let bits: u32 = STATUS_BITS.iter().map(|(_, _, bits, _)| bits).sum();
    assert_eq!(bits, 6 + 8 + 16);
}
