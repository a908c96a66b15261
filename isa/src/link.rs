//! The link between host and device: what a request, a response and a device's identity look like.
//!
//! `docs/host-link.md` specifies the protocol; both ends take its numbers from here.

use thiserror::Error;

use crate::Config;

/// Version of the protocol, in every identity.
pub const VERSION: u16 = 1;
/// The byte that ends a frame, and may begin one.
pub const FLAG: u8 = 0x7E;
/// The byte that says: the next one was changed by [`FLIP`].
pub const ESCAPE: u8 = 0x7D;
/// What makes a flag or an escape inside a frame into another byte.
pub const FLIP: u8 = 0x20;
/// CRC-32 (the one of Ethernet and zlib), reflected: its polynomial.
pub const CRC_POLYNOMIAL: u32 = 0xEDB8_8320;
/// What the CRC register holds, before it is complemented, behind a frame and its own CRC.
pub const CRC_RESIDUE: u32 = 0xDEBB_20E3;
/// Bytes of the CRC.
pub const CRC_BYTES: usize = 4;
/// Bytes of a request before its data, and of a response.
pub const REQUEST_BYTES: usize = 12;
pub const RESPONSE_BYTES: usize = 8;
/// Bytes of a command word.
pub const WORD_BYTES: usize = 16;
/// Most units (beats or words) that a request can write.
pub const MAX_COUNT: usize = 255;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Opens a session; answered with the identity.
    Hello = 1,
    /// Answered with the status, like everything that has no other answer.
    Status = 2,
    /// Resets processor, command buffer and counters.
    Reset = 3,
    /// Writes `count` beats of memory from `address` on.
    Write = 4,
    /// Reads `count` beats of memory from `address` on.
    Read = 5,
    /// Buffers command words; `address` is the number of the first since the reset.
    Commands = 6,
    /// Lets the processor take the buffered words, and all that follow.
    Start = 7,
    /// Answered with all counters.
    Counters = 8,
}

impl Op {
    /// All operations, by number.
    pub const ALL: [Op; 8] = [
        Op::Hello,
        Op::Status,
        Op::Reset,
        Op::Write,
        Op::Read,
        Op::Commands,
        Op::Start,
        Op::Counters,
    ];
}

/// What a device says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Ok = 0,
    UnknownOp = 1,
    /// The frame's length is not what its header says.
    Length = 2,
    /// The session is not the one that is open.
    NoSession = 3,
    /// The sequence number is neither the next one nor the last one.
    Order = 4,
    /// A hello for a session that is in use.
    StaleHello = 5,
    /// The processor runs; it owns the memory.
    Busy = 6,
    /// The words do not follow those that were taken.
    CommandIndex = 7,
}

impl Code {
    /// The code with this number.
    pub fn from_number(number: u8) -> Option<Code> {
        const ALL: [Code; 8] = [
            Code::Ok,
            Code::UnknownOp,
            Code::Length,
            Code::NoSession,
            Code::Order,
            Code::StaleHello,
            Code::Busy,
            Code::CommandIndex,
        ];
        ALL.get(usize::from(number)).copied()
    }
}

/// The head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Chosen by the host, not 0.
    pub session: u16,
    pub sequence: u8,
    pub op: Op,
    pub address: u32,
    pub count: u16,
}

impl Request {
    /// The bytes on the line.
    pub fn to_bytes(&self) -> [u8; REQUEST_BYTES] {
        let mut bytes = [0; REQUEST_BYTES];
        bytes[..2].copy_from_slice(&self.session.to_le_bytes());
        bytes[2] = self.sequence;
        bytes[3] = self.op as u8;
        bytes[4..8].copy_from_slice(&self.address.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }
}

/// The head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// Session, sequence number and operation of the request.
    pub session: u16,
    pub sequence: u8,
    pub op: u8,
    pub code: u8,
    /// Nothing runs: memory can be read and written.
    pub idle: bool,
    /// The processor has met an illegal word.
    pub fault: bool,
    /// Sequence number of the request that was carried out or refused last.
    pub last: u8,
}

impl Response {
    /// Head and data of a response; `None` if it is too short.
    pub fn split(bytes: &[u8]) -> Option<(Response, &[u8])> {
        let (head, data) = bytes.split_first_chunk::<RESPONSE_BYTES>()?;
        let response = Response {
            session: u16::from_le_bytes([head[0], head[1]]),
            sequence: head[2],
            op: head[3],
            code: head[4],
            idle: head[5] & 1 == 1,
            fault: head[5] & 2 == 2,
            last: head[6],
        };
        Some((response, data))
    }
}

/// The data of most responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Command words taken from the host since the reset, and how many of them are still buffered.
    pub taken: u32,
    pub buffered: u32,
    /// The fault, if there is one: number of the word, and [`crate::DecodeError::code`].
    pub fault_index: u32,
    pub fault_code: u8,
}

/// Bytes of a status.
pub const STATUS_BYTES: usize = 16;

impl Status {
    /// The status in a response's data; `None` if it is none.
    pub fn from_bytes(data: &[u8]) -> Option<Status> {
        let data: &[u8; STATUS_BYTES] = data.try_into().ok()?;
        let word = |i: usize| u32::from_le_bytes([data[i], data[i + 1], data[i + 2], data[i + 3]]);
        Some(Status {
            taken: word(0),
            buffered: word(4),
            fault_index: word(8),
            fault_code: data[12],
        })
    }
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The build, by its preset's name and its sizes.
    pub config: Config,
    /// Bytes of external memory.
    pub memory: u32,
    /// The processor's clock.
    pub kilohertz: u32,
    /// Bytes of frames that the device buffers while it is busy with one.
    pub receive: u16,
    /// Command words that it buffers.
    pub commands: u16,
}

/// 32-bit words of an identity.
pub const IDENTITY_WORDS: usize = 16;
/// Bytes of an identity.
pub const IDENTITY_BYTES: usize = 4 * IDENTITY_WORDS;

const MAGIC: [u8; 4] = *b"tcpu";
const NAME: usize = 16;
const SIZES: usize = 16;
/// A size that a build does not have.
const NO_SIZE: u8 = 0xFF;

/// Why an identity is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdentityError {
    #[error("what answers is no tcpu")]
    Magic,
    #[error("the device speaks version {0} of the link protocol, this tcpu version {VERSION}")]
    Version(u16),
    #[error(
        "the device is a build of preset {name:?} with other sizes ({found}) than this tcpu's ({expected})"
    )]
    Sizes {
        name: String,
        found: String,
        expected: String,
    },
    #[error("the device: {0}")]
    Preset(#[from] crate::ConfigError),
}

impl Identity {
    /// The words that a device sends, lowest byte first: magic and version; name; sizes, as powers of two,
    /// in the order of [`Config::sizes`]; memory and clock; buffers.
    pub fn to_words(&self) -> [u32; IDENTITY_WORDS] {
        let mut bytes = [0; IDENTITY_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        for (place, byte) in bytes[8..8 + NAME].iter_mut().zip(self.config.name.bytes()) {
            *place = byte;
        }
        bytes[8 + NAME..][..SIZES].copy_from_slice(&sizes(&self.config));
        bytes[40..44].copy_from_slice(&self.memory.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.kilohertz.to_le_bytes());
        bytes[48..50].copy_from_slice(&self.receive.to_le_bytes());
        bytes[50..52].copy_from_slice(&self.commands.to_le_bytes());
        let mut words = [0; IDENTITY_WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = bytes.iter().rev().fold(0, |w, &b| w << 8 | u32::from(b));
        }
        words
    }

    /// The identity in a response's data.
    ///
    /// # Errors
    /// Something that is no tcpu, another version, or a build that is not among [`Config`]'s presets.
    pub fn from_bytes(data: &[u8]) -> Result<Identity, IdentityError> {
        let data: &[u8; IDENTITY_BYTES] = data.try_into().map_err(|_| IdentityError::Magic)?;
        if data[..4] != MAGIC {
            return Err(IdentityError::Magic);
        }
        let half = |i: usize| u16::from_le_bytes([data[i], data[i + 1]]);
        let word = |i: usize| u32::from(half(i)) | u32::from(half(i + 2)) << 16;
        if half(4) != VERSION {
            return Err(IdentityError::Version(half(4)));
        }
        let name = String::from_utf8_lossy(&data[8..8 + NAME]);
        let config = Config::preset(name.trim_end_matches('\0'))?;
        let (found, expected) = (&data[8 + NAME..][..SIZES], sizes(&config));
        if found != expected {
            let spell = |logs: &[u8]| {
                let used = logs.iter().filter(|&&log| log != NO_SIZE);
                let sizes: Vec<String> = used.map(|log| format!("2^{log}")).collect();
                sizes.join(" ")
            };
            return Err(IdentityError::Sizes {
                found: spell(found),
                expected: spell(&expected),
                name: config.name,
            });
        }
        Ok(Identity {
            config,
            memory: word(40),
            kilohertz: word(44),
            receive: half(48),
            commands: half(50),
        })
    }
}

/// The sizes of a build, which are all powers of two, as exponents.
fn sizes(config: &Config) -> [u8; SIZES] {
    let mut logs = [NO_SIZE; SIZES];
    for (log, (_, size)) in logs.iter_mut().zip(config.sizes()) {
        *log = size.trailing_zeros() as u8;
    }
    logs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str) -> Identity {
        Identity {
            config: Config::preset(name).unwrap(),
            memory: 1 << 25,
            kilohertz: 50_000,
            receive: 1024,
            commands: 512,
        }
    }

    fn bytes(identity: &Identity) -> Vec<u8> {
        let words = identity.to_words();
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Every preset survives the way through the words.
    #[test]
    fn identities_survive() {
        for name in Config::names() {
            let identity = identity(name);
            assert_eq!(Identity::from_bytes(&bytes(&identity)), Ok(identity));
        }
    }

    /// A device that is something else is refused, and the message says what it is.
    #[test]
    fn strangers_are_refused() {
        let good = bytes(&identity("tiny"));
        assert_eq!(Identity::from_bytes(&good[1..]), Err(IdentityError::Magic));
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            Identity::from_bytes(&bytes).unwrap_err().to_string()
        };
        assert!(with(0, b'x').contains("no tcpu"));
        assert!(with(4, 7).contains("version 7"));
        assert!(with(9, b'o').contains("\"tony\""));
        assert!(with(8 + NAME, 2).contains("(2^2 2^1 "));
    }
}
