//! A simulated board at the end of a bad line, and programs to run on it.

#![allow(dead_code)]

use tcpu_compiler::{compile, Compiled, Options};
use tcpu_fpga::link::Settings;
use tcpu_hdl::link::LinkConfig;
use tcpu_hdl::sdram::SdramConfig;
use tcpu_isa::{Config, MemoryTiming, OutType};
use tcpu_testbench::Board;

/// A small, fast link.
pub const LINK: LinkConfig = LinkConfig {
    divisor: 4,
    kilohertz: 100_000,
    memory: 1 << 16,
    receive: 512,
    commands: 256,
};

pub const TIMING: MemoryTiming = MemoryTiming {
    width: 4,
    latency: 20,
};

/// A tiny board with this link.
pub fn board(link: LinkConfig) -> Board {
    Board::new(&Config::preset("tiny").unwrap(), link, TIMING).unwrap()
}

/// Runs a test with the stack that whole boards need: they are built by value.
pub fn roomy(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

/// A tiny board with this link and block RAM.
pub fn block_board(link: LinkConfig) -> Board {
    Board::with_block_memory(&Config::preset("tiny").unwrap(), link).unwrap()
}

/// A tiny board with this link and an SDRAM that starts soon.
pub fn sdram_board(link: LinkConfig) -> Board {
    let chip = SdramConfig {
        startup: 20,
        ..SdramConfig::at(40_000)
    };
    Board::with_sdram(&Config::preset("tiny").unwrap(), link, chip).unwrap()
}

/// Patience for a simulated line.
pub fn settings(seed: u64) -> Settings {
    Settings {
        silence: 1,
        read_timeout: None,
        tries: 12,
        seed: Some(seed),
        ..Settings::default()
    }
}

/// The build that folds, and a line that is slow enough for it.
pub fn folded() -> (Config, LinkConfig) {
    let link = LinkConfig {
        divisor: 16,
        ..LINK
    };
    (Config::preset("up5k").unwrap(), link)
}

/// A board with the folded machine on the model of its engine.
pub fn folded_board() -> Board {
    let (config, link) = folded();
    Board::with_folded_model(&config, link).unwrap()
}

/// A compiled product of an m x k and a k x n matrix, with its memory image.
pub fn product(m: usize, k: usize, n: usize) -> (Compiled, Vec<u8>) {
    product_on("tiny", m, k, n)
}

/// The same on another preset.
pub fn product_on(preset: &str, m: usize, k: usize, n: usize) -> (Compiled, Vec<u8>) {
    let options = Options {
        config: Config::preset(preset).unwrap(),
        memory: TIMING,
        out: OutType::I32,
        mult: 1,
        shift: 0,
        int4: Vec::new(),
    };
    let shapes = [vec![m, k], vec![k, n]];
    let compiled = compile("ij,jk->ik", &shapes, &options).unwrap();
    let a: Vec<u8> = (0..m * k).map(|i| (i * 89 + 3) as u8).collect();
    let b: Vec<u8> = (0..k * n).map(|i| (i * 57 + 11) as u8).collect();
    let image = compiled.program.image(&[&a, &b]).unwrap();
    (compiled, image)
}

/// The output that the golden model computes.
pub fn golden(compiled: &Compiled, image: &[u8]) -> Vec<u8> {
    let program = &compiled.program;
    let order = tcpu_golden::Order::Program;
    let memory = tcpu_golden::run(&program.config, &program.commands, image.to_vec(), order);
    program.output.of(&memory.unwrap()).unwrap().to_vec()
}
