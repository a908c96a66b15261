//! Every preset comes out as Verilog that tools have nothing to say about.

use tcpu_isa::Config;
use tcpu_synth::area::{area, elaborate, Count, Family};
use tcpu_synth::tools::{Icarus, Verilator};
use tcpu_synth::{emit, emit_for, write, Bus, Module, TOP};

/// No warning of Verilator's, of all that it has, and none of Icarus' where that is installed.
fn clean(preset: &str, top: &str, modules: &[Module]) {
    let folder = tempfile::tempdir().unwrap();
    let files = write(modules, folder.path()).unwrap();
    let verilator = Verilator::find().unwrap();
    if let Err(error) = verilator.lint(folder.path(), top, &files) {
        panic!("{preset}: {error}");
    }
    let second = Icarus::find().map(|icarus| icarus.lint(folder.path(), top, &files));
    if let Some(Err(error)) = second {
        panic!("{preset}: {error}");
    }
}

/// Every build is clean, and the same text every time.
#[test]
fn lint() {
    for preset in Config::names() {
        let config = Config::preset(preset).unwrap();
        let modules = emit(&config).unwrap();
        assert_eq!(modules, emit(&config).unwrap());
        clean(preset, TOP, &modules);
    }
}

/// So is what a bus adds, for every width of a flit.
#[test]
fn lint_for_a_bus() {
    for preset in ["nano", "up5k", "ecp5-85k"] {
        let config = Config::preset(preset).unwrap();
        let modules = emit_for(&config, Bus::Axi).unwrap();
        clean(preset, &Bus::Axi.top(), &modules);
    }
}

/// Icarus, where it is installed, has something to say of what is wrong.
#[test]
fn second_lint() {
    let Some(icarus) = Icarus::find() else { return };
    let folder = tempfile::tempdir().unwrap();
    let text = "module wrong (input [3:0] a, output b);\n  assign b = missing;\nendmodule\n";
    std::fs::write(folder.path().join("wrong.v"), text).unwrap();
    let said = icarus.lint(folder.path(), "wrong", &["wrong.v".to_string()]);
    assert!(said.unwrap_err().to_string().contains("missing"));
}

/// Yosys has no warning, finds no latch and no loop.
#[test]
fn elaborates() {
    for preset in ["tiny", "ecp5-25k"] {
        elaborate(&emit(&Config::preset(preset).unwrap()).unwrap()).unwrap();
    }
}

/// On ECP5: one multiplier per int8 product and two per value that is requantised, DM and counters in block RAM, and the
/// TRF too if it is not tiny.
#[test]
fn multipliers_and_memories() {
    for (preset, trf) in [("tiny", 0), ("ecp5-25k", 8)] {
        let config = Config::preset(preset).unwrap();
        let modules = emit(&config).unwrap();
        let area = area(&modules, Family::Ecp5, Count::Blocks).unwrap();
        let requantised = config.slices * config.values();
        let multipliers = config.multipliers() + 2 * requantised;
        assert_eq!(area.cells.dsp, multipliers as u64, "{preset}");
        let of = |name: &str| {
            let engine = area.inside.iter().find(|a| a.module == name);
            engine.unwrap().cells.bram
        };
        // A block RAM (36 bits wide) for the even and one for the odd rows of each bank of each slice.
        let memories = 2 * config.slices * config.dm_banks;
        let wide = (config.flit * 8).div_ceil(36);
        assert_eq!(of("tcpu_dm"), (memories * wide) as u64, "{preset}");
        assert_eq!(of("tcpu_trf"), trf, "{preset}");
        // Who counts and who looks read the sums.
        let counters = 2;
        assert_eq!(of("tcpu_counters"), counters, "{preset}");
        let all = of("tcpu_dm") + of("tcpu_trf") + counters;
        assert_eq!(area.cells.bram, all, "{preset}");
    }
}

/// Multipliers that are to be made of look-up tables are.
#[test]
fn logic_multipliers() {
    let nano = Config::preset("nano").unwrap();
    let requantised = 2 * nano.values();
    for logic in [1, 4] {
        let modules = emit(&Config {
            logic,
            ..nano.clone()
        });
        let area = area(&modules.unwrap(), Family::Ecp5, Count::Blocks).unwrap();
        let multipliers = nano.multipliers() - logic + requantised;
        assert_eq!(area.cells.dsp, multipliers as u64);
    }
}

/// Every other family has a multiplier for each int8 product, too, and its block RAM for DM; where tables are no
/// memories, the TRF is block RAM.
#[test]
fn other_families() {
    let config = Config::preset("tiny").unwrap();
    let modules = emit(&config).unwrap();
    let expected = [
        (Family::Ice40, 32, 8),
        (Family::Gowin, 16, 0),
        (Family::Nexus, 16, 0),
        (Family::Gatemate, 16, 4),
    ];
    for (family, dm, trf) in expected {
        let area = area(&modules, family, Count::Blocks).unwrap();
        let of = |name: &str| {
            let engine = area.inside.iter().find(|a| a.module == name);
            engine.unwrap().cells
        };
        let products = config.multipliers() as u64;
        assert_eq!(of("tcpu_contract").dsp, products, "{family:?}");
        assert!(of("tcpu_commit").dsp > 0, "{family:?}");
        assert_eq!(of("tcpu_dm").bram, dm, "{family:?}");
        assert_eq!(of("tcpu_trf").bram, trf, "{family:?}");
    }
}
