//! `tcpu doctor` with programs that only tell a version.

use std::fs;

use assert_cmd::Command;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// A folder with an empty cache, and these programs on PATH, which say so when asked for their version.
fn place(programs: &[(&str, &str)]) -> TempDir {
    let place = TempDir::new().unwrap();
    for (name, version) in programs {
        program(place.path(), name, &format!("echo '{version}'"));
    }
    place
}

fn doctor(place: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("tcpu").unwrap();
    command
        .env("PATH", place.path().join("bin"))
        .env("TCPU_CACHE", place.path().join("cache"))
        .env_remove("CXX")
        .arg("doctor")
        .args(args);
    command
}

/// What the report says of a tool: its state, and its version.
fn state(report: &Value, tool: &str) -> (String, String) {
    let mut tools = report["tools"].as_array().unwrap().iter();
    let row = tools.find(|row| row["tool"] == tool).unwrap();
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_string();
    (text("state"), text("version"))
}

/// A tool of the right version on PATH counts, one of another version comes by itself into the cache, one that
/// is there already is found, and a module of Python's is not looked for on PATH; nothing is installed.
#[test]
fn says_where_tools_are() {
    let place = place(&[
        ("python3", "Python 3.12.1"),
        ("c++", "some compiler 13"),
        ("yosys", "Yosys 0.70 (anything)"),
        ("verilator", "Verilator 4.0 of long ago"),
        ("litex", "something else"),
    ]);
    let report = || -> Value {
        let said = doctor(&place, &["--json"]).assert().success();
        serde_json::from_slice(&said.get_output().stdout).unwrap()
    };
    let first = report();
    let path = |version: &str| ("path".to_string(), version.to_string());
    assert_eq!(state(&first, "python3"), path("Python 3.12.1"));
    assert_eq!(state(&first, "c++"), path("some compiler 13"));
    assert_eq!(state(&first, "yosys"), path("Yosys 0.70 (anything)"));
    let (comes, version) = state(&first, "verilator");
    assert_eq!(comes, "comes");
    for module in ["cocotb", "litex"] {
        assert_eq!(state(&first, module).0, "comes");
    }
    assert_eq!(state(&first, "openFPGALoader").0, "missing");
    assert!(!place.path().join("cache").exists());

    let name = version.replace(' ', "-");
    let folder = place.path().join("cache/tools").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("complete"), "").unwrap();
    assert_eq!(
        state(&report(), "verilator"),
        ("cache".to_string(), version)
    );
}

/// What cannot come by itself is an error that names it, below a table with a line for every tool.
#[test]
fn says_what_a_hand_must_install() {
    let place = place(&[("c++", "some compiler 13")]);
    doctor(&place, &[])
        .assert()
        .code(2)
        .stdout(contains("install Python 3 with pip and venv"))
        .stdout(contains("there, on PATH"))
        .stderr("tcpu: must be installed by hand, as much does not work without: python3\n");
}
