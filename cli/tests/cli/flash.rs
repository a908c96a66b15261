//! `tcpu flash` with a loader that only writes down what it is told.

use std::fs;

use assert_cmd::Command;
use predicates::str::contains;
use tempfile::TempDir;

use crate::program;

/// A folder with a bitstream.
fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("a.bit"), "bits").unwrap();
    place
}

fn loader(place: &TempDir, script: &str) {
    program(place.path(), "openFPGALoader", script);
}

fn flash(place: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("tcpu").unwrap();
    command
        .current_dir(place.path())
        .env("PATH", place.path().join("bin"));
    command.arg("flash").args(args);
    command
}

/// The board's name and the file reach the loader; the command is shown.
#[test]
fn loads() {
    let place = place();
    loader(&place, "echo \"$@\" > said");
    let said = || fs::read_to_string(place.path().join("said")).unwrap();
    flash(&place, &["--board", "ulx3s-85f", "a.bit"])
        .assert()
        .success();
    assert_eq!(said(), "--board ulx3s a.bit\n");
    let mut kept = flash(&place, &["--board", "ecpix-5", "--keep", "a.bit"]);
    let line = "openFPGALoader --board ecpix5 --write-flash a.bit";
    kept.assert().success().stderr(contains(line));
    assert_eq!(said(), "--board ecpix5 --write-flash a.bit\n");
}

/// No loader, a loader that fails, and what cannot be loaded: one clear message, exit code 2.
#[test]
fn refusals() {
    let place = place();
    let refused = |args: &[&str], why: &str| {
        flash(&place, args).assert().code(2).stderr(contains(why));
    };
    refused(
        &["--board", "ulx3s-85f", "a.bit"],
        "openFPGALoader is needed on PATH",
    );
    loader(&place, "exit 3");
    refused(
        &["--board", "ulx3s-85f", "a.bit"],
        "openFPGALoader --board ulx3s a.bit failed",
    );
    refused(&["--board", "ulx3s-85f", "b.bit"], "b.bit: No such file");
    refused(&["--board", "core-ecp5", "a.bit"], "a part alone");
    refused(&["--board", "ulx4s", "a.bit"], "no board is called");
}
