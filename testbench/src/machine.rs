//! The machine as a driver sees it, whatever simulates it.

use tcpu_isa::Unit;

use crate::memory::{Request, Shown};

/// What the surroundings say in a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// A command word is offered.
    pub command: Option<u128>,
    pub req_ready: bool,
    /// A read beat is offered.
    pub r_data: Option<Vec<u8>>,
    pub w_ready: bool,
}

/// What the machine says in a cycle. What does not count (a request that is not made, a byte that is not
/// written) is not here, so that two machines that do the same say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    pub cmd_ready: bool,
    /// Code and index of a fault.
    pub fault: Option<(u64, u64)>,
    /// Nothing is queued, running or on its way.
    pub idle: bool,
    /// The memory port.
    pub shown: Shown,
    /// What the units do, by number.
    pub units: [Doing; 6],
}

/// What a unit does in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doing {
    /// It has an exec; it makes a step.
    pub active: bool,
    pub steps: bool,
    /// Its next exec waits for a semaphore; the exec that is active makes its last step.
    pub waiting: bool,
    pub ends: bool,
}

/// The machine under simulation, after power-up. A cycle is: offer, look, clock.
pub trait Machine {
    /// A write beat is offered; its inputs cannot change that.
    fn w_valid(&self) -> bool;

    /// Sets the inputs of a cycle and lets everything settle.
    fn offer(&mut self, inputs: &Inputs);

    /// The outputs of the cycle.
    fn look(&self) -> Outputs;

    /// The clock edge at the cycle's end.
    fn clock(&mut self);

    /// Selects a counter ([`tcpu_isa::counters`]).
    fn select(&mut self, number: usize);

    /// The counter that was selected [`READ_CYCLES`](tcpu_isa::counters::READ_CYCLES) cycles ago.
    fn counter(&mut self) -> u64;
}

impl Outputs {
    /// The unit does its step.
    pub fn steps(&self, unit: Unit) -> bool {
        self.units[unit as usize].steps
    }
}

/// Puts together what is shown at the memory port.
pub fn shown(
    request: Option<Request>,
    r_ready: bool,
    write: Option<(u32, impl Fn(usize) -> u8)>,
    flit: usize,
) -> Shown {
    let mut shown = Shown {
        request,
        r_ready,
        ..Shown::default()
    };
    if let Some((strobe, byte)) = write {
        let kept = |i: usize| if strobe >> i & 1 == 1 { byte(i) } else { 0 };
        shown.w_valid = true;
        shown.w_strb = strobe;
        shown.w_data = (0..flit).map(kept).collect();
    }
    shown
}
