//! The registers through which a system on a chip drives the machine over its bus.
//!
//! `docs/bus.md` tells how they are used; the hardware, its tests and the book take them from here.

use crate::counters::COUNTERS;
use crate::link::IDENTITY_WORDS;

/// Bytes of the address space that the registers have on the bus.
pub const SPACE: usize = 4096;
/// Bytes of a register.
pub const REGISTER_BYTES: usize = 4;
/// Command words that are buffered before the machine.
pub const COMMANDS: u16 = 32;

/// Byte addresses of the registers.
pub mod at {
    pub const STATUS: usize = 0x00;
    pub const CONTROL: usize = 0x04;
    pub const INTERRUPT: usize = 0x08;
    pub const FAULT: usize = 0x0C;
    pub const TAKEN: usize = 0x10;
    pub const BASE: usize = 0x14;
    pub const COMMAND: usize = 0x20;
    pub const IDENTITY: usize = 0x40;
    pub const COUNTERS: usize = 0x80;
}

/// The base of the machine's memory is a multiple of this.
pub const BASE_STEP: u32 = 4096;

/// Bits of the status.
pub mod status {
    pub const IDLE: u32 = 0;
    pub const FAULT: u32 = 1;
    pub const READ_ERROR: u32 = 2;
    pub const WRITE_ERROR: u32 = 3;
    pub const OVERFLOW: u32 = 4;
    pub const RESETTING: u32 = 5;
    /// The lowest bit of eight.
    pub const CODE: u32 = 8;
    /// The lowest bit of sixteen.
    pub const ROOM: u32 = 16;
}

/// Bits of the control register.
pub mod control {
    pub const RESET: u32 = 0;
    pub const CLEAR: u32 = 1;
}

/// What a bus may do with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    Both,
}

/// A register, or several in a row that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    pub name: &'static str,
    /// Byte address of the first.
    pub at: usize,
    pub count: usize,
    pub access: Access,
    pub meaning: &'static str,
}

/// All registers, by address. What is not here cannot be read or written.
pub const REGISTERS: [Register; 9] = [
    Register {
        name: "status",
        at: at::STATUS,
        count: 1,
        access: Access::Read,
        meaning: "what the machine does; its bits are below",
    },
    Register {
        name: "control",
        at: at::CONTROL,
        count: 1,
        access: Access::Write,
        meaning: "bit 0 resets the machine, bit 1 sets the counters to zero",
    },
    Register {
        name: "interrupt",
        at: at::INTERRUPT,
        count: 1,
        access: Access::Both,
        meaning: "bit 0 lets `irq` be high while the machine is idle or anything is wrong",
    },
    Register {
        name: "fault",
        at: at::FAULT,
        count: 1,
        access: Access::Read,
        meaning: "number of the word that is no command, from 0",
    },
    Register {
        name: "taken",
        at: at::TAKEN,
        count: 1,
        access: Access::Read,
        meaning: "command words taken since the reset",
    },
    Register {
        name: "base",
        at: at::BASE,
        count: 1,
        access: Access::Both,
        meaning: "where the machine's address 0 is on the bus; a multiple of 4096, 0 after a reset of the bus; \
                  changed only while the machine is idle",
    },
    Register {
        name: "command",
        at: at::COMMAND,
        count: 4,
        access: Access::Write,
        meaning: "a command word, lowest part first; the last part pushes it; \
                  a part left out is as before, or 0 after a reset",
    },
    Register {
        name: "identity",
        at: at::IDENTITY,
        count: IDENTITY_WORDS,
        access: Access::Read,
        meaning: "the build, in the words of the host link's hello",
    },
    Register {
        name: "counters",
        at: at::COUNTERS,
        count: COUNTERS.len(),
        access: Access::Read,
        meaning: "the performance counters, by number",
    },
];

/// Bits of the status and what they say, lowest first: name, lowest bit, bits.
pub const STATUS_BITS: [(&str, u32, u32, &str); 8] = [
    (
        "idle",
        status::IDLE,
        1,
        "nothing is buffered or runs, and memory has answered everything",
    ),
    (
        "fault",
        status::FAULT,
        1,
        "a word was no command; nothing after it runs",
    ),
    (
        "read_error",
        status::READ_ERROR,
        1,
        "memory answered a read with an error; its data were used",
    ),
    (
        "write_error",
        status::WRITE_ERROR,
        1,
        "memory answered a write with an error",
    ),
    (
        "overflow",
        status::OVERFLOW,
        1,
        "a word was pushed without room; it and all after it were refused",
    ),
    (
        "resetting",
        status::RESETTING,
        1,
        "a reset goes on; words are refused",
    ),
    (
        "code",
        status::CODE,
        8,
        "what is wrong with the word that is no command",
    ),
    (
        "room",
        status::ROOM,
        16,
        "command words that can be pushed now",
    ),
];

/// The register at a byte address; `None` if there is none.
pub fn register(at: usize) -> Option<&'static Register> {
    let holds = |register: &&Register| {
        (register.at..register.at + REGISTER_BYTES * register.count).contains(&at)
    };
    REGISTERS.iter().find(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registers are in order, apart, aligned, and inside their space; so are the bits of the status.
    #[test]
    fn nothing_overlaps() {
        let mut free = 0;
        for register in REGISTERS {
            assert!(register.at >= free, "{}", register.name);
            assert_eq!(register.at % REGISTER_BYTES, 0, "{}", register.name);
            free = register.at + REGISTER_BYTES * register.count;
        }
        assert!(free <= SPACE);
        let mut free = 0;
        for (name, low, bits, _) in STATUS_BITS {
            assert!(low >= free, "{name}");
            free = low + bits;
        }
        assert!(free <= 32);
    }

    /// Every address between the first byte of a register and its last is the register's.
    #[test]
    fn registers_are_found() {
        assert_eq!(register(at::COMMAND + 15).unwrap().name, "command");
        assert_eq!(register(at::COMMAND + 16), None);
        assert_eq!(register(at::STATUS + 3).unwrap().name, "status");
        assert_eq!(register(at::COUNTERS + 4 * COUNTERS.len()), None);
    }
}
