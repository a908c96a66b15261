//! `tcpu bitstream`: with tools that only say what they are told to, and once with the real ones.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::str::contains;
use serde_json::{json, Map, Value};
use tempfile::TempDir;

use crate::program;

/// A Yosys that counts 900 look-up tables and 20 multipliers, and whose netlist is empty (where it is told nothing
/// else), whatever it is given; a nextpnr that reaches 70 MHz with an odd seed and 90 with an even one; and a packer
/// that writes the name of its input.
const TOOLS: [(&str, &str); 3] = [
    (
        "yosys",
        r#"[ "$1" = -V ] && echo "Yosys 0.70 (fake)" && exit
cells='"LUT4": 900, "MULT18X18D": 20'
[ -e "$FAKE/cells" ] && cells=$(cat "$FAKE/cells")
echo '{"modules": {}}' > design.json
[ -e "$FAKE/netlist" ] && cp "$FAKE/netlist" design.json
cat > stat.json <<END
{"modules": {"tcpu_pins": {"num_cells_by_type": {$cells}}}}
END"#,
    ),
    (
        "nextpnr-ecp5",
        r#"says='"nextpnr-ecp5" -- Next Generation Place and Route (Version nextpnr-0.11.1)'
[ "$1" = --version ] && echo "$says" && exit
echo "$@" >> "$FAKE/said"
[ -e "$FAKE/broken" ] && echo "ERROR: out of wires" >&2 && exit 1
while [ $# -gt 0 ]; do
    [ "$1" = --seed ] && seed=$2
    [ "$1" = --report ] && report=$2
    [ "$1" = --write ] && written=$2
    shift
done
[ -z "$report" ] && echo "placed with $seed" > "$written" && exit
mhz=$((90 - 20 * (seed % 2)))
cat > "$report" <<END
{"fmax": {"fast": {"achieved": $mhz, "constraint": 80}},
 "utilization": {"TRELLIS_COMB": {"used": 900, "available": 43848}, "DCCA": {"used": 0, "available": 56}},
 "critical_paths": [{"from": "posedge fast", "to": "posedge fast", "path": [
  {"delay": 0.5, "type": "clk-to-q", "from": {"cell": "top.system.processor.fetch.at_TRELLIS_FF_Q"}, "to": {"cell": "x"}},
  {"delay": 9.5, "type": "routing", "net": "top.system.processor.dm.row",
   "from": {"cell": "x"}, "to": {"cell": "top.system.processor.commit.at_TRELLIS_FF_Q"}}]}]}
END
cat > "$written" <<END
{"modules": {"tcpu_pins": {"cells": {"top.system.processor.fetch.at_TRELLIS_FF_Q": {"attributes":
 {"NEXTPNR_BEL": "X3/Y4/SLICEA.FF0"}}}}}}
END"#,
    ),
    ("ecppack", r#"echo "bits of $2" > "$3""#),
];

/// A folder with these tools.
fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    for (name, script) in TOOLS {
        program(place.path(), name, script);
    }
    place
}

fn bitstream(place: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("tcpu").unwrap();
    let path = std::env::var("PATH").unwrap();
    let bin = place.join("bin");
    command
        .current_dir(place)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("FAKE", place);
    command.arg("bitstream").args(args);
    command
}

fn refused(place: &Path, args: &[&str], why: &str) {
    let mut command = bitstream(place, args);
    command.assert().code(2).stderr(contains(why));
    let left = fs::read_dir(place).unwrap().flatten();
    let left = left.filter(|file| file.path().extension().is_some());
    assert_eq!(left.count(), 0, "a file is left after {args:?}");
}

/// The fastest seed is kept, reported and packed; the tools are told what the board's file says.
#[test]
fn keeps_the_best_seed() {
    let place = place();
    let at = |name: &str| place.path().join(name);
    let args = ["--board", "ulx3s-25f", "--seeds", "3", "--json"];
    let more = ["--floorplan", "plan.svg", "-o", "out.bit"];
    let args = [&args[..], &more[..]].concat();
    let output = bitstream(place.path(), &args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["seed"], 2);
    assert_eq!(report["reached_mhz"], 90.0);
    assert_eq!(report["met"], true);
    assert_eq!(report["peak"]["gops"], 0.72);
    assert_eq!(report["peak"]["lut_per_multiplier"], 225.0);
    assert_eq!(report["seeds_mhz"][2][1], 70.0);
    assert_eq!(report["critical"]["to"], "processor.commit.at");
    assert_eq!(report["critical"]["ns"], 10.0);
    assert_eq!(report["utilization"]["TRELLIS_COMB"]["used"], 900);
    let bits = fs::read_to_string(at("out.bit")).unwrap();
    assert_eq!(bits, "bits of 2.config\n");
    assert!(fs::read_to_string(at("plan.svg"))
        .unwrap()
        .contains("fetch: 1 cells"));
    let said = fs::read_to_string(at("said")).unwrap();
    let part = "--25k --package CABGA381 --speed 6 --json design.json";
    assert!(said.starts_with(part), "{said}");
    assert!(said.contains("--report 1.report --write 1.json --textcfg 1.config --seed 1"));
    assert!(!said.contains("--no-"), "placed and routed at once: {said}");
}

/// The memories that the plan of `ecp5-85k` asks for.
fn memories() -> Value {
    let memory = json!({"type": "DP16KD", "attributes": {}, "connections": {}});
    let names = (0..2).flat_map(|slice| {
        let trf = (0..4).map(move |lane| format!("trf.slice[{slice}].lane[{lane}].rows.0.0"));
        trf.chain([format!("dm.slice[{slice}].bank[0].even.0.0")])
    });
    let cells: Map<String, Value> = names.map(|name| (name, memory.clone())).collect();
    let top = json!({"attributes": {"top": "1"}, "cells": cells, "netnames": {}});
    json!({"modules": {"tcpu_pins": top}})
}

/// A large design is placed by a plan, which says what it does not find; in one run, and routed in another one, each
/// seed that is asked for.
#[test]
fn large_designs() {
    let place = place();
    let cells = "\"LUT4\": 40000, \"MULT18X18D\": 144";
    fs::write(place.path().join("cells"), cells).unwrap();
    let args = ["--board", "ulx3s-85f", "--preset", "ecp5-85k"];
    let more = ["--seed", "6", "--seeds", "2", "--json", "-o", "out.bit"];
    let args = [&args[..], &more[..]].concat();
    let path = place.path().join("netlist");
    let mut netlist = memories();
    netlist["modules"]["tcpu_pins"]["cells"]["p"] = json!({"type": "MULT18X18D"});
    fs::write(&path, netlist.to_string()).unwrap();
    refused(place.path(), &args, "does not find multiplier p in the");
    fs::write(&path, memories().to_string()).unwrap();
    let output = bitstream(place.path(), &args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["seed"], 6);
    assert_eq!(report["seeds_mhz"].to_string(), "[[6,90.0],[7,70.0]]");
    let said = fs::read_to_string(place.path().join("said")).unwrap();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), 4, "{said:?}");
    for (runs, seed) in said.chunks(2).zip([6, 7]) {
        let placed = format!("--json design.json --no-route --write {seed}.placed.json");
        assert!(runs[0].contains(&placed), "{runs:?}");
        let routed = format!("--json {seed}.placed.json --no-pack --no-place --no-tmdriv");
        assert!(runs[1].contains(&routed), "{runs:?}");
        assert!(!runs[0].contains("--no-tmdriv"), "{runs:?}");
    }
}

/// People get the figures, the slowest path in the design's names, and the board's name as the file's.
#[test]
fn reports() {
    let place = place();
    let args = ["--board", "ulx3s-25f", "--seeds", "2"];
    let report = bitstream(place.path(), &args).assert().success();
    let report = String::from_utf8(report.get_output().stdout.clone()).unwrap();
    for part in [
        "ulx3s-25f  ->  nano (4 multipliers) on LFE5U-25F",
        "90.00 MHz of 80 MHz: met (seed 2)",
        "0.72 GOPS of int8: 225 LUTs per multiplier",
        "10.00 ns, 95 % of it wires, 1 signals: processor.fetch.at -> processor.commit.at",
        "TRELLIS_COMB",
        "2.1 %",
        "ulx3s-25f.bit, 17 bytes",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    assert!(!report.contains("DCCA"));
}

/// A missed clock is an error, and no file is left, unless it is allowed.
#[test]
fn missed_clock() {
    let place = place();
    let args = ["--board", "ulx3s-25f", "-o", "out.bit"];
    refused(
        place.path(),
        &args,
        "the clock is missed: 70.0 MHz instead of 80 MHz (preset nano, board ulx3s-25f, best seed 1)",
    );
    let slow = [&args[..], &["--allow-slow"]].concat();
    let report = bitstream(place.path(), &slow).assert().success();
    report.stdout(contains("70.00 MHz of 80 MHz: MISSED"));
    assert!(place.path().join("out.bit").exists());
}

/// What there is no bitstream of: one clear message each, and no file.
#[test]
fn refusals() {
    let place = place();
    let refused = |args: &[&str], why: &str| refused(place.path(), args, why);
    refused(&["--board", "ulx4s"], "no board is called \"ulx4s\"");
    refused(
        &["--board", "ulx3s-85f", "--preset", "huge"],
        "no preset is called",
    );
    refused(
        &["--board", "icebreaker", "--preset", "nano"],
        "preset nano does not fit into board icebreaker: its queues are LUT RAM, which up5k does not have",
    );
    fs::write(place.path().join("cells"), "\"MULT18X18D\": 40").unwrap();
    refused(
        &["--board", "ulx3s-25f"],
        "preset nano does not fit into board ulx3s-25f: it needs 40 multipliers of the 28 that LFE5U-25F has; no preset is smaller",
    );
    fs::write(place.path().join("cells"), "\"LUT4\": 99000").unwrap();
    refused(
        &["--board", "ulx3s-85f", "--preset", "tiny"],
        "it needs 99000 look-up tables of the 83640 that LFE5U-85F has; smaller ones are nano",
    );
    fs::remove_file(place.path().join("cells")).unwrap();
    fs::write(place.path().join("broken"), "").unwrap();
    refused(&["--board", "ulx3s-85f"], "out of wires");
}

/// With the real tools: a bitstream for a board, which meets its clock, has multipliers for all products at least
/// (cells of these kinds, with so many products each), and says which part it is for.
fn real(board: &str, bits: &str, (multipliers, each): (&[&str], u64), part: &[u8]) {
    let place = TempDir::new().unwrap();
    let mut command = Command::cargo_bin("tcpu").unwrap();
    let args = ["bitstream", "--board", board, "--json"];
    let output = command.current_dir(place.path()).args(args).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["met"], true);
    let target = report["target_mhz"].as_f64().unwrap();
    assert!(report["reached_mhz"].as_f64().unwrap() >= target);
    let used = |kind: &&str| report["utilization"][*kind]["used"].as_u64().unwrap();
    let used: u64 = multipliers.iter().map(used).sum();
    let products = report["multipliers"].as_u64().unwrap();
    assert!(used * each >= products, "{report}");
    let signals = report["critical"]["signals"].as_array().unwrap();
    assert!(!signals.is_empty());
    let bits = fs::read(place.path().join(bits)).unwrap();
    assert!(bits.windows(part.len()).any(|window| window == part));
}

/// An ECP5.
#[test]
fn real_ecp5() {
    let part = b"LFE5U-25F-8CSFBGA285";
    real("orangecrab", "orangecrab.bit", (&["MULT18X18D"], 1), part);
}

/// A Gowin part, whose bitstream says its number.
#[test]
fn real_gowin() {
    let multipliers = ["MULT9X9", "MULT18X18"];
    let id = format!("{:064b}", 0x0600_0000_0000_081B_u64);
    let multipliers = (&multipliers[..], 1);
    real(
        "tang-nano-20k",
        "tang-nano-20k.fs",
        multipliers,
        id.as_bytes(),
    );
}

/// An iCE40, whose multipliers make two products each, and whose bitstream says how wide and how high a UP5K's banks
/// are.
#[test]
fn real_ice40() {
    let banks = b"\x62\x02\xB3\x82\x00\x00\x72\x01\x50";
    let multipliers: (&[&str], u64) = (&["ICESTORM_DSP"], 2);
    real("icebreaker", "icebreaker.bin", multipliers, banks);
}
