//! A model of an SDRAM chip that checks its own rules.
//!
//! ```text
//! command pins ──> rules (state of each bank, times since) ──> contents ──> [ cas cycles ] ──> dq
//! ```
//!
//! Single data rate, four banks, bursts of one; what a controller may not do is an error with the cycle.

use std::collections::{HashMap, VecDeque};

use tcpu_hdl::sdram::SdramConfig;
use thiserror::Error;

/// The pins in one cycle, as the chip sees them at its clock edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    pub ras: bool,
    pub cas: bool,
    pub we: bool,
    pub bank: usize,
    pub address: u16,
    pub mask: u8,
    /// What the controller drives onto the data pins, if it does.
    pub dq: Option<u16>,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cycle {cycle}: {rule}")]
pub struct Broken {
    pub cycle: u64,
    pub rule: &'static str,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bank {
    row: Option<u16>,
    activated: u64,
    precharged: u64,
    written: u64,
}

/// See the module's documentation.
pub struct Chip {
    config: SdramConfig,
    cycle: u64,
    banks: [Bank; 4],
    /// Earliest cycle of any command; mode has been set; refreshes since the start.
    ready: u64,
    mode: bool,
    pub refreshes: u64,
    refreshed: u64,
    activated: u64,
    /// What the chip drives in the coming cycles.
    out: VecDeque<Option<u16>>,
    cells: HashMap<u32, u16>,
    /// Cycles in which data moved.
    pub moved: u64,
}

impl Chip {
    /// A chip that has just got power.
    pub fn new(config: SdramConfig) -> Chip {
        Chip {
            config,
            cycle: 0,
            banks: Default::default(),
            ready: u64::from(config.startup),
            mode: false,
            refreshes: 0,
            refreshed: 0,
            activated: 0,
            out: vec![None; usize::from(config.cas)].into(),
            cells: HashMap::new(),
            moved: 0,
        }
    }

    /// What the chip drives in this cycle.
    pub fn dq(&self) -> Option<u16> {
        self.out.front().copied().flatten()
    }

    /// The chip's clock edge.
    ///
    /// # Errors
    /// The first rule that the pins break.
    pub fn clock(&mut self, pins: &Pins) -> Result<(), Broken> {
        let cycle = self.cycle;
        let done = self.command(pins);
        self.cycle += 1;
        done.map_err(|rule| Broken { cycle, rule })
    }

    fn command(&mut self, pins: &Pins) -> Result<(), &'static str> {
        let (now, c) = (self.cycle, self.config);
        if self.dq().is_some() && pins.dq.is_some() {
            return Err("controller and chip both drive the data pins");
        }
        self.out.pop_front();
        self.out.push_back(None);
        let command = (pins.ras, pins.cas, pins.we);
        if command == (false, false, false) {
            return Ok(());
        }
        if now < self.ready {
            return Err("a command before the chip is ready");
        }
        if !self.mode && matches!(command, (true, false, false) | (false, true, _)) {
            return Err("the mode is not set");
        }
        // A grace of nine intervals, as the standard allows.
        let late = now - self.refreshed > 9 * u64::from(c.refresh);
        if self.mode && late {
            return Err("refreshes are late");
        }
        let bank = &mut self.banks[pins.bank];
        match command {
            (true, false, false) => {
                if bank.row.is_some() {
                    return Err("activate of an open bank");
                }
                if now < bank.precharged + u64::from(c.rp) {
                    return Err("tRP: activate too soon after precharge");
                }
                if now < bank.activated + u64::from(c.ras + c.rp) && bank.activated > 0 {
                    return Err("tRC: activate too soon after activate");
                }
                if now < self.activated + 2 && self.activated > 0 {
                    return Err("tRRD: activate too soon after another bank's");
                }
                (bank.row, bank.activated) = (Some(pins.address), now);
                self.activated = now;
            }
            (false, true, write) => {
                let row = bank.row.ok_or("column command to a closed bank")?;
                if now < bank.activated + u64::from(c.rcd) {
                    return Err("tRCD: column command too soon after activate");
                }
                let column = u32::from(pins.address) & ((1 << c.columns) - 1);
                let place = (u32::from(row) << 2 | pins.bank as u32) << c.columns | column;
                self.moved += 1;
                if write {
                    let dq = pins.dq.ok_or("a write without data")?;
                    let (low, high) = (pins.mask & 1 == 0, pins.mask & 2 == 0);
                    let keep = if low { 0 } else { 0xFF } | if high { 0 } else { 0xFF00 };
                    let cell = self.cells.entry(place).or_default();
                    *cell = *cell & keep | dq & !keep;
                    bank.written = now;
                } else if let Some(last) = self.out.back_mut() {
                    *last = Some(self.cells.get(&place).copied().unwrap_or(0));
                }
            }
            (true, false, true) => {
                let all = pins.address >> 10 & 1 == 1;
                for (number, bank) in self.banks.iter_mut().enumerate() {
                    if !all && number != pins.bank {
                        continue;
                    }
                    if bank.row.is_some() && now < bank.activated + u64::from(c.ras) {
                        return Err("tRAS: precharge too soon after activate");
                    }
                    if bank.written > 0 && now < bank.written + u64::from(c.wr) {
                        return Err("tWR: precharge too soon after write");
                    }
                    (bank.row, bank.precharged) = (None, now);
                }
            }
            (true, true, write) => {
                for bank in &self.banks {
                    if bank.row.is_some() {
                        return Err("refresh or mode with an open bank");
                    }
                    if now < bank.precharged + u64::from(c.rp) {
                        return Err("tRP: refresh or mode too soon after precharge");
                    }
                }
                if write {
                    if self.refreshes < 8 {
                        return Err("the mode before eight refreshes");
                    }
                    if pins.address != u16::from(c.cas) << 4 {
                        return Err("the mode is not one half-word and the chip's latency");
                    }
                    (self.mode, self.ready) = (true, now + 2);
                } else {
                    self.refreshes += 1;
                    (self.refreshed, self.ready) = (now, now + u64::from(c.rfc));
                }
            }
            _ => return Err("an unknown command"),
        }
        Ok(())
    }
}
