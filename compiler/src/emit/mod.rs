//! From a plan to commands.
//!
//! ```text
//!            weight_box         stream_box        stream                    commit, store
//! ext ─ load ─> box ─ trfload ─> TRF ─────────────────┐
//! ext ─ load ─> box ─ fetch ─────> contract (TRF, slots) ─ commit ─> box ─ store ─> ext
//! ```
//!
//! The iteration space is cut into *jobs* (boxes). For each job, in loop order: what is not in DM yet is
//! loaded, what is not in the TRF yet is put there, then the stream runs: fetch, contract, commit, and the
//! results are stored. DM and TRF are rings of boxes: a box that is still there is used again, a box that
//! must go is overwritten when its last reader is done. Jobs overlap in the machine as far as rings,
//! queues and semaphores allow; here they are simply in order ([`crate::order`] is about words).
//!
//! A box may have more than one job needs: it is filled and stored piece by piece, from its beginning on. No row of
//! DM is in two pieces, so that an exec that reads one piece and an exec that writes the next never meet in a row.

mod operands;
mod results;
mod ring;
mod stream;
mod trf;
mod words;

use tcpu_isa::{Command, Config, Unit};
use thiserror::Error;

use crate::plan::{volume, Loops, Plan, Reach};
use crate::problem::Problem;
use crate::schedule::{Event, Schedule};
use operands::{BoxKey, DmRing};
use results::OpenBox;
use ring::Ring;
use trf::TrfRing;

/// The number of the output among tensors, behind the operands.
const OUTPUT: usize = 2;

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
    #[error("boxes of results are not filled: parts do not share them")]
    Results,
    #[error("the plan cuts the problem into too many jobs")]
    Jobs,
}

/// A box: the first index and the length per slice on each axis.
#[derive(Clone)]
struct Span {
    start: Vec<usize>,
    lens: Vec<usize>,
}

/// One job: its box, the block of the loops that it is in, and whether it begins and ends the contraction of its
/// outputs.
#[derive(Clone)]
struct Job {
    span: Span,
    block: Span,
    first: bool,
    last: bool,
}

/// Emits a plan.
pub struct Emitter<'a> {
    config: &'a Config,
    problem: &'a Problem,
    plan: &'a Plan,
    /// The last store so far, and the last of the step before.
    stored: Option<Event>,
    step_stored: Option<Event>,
    schedule: Schedule,
    /// Boxes of stream operands and of TRF operands in DM. A box may be used as either.
    operands: [DmRing; 2],
    trf: TrfRing,
    output: Ring<BoxKey, ()>,
    /// Boxes in the output's ring that are not stored to their ends, and how far they reach.
    open: Vec<OpenBox>,
    results: Reach,
}

/// A part of the problem and its mapping.
pub type Part = (Problem, Plan);

/// Commands of the first `limit` tiles of each part. All parts have the banks of the first, and a step's parts the
/// boxes of results of its first. Parts of one step come one after the other, or (`Plan::spread`) their tiles are
/// interleaved evenly, so that one part's loads overlap with another's compute.
///
/// # Errors
/// What the machine has no room for.
pub fn emit(config: &Config, parts: &[Part], limit: usize) -> Result<Vec<Command>, Reject> {
    let Some(first) = parts.first() else {
        return Ok(Vec::new());
    };
    let mut emitter = Emitter::new(config, first);
    let loops = parts.iter().map(|(problem, plan)| plan.loops(problem));
    let loops: Vec<Loops> = loops.collect();
    let tiles: Vec<usize> = loops
        .iter()
        .map(|loops| volume(&loops.tiles).min(limit))
        .collect();
    let mut done = vec![0; parts.len()];
    let progress = |part: usize, done: &[usize]| {
        let step = parts[part].0.step;
        let first = part == 0 || parts[part - 1].0.step != step;
        let last = !first && !parts[part].1.spread;
        (2 * step + usize::from(last)) as f64
            + (2 * done[part] + 1) as f64 / (2 * tiles[part]) as f64
    };
    loop {
        let open = (0..parts.len()).filter(|&part| done[part] < tiles[part]);
        let Some(part) = open.min_by(|&a, &b| progress(a, &done).total_cmp(&progress(b, &done)))
        else {
            return match emitter.open.is_empty() || limit < usize::MAX {
                true => Ok(emitter.schedule.commands()),
                false => Err(Reject::Results),
            };
        };
        let step = parts[part].0.step;
        if step != emitter.problem.step {
            emitter.step_stored = emitter.stored;
            let first = parts.iter().find(|(problem, _)| problem.step == step);
            emitter.results = first.map_or(Reach::Job, |(_, plan)| plan.results);
        }
        let number = done.iter().sum::<usize>();
        (emitter.problem, emitter.plan) = (&parts[part].0, &parts[part].1);
        let all: usize = tiles.iter().sum();
        let ends = [number == 0, number + 1 == all];
        emitter.tile(&loops[part], done[part], ends)?;
        done[part] += 1;
    }
}

/// Whether a part's first job can be emitted.
///
/// # Errors
/// What it has no room for.
pub fn fits(config: &Config, part: &Part) -> Result<(), Reject> {
    let mut emitter = Emitter::new(config, part);
    let job = emitter.place(&part.1.loops(&part.0), [0; 3]);
    job.map_or(Ok(()), |job| emitter.job(&job, 0, 0).map(drop))
}

impl<'a> Emitter<'a> {
    fn new(config: &'a Config, (problem, plan): &'a Part) -> Emitter<'a> {
        let [x, w, o] = plan.banks.map(|banks| banks * config.bank_bytes());
        Emitter {
            config,
            problem,
            plan,
            stored: None,
            step_stored: None,
            schedule: Schedule::default(),
            operands: [Ring::new(0, x), Ring::new(x, w)],
            trf: Ring::new(0, config.trf_rows),
            output: Ring::new(x + w, o),
            open: Vec::new(),
            results: plan.results,
        }
    }

    /// Emits a tile's jobs; it may be the first one, which begins with a ramp, and the last one, which ends with a taper.
    fn tile(&mut self, loops: &Loops, tile: usize, [first, last]: [bool; 2]) -> Result<(), Reject> {
        // The first accumulators of each job, and the next that is free.
        let mut slots = vec![None; volume(&loops.jobs)];
        let mut free = 0;
        let steps = volume(&loops.reduced);
        for step in 0..steps {
            let jobs = 0..slots.len();
            let jobs = jobs.filter_map(|n| Some((n, self.place(loops, [tile, step, n])?)));
            let jobs: Vec<(usize, Job)> = jobs.collect();
            if self.plan.ahead {
                for (_, job) in &jobs {
                    self.weight_box(job)?;
                }
            }
            for (number, job) in &jobs {
                let from = *slots[*number].get_or_insert(free);
                let begin = first && step == 0 && *number == 0;
                let end = last && step + 1 == steps && *number == jobs[jobs.len() - 1].0;
                let mut parts = vec![job.clone()];
                if begin {
                    parts = self.halves(job, self.plan.ramp, true);
                }
                let ending = if end { parts.pop() } else { None };
                parts.extend(
                    ending
                        .into_iter()
                        .flat_map(|part| self.halves(&part, self.plan.taper, false)),
                );
                let early = self.plan.early[usize::from(end)];
                for job in parts {
                    free = free.max(self.job(&job, early, from)?);
                }
            }
        }
        Ok(())
    }

    /// The job at these numbers of tile, step of the contraction, and job in the tile; `None` if the tile has no such
    /// job, at the end of an axis.
    fn place(&self, loops: &Loops, numbers: [usize; 3]) -> Option<Job> {
        let (problem, plan) = (self.problem, self.plan);
        let mut index = vec![0; problem.axes.len()];
        let mut last = true;
        for (loops, number) in [&loops.tiles, &loops.reduced, &loops.jobs]
            .into_iter()
            .zip(numbers)
        {
            let mut rest = number;
            for &(axis, count) in loops.iter().rev() {
                index[axis] = index[axis] * plan.tile[axis] + rest % count;
                rest /= count;
            }
        }
        let mut span = Span {
            start: problem.origin.clone(),
            lens: vec![1; problem.axes.len()],
        };
        for (axis, &index) in index.iter().enumerate() {
            let (len, share) = (plan.lens[axis], plan.share(problem, axis));
            if index * len >= share {
                return None;
            }
            span.start[axis] += index * len;
            span.lens[axis] = len.min(share - index * len);
            last &= !problem.axes[axis].reduced || (index + 1) * len >= share;
        }
        Some(Job {
            block: span.clone(),
            span,
            first: numbers[1] == 0,
            last,
        })
    }

    /// Cuts a job in halves along the contracted axis that is outermost in the stream, and one half again, so many
    /// times: of the first halves, what the first one needs is there soonest; of the others, the least is left to do
    /// when the last of what it needs has come.
    fn halves(&self, job: &Job, times: u32, first: bool) -> Vec<Job> {
        let (problem, plan) = (self.problem, self.plan);
        let strides = &problem.operands[plan.stream()];
        let axes = problem.axes.iter().enumerate();
        let cut = axes.filter(|(a, axis)| axis.reduced && job.span.lens[*a] > 1);
        let axis = cut.max_by_key(|(a, _)| strides[*a]).map(|(a, _)| a);
        let Some(axis) = axis.filter(|_| problem.digit().is_none()) else {
            return vec![job.clone()];
        };
        let len = job.span.lens[axis];
        let unit = match plan.packet == Some(axis) {
            true => self.config.flit,
            false => 1,
        };
        let halves = (1..=times).map(|n| len >> n);
        let mut ends: Vec<usize> = match first {
            true => halves.rev().collect(),
            false => halves.map(|half| len - half).collect(),
        };
        ends.push(len);
        for end in &mut ends {
            *end = end.next_multiple_of(unit).min(len);
        }
        ends.retain(|end| *end > 0);
        ends.dedup();
        let mut from = 0;
        let jobs = ends.into_iter().map(|end| {
            let mut part = job.clone();
            part.span.start[axis] += from;
            part.span.lens[axis] = end - from;
            part.first &= from == 0;
            part.last &= end == len;
            from = end;
            part
        });
        jobs.collect()
    }

    /// What of a box slice `s` really has, and where it begins; `None` if nothing.
    fn slice_box(&self, span: &Span, s: usize) -> Option<(Vec<usize>, Vec<usize>)> {
        let (mut start, mut lens) = (span.start.clone(), span.lens.clone());
        for &(axis, _) in &self.plan.slices {
            let share = self.plan.share(self.problem, axis);
            let digit = self.plan.digit(s, axis);
            start[axis] += digit * share;
            let size = self.problem.axes[axis].size.min((digit + 1) * share);
            let end = self.problem.origin[axis] + size;
            lens[axis] = lens[axis].min(end.saturating_sub(start[axis]));
        }
        lens.iter().all(|&n| n > 0).then_some((start, lens))
    }

    /// Emits a job whose accumulators begin at `slot`; returns where those of the next one may.
    fn job(&mut self, job: &Job, early: usize, slot: usize) -> Result<usize, Reject> {
        let held = self.weight_box(job)?;
        let streamed = self.stream_box(job)?;
        let output = self.output_box(job, early)?;
        let slot = self.stream(job, &streamed, &held, &output, slot)?;
        if let (Some(last), true) = (self.schedule.newest(Unit::Commit), job.last) {
            self.store(output.number, last)?;
            self.close();
        }
        Ok(slot)
    }
}
