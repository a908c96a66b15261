//! The external memory port in the cycle model: requests, beats and the read pipe, without data.

use std::collections::VecDeque;

use tcpu_isa::MemoryTiming;

/// Requests that the memory queues.
const QUEUE: usize = 64;

/// The memory behind the port.
pub struct Port {
    /// Cycles per beat.
    beat_cycles: usize,
    /// Countdown to the next beat.
    busy: usize,
    /// (is a write, beats left), oldest first.
    requests: VecDeque<(bool, usize)>,
    /// Read beats on their way; `pipe[head]` is at the port now.
    pipe: Vec<bool>,
    head: usize,
}

/// What one cycle did at the port.
pub struct Served {
    /// The read beat at the port was taken.
    pub read: bool,
    /// A write beat was taken.
    pub write: bool,
}

impl Port {
    pub fn new(timing: MemoryTiming, flit: usize) -> Port {
        Port {
            beat_cycles: (flit / timing.width.max(1)).max(1),
            busy: 0,
            requests: VecDeque::new(),
            pipe: vec![false; timing.latency.max(2) - 1],
            head: 0,
        }
    }

    /// `req_ready` in this cycle.
    pub fn ready(&self) -> bool {
        self.requests.len() < QUEUE
    }

    /// `r_valid` in this cycle.
    pub fn read_valid(&self) -> bool {
        self.pipe[self.head]
    }

    /// Nothing is queued or on its way.
    pub fn idle(&self) -> bool {
        self.requests.is_empty() && !self.pipe.iter().any(|&valid| valid)
    }

    /// Plays one cycle; `accepted` is the request accepted in it.
    pub fn clock(
        &mut self,
        read_ready: bool,
        write_valid: bool,
        accepted: Option<(bool, usize)>,
    ) -> Served {
        let taken = self.pipe[self.head] && read_ready;
        let blocked = self.pipe[self.head] && !read_ready;
        let mut served_read = false;
        let mut served_write = false;
        if self.busy > 0 {
            self.busy -= 1;
        } else if let Some((write, beats)) = self.requests.front_mut() {
            served_write = *write && write_valid;
            served_read = !*write && !blocked;
            if served_read || served_write {
                self.busy = self.beat_cycles - 1;
                *beats -= 1;
                if *beats == 0 {
                    self.requests.pop_front();
                }
            }
        }
        if !blocked {
            self.pipe[self.head] = served_read;
            self.head = (self.head + 1) % self.pipe.len();
        }
        self.requests.extend(accepted);
        Served {
            read: taken,
            write: served_write,
        }
    }
}
