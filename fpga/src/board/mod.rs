//! Boards, as data: a board is a file in `fpga/boards`.
//!
//! ```text
//! boards/*.toml ──> Board ──┬──> constraint file (.lpf, .pcf, .cst)
//!                           ├──> arguments of nextpnr
//!                           └──> sizes of the link
//! ```

mod constraints;

use std::collections::BTreeMap;

use include_dir::{include_dir, Dir};
use serde::Deserialize;
use tcpu_isa::{Config, ConfigError};
use thiserror::Error;

pub use constraints::Constraints;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/boards");

/// What a part is made of, and so which tools know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Ecp5,
    Ice40,
    Gowin,
}

/// A board, or a part alone (then its clock has no pin).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The file's name, without its ending.
    #[serde(skip)]
    pub name: String,
    /// The name that people know.
    pub title: String,
    pub family: Family,
    pub device: String,
    pub package: String,
    /// Speed grade, where the part's name does not say it.
    pub speed: Option<u32>,
    /// A Gowin part's die.
    pub die: Option<String>,
    /// The largest build that fits.
    pub preset: String,
    /// The name under which openFPGALoader knows it.
    pub program: Option<String>,
    /// Pins that are driven high all the time.
    #[serde(default)]
    pub high: Vec<String>,
    pub clock: Clock,
    pub uart: Option<Uart>,
    pub led: Option<Pin>,
    pub reset: Option<Pin>,
    pub memory: Option<Memory>,
    /// Pins of a part alone (`clock`, `in` and `out`), where its placer wants to be told.
    #[serde(default)]
    pub alone: BTreeMap<String, String>,
}

/// The clock that the board has, and the one that the processor gets (through a PLL, if they differ).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    pub pin: Option<String>,
    pub megahertz: u32,
    pub processor: u32,
}

/// The line to the host, as the part sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uart {
    pub rx: String,
    pub tx: String,
    /// The fastest that the board's converter can do.
    pub baud: u32,
}

/// A lamp or a button.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub pin: String,
    #[serde(default)]
    pub active_low: bool,
}

/// The memory behind the processor's port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Memory {
    /// Block RAM.
    Bram { bytes: u32 },
    /// The UltraPlus parts' single-port RAM.
    Spram { bytes: u32 },
    /// A 16-bit SDRAM with four banks.
    Sdram(Box<Sdram>),
}

/// Size and pins of an SDRAM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Sdram {
    pub bytes: u32,
    /// Bits of a row's and of a column's number.
    pub rows: u32,
    pub columns: u32,
    pub clock: String,
    pub cke: String,
    pub cs_n: String,
    pub ras_n: String,
    pub cas_n: String,
    pub we_n: String,
    pub ba: Vec<String>,
    pub dm: Vec<String>,
    pub a: Vec<String>,
    pub dq: Vec<String>,
}

/// Why there is no such board.
#[derive(Debug, Error)]
pub enum BoardError {
    #[error("no board is called {0:?}; there are: {names}", names = names().join(", "))]
    Unknown(String),
    #[error("board {name}: {error}")]
    File {
        name: String,
        error: Box<toml::de::Error>,
    },
    #[error("board {name}: {error}")]
    Preset { name: String, error: ConfigError },
}

/// Names of all boards.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = FILES
        .files()
        .filter_map(|file| file.path().to_str()?.strip_suffix(".toml"))
        .collect();
    names.sort_unstable();
    names
}

impl Board {
    /// The processor's clock is made by a PLL.
    pub fn has_pll(&self) -> bool {
        self.clock.megahertz != self.clock.processor
    }

    /// The board with this name.
    ///
    /// # Errors
    /// No such board, or one whose file is wrong.
    pub fn named(name: &str) -> Result<Board, BoardError> {
        let file = FILES.get_file(format!("{name}.toml"));
        let text = file.and_then(|file| file.contents_utf8());
        Board::parse(
            name,
            text.ok_or_else(|| BoardError::Unknown(name.to_string()))?,
        )
    }

    /// A board as a file says it.
    ///
    /// # Errors
    /// A file that is no board, or names no preset.
    pub fn parse(name: &str, text: &str) -> Result<Board, BoardError> {
        let name = name.to_string();
        let mut board: Board = toml::from_str(text).map_err(|error| BoardError::File {
            name: name.clone(),
            error: Box::new(error),
        })?;
        board.name.clone_from(&name);
        match board.config() {
            Ok(_) => Ok(board),
            Err(error) => Err(BoardError::Preset { name, error }),
        }
    }

    /// The build that fits.
    ///
    /// # Errors
    /// A preset that is not there; never for a board that was read.
    pub fn config(&self) -> Result<Config, ConfigError> {
        Config::preset(&self.preset)
    }

    /// Clock cycles of a bit on the line to the host.
    pub fn divisor(&self) -> Option<u16> {
        let uart = self.uart.as_ref()?;
        let hertz = 1_000_000 * self.clock.processor;
        u16::try_from((hertz + uart.baud / 2) / uart.baud).ok()
    }

    /// Bytes of the memory behind the processor's port.
    pub fn memory_bytes(&self) -> u32 {
        match &self.memory {
            Some(Memory::Bram { bytes } | Memory::Spram { bytes }) => *bytes,
            Some(Memory::Sdram(sdram)) => sdram.bytes,
            None => 0,
        }
    }

    /// The program of the nextpnr family that places the board's part, and its arguments for the part.
    pub fn nextpnr(&self) -> (&'static str, Vec<String>) {
        let part = |flags: &[&str]| flags.iter().map(ToString::to_string).collect::<Vec<_>>();
        let package = self.package.clone();
        match self.family {
            Family::Ecp5 => {
                // 12F is a 25F under another name.
                let size = self.device.trim_start_matches("LFE5U");
                let kind = match size.strip_prefix("M5G-") {
                    Some(size) => format!("--um5g-{}", size.trim_end_matches('F')),
                    None => format!("--{}", size.trim_matches(['-', 'F'])),
                };
                let mut all = part(&[&format!("{kind}k"), "--package"]);
                all.push(package);
                if let Some(speed) = self.speed {
                    all.extend([String::from("--speed"), speed.to_string()]);
                }
                ("nextpnr-ecp5", all)
            }
            Family::Ice40 => {
                let mut all = part(&[&format!("--{}", self.device), "--package"]);
                all.push(package);
                ("nextpnr-ice40", all)
            }
            Family::Gowin => {
                let mut all = part(&["--device", &self.device]);
                if let Some(die) = &self.die {
                    all.extend([String::from("--vopt"), format!("family={die}")]);
                }
                ("nextpnr-himbaechel", all)
            }
        }
    }
}
