//! The search for a good mapping.
//!
//! First every *structure* (which operand streams, which axis is on Packet, Lane, Slice) is given boxes of
//! a reasonable size and a lower bound of its cycles, counted from its commands. The most promising
//! structures are run through the exact cycle model, and the best of them are improved step by step (box
//! lengths, loop order, banks), as long as the budget of simulated cycles lasts.

use tcpu_isa::{Command, Config, LoopLevel, MemoryTiming, Unit, LEVELS};

use crate::cycles::{predict, Cycles};
use crate::emit::{emit, Reject};
use crate::plan::{Mode, Plan};
use crate::problem::Problem;

/// Cycles that one search may simulate.
const BUDGET: u64 = 6_000_000;
/// Structures that are simulated and improved.
const STRUCTURES: usize = 12;

/// The best mapping found.
#[derive(Clone, Debug)]
pub struct Found {
    pub plan: Plan,
    pub commands: Vec<Command>,
    pub cycles: Cycles,
}

/// Searches; `None` only if the machine cannot hold even a box of one element of each tensor.
pub fn search(config: &Config, memory: MemoryTiming, problem: &Problem) -> Option<Found> {
    let mut search = Search {
        config,
        memory,
        problem,
        best: None,
        spent: 0,
    };
    let mut ranked: Vec<(u64, Plan)> = structures(config, problem)
        .into_iter()
        .filter_map(|plan| search.sized(plan))
        .filter_map(|plan| search.bound(&plan).map(|bound| (bound, plan)))
        .collect();
    ranked.sort_by_key(|(bound, _)| *bound);
    ranked.truncate(STRUCTURES);
    let mut tried: Vec<(u64, Plan)> = Vec::new();
    for (_, plan) in ranked {
        if let Some(total) = search.attempt(&plan) {
            tried.push((total, plan));
        }
    }
    tried.sort_by_key(|(total, _)| *total);
    for (total, plan) in tried.into_iter().take(3) {
        search.improve(plan, total);
    }
    search.best
}

struct Search<'a> {
    config: &'a Config,
    memory: MemoryTiming,
    problem: &'a Problem,
    best: Option<Found>,
    spent: u64,
}

impl Search<'_> {
    /// Lower bound of a plan's cycles: the busiest unit, and the memory port.
    fn bound(&self, plan: &Plan) -> Option<u64> {
        let commands = self.emit(plan).ok()?;
        Some(bound(self.config, self.memory, &commands))
    }

    fn emit(&self, plan: &Plan) -> Result<Vec<Command>, Reject> {
        let jobs: usize = plan.loops(self.problem).iter().map(|(_, n)| n).product();
        let useful = self.problem.macs() / (16 * self.config.multipliers() as u64);
        if jobs > 4096 && jobs as u64 > useful {
            return Err(Reject::Jobs);
        }
        emit(self.config, self.problem, plan, usize::MAX)
    }

    /// Simulates a plan, unless it cannot be the best; returns its cycles.
    fn attempt(&mut self, plan: &Plan) -> Option<u64> {
        if self.spent > BUDGET && self.best.is_some() {
            return None;
        }
        let commands = self.emit(plan).ok()?;
        let bound = bound(self.config, self.memory, &commands);
        if self
            .best
            .as_ref()
            .is_some_and(|best| best.cycles.total <= bound)
        {
            return None;
        }
        let cycles = predict(self.config, self.memory, &commands).ok()?;
        let total = cycles.total;
        self.spent += total + 8 * commands.len() as u64;
        if self
            .best
            .as_ref()
            .is_none_or(|best| total < best.cycles.total)
        {
            self.best = Some(Found {
                plan: plan.clone(),
                commands,
                cycles,
            });
        }
        Some(total)
    }

    /// Changes one thing at a time for as long as that helps.
    fn improve(&mut self, mut plan: Plan, mut total: u64) {
        loop {
            let mut better = false;
            for next in neighbours(self.config, self.problem, &plan) {
                if self.spent > BUDGET {
                    return;
                }
                if let Some(found) = self.attempt(&next) {
                    if found < total {
                        (plan, total, better) = (next, found, true);
                    }
                }
            }
            if !better {
                return;
            }
        }
    }

    /// Gives a structure boxes: grown axis by axis while a job fits and is not yet long.
    fn sized(&self, mut plan: Plan) -> Option<Plan> {
        let fits = |plan: &Plan| emit(self.config, self.problem, plan, 1).is_ok();
        if !fits(&plan) {
            return None;
        }
        let size = |a: usize, plan: &Plan| self.problem.axes[a].size.div_ceil(plan.ways(a));
        let grow = |plan: &mut Plan, axis: usize, limit: usize| {
            let limit = limit.min(size(axis, plan));
            while plan.lens[axis] < limit {
                let old = plan.lens[axis];
                plan.lens[axis] = (2 * old).min(limit);
                if !fits(plan) {
                    plan.lens[axis] = old;
                    return;
                }
            }
        };
        if let Some(lane) = plan.lane {
            grow(&mut plan, lane, self.config.lanes);
        }
        if let Some(packet) = plan.packet {
            grow(&mut plan, packet, self.config.flit);
        }
        let mut axes: Vec<usize> = (0..self.problem.axes.len()).collect();
        axes.sort_by_key(|&a| (!self.problem.axes[a].reduced, Some(a) != plan.byte));
        for &axis in &axes {
            let limit = if self.problem.axes[axis].reduced {
                usize::MAX
            } else {
                1
            };
            grow(&mut plan, axis, limit);
        }
        // Long enough that a job's commands are dispatched while the one before runs.
        let steps = |plan: &Plan| -> usize {
            (0..plan.lens.len())
                .map(|a| match (Some(a) == plan.lane, Some(a) == plan.packet) {
                    (true, _) => plan.lens[a].div_ceil(self.config.lanes),
                    (_, true) => plan.lens[a].div_ceil(self.config.flit),
                    _ => plan.lens[a],
                })
                .product()
        };
        let last_first = plan.order.iter().rev().copied().collect::<Vec<_>>();
        for axis in last_first {
            while steps(&plan) < 64 && plan.lens[axis] < size(axis, &plan) {
                let before = plan.lens[axis];
                grow(&mut plan, axis, 2 * before);
                if plan.lens[axis] == before {
                    break;
                }
            }
        }
        Some(plan)
    }
}

/// Lower bound of the cycles of a command stream.
fn bound(config: &Config, memory: MemoryTiming, commands: &[Command]) -> u64 {
    let idle = LoopLevel {
        count: 1,
        stride_a: 0,
        stride_b: 0,
    };
    let mut shadow = [[idle; LEVELS]; 6];
    let mut steps = [0u64; 6];
    let mut beats = 0;
    for command in commands {
        let unit = command.unit() as usize;
        let (levels, dma) = match command {
            Command::Loop { level, to, .. } => {
                shadow[unit][*level as usize] = *to;
                continue;
            }
            Command::Fetch(c) => (c.levels, None),
            Command::TrfLoad(c) => (c.fetch.levels, None),
            Command::Contract(c) => (c.levels, None),
            Command::Commit(c) => (c.levels, None),
            Command::Load(c) | Command::Store(c) => (c.levels, Some(c)),
        };
        let nest = &shadow[unit][..levels as usize];
        let count: u64 = nest.iter().map(|l| u64::from(l.count)).product();
        steps[unit] += count;
        if let Some(dma) = dma {
            let f = config.flit as u64;
            let aligned = nest.iter().all(|l| l.stride_a as i64 % f as i64 == 0);
            let offset = if aligned { u64::from(dma.ext) % f } else { 0 };
            beats += count * (offset + u64::from(dma.bytes)).div_ceil(f);
        }
    }
    let per_beat = (config.flit / memory.width.max(1)).max(1) as u64;
    let units = steps[..Unit::Load as usize]
        .iter()
        .max()
        .copied()
        .unwrap_or(0);
    units.max(beats * per_beat).max(commands.len() as u64) + memory.latency as u64
}

/// Every sensible assignment of axes to Packet, Lane and Slice, with boxes of one element.
fn structures(config: &Config, problem: &Problem) -> Vec<Plan> {
    let mut plans = Vec::new();
    let axes = 0..problem.axes.len();
    let reduced = |a: usize| problem.axes[a].reduced;
    let order: Vec<usize> = axes.clone().filter(|&a| !reduced(a)).collect();
    for swap in [false, true] {
        let x = &problem.operands[usize::from(swap)];
        let w = &problem.operands[usize::from(!swap)];
        let lanes = axes
            .clone()
            .filter(|&a| !reduced(a) && x[a] == 0 && w[a] != 0)
            .map(Some);
        let lanes: Vec<_> = or_none(lanes.collect());
        let outer = axes
            .clone()
            .filter(|&a| !reduced(a) && x[a] != 0 && w[a] == 0);
        let outer: Vec<_> = or_none(outer.map(Some).collect());
        let inner: Vec<_> = axes.clone().filter(|&a| reduced(a)).map(Some).collect();
        let modes = outer
            .into_iter()
            .map(|p| (Mode::Outer, p))
            .chain(inner.into_iter().map(|p| (Mode::Inner, p)));
        for (mode, packet) in modes {
            for &lane in &lanes {
                let bytes: Vec<Option<usize>> = match mode {
                    Mode::Inner => vec![packet],
                    Mode::Outer => byte_axes(problem, w, lane),
                };
                for byte in bytes {
                    for slices in slicings(config, problem) {
                        plans.push(Plan {
                            swap,
                            mode,
                            packet,
                            lane,
                            byte,
                            slices,
                            lens: vec![1; problem.axes.len()],
                            order: order.clone(),
                            banks: split_banks(config),
                        });
                    }
                }
            }
        }
    }
    plans
}

fn or_none(axes: Vec<Option<usize>>) -> Vec<Option<usize>> {
    if axes.is_empty() {
        vec![None]
    } else {
        axes
    }
}

/// Axes that can lie inside a TRF flit: the contiguous one, else any contracted one.
fn byte_axes(problem: &Problem, w: &[i64], lane: Option<usize>) -> Vec<Option<usize>> {
    let axes = 0..problem.axes.len();
    let contiguous: Vec<_> = axes
        .clone()
        .filter(|&a| w[a] == 1 && Some(a) != lane)
        .map(Some)
        .collect();
    if !contiguous.is_empty() {
        return contiguous;
    }
    if lane.is_some_and(|lane| w[lane] == 1) {
        return vec![None];
    }
    or_none(
        axes.filter(|&a| w[a] != 0 && Some(a) != lane)
            .map(Some)
            .take(1)
            .collect(),
    )
}

/// Ways to spread output axes over the slices.
fn slicings(config: &Config, problem: &Problem) -> Vec<Vec<(usize, usize)>> {
    let s = config.slices;
    let axes: Vec<usize> = (0..problem.axes.len())
        .filter(|&a| !problem.axes[a].reduced)
        .collect();
    if s == 1 || axes.is_empty() {
        return vec![Vec::new()];
    }
    let mut slicings: Vec<Vec<(usize, usize)>> = axes.iter().map(|&a| vec![(a, s)]).collect();
    if s >= 4 {
        for (i, &a) in axes.iter().enumerate() {
            slicings.extend(axes[i + 1..].iter().map(|&b| vec![(a, 2), (b, s / 2)]));
        }
    }
    slicings
}

fn split_banks(config: &Config) -> [usize; 3] {
    match config.dm_banks {
        0..=2 => [1, 1, 0],
        3 => [1, 1, 1],
        n => [n - 2, 1, 1],
    }
}

/// Plans that differ from this one in one thing.
fn neighbours(config: &Config, problem: &Problem, plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut push = |change: &dyn Fn(&mut Plan)| {
        let mut next = plan.clone();
        change(&mut next);
        if next != *plan {
            plans.push(next);
        }
    };
    for axis in 0..problem.axes.len() {
        let size = problem.axes[axis].size.div_ceil(plan.ways(axis));
        let len = plan.lens[axis];
        let unit = match (Some(axis) == plan.lane, Some(axis) == plan.packet) {
            (true, _) => config.lanes,
            (_, true) => config.flit,
            _ => 1,
        };
        let even = size.div_ceil(size.div_ceil(len));
        let lens = [
            2 * len,
            4 * len,
            len.div_ceil(2),
            len / 4,
            size,
            len + unit,
            even,
        ]
        .map(|n| n.next_multiple_of(unit).clamp(1, size));
        for n in lens {
            push(&|plan| plan.lens[axis] = n);
        }
    }
    for i in 1..plan.order.len() {
        push(&|plan| plan.order.swap(i - 1, i));
        push(&|plan| plan.order[..=i].rotate_right(1));
    }
    for from in 0..3 {
        for to in 0..3 {
            if from != to && plan.banks[from] > 1 {
                push(&|plan| {
                    plan.banks[from] -= 1;
                    plan.banks[to] += 1;
                });
            }
        }
    }
    plans
}
