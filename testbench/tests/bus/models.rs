//! The Verilog for a bus against bus models that are not ours: cocotbext-axi's, in cocotb.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use tcpu_isa::bus::{REGISTERS, STATUS_BITS};
use tcpu_isa::counters::{number, COUNTERS};
use tcpu_isa::{encode, Command};
use tcpu_synth::cocotb::Simulator;
use tcpu_synth::{emit_for, Bus};

use crate::common::{options, prepare, result, Case};
use crate::load_and_store;

/// What the test in Python tells of a run.
#[derive(Deserialize)]
struct Told {
    counters: Vec<u64>,
    memory: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks_exact(2)
        .map(|d| (d[0] << 4 | d[1]) as u8)
        .collect()
}

/// The foreign master of the registers provokes errors, resets the machine, and then gives it a program word by
/// word; on the foreign memory that has the same result and the same counts as everywhere else, without pauses and
/// with pauses on every channel.
#[test]
fn axi_program() {
    let case = Case {
        expr: "ij,jk->ik".into(),
        shapes: vec![vec![9, 14], vec![14, 11]],
        seed: 4,
        int4: [false; 3],
    };
    let prepared = prepare(&case, &options("tiny"));
    let program = &prepared.compiled.program;
    let simulator = Simulator::new(&emit_for(&program.config, Bus::Axi).unwrap()).unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bus/axi_program.py");
    let registers = REGISTERS.iter().map(|r| (r.name.to_string(), json!(r.at)));
    let status = STATUS_BITS.iter();
    let status = status.map(|(name, low, bits, _)| (name.to_string(), json!([low, bits])));
    let words = |commands: &[Command]| -> Vec<String> {
        let words = commands.iter().map(encode);
        words.map(|word| format!("{word:x}")).collect()
    };
    // Memory comes in pages; the rest of the last one is noise.
    let mut image = prepared.image.clone();
    image.resize(image.len().next_multiple_of(4096), 0xA5);
    let mut case = json!({
        "registers": serde_json::Value::Object(registers.collect()),
        "status": serde_json::Value::Object(status.collect()),
        "words": words(&program.commands),
        "bad_read": words(&load_and_store(image.len() as u32, 0)),
        "bad_write": words(&load_and_store(0, image.len() as u32)),
        "memory": hex(&image),
        "counters": COUNTERS.len(),
        "base": 0x4000_0000,
    });
    for seed in 0..4 {
        case["seed"] = json!(seed);
        let folder = tempfile::tempdir().unwrap();
        let [input, output] = ["case.json", "told.json"].map(|name| folder.path().join(name));
        fs::write(&input, case.to_string()).unwrap();
        let variables = [
            ("TCPU_CASE", input.as_path()),
            ("TCPU_RESULT", output.as_path()),
        ];
        if let Err(error) = simulator.play(&tests, folder.path(), &variables) {
            panic!("seed {seed}: {error}");
        }
        let told: Told = serde_json::from_str(&fs::read_to_string(&output).unwrap()).unwrap();
        let memory = bytes(&told.memory);
        assert_eq!(result(&prepared.compiled, &memory), prepared.expected);
        // Nothing else is written.
        let used = prepared.image.len();
        assert!(memory[used..] == image[used..], "seed {seed}");
        let predicted = &prepared.compiled.cycles.counters;
        for same in [number::READ_BEATS, number::WRITE_BEATS] {
            assert_eq!(told.counters[same], predicted.0[same], "seed {seed}");
        }
    }
}
