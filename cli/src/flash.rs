//! `tcpu flash`: a bitstream into a board.

use std::path::PathBuf;

use clap::Args;
use tcpu_fpga::board::Board;
use tcpu_fpga::flash::{flash as load, words, Keep};

use crate::error::Error;

#[derive(Args)]
pub struct FlashArgs {
    /// The board, by the name of its file.
    #[arg(long)]
    board: String,
    /// Into the board's flash chip, so that it is there after power-up.
    #[arg(long)]
    keep: bool,
    /// The bitstream.
    file: PathBuf,
}

/// Loads a bitstream with openFPGALoader and shows its command.
///
/// # Errors
/// No such board or file, no openFPGALoader on PATH, or one that fails.
pub fn flash(args: &FlashArgs) -> Result<(), Error> {
    let board = Board::named(&args.board)?;
    let keep = match args.keep {
        true => Keep::Flash,
        false => Keep::Part,
    };
    eprintln!("tcpu: {}", words(&board, keep, &args.file)?.join(" "));
    Ok(load(&board, keep, &args.file)?)
}
