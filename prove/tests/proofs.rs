//! The proofs that take seconds; `tcpu prove` carries out all.

use std::fs;
use std::path::Path;

use tcpu_prove::{proofs, prove, try_fault, Method, Proof, Verdict};

fn quick() -> impl Iterator<Item = &'static Proof> {
    proofs().filter(|proof| proof.quick)
}

/// The properties hold.
#[test]
fn proven() {
    let waves = tempfile::tempdir().unwrap();
    for proof in quick() {
        let outcome = prove(proof, waves.path()).unwrap();
        println!("{}: {:?}", proof.name, outcome.time);
        assert_eq!(outcome.verdict, Verdict::Proven, "{}", proof.name);
    }
}

/// A fault in the Verilog fails the proof, and a waveform shows it.
#[test]
fn faults_are_found() {
    for proof in quick() {
        let outcome = try_fault(proof).unwrap();
        println!("{}: {:?}", proof.name, outcome.time);
        let Verdict::Failed { what, wave } = outcome.verdict else {
            panic!("{} does not see its fault", proof.name);
        };
        assert!(what.starts_with("Assert failed"), "{}: {what}", proof.name);
        assert!(wave.is_some(), "{}", proof.name);
    }
}

/// The book's table says of each proof how it is made, and what it says.
#[test]
fn the_book_lists_them() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/proofs.md");
    let book = fs::read_to_string(book).unwrap();
    let row = |proof: &Proof| {
        let how = match proof.method {
            Method::Induction(_) => "induction".to_string(),
            Method::Bounded(cycles) => format!("to cycle {cycles}"),
        };
        format!("| `{}` | {how} | {} |", proof.name, proof.claim)
    };
    let rows: Vec<String> = proofs().map(row).collect();
    let found: Vec<&str> = book
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(found, rows);
}
