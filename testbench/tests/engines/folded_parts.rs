//! The parts of the folded machine's datapath, each alone against the golden model of it.

use fastrand::Rng;
use proptest::prelude::*;
use rust_hdl::prelude::Block;
use tcpu_hdl::folded::{Multiply, Products, Requant, Window};
use tcpu_hdl::types::U;
use tcpu_isa::requant::{requant, MAX_SHIFT};
use tcpu_isa::OutType;
use tcpu_micro::engine::Engine;
use tcpu_micro::memory::{behind, EXTERNAL, FLIT, OWN};
use tcpu_micro::op::{encode, mode, Op, Out};
use tcpu_synth::area::Family;
use tcpu_synth::gates::gates;
use tcpu_synth::modules;
use tcpu_synth::verilated::Model;
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{byte, config};

/// A golden engine that takes a port at each place of its program.
fn golden() -> Engine {
    let program = (0..32).map(|port| encode(Op::Out, false, port));
    Engine::new(program.collect(), Vec::new())
}

/// A port of the golden engine takes a value.
fn take(golden: &mut Engine, port: Out, value: u32) {
    (golden.a, golden.place) = (value, port as u16);
    golden.step();
}

/// A cycle of a part that has ports: one takes a value, or there is noise.
macro_rules! cycle {
    ($bench:ident, $rng:ident, $taken:expr) => {{
        let taken: Option<(Out, u32)> = $taken;
        let noise = $rng.u64(..);
        let uut = &mut $bench.uut;
        uut.take.next = taken.is_some();
        uut.port.next = U::new(taken.map_or(noise, |(port, _)| port as u64));
        if let Some((_, value)) = taken {
            uut.a.next = U::new(value.into());
        }
        $bench.settle();
        $bench.edge();
    }};
}

/// What a window takes next: most often it moves something.
fn any_window(rng: &mut Rng, everywhere: bool) -> (Out, u32) {
    let region = match everywhere {
        true => rng.u32(..4) * OWN,
        false => [0, EXTERNAL, EXTERNAL + OWN][rng.usize(..3)],
    };
    let place = region | (rng.u32(0x7fe8..0x8018) % 0x8000);
    match rng.u8(..20) {
        0..=2 => (Out::FlitLow, rng.u32(..)),
        3..=5 => (Out::FlitHigh, rng.u32(..)),
        6 => (Out::Bytes, rng.u32(1..=8)),
        7 => (Out::Limit, rng.u32(1..=8)),
        8 => (Out::Offset, rng.u32(..8)),
        9 => (Out::At, place),
        10 => (
            Out::Stride,
            [rng.u32(..20), rng.u32(0x7ff0..0x8000)][rng.usize(..2)],
        ),
        11 => (Out::Pack, rng.u32(1..=8)),
        12 => (Out::Gather, rng.u32(1..=12)),
        13 | 14 => (Out::Read, place),
        15..=17 => (Out::Write, place),
        18 => (Out::Hold, rng.u32(1..=12)),
        _ => (Out::Stream, rng.u32(1..=12)),
    }
}

/// Rows that are read or written, one in each cycle, or cycles of a held flit.
fn rows(golden: &Engine, port: Out, value: u32) -> u64 {
    let d = &golden.datapath;
    let (mut at, packets) = match port {
        Out::Read | Out::Write => (value, 1),
        Out::Gather => (d.at, value),
        Out::Stream => (d.at, value * d.pack),
        Out::Hold => return value.into(),
        _ => return 0,
    };
    let mut rows = 0;
    for _ in 0..packets {
        rows += 1 + u64::from(at as usize % FLIT + d.bytes as usize > FLIT);
        at = behind(at, d.stride);
    }
    rows
}

fn window(actions: u32, line: bool, seed: u64, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Window::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let mut golden = golden();
    let (mut next, mut steps) = (8, 0u64);
    let settings = [(Out::Bytes, 8), (Out::Limit, 8), (Out::Pack, 1)];
    for action in 0..actions {
        let (port, value) = match settings.get(action as usize) {
            Some(&setting) => setting,
            None => any_window(&mut rng, !line),
        };
        let rows = rows(&golden, port, value);
        take(&mut golden, port, value);
        steps += match port {
            Out::Hold | Out::Stream => u64::from(value),
            _ => 0,
        };
        // A takes two cycles to change.
        let (mut taken, mut cycles) = (Some((port, value)), 0);
        while cycles < 2 || bench.uut.busy.val() {
            let comes = line && bench.cycle() == next;
            let (value, broken) = (rng.u8(..), rng.bool());
            let uut = &mut bench.uut;
            uut.came.next = comes;
            uut.value.next = U::new(value.into());
            uut.broken.next = broken;
            if comes {
                golden.receive(value, broken);
                next += rng.u64(8..40);
            }
            cycle!(bench, rng, taken.take());
            steps -= u64::from(bench.uut.step.val());
            cycles += 1;
            ensure!(cycles < 1000, "it does not end");
        }
        let flit = bench.uut.flit.val().value().to_le_bytes();
        ensure_eq!(flit, golden.datapath.flit, "flit after {port:?} {value:#x}");
        ensure_eq!(bench.uut.at.val().value() as u32, golden.datapath.at, "at");
        ensure_eq!(steps, 0, "steps that are missing");
        if !line && rows > 0 {
            // What was read goes into the flit in the cycle after; the taking takes one, too.
            let moved = rows + u64::from(port != Out::Write);
            ensure_eq!(cycles, (moved + 1).max(2), "cycles of {port:?} {value:#x}");
        }
    }
    bench.uut.came.next = false;
    for _ in 0..8 {
        cycle!(bench, rng, None);
    }
    let bytes = bench.uut.memory.bytes();
    let wrong = (0..bytes.len()).find(|&i| bytes[i] != golden.datapath.memory[i]);
    ensure_eq!(wrong, None, "the memory's first wrong byte");
    let received = bench.uut.received.val().value();
    ensure_eq!(received, u64::from(golden.received), "entries");
    Ok(())
}

/// A flit and its number.
fn any_flit(rng: &mut Rng) -> (u64, [u32; 2]) {
    let bytes = [(); FLIT].map(|()| byte(rng) as u8);
    let flit = u64::from_le_bytes(bytes);
    (flit, [flit as u32, (flit >> 32) as u32])
}

fn multiply(runs: u32, seed: u64, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Multiply::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let mut golden = golden();
    for _ in 0..runs {
        // Settings, and rows of the TRF near the address.
        let row = rng.u32(..256);
        let settings = [
            (Out::Trf, row * 8 + rng.u32(..8)),
            (Out::TrfStride, rng.u32(2040..2064) % 2048),
            (Out::Slot, rng.u32(..4)),
            (Out::SlotStride, rng.u32(..4)),
            (Out::Mode, rng.u32(..128)),
        ];
        for (port, value) in settings {
            if rng.u8(..3) > 0 {
                take(&mut golden, port, value);
                cycle!(bench, rng, Some((port, value)));
            }
        }
        for _ in 0..rng.u8(..6) {
            let (flit, halves) = any_flit(&mut rng);
            let place = ((row + rng.u32(..4)) % 256) << 1 | rng.u32(..2);
            let value = rng.u32(..2) << 9 | place;
            take(&mut golden, Out::FlitLow, halves[0]);
            take(&mut golden, Out::FlitHigh, halves[1]);
            take(&mut golden, Out::Fill, value);
            bench.uut.flit.next = U::new(flit);
            cycle!(bench, rng, Some((Out::Fill, value)));
        }
        // Steps, with or without pauses between them. Only the first is the first.
        let (count, pauses) = (rng.u32(1..12), rng.bool());
        let all = golden.datapath.mode;
        cycle!(bench, rng, Some((Out::Stream, count)));
        let mut left = count;
        while left > 0 || bench.uut.busy.val() {
            let steps = left > 0 && !(pauses && rng.bool());
            bench.uut.step.next = steps;
            cycle!(bench, rng, None);
            let (flit, halves) = any_flit(&mut rng);
            bench.uut.flit.next = U::new(flit);
            if steps {
                take(&mut golden, Out::FlitLow, halves[0]);
                take(&mut golden, Out::FlitHigh, halves[1]);
                take(&mut golden, Out::Hold, 1);
                let later = all & !(mode::RESTART_FIRST | mode::SCALE_FIRST);
                take(&mut golden, Out::Mode, later.into());
                left -= 1;
            }
        }
        take(&mut golden, Out::Mode, all.into());
        let (uut, d) = (&bench.uut, &golden.datapath);
        ensure_eq!(uut.trf_at.val().value(), u64::from(d.trf_at), "TRF address");
        ensure_eq!(uut.slot.val().value(), u64::from(d.slot), "slot");
        let shown = [uut.low.val(), uut.high.val()];
        let shown = shown.map(|lane| [lane.value() as i32, (lane.value() >> 32) as i32]);
        ensure_eq!(shown, d.slots[d.slot as usize], "accumulators");
    }
    for (slot, lanes) in golden.datapath.slots.iter().enumerate() {
        for (number, expected) in lanes.iter().flatten().enumerate() {
            let found = bench.uut.accumulators[number].words()[slot].value() as i32;
            ensure_eq!(found, *expected, "slot {slot}, accumulator {number}");
        }
    }
    Ok(())
}

fn requantised(values: &[(i32, u16, u8)], seed: u64, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Requant::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let mut before = None;
    for &(x, factor, shift) in values {
        // The factor stays.
        if before != Some(factor) {
            cycle!(bench, rng, Some((Out::Factor, factor.into())));
        }
        before = Some(factor);
        cycle!(bench, rng, Some((Out::Value, x as u32)));
        cycle!(bench, rng, Some((Out::Shift, shift.into())));
        let mut cycles = 0;
        while bench.uut.busy.val() {
            cycle!(bench, rng, None);
            cycles += 1;
        }
        ensure_eq!(cycles, 17 + u64::from(shift), "cycles");
        let floor =
            ((i64::from(x) * i64::from(factor)) >> shift).clamp(i32::MIN.into(), i32::MAX.into());
        let value = bench.uut.value.val().value() as i32;
        ensure_eq!(i64::from(value), floor, "{x} * {factor} >> {shift}");
        let rounded = requant(x, factor, shift, OutType::I32);
        let up = i64::from(value) + i64::from(bench.uut.up.val());
        ensure_eq!(up, i64::from(rounded), "{x} * {factor} >> {shift}, rounded");
    }
    Ok(())
}

fn any_value() -> impl Strategy<Value = (i32, u16, u8)> {
    let x = prop_oneof![
        any::<i32>(),
        -300..300i32,
        Just(i32::MIN),
        Just(i32::MAX),
        (0u32..32).prop_map(|i| 1 << i)
    ];
    let factor = prop_oneof![any::<u16>(), (0u32..16).prop_map(|i| 1 << i), 0..9u16];
    (x, factor, 0..=MAX_SHIFT)
}

proptest! {
    #![proptest_config(config(512))]

    /// Packets of every size, at every place, that go on behind the ends of regions; a row per cycle, but for bytes of
    /// the line, which come at any time.
    #[test]
    fn windows(actions in 4u32..120, line: bool, seed: u64) {
        check("folded_window", |watch| window(actions, line, seed, watch))?;
    }

    /// Steps with every mode, address and slot, with and without pauses.
    #[test]
    fn steps(runs in 1u32..40, seed: u64) {
        check("folded_multiply", |watch| multiply(runs, seed, watch))?;
    }

    /// Every value is what the one specification of requantisation says.
    #[test]
    fn values(values in prop::collection::vec(any_value(), 1..20), seed: u64) {
        check("folded_requant", |watch| requantised(&values, seed, watch))?;
    }
}

/// On an iCE40, two products are one multiplier block, with the same registers.
#[test]
fn products_are_a_block() {
    let mut block = Products::default();
    block.connect_all();
    let verilog = modules(&block, "uut").unwrap();
    let gates = gates(&verilog, Family::Ice40).unwrap();
    assert_eq!(gates.cells, 1);
    let mut models = [
        Model::new(&verilog).unwrap(),
        Model::quick(&gates.modules).unwrap(),
    ];
    let mut rng = Rng::with_seed(1);
    for cycle in 0..20_000 {
        let inputs = [("x", rng.u64(..)), ("w", rng.u64(..))];
        let shown = models.each_mut().map(|model| {
            for (name, value) in inputs {
                model.set(model.input(name, 16).unwrap(), &[value]);
            }
            let clock = model.input("clock", 1).unwrap();
            model.set(clock, &[0]);
            model.eval();
            let shown = model.get(model.output("products", 32).unwrap());
            model.set(clock, &[1]);
            model.eval();
            shown
        });
        assert_eq!(shown[0], shown[1], "cycle {cycle}");
    }
}
