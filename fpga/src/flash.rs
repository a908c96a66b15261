//! A bitstream's way into a board: openFPGALoader, which has to be on PATH.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use thiserror::Error;

use crate::board::Board;

const LOADER: &str = "openFPGALoader";

/// Why a board did not get its bitstream.
#[derive(Debug, Error)]
pub enum FlashError {
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("board {0} is a part alone: there is nothing to load")]
    NoBoard(String),
    #[error(
        "openFPGALoader is needed on PATH and cannot be started: {error}; {command} was not run"
    )]
    NotThere { command: String, error: io::Error },
    #[error("{command} failed ({status}); what it said is above")]
    Failed { command: String, status: ExitStatus },
}

/// Where the bitstream stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In the part, until power goes, where the board has a way to it.
    Part,
    /// In the board's flash chip.
    Flash,
}

/// The words of the command that loads a bitstream, the program first.
///
/// # Errors
/// A part without a board.
pub fn words(board: &Board, keep: Keep, file: &Path) -> Result<Vec<String>, FlashError> {
    let name = &board.program;
    let name = name
        .as_ref()
        .ok_or_else(|| FlashError::NoBoard(board.name.clone()))?;
    let mut words = [LOADER, "--board", name].map(String::from).to_vec();
    if keep == Keep::Flash {
        words.push("--write-flash".to_string());
    }
    words.push(file.display().to_string());
    Ok(words)
}

/// Loads a bitstream; the loader's own words go where the caller's do.
///
/// # Errors
/// A file that cannot be read, a part without a board, no loader, or a loader that fails.
pub fn flash(board: &Board, keep: Keep, file: &Path) -> Result<(), FlashError> {
    let words = words(board, keep, file)?;
    std::fs::File::open(file).map_err(|error| FlashError::File {
        path: file.to_path_buf(),
        error,
    })?;
    let command = words.join(" ");
    let arguments = &words[1..words.len() - 1];
    // The file's name as it is, also where it is no text.
    match Command::new(LOADER).args(arguments).arg(file).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(FlashError::Failed { command, status }),
        Err(error) => Err(FlashError::NotThere { command, error }),
    }
}
