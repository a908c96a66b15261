//! The nested-loop sequencer.
//!
//! ```text
//!  set ──> [ nest: 2 x 8 levels ] ──count, strides──┐
//!                ^── moves (which level is next)    v
//! start ──> [ corners: where each level's ──> or a, b  + ──> a, b  one address per step, no bubble at any
//!             iteration began ] <─────a cycle later────────┘       loop boundary or between two walks
//! step ───> [ progress: iterations left ]
//! ```
//!
//! On a step the lowest level that is not at its last iteration moves on by its strides from the place where
//! its iteration began, and all levels below restart from there: one adder, no multiplier, no precomputed jumps.
//! Only one level moves in a step, so counts, strides and places lie in LUT RAM, and a register says which
//! level will be next. A level that has restarted is *stale*: its place is that of the nearest level above it
//! that is not, its iterations are all still to come. Nobody has to write them.
//!
//! The lowest level with more than one iteration moves in every step but those behind its last iteration. Behind any
//! other level's step it is its turn again, and who moves when it ends next can be found meanwhile: that is a register,
//! too, and nothing that is read out of LUT RAM in a cycle does more than choose between two levels that are known. The
//! same holds for the one that moves when the second lowest ends as well. And the lowest moves from where the walk is:
//! so the place to which another level has moved is written to its corner a cycle later, before anyone needs it, and so
//! are the iterations that it has left.
//!
//! The nest is set level by level, also while a walk is on: each level has two entries, and the walk keeps
//! to those that were newest when it started.

use rust_hdl::prelude::*;

use crate::bundle;
use crate::lookup::Lookup;
use crate::types::{ToBits, U};

bundle! {
    /// A level of a nest: iterations behind the first, whether that is one, and the strides.
    pub struct Level {
        pub behind: U<16>,
        pub one_behind: bool,
        pub a: U<32>,
        pub b: U<28>,
    }
}

bundle! {
    /// Iterations of a level that are left, and whether that is one.
    pub struct Progress {
        pub left: U<16>,
        pub one_left: bool,
    }
}

bundle! {
    /// Where a level's iteration began.
    pub struct Corner {
        pub a: U<32>,
        pub b: U<28>,
    }
}

bundle! {
    /// Where a walk is. Masks have a bit per level.
    pub struct Place {
        pub valid: bool,
        /// At its last step.
        pub last: bool,
        pub a: U<32>,
        pub b: U<28>,
        pub at_first: U<8>,
        pub at_last: U<8>,
        pub stale: U<8>,
        /// Levels with more than one iteration, and the entry that each level uses.
        pub many: U<8>,
        pub entry: U<8>,
        /// The level that moves with the next step, its entry, and whether it is stale. It moves from a corner; the
        /// lowest from the walk's own place, which is that of this corner: it is written there.
        pub moves: U<3>,
        pub moves_entry: bool,
        pub moves_stale: bool,
        pub from: U<4>,
        /// The lowest of the levels with more than one iteration and the second lowest, with their entries.
        pub low: U<3>,
        pub low_entry: bool,
        pub second: U<3>,
        pub second_entry: bool,
        /// The lowest moves.
        pub at_low: bool,
        /// The same of the level that moves when the lowest ends; there is none; it is the second lowest.
        pub up: U<3>,
        pub up_entry: bool,
        pub up_stale: bool,
        pub up_from: U<4>,
        pub up_none: bool,
        pub up_second: bool,
    }
}

bundle! {
    /// The lowest level above the second lowest that is not at its last iteration, its entry, whether it is stale, and the
    /// corner from which it moves; there is none.
    pub struct Above {
        pub level: U<3>,
        pub entry: bool,
        pub stale: bool,
        pub from: U<4>,
        pub none: bool,
    }
}

/// See the module's documentation. `start` may come with the last `step`.
#[derive(LogicBlock, Default)]
pub struct Sequencer {
    pub clock: Signal<In, Clock>,
    /// Ends the walk; every level counts one iteration.
    pub reset: Signal<In, bool>,
    /// Sets a level of the nest, for the walks that start later.
    pub set: Signal<In, bool>,
    pub level: Signal<In, U<3>>,
    pub count: Signal<In, U<16>>,
    /// The count is not one: known with it, so that nothing has to look at it.
    pub repeats: Signal<In, bool>,
    pub stride_a: Signal<In, U<32>>,
    pub stride_b: Signal<In, U<28>>,
    /// The next walk is over these levels, a bit each, the lowest ones, as they are set now and in this cycle.
    pub plan: Signal<In, bool>,
    pub levels: Signal<In, U<8>>,
    /// Starts the walk that was planned in an earlier cycle, after the last level was set, from these addresses.
    pub start: Signal<In, bool>,
    pub base_a: Signal<In, U<32>>,
    pub base_b: Signal<In, U<28>>,
    pub step: Signal<In, bool>,
    pub valid: Signal<Out, bool>,
    pub a: Signal<Out, U<32>>,
    pub b: Signal<Out, U<28>>,
    /// A bit per level: at its first, at its last iteration; set for levels that are not in use.
    pub at_first: Signal<Out, U<8>>,
    pub at_last: Signal<Out, U<8>>,
    pub last: Signal<Out, bool>,
    nest: Lookup<Level, 4>,
    progress: Lookup<Progress, 3>,
    corners: Lookup<Corner, 4>,
    /// Of the level that moved last: it is written to the others' a cycle later, if another one is next.
    moved: DFF<Progress>,
    /// The newest nest: levels with more than one iteration, and each level's newest entry.
    many: DFF<U<8>>,
    entry: DFF<U<8>>,
    next_many: Signal<Local, U<8>>,
    /// The lowest of these levels, and the second lowest; there are two.
    low: DFF<U<3>>,
    second: DFF<U<3>>,
    two: DFF<bool>,
    place: DFF<Place>,
    /// As it was in the cycle before: when the second lowest level moves, those above it have stood still for that long.
    above: DFF<Above>,
    /// The planned walk's levels with more than one iteration.
    fresh: DFF<U<8>>,
    /// The entries that are written and read.
    written: Signal<Local, U<4>>,
    moving: Signal<Local, U<4>>,
    read: Signal<Local, U<4>>,
    /// A walk goes on; or it goes on, ends or may start in this cycle.
    walks: Signal<Local, bool>,
    goes: Signal<Local, bool>,
    left: Signal<Local, U<16>>,
    reaches_last: Signal<Local, bool>,
    origin_a: Signal<Local, U<32>>,
    origin_b: Signal<Local, U<28>>,
    first: Signal<Local, U<8>>,
    ends: Signal<Local, U<8>>,
    stale: Signal<Local, U<8>>,
    /// The lowest level reaches its last iteration.
    low_ends: Signal<Local, bool>,
    /// Levels above the second lowest that are not at their last; from the lowest of them on, levels that are not stale.
    higher: Signal<Local, U<8>>,
    fixed: Signal<Local, U<8>>,
    reached: Signal<Local, bool>,
    /// A bit for the newest nest's lowest level, and for its second lowest; there is one, there are two below.
    lowest_bit: Signal<Local, U<8>>,
    second_bit: Signal<Local, U<8>>,
    one_found: Signal<Local, bool>,
    two_found: Signal<Local, bool>,
    lowest: Signal<Local, U<3>>,
    second_lowest: Signal<Local, U<3>>,
    /// Entries of the lowest and the second lowest level; the planned walk has a second one.
    low_entry: Signal<Local, bool>,
    second_entry: Signal<Local, bool>,
    two_planned: Signal<Local, bool>,
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, moved, many, entry, low, second, two, place, above, fresh);
        self.nest.clock.next = self.clock.val();
        self.progress.clock.next = self.clock.val();
        self.corners.clock.next = self.clock.val();

        // the newest nest: an entry that the walk does not use
        self.nest.write.next = self.set.val();
        self.written.next = self.level.val().to_bits();
        self.written.next = self
            .written
            .val()
            .replace_bit(3, !self.place.q.val().entry.get_bit(self.level.val()));
        self.nest.write_at.next = self.written.val();
        self.nest.data.next.behind = self.count.val() - 1.into();
        self.nest.data.next.one_behind = self.count.val() == 2.into();
        self.nest.data.next.a = self.stride_a.val();
        self.nest.data.next.b = self.stride_b.val();
        self.next_many.next = self.many.q.val();
        if self.set.val() {
            self.next_many.next = self
                .many
                .q
                .val()
                .replace_bit(self.level.val(), self.repeats.val());
            self.entry.d.next = self.entry.q.val().replace_bit(
                self.level.val(),
                !self.place.q.val().entry.get_bit(self.level.val()),
            );
        }

        self.many.d.next = self.next_many.val();

        // its two lowest levels: a walk over fewer levels has those of the two that are among them
        self.lowest_bit.next = 0.into();
        self.second_bit.next = 0.into();
        self.one_found.next = false;
        self.two_found.next = false;
        for i in 0..8 {
            self.second_bit.next = self.second_bit.val().replace_bit(
                i,
                self.next_many.val().get_bit(i) && self.one_found.val() && (!self.two_found.val()),
            );
            self.lowest_bit.next = self.lowest_bit.val().replace_bit(
                i,
                self.next_many.val().get_bit(i) && (!self.one_found.val()),
            );
            if self.next_many.val().get_bit(i) && self.one_found.val() {
                self.two_found.next = true;
            }
            if self.next_many.val().get_bit(i) {
                self.one_found.next = true;
            }
        }
        // By their bits, not one after the other: a level is a few tables then.
        self.lowest.next = 0.into();
        self.lowest.next = self
            .lowest
            .val()
            .replace_bit(0, (self.lowest_bit.val() & 170.into()).any())
            .replace_bit(1, (self.lowest_bit.val() & 204.into()).any())
            .replace_bit(2, (self.lowest_bit.val() & 240.into()).any());
        self.second_lowest.next = 0.into();
        self.second_lowest.next = self
            .second_lowest
            .val()
            .replace_bit(0, (self.second_bit.val() & 170.into()).any())
            .replace_bit(1, (self.second_bit.val() & 204.into()).any())
            .replace_bit(2, (self.second_bit.val() & 240.into()).any());
        self.low.d.next = self.lowest.val();
        self.second.d.next = self.second_lowest.val();
        self.two.d.next = self.two_found.val();

        // the next walk
        if self.plan.val() {
            self.fresh.d.next = self.levels.val() & self.next_many.val();
        }
        self.low_entry.next = self.entry.q.val().get_bit(self.low.q.val());
        self.second_entry.next = self.entry.q.val().get_bit(self.second.q.val());
        self.two_planned.next = self.two.q.val() && self.fresh.q.val().get_bit(self.second.q.val());

        // the moving level
        self.walks.next = self.place.q.val().valid && (!self.place.q.val().last);
        self.goes.next = self.step.val() || (!self.place.q.val().valid);
        self.moving.next = self.place.q.val().moves.to_bits();
        self.read.next = self
            .moving
            .val()
            .replace_bit(3, self.place.q.val().moves_entry);
        self.nest.read_at.next = self.read.val();
        self.progress.read_at.next = self.place.q.val().moves;
        self.left.next = self.progress.value.val().left;
        self.reaches_last.next = self.progress.value.val().one_left;
        if self.place.q.val().at_low {
            self.left.next = self.moved.q.val().left;
            self.reaches_last.next = self.moved.q.val().one_left;
        }
        if self.place.q.val().moves_stale {
            self.left.next = self.nest.value.val().behind;
            self.reaches_last.next = self.nest.value.val().one_behind;
        }
        // Behind the last step a level's progress counts no more.
        if self.goes.val() {
            self.moved.d.next.left = self.left.val() - 1.into();
            self.moved.d.next.one_left = self.left.val() == 2.into();
        }
        self.progress.write.next = self.place.q.val().at_low;
        self.progress.write_at.next = self.place.q.val().from.get_bits::<3>(0);
        self.progress.data.next = self.moved.q.val();
        self.corners.read_at.next = self.place.q.val().from;
        self.corners.write.next = self.place.q.val().at_low;
        self.corners.write_at.next = self.place.q.val().from;
        self.corners.data.next.a = self.place.q.val().a;
        self.corners.data.next.b = self.place.q.val().b;
        self.origin_a.next = self.corners.value.val().a;
        self.origin_b.next = self.corners.value.val().b;
        if self.place.q.val().at_low {
            self.origin_a.next = self.place.q.val().a;
            self.origin_b.next = self.place.q.val().b;
        }

        // all levels
        self.first.next = self.place.q.val().at_first;
        self.ends.next = self.place.q.val().at_last;
        self.stale.next = self.place.q.val().stale;
        self.higher.next = 0.into();
        for i in 0..8 {
            if self.place.q.val().moves > i.into() {
                self.first.next = self.first.val().replace_bit(i, true);
                self.ends.next = self
                    .ends
                    .val()
                    .replace_bit(i, !self.place.q.val().many.get_bit(i));
                self.stale.next = self.stale.val().replace_bit(i, true);
            }
            if self.place.q.val().moves == i.into() {
                self.first.next = self.first.val().replace_bit(i, false);
                self.ends.next = self.ends.val().replace_bit(i, self.reaches_last.val());
                self.stale.next = self.stale.val().replace_bit(i, false);
            }
            if self.place.q.val().second < i.into() {
                self.higher.next = self
                    .higher
                    .val()
                    .replace_bit(i, !self.place.q.val().at_last.get_bit(i));
            }
        }

        // the lowest level above the second that is not at its last, and the corner from which it moves
        self.above.d.next.level = 0.into();
        self.above.d.next.entry = false;
        self.above.d.next.stale = false;
        self.above.d.next.from = 8.into();
        self.above.d.next.none = !self.higher.val().any();
        self.reached.next = false;
        self.fixed.next = 0.into();
        for i in 0..8 {
            if self.higher.val().get_bit(7 - i) {
                self.above.d.next.level = (7 - i).into();
                self.above.d.next.entry = self.place.q.val().entry.get_bit(7 - i);
                self.above.d.next.stale = self.place.q.val().stale.get_bit(7 - i);
            }
        }
        for i in 0..8 {
            if self.higher.val().get_bit(i) {
                self.reached.next = true;
            }
            self.fixed.next = self.fixed.val().replace_bit(
                i,
                self.reached.val() && (!self.place.q.val().stale.get_bit(i)),
            );
        }
        for i in 0..8 {
            if self.fixed.val().get_bit(7 - i) {
                self.above.d.next.from = (7 - i).into();
            }
        }

        // who is next
        self.low_ends.next = self.place.q.val().at_low && self.reaches_last.val();
        if self.goes.val() {
            self.place.d.next.a = self.origin_a.val() + self.nest.value.val().a;
            self.place.d.next.b = self.origin_b.val() + self.nest.value.val().b;
            self.place.d.next.at_first = self.first.val();
            self.place.d.next.at_last = self.ends.val();
            self.place.d.next.stale = self.stale.val();
            // The lowest level, which has moved, or has begun again where the moving one is now.
            self.place.d.next.moves = self.place.q.val().low;
            self.place.d.next.moves_entry = self.place.q.val().low_entry;
            self.place.d.next.moves_stale = !self.place.q.val().at_low;
            self.place.d.next.from = self.moving.val();
            self.place.d.next.at_low = true;
            if self.low_ends.val() {
                self.place.d.next.moves = self.place.q.val().up;
                self.place.d.next.moves_entry = self.place.q.val().up_entry;
                self.place.d.next.moves_stale = self.place.q.val().up_stale;
                self.place.d.next.from = self.place.q.val().up_from;
                self.place.d.next.at_low = false;
            }
            self.place.d.next.last = self.low_ends.val() && self.place.q.val().up_none;
            // Another level has moved: if it was not the second lowest, that one has begun again; if it was, it goes on.
            if !self.place.q.val().at_low {
                self.place.d.next.up = self.place.q.val().second;
                self.place.d.next.up_entry = self.place.q.val().second_entry;
                self.place.d.next.up_stale = !self.place.q.val().up_second;
                self.place.d.next.up_from = self.moving.val();
                self.place.d.next.up_none = false;
                self.place.d.next.up_second = true;
                if self.place.q.val().up_second && self.reaches_last.val() {
                    self.place.d.next.up = self.above.q.val().level;
                    self.place.d.next.up_entry = self.above.q.val().entry;
                    self.place.d.next.up_stale = self.above.q.val().stale;
                    self.place.d.next.up_from = self.above.q.val().from;
                    self.place.d.next.up_none = self.above.q.val().none;
                    self.place.d.next.up_second = false;
                }
            }
            // The walk that may start: all is ready for it in each cycle in which it may, whether it does or not.
            if !self.walks.val() {
                self.place.d.next.valid = self.start.val();
                self.place.d.next.last = !self.fresh.q.val().any();
                self.place.d.next.a = self.base_a.val();
                self.place.d.next.b = self.base_b.val();
                self.place.d.next.at_first = 255.into();
                self.place.d.next.at_last = !self.fresh.q.val();
                self.place.d.next.stale = 255.into();
                self.place.d.next.many = self.fresh.q.val();
                self.place.d.next.entry = self.entry.q.val();
                self.place.d.next.moves = self.low.q.val();
                self.place.d.next.moves_entry = self.low_entry.val();
                self.place.d.next.moves_stale = true;
                self.place.d.next.from = 8.into();
                self.place.d.next.low = self.low.q.val();
                self.place.d.next.low_entry = self.low_entry.val();
                self.place.d.next.second = self.second.q.val();
                self.place.d.next.second_entry = self.second_entry.val();
                self.place.d.next.at_low = true;
                self.place.d.next.up = self.second.q.val();
                self.place.d.next.up_entry = self.second_entry.val();
                self.place.d.next.up_stale = true;
                self.place.d.next.up_from = 8.into();
                self.place.d.next.up_none = !self.two_planned.val();
                self.place.d.next.up_second = true;
            }
        }
        if self.reset.val() {
            self.many.d.next = 0.into();
            self.place.d.next.valid = false;
        }
        self.valid.next = self.place.q.val().valid;
        self.a.next = self.place.q.val().a;
        self.b.next = self.place.q.val().b;
        self.at_first.next = self.place.q.val().at_first;
        self.at_last.next = self.place.q.val().at_last;
        self.last.next = self.place.q.val().last;
    }
}
