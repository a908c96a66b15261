//! The description for FuseSoC is one that FuseSoC takes.

use std::fs;

use tcpu_isa::Config;
use tcpu_synth::tools::{Fusesoc, Verilator};
use tcpu_synth::{emit, emit_for, fusesoc, write, Bus, Module};

/// What FuseSoC says of a core that lies in a folder of cores, and is linted there.
fn lint(config: &Config, modules: &[Module], core: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("rtl");
    fs::create_dir(&place).unwrap();
    write(modules, &place).unwrap();
    fs::write(place.join("tcpu.core"), fusesoc::core(config, modules)).unwrap();
    let said = Fusesoc::find()
        .unwrap()
        .lint(folder.path(), core, &Verilator::find().unwrap());
    said.map_err(|error| error.to_string())
}

/// FuseSoC finds a build by its name, alone and for a bus, and Verilator has no warning when FuseSoC calls it.
#[test]
fn cores_are_taken() {
    let version = env!("CARGO_PKG_VERSION");
    for (preset, name) in [("tiny", "tiny"), ("m256-int4", "m256_int4")] {
        let config = Config::preset(preset).unwrap();
        let core = format!("::tcpu_{name}:{version}");
        lint(&config, &emit(&config).unwrap(), &core).unwrap();
        let core = format!("::tcpu_axi_{name}:{version}");
        lint(&config, &emit_for(&config, Bus::Axi).unwrap(), &core).unwrap();
    }
}

/// A file that is missing is found.
#[test]
fn missing_files_are_told() {
    let config = Config::preset("nano").unwrap();
    let modules = emit(&config).unwrap();
    let core = format!("::tcpu_nano:{}", env!("CARGO_PKG_VERSION"));
    let error = lint(&config, &modules[..modules.len() - 1], &core).unwrap_err();
    assert!(error.contains(&modules[modules.len() - 1].name), "{error}");
}
