//! The system of every preset has Verilog, and so has the SDRAM controller; what is in the boards' parts lints.

use rust_hdl::prelude::Block;
use tcpu_fpga::bitstream::{design, PINS};
use tcpu_fpga::board::{Board, Memory};
use tcpu_hdl::link::LinkConfig;
use tcpu_hdl::preset::{with_system, WithSystem};
use tcpu_hdl::sdram::{Sdram, SdramConfig};
use tcpu_hdl::system::System;
use tcpu_isa::Config;
use tcpu_synth::tools::Verilator;
use tcpu_synth::{modules, write, EmitError, Module};

struct Emit;

impl WithSystem for Emit {
    type Output = Result<Vec<Module>, EmitError>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        system: Box<System<S, L, F, V, A>>,
    ) -> Self::Output {
        modules(system.as_ref(), "tcpu_system")
    }
}

/// The largest systems are built by value, which needs more stack than a test's thread has.
#[test]
fn every_system_has_verilog() {
    let emit = std::thread::Builder::new().stack_size(64 << 20);
    emit.spawn(emit_all).unwrap().join().unwrap();
}

fn emit_all() {
    for name in Config::names() {
        let config = Config::preset(name).unwrap();
        let link = LinkConfig {
            divisor: 16,
            kilohertz: 50_000,
            memory: 1 << 20,
            receive: 512,
            commands: 64,
        };
        let modules = with_system(&config, &link, Emit).unwrap();
        let modules = modules.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(modules[0].text.contains("module tcpu_system"));
    }
}

#[test]
fn sdram_has_verilog() {
    let mut controller = Box::new(Sdram::<16>::new(&SdramConfig::at(100_000)));
    controller.connect_all();
    let modules = modules(controller.as_ref(), "tcpu_sdram").unwrap();
    assert!(modules[0].text.contains("module tcpu_sdram"));
}

/// What is inside the pins, with block RAM, with an SDRAM and folded, and a core alone: no warning of Verilator's.
#[test]
fn tops_lint() {
    let lint = || {
        let boards = [
            ("orangecrab", "nano"),
            ("ulx3s-25f", "nano"),
            ("core-ecp5", "nano"),
            ("icebreaker", "up5k"),
        ];
        for (board, preset) in boards {
            let board = Board::named(board).unwrap();
            let config = Config::preset(preset).unwrap();
            let mut modules = design(&board, &config).unwrap();
            // Vendors' cells are for other tools.
            modules.retain(|module| module.name != PINS);
            let folder = tempfile::tempdir().unwrap();
            let files = write(&modules, folder.path()).unwrap();
            let verilator = Verilator::find().unwrap();
            let top = &modules[0].name;
            if let Err(error) = verilator.lint(folder.path(), top, &files) {
                panic!("{}: {error}", board.name);
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    thread.spawn(lint).unwrap().join().unwrap();
}

/// The outermost module has exactly the ports that the constraint file places, and a PLL where the clocks differ.
#[test]
fn pins_have_all_ports() {
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    thread.spawn(all_pins).unwrap().join().unwrap();
}

fn all_pins() {
    let nano = Config::preset("nano").unwrap();
    for name in tcpu_fpga::board::names() {
        let board = Board::named(name).unwrap();
        if board.clock.pin.is_none() {
            continue;
        }
        let config = match board.memory {
            Some(Memory::Spram { .. }) => board.config().unwrap(),
            _ => nano.clone(),
        };
        let modules = design(&board, &config).unwrap();
        let text = &modules[0].text;
        let (ports, _) = text.split_once(");").unwrap();
        let mut declared = Vec::new();
        for port in ports.lines().skip(1) {
            let words: Vec<&str> = port.trim().trim_end_matches(',').split(' ').collect();
            let width = words.iter().find_map(|word| {
                word.strip_prefix('[')?
                    .strip_suffix(":0]")?
                    .parse::<usize>()
                    .ok()
            });
            let last = words.last().unwrap();
            match width {
                Some(top) => declared.extend((0..=top).map(|i| format!("{last}[{i}]"))),
                None => declared.push(last.to_string()),
            }
        }
        declared.sort();
        let placed = board.constraints().ports;
        let mut placed: Vec<String> = placed.into_iter().map(|(port, _)| port).collect();
        placed.sort();
        assert_eq!(declared, placed, "{name}");
        let pll = text.contains("EHXPLLL") || text.contains("SB_PLL40");
        assert_eq!(pll, board.has_pll(), "{name}");
    }
}
