//! The external memory behind the machine's port.
//!
//! ```text
//! req ──> [ 64 requests ] ──one beat per flit / width cycles──┬── write: w_data, w_strb
//!                                                             └── read ──> [ latency - 1 stages ] ──> r
//! ```
//!
//! Requests are served in order. `docs/machine.md` ("Memory port") has the timing.

use std::collections::VecDeque;

use tcpu_isa::MemoryTiming;

/// Requests that the memory queues.
const QUEUE: usize = 64;

/// A request on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub write: bool,
    /// Byte address, aligned to a beat.
    pub addr: u64,
    pub beats: u32,
}

/// What the machine shows at the port in a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// A request, if `req_valid`.
    pub request: Option<Request>,
    pub w_valid: bool,
    pub w_data: Vec<u8>,
    pub w_strb: u32,
    pub r_ready: bool,
}

/// The memory: contents, timing, and, for tests, random stalls on every handshake.
pub struct ExternalMemory {
    bytes: Vec<u8>,
    beat: usize,
    beat_cycles: usize,
    busy: usize,
    requests: VecDeque<Request>,
    /// Beats on their way; the front is at the port.
    pipe: VecDeque<Option<Vec<u8>>>,
    stalls: Option<u64>,
    stall_bits: u64,
    /// Beats moved so far.
    pub read_beats: u64,
    pub write_beats: u64,
}

impl ExternalMemory {
    /// A memory with these contents, beats of `beat` bytes; with `stalls`, a seed, each handshake is
    /// refused at random now and then.
    pub fn new(bytes: Vec<u8>, beat: usize, timing: MemoryTiming, stalls: Option<u64>) -> Self {
        let mut memory = ExternalMemory {
            bytes,
            beat,
            beat_cycles: (beat / timing.width.max(1)).max(1),
            busy: 0,
            requests: VecDeque::new(),
            pipe: vec![None; timing.latency.max(2) - 1].into(),
            stalls,
            stall_bits: 0,
            read_beats: 0,
            write_beats: 0,
        };
        memory.roll();
        memory
    }

    fn roll(&mut self) {
        if let Some(state) = &mut self.stalls {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            self.stall_bits = *state >> 40;
        }
    }

    /// A handshake is refused in this cycle: one in four, by its own bits.
    fn stalled(&self, which: u32) -> bool {
        self.stalls.is_some() && self.stall_bits >> (2 * which) & 3 == 0
    }

    /// A request offered in this cycle is accepted.
    pub fn req_ready(&self) -> bool {
        self.requests.len() < QUEUE && !self.stalled(0)
    }

    /// The read beat at the port.
    pub fn r_data(&self) -> Option<&[u8]> {
        match self.stalled(1) {
            true => None,
            false => self.pipe.front()?.as_deref(),
        }
    }

    /// Given `w_valid`, the write beat is accepted in this cycle.
    pub fn w_ready(&self, w_valid: bool) -> bool {
        w_valid
            && self.busy == 0
            && !self.stalled(2)
            && self.requests.front().is_some_and(|request| request.write)
    }

    /// Plays the cycle; says whether a write beat was accepted.
    pub fn clock(&mut self, shown: &Shown) -> bool {
        let ready = self.req_ready();
        let wrote = self.w_ready(shown.w_valid);
        let at_port = self.pipe.front().is_some_and(Option::is_some);
        let blocked = at_port && !(self.r_data().is_some() && shown.r_ready);
        let mut served = None;
        if self.busy > 0 {
            self.busy -= 1;
        } else if let Some(head) = self.requests.front_mut() {
            if head.write && wrote {
                for (i, byte) in shown.w_data.iter().enumerate() {
                    if shown.w_strb >> i & 1 == 1 {
                        if let Some(place) = self.bytes.get_mut(head.addr as usize + i) {
                            *place = *byte;
                        }
                    }
                }
                self.write_beats += 1;
            } else if !head.write && !blocked {
                let at = |i| self.bytes.get(head.addr as usize + i).copied().unwrap_or(0);
                served = Some((0..self.beat).map(at).collect());
                self.read_beats += 1;
            }
            if wrote || served.is_some() {
                self.busy = self.beat_cycles - 1;
                head.addr += self.beat as u64;
                head.beats -= 1;
                if head.beats == 0 {
                    self.requests.pop_front();
                }
            }
        }
        if !blocked {
            self.pipe.pop_front();
            self.pipe.push_back(served);
        }
        if let (true, Some(request)) = (ready, shown.request) {
            self.requests.push_back(request);
        }
        self.roll();
        wrote
    }

    /// The contents.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Nothing is queued or on its way.
    pub fn idle(&self) -> bool {
        self.requests.is_empty() && self.pipe.iter().all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(addr: u64, beats: u32) -> Shown {
        let request = Some(Request {
            write: false,
            addr,
            beats,
        });
        Shown {
            request,
            r_ready: true,
            ..Shown::default()
        }
    }

    /// An idle memory answers after exactly its latency, then with a beat per `beat / width` cycles.
    #[test]
    fn latency_and_width() {
        let bytes: Vec<u8> = (0..64).collect();
        for (width, gap) in [(4, 1), (2, 2), (1, 4)] {
            let timing = MemoryTiming { width, latency: 7 };
            let mut memory = ExternalMemory::new(bytes.clone(), 4, timing, None);
            memory.clock(&read(8, 3));
            let mut seen = Vec::new();
            for cycle in 1..40 {
                if let Some(data) = memory.r_data() {
                    seen.push((cycle, data[0]));
                }
                memory.clock(&Shown {
                    r_ready: true,
                    ..Shown::default()
                });
            }
            assert_eq!(seen, [(7, 8), (7 + gap, 12), (7 + 2 * gap, 16)]);
            assert!(memory.idle());
        }
    }

    /// A reader that does not take its beat loses nothing; only marked bytes are written.
    #[test]
    fn blocking_and_strobes() {
        let timing = MemoryTiming {
            width: 4,
            latency: 2,
        };
        let mut memory = ExternalMemory::new((0..16).collect(), 4, timing, None);
        memory.clock(&read(0, 2));
        for _ in 0..5 {
            memory.clock(&Shown::default());
        }
        assert_eq!(memory.r_data().unwrap(), [0, 1, 2, 3]);
        let write = Some(Request {
            write: true,
            addr: 8,
            beats: 1,
        });
        memory.clock(&Shown {
            request: write,
            r_ready: true,
            ..Shown::default()
        });
        assert_eq!(memory.r_data().unwrap(), [4, 5, 6, 7]);
        let data = Shown {
            w_valid: true,
            w_data: vec![9; 4],
            w_strb: 0b0110,
            ..Shown::default()
        };
        let wrote = (0..4).filter(|_| memory.clock(&data)).count();
        assert_eq!(wrote, 1);
        assert_eq!(memory.into_bytes()[8..12], [8, 9, 9, 11]);
    }
}
