//! The parameters of a build, and the builds that have names.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One build of the machine. All sizes are powers of two (`logic` is none: programs do not see it).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// Name of the preset; a program file carries it.
    pub name: String,
    /// Slices S: copies of the data path that run in lockstep.
    pub slices: usize,
    /// Lanes L of a slice: rows of multipliers that share one stream flit.
    pub lanes: usize,
    /// Flit F in bytes: what a slice streams per cycle, and the width of the memory port.
    pub flit: usize,
    /// DM rows (of F bytes) of each slice.
    pub dm_rows: usize,
    /// DM banks of each slice, by the high bits of the row.
    pub dm_banks: usize,
    /// TRF rows (of L x F bytes) of each slice, both halves together.
    pub trf_rows: usize,
    /// Columns: accumulators of each lane. Where there are fewer than F, the packet reducer always adds up
    /// products of F / columns bytes at least, so that a result of its own takes as many bytes of a flit.
    pub columns: usize,
    /// Accumulator slots of each lane and column.
    pub acc_slots: usize,
    /// Command words that each unit's queue holds.
    pub queue: usize,
    /// Products that a multiplier makes per cycle where weights are int4: 2, or 1 (int4 weights then take a byte
    /// each, like int8).
    pub int4: usize,
    /// Multipliers of each slice that are made of look-up tables, where a part has too few of its own. They are as
    /// exact and as fast; at most L x F, and none if `int4` is 2.
    #[serde(default)]
    pub logic: usize,
}

/// Why a [`Config`] is not a machine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A size is outside its range or not a power of two.
    #[error("preset {preset}: {field} = {value} must be a power of two between {min} and {max}")]
    Size {
        preset: String,
        field: &'static str,
        value: usize,
        min: usize,
        max: usize,
    },
    /// More multipliers are to be made of look-up tables than can be.
    #[error("preset {preset}: logic = {value} must be at most {max}")]
    Logic {
        preset: String,
        value: usize,
        max: usize,
    },
    /// The lane folder takes F / 4 values per cycle, of as many columns.
    #[error(
        "preset {preset}: columns = {value} must be between {min} and {max} for flits of {max}"
    )]
    Columns {
        preset: String,
        value: usize,
        min: usize,
        max: usize,
    },
    /// No preset has this name.
    #[error("no preset is called {0:?}; there are: {names}", names = Config::names().join(", "))]
    Unknown(String),
}

/// How the external memory behaves behind the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MemoryTiming {
    /// Bytes that the memory moves per cycle, reads and writes together: a power of two from 1 to F.
    pub width: usize,
    /// Cycles from an accepted read request to its first beat, on an idle memory. At least 2.
    pub latency: usize,
}

impl Config {
    /// The build with this name.
    pub fn preset(name: &str) -> Result<Config, ConfigError> {
        let make = |s, l, f, dm_rows, trf_rows, acc_slots, int4| Config {
            name: name.to_string(),
            slices: s,
            lanes: l,
            flit: f,
            columns: f,
            dm_rows,
            dm_banks: 4,
            trf_rows,
            acc_slots,
            queue: 16,
            int4,
            logic: 0,
        };
        Ok(match name {
            "nano" => Config {
                queue: 4,
                ..make(1, 1, 4, 512, 32, 4, 1)
            },
            "tiny" => make(2, 2, 4, 512, 32, 4, 2),
            // What the folded machine has: see `tcpu-micro`.
            "up5k" => Config {
                columns: 2,
                queue: 8,
                ..make(1, 2, 8, 4096, 256, 4, 1)
            },
            "ecp5-25k" => make(1, 4, 8, 4096, 128, 4, 1),
            "ecp5-85k" => Config {
                columns: 8,
                ..make(2, 4, 16, 4096, 256, 4, 1)
            },
            "m256" => make(4, 4, 16, 4096, 256, 4, 1),
            "m256-int4" => make(4, 4, 16, 4096, 256, 4, 2),
            // An LFE5U-85F has 156 multipliers; eight of each slice requantise. What moves data is there for each
            // slice: two slices of eight lanes are a fifth smaller than four of four.
            "max" => Config {
                columns: 8,
                logic: 58,
                ..make(2, 8, 16, 4096, 256, 4, 1)
            },
            _ => return Err(ConfigError::Unknown(name.to_string())),
        })
    }

    /// Names of all presets, smallest first.
    pub fn names() -> Vec<&'static str> {
        vec![
            "nano",
            "tiny",
            "up5k",
            "ecp5-25k",
            "ecp5-85k",
            "m256",
            "m256-int4",
            "max",
        ]
    }

    /// The sizes by name, in the order of the fields.
    pub fn sizes(&self) -> [(&'static str, usize); 10] {
        [
            ("slices", self.slices),
            ("lanes", self.lanes),
            ("flit", self.flit),
            ("columns", self.columns),
            ("dm_rows", self.dm_rows),
            ("dm_banks", self.dm_banks),
            ("trf_rows", self.trf_rows),
            ("acc_slots", self.acc_slots),
            ("queue", self.queue),
            ("int4", self.int4),
        ]
    }

    /// Most multipliers of a slice that can be made of look-up tables.
    fn max_logic(&self) -> usize {
        match self.int4 {
            1 => self.lanes * self.flit,
            _ => 0,
        }
    }

    /// Multiplies per cycle at the peak: S x L x F.
    pub fn multipliers(&self) -> usize {
        self.slices * self.lanes * self.flit
    }

    /// Lanes of accumulators of a slice: those of the low halves of int4 weights (or of int8 weights), then those
    /// of the high halves, if a multiplier makes two products.
    pub fn acc_lanes(&self) -> usize {
        self.lanes * self.int4
    }

    /// Bytes of DM in one slice.
    pub fn dm_bytes(&self) -> usize {
        self.dm_rows * self.flit
    }

    /// Bytes of one DM bank of one slice.
    pub fn bank_bytes(&self) -> usize {
        self.dm_bytes() / self.dm_banks
    }

    /// i32 values in one flit: the width of the path from lane folder to commit.
    pub fn values(&self) -> usize {
        self.flit / 4
    }

    /// Levels of the packet reducer: log2 F.
    pub fn max_depth(&self) -> u32 {
        self.flit.trailing_zeros()
    }

    /// Levels of the packet reducer that always add: log2 (F / columns).
    pub fn min_depth(&self) -> u32 {
        (self.flit / self.columns).trailing_zeros()
    }

    /// Checks that every size is in the range that commands and hardware can express.
    pub fn check(&self) -> Result<(), ConfigError> {
        const LIMITS: [(usize, usize); 10] = [
            (1, 16),
            (1, 16),
            (4, 32),
            (1, 32),
            (16, 1 << 18),
            (2, 16),
            (4, 1 << 12),
            (1, 64),
            (2, 256),
            (1, 2),
        ];
        for ((field, value), (min, max)) in self.sizes().into_iter().zip(LIMITS) {
            if !value.is_power_of_two() || value < min || value > max {
                let preset = self.name.clone();
                return Err(ConfigError::Size {
                    preset,
                    field,
                    value,
                    min,
                    max,
                });
            }
        }
        let (min, max) = (self.values(), self.flit);
        if !(min..=max).contains(&self.columns) {
            return Err(ConfigError::Columns {
                preset: self.name.clone(),
                value: self.columns,
                min,
                max,
            });
        }
        match self.max_logic() {
            max if self.logic > max => Err(ConfigError::Logic {
                preset: self.name.clone(),
                value: self.logic,
                max,
            }),
            _ => Ok(()),
        }
    }
}

impl Default for MemoryTiming {
    /// The memory of the published figures: 16 bytes per cycle, 20 cycles of latency.
    fn default() -> Self {
        MemoryTiming {
            width: 16,
            latency: 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every named preset is a machine.
    #[test]
    fn presets_check() {
        for name in Config::names() {
            let config = Config::preset(name).unwrap();
            assert_eq!(config.name, name);
            config.check().unwrap();
        }
        assert_eq!(Config::preset("m256").unwrap().multipliers(), 256);
        assert!(Config::preset("m257")
            .unwrap_err()
            .to_string()
            .contains("tiny"));
    }

    /// A lane has no more columns than products, and enough of them for a flit of values.
    #[test]
    fn columns_have_limits() {
        let with = |columns| Config {
            columns,
            ..Config::preset("ecp5-85k").unwrap()
        };
        assert_eq!(
            [16, 8, 4].map(|columns| with(columns).min_depth()),
            [0, 1, 2]
        );
        assert!([16, 8, 4]
            .iter()
            .all(|&columns| with(columns).check().is_ok()));
        for columns in [2, 32] {
            let error = with(columns).check().unwrap_err().to_string();
            assert!(
                error.ends_with("must be between 4 and 16 for flits of 16"),
                "{error}"
            );
        }
    }

    /// Pairs of products are not made of look-up tables, nor more products than there are.
    #[test]
    fn logic_has_limits() {
        let with = |name: &str, logic| Config {
            logic,
            ..Config::preset(name).unwrap()
        };
        with("nano", 4).check().unwrap();
        let error = with("nano", 5).check().unwrap_err().to_string();
        assert_eq!(error, "preset nano: logic = 5 must be at most 4");
        assert!(with("tiny", 1).check().is_err());
    }
}
