//! A job's stream: what of the loop nest goes to fetch and contract.

use tcpu_isa::{Command, Contract, FoldOrder, Sync, Tail, LEVELS};

use super::operands::Streamed;
use super::results::Output;
use super::trf::Held;
use super::words::{fetch_words, levels, parts};
use super::{Emitter, Job, Reject};
use crate::plan::Mode;
use crate::problem::{Axis, Role};

/// A level of the job's nest, with its stride in every address space.
#[derive(Clone, Copy)]
struct Level {
    count: usize,
    /// The axis and how many of its indices one iteration covers, unless the level is several axes.
    axis: Option<(usize, usize)>,
    x: i64,
    t: i64,
    slot: usize,
    out: i64,
    reduce: bool,
    /// It walks the digits of an operand: it must stay a level of its own.
    digit: bool,
    /// The stream's tail is on this level: it must stay a level of its own.
    tail: bool,
}

/// A piece of a job that runs as one exec.
pub(super) struct Piece {
    pub first_lane: usize,
    pub groups: usize,
    pub lanes: usize,
    pub first_col: usize,
    pub blocks: usize,
    pub cols: usize,
}

/// A level of the results' nest: its axis and how many of the axis' indices one iteration covers (unless the
/// level is several axes, or part of a flit's), iterations, and stride in DM.
pub(super) type Walk = (Option<(usize, usize)>, usize, i64);

impl Emitter<'_> {
    /// The job's stream: an exec of fetch and contract for each of: full and rest of the lane groups, full and rest
    /// of the packets. What each has contracted is committed; the results are stored at the end.
    /// Accumulators are taken from `slot` on; the first that is free behind them is returned.
    pub(super) fn stream(
        &mut self,
        job: &Job,
        x: &Streamed,
        w: &Held,
        out: &Output,
        mut slot: usize,
    ) -> Result<usize, Reject> {
        let (unit, l) = (self.plan.packet_unit(self.config), self.config.lanes);
        let lanes = parts(self.plan.lane.map_or(1, |a| job.span.lens[a]), l);
        let packets = match (self.plan.mode, self.plan.packet) {
            (Mode::Outer | Mode::Pair, Some(p)) => parts(job.span.lens[p], unit),
            _ => vec![(0, 1, 1)],
        };
        for &(first_lane, groups, lanes) in &lanes {
            for &(first_col, blocks, cols) in &packets {
                let piece = Piece {
                    first_lane,
                    groups,
                    lanes,
                    first_col,
                    blocks,
                    cols,
                };
                self.piece(job, x, w, out, &piece, &mut slot)?;
            }
        }
        Ok(slot)
    }

    fn piece(
        &mut self,
        job: &Job,
        x: &Streamed,
        w: &Held,
        out: &Output,
        part: &Piece,
        slot: &mut usize,
    ) -> Result<(), Reject> {
        let (f, l) = (self.config.flit, self.config.lanes);
        let plan = self.plan;
        let (x_layout, trf) = (&x.layout, &w.layout);
        let inner = plan.mode == Mode::Inner;
        let pair = plan.mode == Mode::Pair;
        let dmx = |a: Option<usize>| a.map_or(0, |a| x_layout.dm[a]);
        let dmo = |a: Option<usize>| a.map_or(0, |a| out.layout.dm[a]);

        // The flits of the stream: contiguous packets or gathered bytes, and where they end.
        let flit_len = match (inner, plan.packet) {
            (true, Some(p)) => job.span.lens[p],
            _ => part.cols,
        };
        let gather = flit_len > 1 && dmx(plan.packet) != 1;
        let blocks = if inner {
            flit_len.div_ceil(f)
        } else {
            part.blocks
        };
        // Where there are fewer columns, a flit has as many indices of a contracted axis as it has room for.
        let deep = self.deep(job, w, part);
        let ways = deep.map_or(1, |(_, ways)| ways);
        let rest = match (inner, deep) {
            (true, _) => flit_len % f,
            (false, Some((a, ways))) => job.span.lens[a] % ways * part.cols,
            (false, None) => 0,
        };

        let digit = self.problem.digit();
        let mut levels_of_job = Vec::new();
        let mut held = Vec::new();
        let mut level = |axis, count: usize, x: i64, t: i64, out: i64, reduce: bool, tail: bool| {
            if count > 1 {
                let level = Level {
                    count,
                    axis,
                    x,
                    t,
                    slot: 0,
                    out,
                    reduce,
                    digit: reduce && digit.is_some_and(|d| axis == Some((d, 1))),
                    tail,
                };
                let hold = (gather || ways > 1) && x == 0 && !reduce;
                if hold { &mut held } else { &mut levels_of_job }.push(level);
            }
        };
        let axes = 0..self.problem.axes.len();
        let half = self.problem.half();
        let skip = |a: usize| [plan.packet, plan.lane, half].contains(&Some(a));
        if inner {
            level(
                None,
                blocks,
                f as i64 * dmx(plan.packet),
                f as i64,
                0,
                true,
                rest != 0,
            );
        }
        for a in axes
            .clone()
            .filter(|&a| self.problem.axes[a].reduced && !skip(a))
        {
            let ways = deep.map_or(1, |(deep, ways)| if deep == a { ways } else { 1 });
            let (x, t) = (x_layout.dm[a], trf.strides[a]);
            let (count, step) = (job.span.lens[a].div_ceil(ways), ways as i64);
            let cut = ways > 1 && rest > 0;
            level(Some((a, ways)), count, step * x, step * t, 0, true, cut);
        }
        level(
            plan.lane.map(|a| (a, l)),
            part.groups,
            0,
            trf.group,
            l as i64 * dmo(plan.lane),
            false,
            false,
        );
        if !inner {
            let unit = plan.packet_unit(self.config);
            let step = unit as i64;
            level(
                plan.packet.map(|a| (a, unit)),
                blocks,
                step * dmx(plan.packet),
                if pair { step } else { 0 },
                step * dmo(plan.packet),
                false,
                false,
            );
        }
        for a in axes.filter(|&a| !self.problem.axes[a].reduced && !skip(a)) {
            level(
                Some((a, 1)),
                job.span.lens[a],
                x_layout.dm[a],
                trf.strides[a],
                out.layout.dm[a],
                false,
                false,
            );
        }
        let split = |a: usize| job.span.lens[a] < self.problem.axes[a].size;
        let others = (0..self.problem.axes.len())
            .filter(|&a| self.problem.axes[a].reduced && Some(a) != digit);
        let digit_job = digit.filter(|&d| job.span.lens[d] == 1);
        if digit.is_some_and(|d| digit_job.is_none() && (split(d) || others.clone().any(split))) {
            return Err(Reject::Digits);
        }
        let hold = fuse(&mut held);
        fuse(&mut levels_of_job);
        let mut levels_of_job: Vec<Level> = held.into_iter().chain(levels_of_job).collect();
        let base_slot = self.assign_slots(job, &mut levels_of_job, hold, slot)?;

        // fetch
        let mut nest = Vec::new();
        let (packet, pack) = if gather {
            (1, flit_len.min(f))
        } else {
            (flit_len.min(f), 1)
        };
        if gather {
            nest.push((pack, dmx(plan.packet), 0));
        }
        nest.push((ways, dmx(deep.map(|(a, _)| a)), 0));
        let pack = pack * ways;
        let mut tail = None;
        for level in &levels_of_job[hold..] {
            if level.tail {
                let at = nest.iter().filter(|l: &&(usize, i64, i64)| l.0 > 1).count();
                tail = Some(Tail {
                    level: at as u8,
                    bytes: rest as u8,
                });
            }
            nest.push((level.count, level.x, 0));
        }
        let base = x.base + part.first_col as i64 * dmx(plan.packet);
        let fetch = Command::Fetch(fetch_words(base as usize, packet, pack, tail));
        let fetched = self.schedule.push(fetch, levels(&nest)?, &[x.filled]);
        self.box_read(&x.key, fetched);

        // contract
        let nest: Vec<_> = levels_of_job
            .iter()
            .map(|v| (v.count, v.t, v.slot as i64))
            .collect();
        let reduce = levels_of_job
            .iter()
            .enumerate()
            .fold(0, |m, (i, v)| m | u8::from(v.reduce) << (i % 8));
        let values = self.config.values();
        let element = self.problem.out.bytes() as i64;
        let (order, group) = if part.cols > 1 && dmo(plan.packet) == element {
            (FoldOrder::Sequential, values)
        } else if part.lanes > 1 && dmo(plan.lane) == element {
            (FoldOrder::Interleaved, values)
        } else {
            (FoldOrder::Sequential, 1)
        };
        let lane_group = (part.first_lane / l) as i64;
        let paired = if pair { part.first_col as i64 } else { 0 };
        let contract = Contract {
            levels: 0,
            trf: (w.base as i64 + lane_group * trf.group + paired) as u32,
            splat: plan.mode == Mode::Outer,
            skew: trf.skew,
            depth: match inner {
                true => self.config.max_depth() as u8,
                false => self.config.min_depth() as u8,
            },
            slot: base_slot as u8,
            hold: hold as u8,
            reduce,
            init: job.first,
            emit: job.last,
            lanes: part.lanes as u8,
            cols: part.cols as u8,
            order,
            group: group as u8,
            radix: match (digit, digit_job) {
                (None, _) => 0,
                // The digits are jobs: the first job of each but the first begins a digit.
                (_, Some(d)) => {
                    let begins = job.span.start[d] > 0
                        && others.map(|a| job.span.start[a]).sum::<usize>() == 0;
                    (LEVELS as u8 + 1) * u8::from(begins)
                }
                (Some(d), None) => {
                    let level = levels_of_job.iter().position(|v| v.axis == Some((d, 1)));
                    1 + level.ok_or(Reject::Digits)? as u8
                }
            },
            nibbles: self.problem.packed.is_some(),
            sync: Sync::default(),
        };
        let contracted =
            self.schedule
                .push(Command::Contract(contract), levels(&nest)?, &[w.filled]);
        if let Some(resident) = self.trf.find(&w.key) {
            resident.read_by(contracted);
        }
        if !job.last {
            return Ok(());
        }

        let rows = levels_of_job.iter().filter(|level| !level.reduce);
        let rows: Vec<Walk> = rows.map(|v| (v.axis, v.count, v.out)).collect();
        self.commit(job, part, (order, group), &rows, out)
    }

    /// The contracted axis of which a flit of the stream has several indices, and how many: where a build has fewer
    /// columns than a flit has bytes, and all of them are used, the bytes of one TRF flit go along with it.
    fn deep(&self, job: &Job, w: &Held, part: &Piece) -> Option<(usize, usize)> {
        let ways = self.config.flit / self.config.columns;
        let axis = self.plan.byte.filter(|_| self.plan.mode == Mode::Outer)?;
        let Axis { reduced, role, .. } = self.problem.axes[axis];
        let alike = reduced && role == Role::Index;
        let whole = part.cols == self.config.columns && w.base % ways == 0;
        let ways = ways.min(job.span.lens[axis]);
        (alike && whole && ways > 1).then_some((axis, ways))
    }

    /// Gives accumulators to the rows that are open at the same time: those of held levels, and, if the
    /// contraction goes over several jobs, all rows of the job. Returns the part's first slot.
    fn assign_slots(
        &self,
        job: &Job,
        levels: &mut [Level],
        hold: usize,
        slot: &mut usize,
    ) -> Result<usize, Reject> {
        let split = !(job.first && job.last);
        let mut rows = 1;
        for (i, level) in levels.iter_mut().enumerate() {
            if !level.reduce && (split || i < hold) {
                level.slot = rows;
                rows *= level.count;
            }
        }
        let first = if split { *slot } else { 0 };
        if first + rows > self.config.acc_slots {
            return Err(Reject::Slots);
        }
        *slot = first + rows;
        Ok(first)
    }
}

/// Joins neighbouring levels that are one level for every address; returns how many are left.
fn fuse(levels: &mut Vec<Level>) -> usize {
    let mut i = 0;
    while i + 1 < levels.len() {
        let (a, b) = (levels[i], levels[i + 1]);
        let n = a.count as i64;
        let one = a.reduce == b.reduce
            && !a.digit
            && !b.digit
            && !a.tail
            && !b.tail
            && b.x == a.x * n
            && b.t == a.t * n
            && b.out == a.out * n
            && a.count * b.count <= u16::MAX as usize;
        if one {
            levels[i].count *= b.count;
            levels[i].axis = None;
            levels.remove(i + 1);
        } else {
            i += 1;
        }
    }
    levels.len()
}
