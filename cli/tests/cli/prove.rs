//! `tcpu prove` as a user meets it.

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

fn prove(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("tcpu").unwrap();
    command.arg("prove").args(args);
    command
}

/// A line for a proof, also as JSON; each says what it proves.
#[test]
fn proves() {
    let text = prove(&["inbox"]).assert().success();
    let text = String::from_utf8(text.get_output().stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("proven  by induction"), "{text}");
    assert!(text.contains("fault found"), "{text}");

    let json = prove(&["inbox", "--json", "--no-faults"])
        .assert()
        .success();
    let rows: Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(rows[0]["name"], "inbox");
    assert_eq!(rows[0]["proven"], true);
    assert!(rows[0]["finds_fault"].is_null());
}

/// The list names all proofs; a name that is none is refused.
#[test]
fn names() {
    prove(&["--list"])
        .assert()
        .success()
        .stdout(contains("arbiter").and(contains("fifo-8")));
    prove(&["nothing"])
        .assert()
        .code(2)
        .stderr(contains("no proof is called \"nothing\""));
}
