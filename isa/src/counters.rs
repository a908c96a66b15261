//! What the machine counts while it runs, and what its units do when.

use serde::{Serialize, Serializer};

use crate::Unit;

/// Bits of a counter; it wraps.
pub const COUNTER_BITS: usize = 32;

/// Cycles after which a counter has all that happened, at the latest; the cycle counter has it two cycles later.
pub const LAG: usize = 30;

/// Cycles from the selection of a counter until it can be read.
pub const READ_CYCLES: usize = 3;

/// Names of the counters, by number. For each unit (in the order of [`Unit::ALL`]) the cycles in which its
/// exec steps, cannot step, and in which its next exec waits for a semaphore. A step is: a window read (fetch,
/// trfload), a multiply of every multiplier (contract; this is also a TRF read), a flit taken from the lane
/// folder (commit), a request accepted by the memory (load), a beat read (store).
pub const COUNTERS: [&str; 25] = [
    "fetch_busy",
    "fetch_stalled",
    "fetch_waiting",
    "contract_busy",
    "contract_stalled",
    "contract_waiting",
    "commit_busy",
    "commit_stalled",
    "commit_waiting",
    "trfload_busy",
    "trfload_stalled",
    "trfload_waiting",
    "load_busy",
    "load_stalled",
    "load_waiting",
    "store_busy",
    "store_stalled",
    "store_waiting",
    // Stalls of contract because the stream is empty; the others are because commit holds it up.
    "contract_starved",
    // Windows written into DM.
    "commit_writes",
    "load_writes",
    // Flits written into the TRF.
    "trf_writes",
    // Beats of the external memory.
    "read_beats",
    "write_beats",
    // From the first command accepted to the last write beat accepted, both included.
    "cycles",
];

/// Numbers of the counters that do not belong to a unit.
pub mod number {
    pub const CONTRACT_STARVED: usize = 18;
    pub const COMMIT_WRITES: usize = 19;
    pub const LOAD_WRITES: usize = 20;
    pub const TRF_WRITES: usize = 21;
    pub const READ_BEATS: usize = 22;
    pub const WRITE_BEATS: usize = 23;
    pub const CYCLES: usize = 24;
}

/// Values of all counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters(pub [u64; COUNTERS.len()]);

impl Serialize for Counters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(COUNTERS.iter().zip(self.0))
    }
}

impl Counters {
    /// Number of a unit's counter for an activity other than idle.
    pub fn of(unit: Unit, activity: Activity) -> Option<usize> {
        let place = match activity {
            Activity::Idle => return None,
            Activity::Busy => 0,
            Activity::Stalled => 1,
            Activity::Waiting => 2,
        };
        Some(3 * unit as usize + place)
    }

    /// Cycles in which a unit did this.
    pub fn unit(&self, unit: Unit, activity: Activity) -> u64 {
        Counters::of(unit, activity).map_or(0, |number| self.0[number])
    }

    /// Windows read from DM.
    pub fn dm_reads(&self) -> u64 {
        let readers = [Unit::Fetch, Unit::TrfLoad, Unit::Store];
        readers
            .iter()
            .map(|unit| self.unit(*unit, Activity::Busy))
            .sum()
    }

    /// Windows written into DM.
    pub fn dm_writes(&self) -> u64 {
        self.0[number::COMMIT_WRITES] + self.0[number::LOAD_WRITES]
    }

    /// Cycles of the run.
    pub fn cycles(&self) -> u64 {
        self.0[number::CYCLES]
    }
}

/// What a unit does in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    /// No exec runs and none waits for a semaphore.
    #[default]
    Idle,
    /// No exec runs, and the next one waits for a semaphore.
    Waiting,
    /// The running exec cannot step.
    Stalled,
    /// The running exec steps.
    Busy,
}

/// Consecutive cycles in which a unit did the same for one exec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interval {
    pub unit: Unit,
    /// Number of the exec among the unit's.
    pub exec: usize,
    pub activity: Activity,
    /// First cycle, and the one behind the last.
    pub from: u64,
    pub to: u64,
}

/// Collects what units do, cycle by cycle, into intervals.
#[derive(Default)]
pub struct Recorder {
    open: [Option<Interval>; 6],
    intervals: Vec<Interval>,
}

impl Recorder {
    /// Notes a unit's activity in a cycle, for its exec number `exec`, from 0.
    pub fn note(&mut self, cycle: u64, unit: Unit, exec: usize, activity: Activity) {
        let place = &mut self.open[unit as usize];
        match place {
            Some(last) if (last.exec, last.activity, last.to) == (exec, activity, cycle) => {
                last.to += 1;
            }
            _ => {
                let (from, to) = (cycle, cycle + 1);
                let now = Interval {
                    unit,
                    exec,
                    activity,
                    from,
                    to,
                };
                self.intervals.extend(place.replace(now));
            }
        }
    }

    /// The intervals in order of time; idle cycles are left out.
    pub fn finish(mut self) -> Vec<Interval> {
        self.intervals.extend(self.open.into_iter().flatten());
        self.intervals
            .retain(|interval| interval.activity != Activity::Idle);
        self.intervals
            .sort_by_key(|interval| (interval.from, interval.unit));
        self.intervals
    }
}
