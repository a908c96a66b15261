//! The system of every preset has Verilog, and so has the SDRAM controller.

use rust_hdl::prelude::Block;
use tcpu_hdl::link::LinkConfig;
use tcpu_hdl::preset::{with_system, WithSystem};
use tcpu_hdl::sdram::{Sdram, SdramConfig};
use tcpu_hdl::system::System;
use tcpu_isa::Config;
use tcpu_synth::{modules, EmitError, Module};

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
