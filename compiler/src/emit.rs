//! From a plan to commands.
//!
//! The iteration space is cut into *jobs* (boxes). For each job, in loop order: what is not in DM yet is
//! loaded, what is not in the TRF yet is put there, then the stream runs: fetch, contract, commit, and the
//! result is stored. DM and TRF are rings of boxes: a box that is still there is used again, a box that
//! must go is overwritten when its last reader is done. Jobs overlap in the machine as far as rings,
//! queues and semaphores allow; here they are simply in order.

use std::collections::VecDeque;

use tcpu_isa::{
    Command, Commit, Config, Contract, Dma, Fetch, FoldOrder, LoopLevel, Sync, Tail, TrfLoad,
    LEVELS,
};
use thiserror::Error;

use crate::plan::{Mode, Plan};
use crate::problem::Problem;
use crate::region::{Layout, Rows};
use crate::schedule::{Event, Schedule};

/// Parts in which a job's results are stored early.
const EARLY: usize = 4;

/// Why a plan cannot be emitted; the search tries another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Reject {
    #[error("the boxes do not fit their share of DM")]
    Dm,
    #[error("the box does not fit the TRF")]
    Trf,
    #[error("more accumulators are needed than there are slots")]
    Slots,
    #[error("more loop levels are needed than a sequencer has")]
    Levels,
    #[error("digits are cut together with what they multiply")]
    Digits,
    #[error("the plan cuts the problem into too many jobs")]
    Jobs,
}

/// A box in a ring.
struct Resident {
    key: Vec<(usize, usize)>,
    start: usize,
    end: usize,
    filled: Event,
    last_reader: Option<Event>,
}

/// A part of a memory in which boxes follow each other round and round.
struct Ring {
    base: usize,
    size: usize,
    next: usize,
    boxes: VecDeque<Resident>,
}

impl Ring {
    fn new(base: usize, size: usize) -> Ring {
        Ring {
            base,
            size,
            next: 0,
            boxes: VecDeque::new(),
        }
    }

    fn find(&mut self, key: &[(usize, usize)]) -> Option<&mut Resident> {
        self.boxes.iter_mut().find(|b| b.key == key)
    }

    /// Room for `bytes`, and the last readers of all that was there.
    fn allocate(&mut self, bytes: usize, align: usize) -> Option<(usize, Vec<Event>)> {
        let bytes = bytes.next_multiple_of(align);
        if bytes > self.size {
            return None;
        }
        let mut readers = Vec::new();
        if self.next + bytes > self.size {
            let behind = self.next;
            self.next = 0;
            while self
                .boxes
                .front()
                .is_some_and(|b| b.start >= self.base + behind)
            {
                readers.extend(self.boxes.pop_front().and_then(|b| b.last_reader));
            }
        }
        let (start, end) = (self.base + self.next, self.base + self.next + bytes);
        while self
            .boxes
            .front()
            .is_some_and(|b| b.start < end && start < b.end)
        {
            readers.extend(self.boxes.pop_front().and_then(|b| b.last_reader));
        }
        self.next += bytes;
        Some((start, readers))
    }

    fn insert(&mut self, key: Vec<(usize, usize)>, start: usize, bytes: usize, filled: Event) {
        self.boxes.push_back(Resident {
            key,
            start,
            end: start + bytes.max(1),
            filled,
            last_reader: None,
        });
    }
}

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

/// How the TRF operand lies in the TRF: byte strides in a lane.
struct TrfLayout {
    strides: Vec<i64>,
    /// Byte stride of a lane group.
    group: i64,
    rows: usize,
    /// Lanes share flits along the lane axis.
    skew: bool,
}

/// A box: the first index and the length per slice on each axis.
#[derive(Clone)]
struct Span {
    start: Vec<usize>,
    lens: Vec<usize>,
}

/// One job: its box, and whether it begins and ends the contraction of its outputs.
struct Job {
    span: Span,
    first: bool,
    last: bool,
}

/// Emits a plan.
pub struct Emitter<'a> {
    config: &'a Config,
    problem: &'a Problem,
    plan: &'a Plan,
    /// Number of the part at hand.
    part: usize,
    /// The last store so far, and the last of the step before.
    stored: Option<Event>,
    step_stored: Option<Event>,
    schedule: Schedule,
    stream: Ring,
    weights: Ring,
    trf: Ring,
    output: Ring,
}

/// A part of the problem and its mapping.
pub type Part = (Problem, Plan);

/// Commands of the first `limit` outputs' jobs of each part. All parts have the banks of the first. Parts
/// of one step come one after the other, or (`Plan::spread`) their jobs are interleaved evenly, so that one part's
/// loads overlap with another's compute.
pub fn emit(config: &Config, parts: &[Part], limit: usize) -> Result<Vec<Command>, Reject> {
    let Some((problem, plan)) = parts.first() else {
        return Ok(Vec::new());
    };
    let bank = config.bank_bytes();
    let [x, w, o] = plan.banks.map(|banks| banks * bank);
    let mut emitter = Emitter {
        config,
        problem,
        plan,
        part: 0,
        stored: None,
        step_stored: None,
        schedule: Schedule::default(),
        stream: Ring::new(0, x),
        weights: Ring::new(x, w),
        trf: Ring::new(0, config.trf_rows),
        output: Ring::new(x + w, o),
    };
    // For each part its loops, the jobs that contract one box of outputs, and such boxes.
    let loops: Vec<_> = parts
        .iter()
        .map(|(problem, plan)| plan.loops(problem))
        .collect();
    let counts = parts.iter().zip(&loops).map(|((problem, _), loops)| {
        let count = |reduced: bool| -> usize {
            let axes = loops
                .iter()
                .filter(|(a, _)| problem.axes[*a].reduced == reduced);
            axes.map(|(_, n)| n).product()
        };
        (count(true), count(false).min(limit))
    });
    let counts: Vec<(usize, usize)> = counts.collect();
    let mut done = vec![0; parts.len()];
    let progress = |part: usize, done: &[usize]| {
        let (_, boxes) = counts[part];
        let step = parts[part].0.step;
        let first = part == 0 || parts[part - 1].0.step != step;
        let last = !first && !parts[part].1.spread;
        (2 * step + usize::from(last)) as f64 + (2 * done[part] + 1) as f64 / (2 * boxes) as f64
    };
    loop {
        let open = (0..parts.len()).filter(|&part| done[part] < counts[part].1);
        let Some(part) = open.min_by(|&a, &b| progress(a, &done).total_cmp(&progress(b, &done)))
        else {
            return Ok(emitter.schedule.commands());
        };
        if parts[part].0.step != emitter.problem.step {
            emitter.step_stored = emitter.stored;
        }
        (emitter.problem, emitter.plan, emitter.part) = (&parts[part].0, &parts[part].1, part);
        let (jobs, _) = counts[part];
        for job in done[part] * jobs..(done[part] + 1) * jobs {
            emitter.job(&emitter.place(&loops[part], job))?;
        }
        done[part] += 1;
    }
}

impl Emitter<'_> {
    fn place(&self, loops: &[(usize, usize)], number: usize) -> Job {
        let axes = self.problem.axes.len();
        let mut job = Job {
            span: Span {
                start: vec![0; axes],
                lens: vec![1; axes],
            },
            first: true,
            last: true,
        };
        let mut rest = number;
        for &(axis, count) in loops.iter().rev() {
            let (index, ways) = (rest % count, self.plan.ways(axis));
            rest /= count;
            job.span.start[axis] = index * self.plan.lens[axis] * ways;
            let left = self.problem.axes[axis].size - job.span.start[axis];
            job.span.lens[axis] = self.plan.lens[axis].min(left.div_ceil(ways));
            if self.problem.axes[axis].reduced {
                job.first &= index == 0;
                job.last &= index + 1 == count;
            }
        }
        job
    }

    /// The box in which a job's part of an operand is brought in.
    fn box_of(&self, job: &Job, operand: usize) -> Span {
        let mut span = job.span.clone();
        if self.plan.whole[usize::from(operand == self.plan.weights())] {
            for (axis, &stride) in self.problem.operands[operand].iter().enumerate() {
                if stride != 0 && self.plan.ways(axis) == 1 {
                    span.start[axis] = 0;
                    span.lens[axis] = self.problem.axes[axis].size;
                }
            }
        }
        span
    }

    /// What of a box slice `s` really has, and where it begins; `None` if nothing.
    fn slice_box(&self, span: &Span, s: usize) -> Option<(Vec<usize>, Vec<usize>)> {
        let axes = 0..self.problem.axes.len();
        let start: Vec<usize> = axes
            .clone()
            .map(|a| span.start[a] + self.plan.digit(s, a) * span.lens[a])
            .collect();
        let lens: Vec<usize> = axes
            .map(|a| span.lens[a].min(self.problem.axes[a].size.saturating_sub(start[a])))
            .collect();
        lens.iter().all(|&n| n > 0).then_some((start, lens))
    }

    fn job(&mut self, job: &Job) -> Result<(), Reject> {
        let w = self.weight_box(job)?;
        let x = self.stream_box(job)?;
        let out = Layout::new(
            &self.problem.output,
            &job.span.lens,
            self.problem.out.bytes(),
            0,
        );
        let (out_base, stored) = if job.last {
            self.output
                .allocate(out.bytes, self.config.flit)
                .ok_or(Reject::Dm)?
        } else {
            (0, Vec::new())
        };
        let committed = self.stream_through(job, &x, &w, &out, (out_base, &stored))?;
        let mut store = None;
        for part in &committed {
            for s in 0..self.plan.slices_used() {
                let Some((mut start, mut lens)) = self.slice_box(&job.span, s) else {
                    continue;
                };
                let mut dm = s * self.config.dm_bytes() + out_base;
                for range in &part.ranges {
                    let Range { axis, first, len } = *range;
                    (start[axis], lens[axis]) = (
                        start[axis] + first,
                        len.min(lens[axis].saturating_sub(first)),
                    );
                    dm += first * out.dm[axis] as usize;
                }
                if lens.contains(&0) {
                    continue;
                }
                let ext = address(self.problem.output_ext, &self.problem.output, &start);
                let (dma, nest) = dma(ext, dm, &out.rows(&lens, true), false)?;
                let after = [part.event];
                store = Some(self.schedule.push(Command::Store(dma), nest, &after));
            }
        }
        if let Some(store) = store {
            self.stored = Some(store);
            self.output.insert(Vec::new(), out_base, out.bytes, store);
            if let Some(resident) = self.output.boxes.back_mut() {
                resident.last_reader = Some(store);
            }
        }
        Ok(())
    }

    /// Brings an operand's box into its ring of DM; says where it is, and what to wait for.
    fn load_box(
        &mut self,
        span: &Span,
        operand: usize,
        layout: &Layout,
        weights: bool,
    ) -> Result<(usize, Event), Reject> {
        let strides = &self.problem.operands[operand];
        let key = self.key(span, operand);
        let ring = if weights {
            &mut self.weights
        } else {
            &mut self.stream
        };
        if let Some(resident) = ring.find(&key) {
            return Ok((resident.start, resident.filled));
        }
        // A box that is followed by others shares its ring with the next one.
        let whole = (0..strides.len()).all(|a| {
            strides[a] == 0 || span.lens[a] * self.plan.ways(a) >= self.problem.axes[a].size
        });
        if !whole && layout.bytes > ring.size / 2 {
            return Err(Reject::Dm);
        }
        let (base, mut readers) = ring
            .allocate(layout.bytes, self.config.flit)
            .ok_or(Reject::Dm)?;
        if self.problem.chained && operand == 0 {
            readers.extend(self.step_stored);
        }
        let spread = self.plan.slices.iter().any(|&(a, _)| strides[a] != 0);
        let used = if spread { self.plan.slices_used() } else { 1 };
        let parts: Vec<_> = (0..used)
            .filter_map(|s| {
                self.slice_box(span, s)
                    .map(|(start, lens)| (s, start, lens))
            })
            .collect();
        let ext = |start: &[usize]| address(self.problem.operand_ext[operand], strides, start);
        let even = self.plan.slices.len() == 1 && parts.windows(2).all(|p| p[0].2 == p[1].2);
        let mut filled = None;
        if even && parts.len() > 1 {
            // One exec walks all slices.
            let mut rows = layout.rows(&parts[0].2, false);
            let step = ext(&parts[1].1) - ext(&parts[0].1);
            rows.loops
                .push((parts.len(), step as i64, self.config.dm_bytes() as i64));
            let (dma, nest) = dma(ext(&parts[0].1), base, &rows, false)?;
            filled = Some(self.schedule.push(Command::Load(dma), nest, &readers));
        } else {
            for (s, start, lens) in &parts {
                let rows = layout.rows(lens, false);
                let broadcast = !spread && self.config.slices > 1;
                let dm = s * self.config.dm_bytes() + base;
                let (dma, nest) = dma(ext(start), dm, &rows, broadcast)?;
                filled = Some(self.schedule.push(Command::Load(dma), nest, &readers));
            }
        }
        let filled = filled.ok_or(Reject::Dm)?;
        let ring = if weights {
            &mut self.weights
        } else {
            &mut self.stream
        };
        ring.insert(key, base, layout.bytes, filled);
        Ok((base, filled))
    }

    /// Names an operand's box: its range on each axis that the operand sees.
    fn key(&self, span: &Span, operand: usize) -> Vec<(usize, usize)> {
        let strides = &self.problem.operands[operand];
        let seen = (0..strides.len()).filter(|&a| strides[a] != 0);
        let ranges = seen.map(|a| (span.start[a], span.lens[a]));
        [(self.part, operand)].into_iter().chain(ranges).collect()
    }

    /// Names a box of the TRF operand in the TRF, where it also has the flits' axis, seen or not.
    fn trf_key(&self, span: &Span) -> Vec<(usize, usize)> {
        let mut key = self.key(span, self.plan.weights());
        key.extend(self.plan.byte.map(|byte| (byte, span.lens[byte])));
        key
    }

    /// Brings the stream operand in; returns where in DM the job's part of it begins.
    fn stream_box(&mut self, job: &Job) -> Result<(usize, Event, Layout), Reject> {
        let operand = self.plan.stream();
        let gap = self.config.flit;
        let span = self.box_of(job, operand);
        let layout = Layout::new(&self.problem.operands[operand], &span.lens, 1, gap);
        let (base, filled) = self.load_box(&span, operand, &layout, false)?;
        let inside = offset(&layout.dm, job, &span);
        Ok(((base as i64 + inside) as usize, filled, layout))
    }

    fn trf_layout(&self, span: &Span, dm: &[i64]) -> TrfLayout {
        let f = self.config.flit;
        let l = self.config.lanes;
        let axes = self.problem.axes.len();
        let strides = &self.problem.operands[self.plan.weights()];
        let mut trf = TrfLayout {
            strides: vec![0; axes],
            group: 0,
            rows: 1,
            skew: false,
        };
        let lane_len = self.plan.lane.map_or(1, |a| span.lens[a]);
        trf.skew = match self.plan.lane {
            Some(lane) => self.plan.byte.is_none() && dm[lane] == 1 && lane_len > 1,
            None => false,
        };
        if let Some(byte) = self.plan.byte {
            trf.strides[byte] = 1;
            trf.rows = span.lens[byte].div_ceil(f);
        } else if trf.skew {
            trf.group = l as i64;
            trf.rows = lane_len.div_ceil(f);
        }
        for a in (0..axes).rev() {
            if strides[a] != 0 && Some(a) != self.plan.lane && Some(a) != self.plan.byte {
                trf.strides[a] = (trf.rows * f) as i64;
                trf.rows *= span.lens[a];
            }
        }
        if !trf.skew {
            trf.group = (trf.rows * f) as i64;
            trf.rows *= lane_len.div_ceil(l);
        }
        trf
    }

    /// Brings the TRF operand's box into the TRF; returns the TRF byte where the job's part begins.
    fn weight_box(&mut self, job: &Job) -> Result<(usize, Event, TrfLayout), Reject> {
        let operand = self.plan.weights();
        let f = self.config.flit;
        let l = self.config.lanes;
        let span = self.box_of(job, operand);
        let layout = Layout::new(&self.problem.operands[operand], &span.lens, 1, f);
        let trf = self.trf_layout(&span, &layout.dm);
        let mut inside = offset(&trf.strides, job, &span) as usize;
        if let Some(lane) = self.plan.lane {
            let lanes = job.span.start[lane] - span.start[lane];
            if lanes % l != 0 {
                return Err(Reject::Trf);
            }
            inside += lanes / l * trf.group as usize;
        }
        if self.plan.mode != Mode::Outer && inside % f != 0 {
            return Err(Reject::Trf);
        }
        let key = self.trf_key(&span);
        if let Some(resident) = self.trf.find(&key) {
            return Ok((resident.start * f + inside, resident.filled, trf));
        }
        let (dm, loaded) = self.load_box(&span, operand, &layout, true)?;
        let (row, mut after) = self.trf.allocate(trf.rows, 1).ok_or(Reject::Trf)?;
        after.push(loaded);
        let flits = l as i64;
        let mut nest = Vec::new();
        let (mut packet, mut pack) = (1, 1);
        let flit_axis = if trf.skew {
            self.plan.lane
        } else {
            self.plan.byte
        };
        if let Some(byte) = flit_axis {
            let len = span.lens[byte];
            if len > 1 && layout.dm[byte] != 1 {
                pack = len.min(f);
                nest.push((pack, layout.dm[byte], 0));
            } else {
                packet = len.min(f);
            }
            nest.push((len.div_ceil(f), f as i64 * layout.dm[byte], flits));
        }
        for (a, &stride) in trf.strides.iter().enumerate() {
            if stride != 0 && Some(a) != self.plan.byte {
                nest.push((span.lens[a], layout.dm[a], stride / f as i64 * flits));
            }
        }
        if let (Some(lane), false) = (self.plan.lane, trf.skew) {
            let len = span.lens[lane];
            nest.push((len.min(l), layout.dm[lane], 1));
            let group = trf.group / f as i64 * flits;
            nest.push((len.div_ceil(l), l as i64 * layout.dm[lane], group));
        }
        let fetch = fetch_words(dm, packet, pack, None);
        let load = TrfLoad {
            fetch,
            trf: (row * l) as u32,
            broadcast: trf.skew,
        };
        let filled = self
            .schedule
            .push(Command::TrfLoad(load), levels(&nest)?, &after);
        let in_dm = self.key(&span, operand);
        if let Some(resident) = self.weights.find(&in_dm) {
            resident.last_reader = Some(filled);
        }
        self.trf.insert(key, row, trf.rows, filled);
        Ok((row * f + inside, filled, trf))
    }

    /// The job's stream: an exec of fetch, contract and commit for each of: full and rest of the lane
    /// groups, full and rest of the packets. Returns what is committed by which exec, if the job ends the
    /// contraction.
    fn stream_through(
        &mut self,
        job: &Job,
        x: &(usize, Event, Layout),
        w: &(usize, Event, TrfLayout),
        out: &Layout,
        (out_base, stored): (usize, &[Event]),
    ) -> Result<Vec<Committed>, Reject> {
        let (f, l) = (self.config.flit, self.config.lanes);
        let mut committed = Vec::new();
        let mut slot = 0;
        for (first_lane, groups, lanes) in parts(self.plan.lane.map_or(1, |a| job.span.lens[a]), l)
        {
            let packets = match (self.plan.mode, self.plan.packet) {
                (Mode::Outer | Mode::Pair, Some(p)) => parts(job.span.lens[p], f),
                _ => vec![(0, 1, 1)],
            };
            for (first_col, blocks, cols) in packets {
                let piece = Piece {
                    first_lane,
                    groups,
                    lanes,
                    first_col,
                    blocks,
                    cols,
                };
                let done = self.piece(job, x, w, out, (out_base, stored), &piece, &mut slot)?;
                if !self.plan.early {
                    committed.clear();
                }
                committed.extend(done);
            }
        }
        Ok(committed)
    }

    #[allow(clippy::too_many_arguments)]
    fn piece(
        &mut self,
        job: &Job,
        x: &(usize, Event, Layout),
        w: &(usize, Event, TrfLayout),
        out: &Layout,
        (out_base, stored): (usize, &[Event]),
        part: &Piece,
        slot: &mut usize,
    ) -> Result<Vec<Committed>, Reject> {
        let (f, l) = (self.config.flit, self.config.lanes);
        let plan = self.plan;
        let (x_base, loaded, x_layout) = x;
        let (trf_base, trf_filled, trf) = w;
        let inner = plan.mode == Mode::Inner;
        let pair = plan.mode == Mode::Pair;
        let dmx = |a: Option<usize>| a.map_or(0, |a| x_layout.dm[a]);
        let dmo = |a: Option<usize>| a.map_or(0, |a| out.dm[a]);

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
        let rest = if inner { flit_len % f } else { 0 };

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
                let hold = gather && x == 0 && !reduce;
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
            let (x, t) = (x_layout.dm[a], trf.strides[a]);
            level(Some((a, 1)), job.span.lens[a], x, t, 0, true, false);
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
            let step = f as i64;
            level(
                plan.packet.map(|a| (a, f)),
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
                out.dm[a],
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
        let base = *x_base as i64 + part.first_col as i64 * dmx(plan.packet);
        let fetch = Command::Fetch(fetch_words(base as usize, packet, pack, tail));
        let fetched = self.schedule.push(fetch, levels(&nest)?, &[*loaded]);
        let key = self.key(&self.box_of(job, plan.stream()), plan.stream());
        if let Some(resident) = self.stream.find(&key) {
            resident.last_reader = Some(fetched);
        }

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
            trf: (*trf_base as i64 + lane_group * trf.group + paired) as u32,
            splat: plan.mode == Mode::Outer,
            skew: trf.skew,
            depth: if inner {
                self.config.max_depth() as u8
            } else {
                0
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
                .push(Command::Contract(contract), levels(&nest)?, &[*trf_filled]);
        let key = self.trf_key(&self.box_of(job, plan.weights()));
        if let Some(resident) = self.trf.find(&key) {
            resident.last_reader = Some(contracted);
        }
        if !job.last {
            return Ok(Vec::new());
        }

        // commit
        let run = group as i64;
        let (cols, lanes) = (part.cols, part.lanes);
        let (by_col, by_lane) = (dmo(plan.packet), dmo(plan.lane));
        let mut nest = match order {
            FoldOrder::Sequential => vec![
                (None, cols.div_ceil(group), run * by_col),
                (plan.lane.map(|a| (a, 1)), lanes, by_lane),
            ],
            FoldOrder::Interleaved => vec![
                (None, lanes.div_ceil(group), run * by_lane),
                (plan.packet.map(|a| (a, 1)), cols, by_col),
            ],
        };
        nest.extend(half.map(|h| (Some((h, 1)), 2, out.dm[h])));
        let rows = levels_of_job.iter().filter(|v| !v.reduce);
        nest.extend(rows.map(|v| (v.axis, v.count, v.out)));
        nest.retain(|(_, count, _)| *count > 1);
        let corner = part.first_lane as i64 * by_lane + part.first_col as i64 * by_col;
        let mut ranges = Vec::new();
        if let (Some(axis), true) = (plan.lane, plan.early) {
            ranges.push(Range {
                axis,
                first: part.first_lane,
                len: part.groups * lanes,
            });
        }
        if let (Some(axis), false, true) = (plan.packet, inner, plan.early) {
            ranges.push(Range {
                axis,
                first: part.first_col,
                len: part.blocks * cols,
            });
        }
        // The outermost level is cut, if it walks one axis.
        let outer = nest.len().saturating_sub(1);
        let cut = nest.last().copied().filter(|_| plan.early);
        let (axis, count) = match cut {
            Some((Some(axis), count, _)) => (Some(axis), count),
            _ => (None, 1),
        };
        let step = count.div_ceil(EARLY);
        let mut committed = Vec::new();
        for first in (0..count).step_by(step) {
            let mut nest: Vec<_> = nest
                .iter()
                .map(|&(_, count, out)| (count, out, 0))
                .collect();
            let mut base = out_base as i64 + corner;
            let mut ranges = ranges.clone();
            if let Some((axis, unit)) = axis {
                let steps = step.min(count - first);
                base += first as i64 * nest[outer].1;
                nest[outer].0 = steps;
                let before = ranges.iter().find(|range| range.axis == axis);
                let begin = before.map_or(0, |range| range.first);
                ranges.retain(|range| range.axis != axis);
                ranges.push(Range {
                    axis,
                    first: begin + first * unit,
                    len: steps * unit,
                });
            }
            let commit = Command::Commit(Commit {
                levels: 0,
                base: base as u32,
                out: self.problem.out,
                mult: self.problem.mult,
                shift: self.problem.shift,
                sync: Sync::default(),
            });
            let event = self.schedule.push(commit, levels(&nest)?, stored);
            committed.push(Committed { event, ranges });
        }
        Ok(committed)
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

/// A part of the job's results, and the exec after which it is all in DM.
struct Committed {
    event: Event,
    /// What of the job's box it is, where it is not all.
    ranges: Vec<Range>,
}

/// Some indices of one axis of a job's box.
#[derive(Clone, Copy)]
struct Range {
    axis: usize,
    first: usize,
    len: usize,
}

/// A piece of a job that runs as one exec.
struct Piece {
    first_lane: usize,
    groups: usize,
    lanes: usize,
    first_col: usize,
    blocks: usize,
    cols: usize,
}

/// `len` as full groups of `unit` and the rest: (first index, groups, length of a group).
fn parts(len: usize, unit: usize) -> Vec<(usize, usize, usize)> {
    let (groups, rest) = (len / unit, len % unit);
    let mut parts = Vec::new();
    if groups > 0 {
        parts.push((0, groups, unit));
    }
    if rest > 0 {
        parts.push((groups * unit, 1, rest));
    }
    parts
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

/// A nest without its levels of one iteration.
fn levels(nest: &[(usize, i64, i64)]) -> Result<Vec<LoopLevel>, Reject> {
    let nest: Vec<LoopLevel> = nest
        .iter()
        .filter(|(count, ..)| *count > 1)
        .map(|&(count, a, b)| LoopLevel {
            count: count as u16,
            stride_a: a as i32,
            stride_b: b as i32,
        })
        .collect();
    let fits = |l: &LoopLevel| l.stride_b.unsigned_abs() < 1 << 23;
    (nest.len() <= LEVELS && nest.iter().all(fits))
        .then_some(nest)
        .ok_or(Reject::Levels)
}

fn fetch_words(base: usize, packet: usize, pack: usize, tail: Option<Tail>) -> Fetch {
    let (packet, pack) = (packet as u8, pack as u8);
    Fetch {
        levels: 0,
        base: base as u32,
        packet,
        pack,
        tail,
        sync: Sync::default(),
    }
}

fn dma(ext: u64, dm: usize, rows: &Rows, broadcast: bool) -> Result<(Dma, Vec<LoopLevel>), Reject> {
    let nest = levels(&rows.loops)?;
    let bytes = u16::try_from(rows.bytes).map_err(|_| Reject::Dm)?;
    let (ext, dm) = (ext as u32, dm as u32);
    Ok((
        Dma {
            levels: 0,
            ext,
            dm,
            bytes,
            broadcast,
            sync: Sync::default(),
        },
        nest,
    ))
}

/// Where a job's box begins inside the box in which an operand was brought in.
fn offset(strides: &[i64], job: &Job, span: &Span) -> i64 {
    let starts = job.span.start.iter().zip(&span.start);
    starts
        .zip(strides)
        .map(|((job, span), stride)| (job - span) as i64 * stride)
        .sum()
}

fn address(base: u32, strides: &[i64], index: &[usize]) -> u64 {
    let offset: i64 = strides.iter().zip(index).map(|(s, &i)| s * i as i64).sum();
    u64::from(base) + offset as u64
}
