//! Memories in which boxes follow each other round and round.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use crate::schedule::Event;

/// A box in a ring.
pub(super) struct Resident<K, P> {
    key: K,
    pub start: usize,
    end: usize,
    /// How far it is filled (an extent, or a part), and by which exec; in the order of execs.
    pub filled: Vec<(P, Event)>,
    /// The last exec of each unit that reads it.
    readers: Vec<Event>,
}

impl<K, P> Resident<K, P> {
    /// Notes that an exec reads the box.
    pub fn read_by(&mut self, event: Event) {
        self.readers.retain(|reader| reader.unit != event.unit);
        self.readers.push(event);
    }
}

/// A part of a memory in which boxes follow each other.
pub(super) struct Ring<K, P> {
    base: usize,
    pub size: usize,
    next: usize,
    boxes: VecDeque<Resident<K, P>>,
    /// Boxes that have left, and for each key the number of its box, counted with those.
    gone: usize,
    numbers: HashMap<K, usize>,
}

impl<K: Eq + Hash + Clone, P> Ring<K, P> {
    pub fn new(base: usize, size: usize) -> Ring<K, P> {
        Ring {
            base,
            size,
            next: 0,
            boxes: VecDeque::new(),
            gone: 0,
            numbers: HashMap::new(),
        }
    }

    pub fn find(&mut self, key: &K) -> Option<&mut Resident<K, P>> {
        let number = self.numbers.get(key)?;
        self.boxes.get_mut(number - self.gone)
    }

    /// Room for a box of `size`, and the last readers of all that was there; `None` if there is not as much.
    pub fn allocate(&mut self, key: K, size: usize, align: usize) -> Option<(usize, Vec<Event>)> {
        let room = size.next_multiple_of(align);
        if room > self.size {
            return None;
        }
        let mut readers = Vec::new();
        if self.next + room > self.size {
            let behind = self.base + self.next;
            self.next = 0;
            while self.boxes.front().is_some_and(|b| b.start >= behind) {
                readers.extend(self.leave());
            }
        }
        let (start, end) = (self.base + self.next, self.base + self.next + room);
        while (self.boxes.front()).is_some_and(|b| b.start < end && start < b.end) {
            readers.extend(self.leave());
        }
        self.next += room;
        self.numbers
            .insert(key.clone(), self.gone + self.boxes.len());
        self.boxes.push_back(Resident {
            key,
            start,
            end: start + size.max(1),
            filled: Vec::new(),
            readers: Vec::new(),
        });
        Some((start, readers))
    }

    /// Takes the oldest box away; says who read it.
    fn leave(&mut self) -> Vec<Event> {
        let Some(oldest) = self.boxes.pop_front() else {
            return Vec::new();
        };
        if self.numbers.get(&oldest.key) == Some(&self.gone) {
            self.numbers.remove(&oldest.key);
        }
        self.gone += 1;
        oldest.readers
    }
}
