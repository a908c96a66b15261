//! `tcpu board-sim`: a simulated board behind a pseudo-terminal.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use clap::Args;
use serialport::{SerialPort, TTYPort};
use tcpu_hdl::link::LinkConfig;
use tcpu_isa::Config;
use tcpu_testbench::{Board, Faults, Line};

use crate::error::Error;
use crate::{output, MemoryArgs};

#[derive(Args)]
pub struct BoardSimArgs {
    /// Offer the board as a pseudo-terminal; its name is printed. (There is no other way yet to reach it.)
    #[arg(long, required = true)]
    pty: bool,
    /// Build of the machine.
    #[arg(long, default_value = "tiny")]
    preset: String,
    /// The folded machine, as in an iCEBreaker (preset up5k; its memory is its own).
    #[arg(long, conflicts_with_all = ["preset", "mem_latency", "mem_width", "mem_bytes"])]
    folded: bool,
    #[command(flatten)]
    memory: MemoryArgs,
    /// Bytes of external memory.
    #[arg(long, default_value_t = 1 << 20)]
    mem_bytes: u32,
    /// Damage the line: one byte in this many is lost, one changed, one doubled, one swapped with the next.
    #[arg(long, value_parser = clap::value_parser!(u64).range(20..))]
    faults: Option<u64>,
    /// Which bytes are damaged.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How long the board stands still while nobody says anything.
const PAUSE: Duration = Duration::from_millis(10);

/// The line of the simulated board: as fast as it can be.
const DIVISOR: u16 = 4;

/// The same of the folded machine, whose program takes what comes.
const FOLDED_DIVISOR: u16 = 16;

/// The build that folds.
const FOLDED: &str = "up5k";

/// Runs a board until the process is ended.
///
/// # Errors
/// A preset or a memory that is none, no pseudo-terminal.
pub fn board_sim(args: &BoardSimArgs) -> Result<(), Error> {
    let preset = if args.folded { FOLDED } else { &args.preset };
    let config = Config::preset(preset)?;
    let timing = args.memory.for_build(&config)?;
    let link = LinkConfig {
        divisor: if args.folded { FOLDED_DIVISOR } else { DIVISOR },
        kilohertz: 50_000,
        memory: args.mem_bytes,
        receive: 512,
        commands: 512,
    };
    let board = match args.folded {
        true => Board::with_folded(&config, link)?,
        false => Board::new(&config, link, timing)?,
    };
    let faults = args.faults.map_or(Faults::NONE, |often| Faults {
        lose: often,
        change: often,
        double: often,
        swap: often,
        ..Faults::NONE
    });
    let mut line = Line::new(board, faults, args.seed);
    let pty = |error: serialport::Error| Error::Pty(error.into());
    let (mut port, device) = TTYPort::pair().map_err(pty)?;
    port.set_timeout(PAUSE).map_err(pty)?;
    output::say(&device.name().unwrap_or_default());
    // Only the hosts' own ends stay open: so each of them can have the port to itself.
    drop(device);
    let mut buffer = [0; 4096];
    loop {
        match port.read(&mut buffer) {
            Ok(n) => line.write_all(&buffer[..n]).map_err(Error::Pty)?,
            Err(error) if error.kind() == ErrorKind::TimedOut && !line.board.busy() => continue,
            Err(error) if error.kind() == ErrorKind::TimedOut => {}
            // Nobody has the other end open: the cable hangs loose.
            Err(_) => {
                std::thread::sleep(PAUSE);
                continue;
            }
        }
        while let Ok(n) = line.read(&mut buffer) {
            if port.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
    }
}
