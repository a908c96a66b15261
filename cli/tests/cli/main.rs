//! The program as its users see it.
//!
//! One test binary: a bitstream takes long, and on one core only, while the others run beside it.

mod bitstream;
mod board;
mod commands;
mod doctor;
mod flash;
mod prove;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Puts a program into the folder `bin` of a place: these lines of shell.
fn program(place: &Path, name: &str, lines: &str) {
    let bin = place.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let path = bin.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}
