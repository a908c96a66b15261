//! A simulated board behind a pseudo-terminal, used as a real one would be.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use assert_cmd::Command as Assert;
use ndarray::{Array2, ArrayD};
use ndarray_npy::{read_npy, write_npy};
use predicates::str::contains;
use tempfile::TempDir;

/// A board that runs until it is dropped.
struct Simulated {
    process: Child,
    port: String,
}

impl Simulated {
    fn new(args: &[&str]) -> Simulated {
        let mut process = Command::new(cargo_bin("tcpu"))
            .args(["board-sim", "--pty"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let out = process.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut port).unwrap();
        let port = format!("board:{}", port.trim());
        Simulated { process, port }
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn operands(dir: &Path) -> Array2<i32> {
    let a = Array2::from_shape_fn((4, 6), |(i, j)| (i * 31 + j * 57) as i8);
    let b = Array2::from_shape_fn((6, 3), |(i, j)| (i * 91 + j * 23 + 5) as i8);
    write_npy(dir.join("a.npy"), &a).unwrap();
    write_npy(dir.join("b.npy"), &b).unwrap();
    a.mapv(i32::from).dot(&b.mapv(i32::from))
}

fn einsum(dir: &Path, engine: &str) -> Assert {
    let mut command = Assert::cargo_bin("tcpu").unwrap();
    command
        .current_dir(dir)
        .args([
            "einsum",
            "ij,jk->ik",
            "a.npy",
            "b.npy",
            "-o",
            "c.npy",
            "--engine",
            engine,
        ])
        .timeout(std::time::Duration::from_secs(240));
    command
}

/// The result comes back through the serial device, in the cycles that were predicted; a second host finds
/// the board as the first one did.
#[test]
fn einsum_on_a_board() {
    let dir = TempDir::new().unwrap();
    let product = operands(dir.path());
    let board = Simulated::new(&[]);
    for _ in 0..2 {
        let output = einsum(dir.path(), &board.port)
            .arg("--json")
            .assert()
            .success();
        let report: serde_json::Value =
            serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!(report["engine"], "board");
        assert_eq!(report["cycles"], report["predicted_cycles"]);
        let c: ArrayD<i32> = read_npy(dir.path().join("c.npy")).unwrap();
        assert_eq!(c, product.clone().into_dyn());
    }
}

/// The same on a bad line.
#[test]
fn einsum_on_a_bad_line() {
    let dir = TempDir::new().unwrap();
    let product = operands(dir.path());
    let board = Simulated::new(&["--faults", "2000"]);
    einsum(dir.path(), &board.port).assert().success();
    let c: ArrayD<i32> = read_npy(dir.path().join("c.npy")).unwrap();
    assert_eq!(c, product.into_dyn());
}

/// The same on the folded machine, on a line that is a bit bad: its cycles are its own.
#[test]
fn einsum_on_a_folded_board() {
    let dir = TempDir::new().unwrap();
    let product = operands(dir.path());
    let board = Simulated::new(&["--folded", "--faults", "5000"]);
    einsum(dir.path(), &board.port)
        .args(["--preset", "up5k"])
        .assert()
        .success()
        .stdout(contains("predicted for a machine that is not folded"));
    let c: ArrayD<i32> = read_npy(dir.path().join("c.npy")).unwrap();
    assert_eq!(c, product.into_dyn());
}

/// What a user does wrong.
#[test]
fn refusals() {
    let dir = TempDir::new().unwrap();
    operands(dir.path());
    let refused = |engine: &str, message: &str| {
        einsum(dir.path(), engine)
            .assert()
            .code(2)
            .stderr(contains(message));
        assert!(!dir.path().join("c.npy").exists());
    };
    refused("board:/dev/null-board", "cannot be opened");
    refused(
        "board:",
        "engines are golden, rtl, verilator and board:<serial port>",
    );
    let board = Simulated::new(&["--preset", "up5k"]);
    refused(&board.port, "the device is up5k (slices=1");
}
