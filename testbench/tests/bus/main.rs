//! Whole programs through the bus: the registers drive the machine, and its memory is behind AXI4.

#[path = "../common/mod.rs"]
mod common;
mod litex;
mod models;

use std::fs;
use std::path::Path;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_isa::bus::{
    at, status, Access, BASE_STEP, COMMANDS, REGISTERS, REGISTER_BYTES, STATUS_BITS,
};
use tcpu_isa::counters::number;
use tcpu_isa::link::Identity;
use tcpu_isa::{encode, Command, Config, Dma, Sync};
use tcpu_testbench::axi::OKAY;
use tcpu_testbench::bus::{Bus, BusError};

fn set(status: u32, bit: u32) -> bool {
    status >> bit & 1 == 1
}

/// Runs a case and compares its result; the machine is after power-up or, with `before`, after a reset in the
/// middle of something.
fn check(case: &Case, preset: &str, stalls: u64, before: Option<u64>) -> Result<(), BusError> {
    let prepared = prepare(case, &options(preset));
    let program = &prepared.compiled.program;
    let mut bus = Bus::new(&program.config, prepared.image.clone(), stalls)?;
    bus.until(status::RESETTING, false)?;
    if let Some(cycles) = before {
        let words = program.commands.iter().take(COMMANDS.into());
        for word in words {
            bus.push(encode(word))?;
        }
        for _ in 0..cycles % 512 {
            bus.wait()?;
        }
        match cycles % 2 {
            0 => bus.reset()?,
            _ => bus.reset_machine()?,
        }
        bus.until(status::RESETTING, false)?;
        bus.memory.bytes.clone_from(&prepared.image);
    }
    bus.set_base((stalls as u32 ^ case.seed as u32) / BASE_STEP * BASE_STEP)?;
    bus.run(&program.commands)?;
    assert!(bus.memory.idle());
    assert_eq!(
        result(&prepared.compiled, &bus.memory.bytes),
        prepared.expected
    );
    let counters = bus.counters()?;
    let predicted = &prepared.compiled.cycles.counters;
    for same in [
        number::READ_BEATS,
        number::WRITE_BEATS,
        number::COMMIT_WRITES,
    ] {
        assert_eq!(counters.0[same], predicted.0[same]);
    }
    assert_eq!(bus.read(at::TAKEN)?, (program.commands.len() as u32, OKAY));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever contraction, however slow registers and memory are, and after whatever was before: the result
    /// is right, and the counters have counted it.
    #[test]
    fn programs(
        case in any_case(7),
        preset in 0usize..2,
        stalls in prop_oneof![1 => Just(0), 3 => any::<u64>()],
        before in prop::option::of(any::<u64>()),
    ) {
        check(&case, Config::names()[preset], stalls, before).unwrap();
    }
}

/// The same on the presets with wider flits.
#[test]
fn wide_flits() {
    for (preset, stalls) in [("up5k", 0), ("ecp5-85k", 3)] {
        let case = Case {
            expr: "ij,jk->ik".into(),
            shapes: vec![vec![9, 40], vec![40, 13]],
            seed: 5,
            int4: [false; 3],
        };
        check(&case, preset, stalls, None).unwrap();
    }
}

/// A load and a store of a beat, from and to an address.
fn load_and_store(from: u32, to: u32) -> [Command; 2] {
    let dma = |ext, wait: &[tcpu_isa::Unit], signal: &[tcpu_isa::Unit]| Dma {
        levels: 0,
        ext,
        dm: 0,
        bytes: 4,
        broadcast: false,
        sync: Sync {
            wait: wait.iter().copied().collect(),
            signal: signal.iter().copied().collect(),
        },
    };
    use tcpu_isa::Unit::{Load, Store};
    [
        Command::Load(dma(from, &[], &[Store])),
        Command::Store(dma(to, &[Load], &[])),
    ]
}

/// Memory that answers with an error shows in the status and as an interrupt, the machine comes to rest, and
/// after a reset all is well.
#[test]
fn errors_show() {
    let config = Config::preset("tiny").unwrap();
    let mut bus = Bus::new(&config, (0..=255).collect(), 7).unwrap();
    bus.until(status::RESETTING, false).unwrap();
    for (from, to, bit) in [
        (4096, 64, status::READ_ERROR),
        (64, 4096, status::WRITE_ERROR),
    ] {
        let wrong = bus.run(&load_and_store(from, to));
        let Err(BusError::Wrong { status }) = wrong else {
            panic!("{wrong:?}");
        };
        let errors = [status::READ_ERROR, status::WRITE_ERROR];
        assert_eq!(errors.map(|b| set(status, b)), errors.map(|b| b == bit));
        bus.until(status::IDLE, true).unwrap();
        assert!(!bus.irq);
        assert_eq!(bus.write(at::INTERRUPT, 1), Ok(OKAY));
        bus.wait().unwrap();
        assert!(bus.irq);
        bus.reset_machine().unwrap();
        bus.run(&load_and_store(4, 80)).unwrap();
        assert_eq!(bus.memory.bytes[80..84], [4, 5, 6, 7]);
        assert_eq!(bus.write(at::INTERRUPT, 0), Ok(OKAY));
    }
}

/// A word that is no command is a fault with its number; words beyond the room are refused, and so is what
/// follows them; neither hangs the bus, and a reset ends both.
#[test]
fn faults_show() {
    let config = Config::preset("nano").unwrap();
    let mut bus = Bus::new(&config, vec![0; 256], 0).unwrap();
    // Words in a reset are refused.
    assert_ne!(bus.push(0).unwrap(), OKAY);
    bus.until(status::RESETTING, false).unwrap();
    bus.run(&load_and_store(0, 4)).unwrap();
    assert_eq!(bus.push(u128::MAX).unwrap(), OKAY);
    let status = bus.until(status::FAULT, true).unwrap();
    let error = tcpu_isa::decode(u128::MAX, &config).unwrap_err();
    assert_eq!((status >> status::CODE) as u8, error.code());
    assert_eq!(bus.read(at::FAULT), Ok((2, OKAY)));

    let word = encode(&load_and_store(0, 4)[0]);
    let mut pushed = 0;
    while bus.push(word).unwrap() == OKAY {
        pushed += 1;
        assert!(pushed <= 2 * COMMANDS);
    }
    assert!(pushed >= COMMANDS);
    let status = bus.status().unwrap();
    assert!(set(status, status::OVERFLOW) && !set(status, status::IDLE));
    assert_eq!(status >> status::ROOM, 0);
    assert_ne!(bus.push(word).unwrap(), OKAY);
    assert_eq!(bus.read(at::TAKEN), Ok((3 + u32::from(pushed), OKAY)));

    bus.reset_machine().unwrap();
    let status = bus.status().unwrap();
    assert_eq!(
        status,
        1 << status::IDLE | u32::from(COMMANDS) << status::ROOM
    );
    bus.run(&load_and_store(0, 4)).unwrap();
}

/// The book's tables are those of `tcpu_isa::bus`, row by row.
#[test]
fn tables_in_the_book() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bus.md");
    let book = fs::read_to_string(book).unwrap();
    let rows = REGISTERS.iter().map(|register| {
        let last = register.at + REGISTER_BYTES * (register.count - 1);
        let place = match register.count {
            1 => format!("`{:#04x}`", register.at),
            _ => format!("`{:#04x}` to `{last:#04x}`", register.at),
        };
        let access = match register.access {
            Access::Read => "read",
            Access::Write => "write",
            Access::Both => "both",
        };
        format!(
            "| {place} | {} | {access} | {} |\n",
            register.name, register.meaning
        )
    });
    let bits = STATUS_BITS.iter().map(|(name, low, bits, meaning)| {
        let place = match bits {
            1 => low.to_string(),
            _ => format!("{}:{low}", low + bits - 1),
        };
        format!("| {place} | {name} | {meaning} |\n")
    });
    for table in [rows.collect::<String>(), bits.collect()] {
        assert!(
            book.contains(&format!("|---|\n{table}\n")),
            "not in the book:\n{table}"
        );
    }
}

/// The identity is the build's; what is no register says so.
#[test]
fn identity() {
    let config = Config::preset("nano").unwrap();
    let mut bus = Bus::new(&config, vec![0; 256], 0).unwrap();
    let mut bytes = Vec::new();
    for number in 0..16 {
        let (word, answer) = bus.read(at::IDENTITY + 4 * number).unwrap();
        assert_eq!(answer, OKAY);
        bytes.extend(word.to_le_bytes());
    }
    let identity = Identity::from_bytes(&bytes).unwrap();
    assert_eq!((identity.config, identity.commands), (config, COMMANDS));
    assert_ne!(bus.read(at::CONTROL).unwrap().1, OKAY);
    assert_ne!(bus.write(at::STATUS, 0).unwrap(), OKAY);
}
