//! The proofs that take seconds; `tcpu prove` carries out all.

use tcpu_prove::{prove, try_fault, Proof, Verdict, PROOFS};

fn quick() -> impl Iterator<Item = &'static Proof> {
    PROOFS.iter().filter(|proof| proof.quick)
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
