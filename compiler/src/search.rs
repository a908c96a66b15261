//! The search for a good mapping.
//!
//! First every *structure* (which operand streams, which axis is on Packet, Lane, Slice) is given boxes of
//! a reasonable size and a lower bound of its cycles, counted from its commands. The most promising
//! structures are run through the exact cycle model, and the best of them are improved step by step (box
//! lengths, loop order, banks), as long as the budget of simulated cycles lasts. Then the problem is cut
//! where an axis does not fill the machine (129 = 128 + 1), and the parts are mapped each in its own way.

use tcpu_isa::{Command, Config, LoopLevel, MemoryTiming, Unit, LEVELS};

use crate::cycles::{predict, predict_within, Cycles};
use crate::emit::{emit, Part, Reject};
use crate::plan::{Mode, Plan};
use crate::problem::{Problem, Role};

/// Cycles that each stage of a search may simulate at least: the whole problem, and each cut.
const BUDGET: u64 = 1_500_000;
/// Mappings near the floor that a stage may simulate at least, however long they are.
const RUNS: u64 = 12;
/// Structures that are simulated and improved.
const STRUCTURES: usize = 12;
/// Boxes of outputs from whose commands the work of a mapping is estimated.
const SAMPLE: usize = 32;
/// Random changes after which a mapping is improved again.
const KICKS: usize = 24;
/// Mappings of each part of a cut that are thought of.
const PARTS: usize = 8;
/// Pairs of mappings of a cut's parts that are simulated.
const PAIRS: usize = 16;

/// The best mapping found.
#[derive(Clone, Debug)]
pub struct Found {
    pub parts: Vec<Part>,
    pub commands: Vec<Command>,
    pub cycles: Cycles,
}

/// Searches a mapping for each step's problem; `None` only if the machine cannot hold even a box of one
/// element of each tensor. Stops when it is within a hundredth of `floor` cycles, below which no mapping can
/// be.
pub fn search(
    config: &Config,
    memory: MemoryTiming,
    problems: &[Problem],
    floor: u64,
) -> Option<Found> {
    if let [problem] = problems {
        return search_step(config, memory, problem, floor, true);
    }
    // Steps share DM as the first one divides it.
    let mut parts = Vec::new();
    for problem in problems {
        parts.extend(search_step(config, memory, problem, 0, false)?.parts);
    }
    let commands = emit(config, &parts, usize::MAX).ok()?;
    let cycles = predict(config, memory, &commands).ok()?;
    Some(Found {
        parts,
        commands,
        cycles,
    })
}

/// Searches the mapping of one problem; with `divide`, also how DM is divided.
fn search_step(
    config: &Config,
    memory: MemoryTiming,
    problem: &Problem,
    floor: u64,
    divide: bool,
) -> Option<Found> {
    let mut search = Search {
        config,
        memory,
        floor,
        divide,
        best: None,
        budget: BUDGET.max(RUNS * floor),
    };
    let mut tried: Vec<(u64, Part)> = Vec::new();
    for (_, plan) in search.ranked(problem, split_banks(config), STRUCTURES) {
        let part = (problem.clone(), plan);
        if let Some(total) = search.attempt(std::slice::from_ref(&part)) {
            tried.push((total, part));
        }
    }
    tried.sort_by_key(|(total, _)| *total);
    for (total, part) in tried {
        search.improve(vec![part], total);
    }
    search.kick();
    loop {
        search.budget = BUDGET.max(RUNS * floor);
        if !search.cut() {
            return search.best;
        }
        search.kick();
    }
}

struct Search<'a> {
    config: &'a Config,
    memory: MemoryTiming,
    floor: u64,
    divide: bool,
    best: Option<Found>,
    /// Cycles that may still be simulated.
    budget: u64,
}

impl Search<'_> {
    /// The most promising structures, with boxes, and their lower bounds.
    fn ranked(&self, problem: &Problem, banks: [usize; 3], take: usize) -> Vec<(Work, Plan)> {
        let mut ranked: Vec<(Work, Plan)> = structures(self.config, problem, banks)
            .into_iter()
            .filter_map(|plan| self.sized(problem, plan))
            .filter_map(|plan| self.work(problem, plan))
            .collect();
        ranked.sort_by_key(|(work, _)| work.rank());
        ranked.truncate(take);
        ranked
    }

    fn work(&self, problem: &Problem, plan: Plan) -> Option<(Work, Plan)> {
        let part = (problem.clone(), plan);
        check_jobs(self.config, &part).ok()?;
        let commands = emit(self.config, std::slice::from_ref(&part), SAMPLE).ok()?;
        let work = Work::of(self.config, self.memory, &commands);
        let boxes = part.1.boxes(problem);
        Some((work.times(boxes as u64, SAMPLE.min(boxes) as u64), part.1))
    }

    fn emit(&self, parts: &[Part]) -> Result<Vec<Command>, Reject> {
        parts
            .iter()
            .try_for_each(|part| check_jobs(self.config, part))?;
        emit(self.config, parts, usize::MAX)
    }

    /// No more is to be gained, or no more may be spent.
    fn satisfied(&self) -> bool {
        let best = self.best.as_ref().map(|best| best.cycles.total);
        best.is_some_and(|best| self.budget == 0 || best <= self.floor + self.floor / 100)
    }

    /// Simulates a mapping, unless it cannot be the best; returns its cycles.
    fn attempt(&mut self, parts: &[Part]) -> Option<u64> {
        if self.satisfied() {
            return None;
        }
        let best = self.best.as_ref().map(|best| best.cycles.total);
        let limit = best.unwrap_or(u64::MAX);
        let commands = self.emit(parts).ok()?;
        if Work::of(self.config, self.memory, &commands).cycles() >= limit {
            return None;
        }
        // Mappings that are a little worse may still be improved to be the best.
        let patience = limit.saturating_add(limit / 8);
        let cycles = predict_within(self.config, self.memory, &commands, patience);
        let simulated = cycles.as_ref().map_or(patience, |cycles| cycles.total);
        let spent = simulated.saturating_add(8 * commands.len() as u64);
        self.budget = self.budget.saturating_sub(spent);
        let cycles = cycles?;
        let total = cycles.total;
        if total < limit {
            let parts = parts.to_vec();
            self.best = Some(Found {
                parts,
                commands,
                cycles,
            });
        }
        Some(total)
    }

    /// Changes one thing at a time for as long as that helps.
    fn improve(&mut self, mut parts: Vec<Part>, mut total: u64) {
        loop {
            let mut better = false;
            for number in 0..parts.len() {
                let (problem, plan) = parts[number].clone();
                for next in neighbours(self.config, &problem, &plan, self.divide) {
                    if self.satisfied() {
                        return;
                    }
                    let mut changed = parts.clone();
                    changed[number].1 = next;
                    if let Some(found) = self.attempt(&changed) {
                        if found < total {
                            (parts, total, better) = (changed, found, true);
                        }
                    }
                }
            }
            if !better {
                return;
            }
        }
    }

    /// Changes several things of the best mapping at once, as a seeded generator has it, and improves what
    /// comes out: a way out of a local optimum.
    fn kick(&mut self) {
        let mut state = 1u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % below.max(1)
        };
        for _ in 0..KICKS {
            let Some(best) = self.best.as_ref().filter(|_| !self.satisfied()) else {
                return;
            };
            let mut parts = best.parts.clone();
            for _ in 0..2 + random(2) {
                let number = random(parts.len());
                let (problem, plan) = &parts[number];
                let mut next = neighbours(self.config, problem, plan, self.divide);
                if !next.is_empty() {
                    parts[number].1 = next.swap_remove(random(next.len()));
                }
            }
            if let Some(total) = self.attempt(&parts) {
                self.improve(parts, total);
            }
        }
    }

    /// Cuts the best mapping's first part in two where that helps; says whether it did.
    fn cut(&mut self) -> bool {
        let Some(best) = self.best.clone() else {
            return false;
        };
        if self.satisfied() {
            return false;
        }
        let before = best.cycles.total;
        let (problem, plan) = &best.parts[0];
        let others = &best.parts[1..];
        let mut pairs = Vec::new();
        for (axis, at) in cut_points(self.config, problem) {
            let (large, small) = problem.cut(axis, at);
            let mut large_plans = self.ranked(&large, plan.banks, PARTS);
            let mut kept = plan.clone();
            for (len, axis) in kept.lens.iter_mut().zip(&large.axes) {
                *len = (*len).min(axis.size);
            }
            large_plans.extend(self.work(&large, kept));
            for (small_work, small_plan) in self.ranked(&small, plan.banks, PARTS) {
                for (large_work, large_plan) in &large_plans {
                    let mut parts = vec![(large.clone(), large_plan.clone())];
                    parts.extend(others.iter().cloned());
                    parts.push((small.clone(), small_plan.clone()));
                    pairs.push((large_work.and(&small_work).rank(), parts));
                }
            }
        }
        pairs.sort_by_key(|(rank, _)| *rank);
        let mut tried: Vec<(u64, Vec<Part>)> = Vec::new();
        for (_, mut parts) in pairs.into_iter().take(PAIRS) {
            for spread in [false, true] {
                if let Some((_, plan)) = parts.last_mut() {
                    plan.spread = spread;
                }
                if let Some(total) = self.attempt(&parts) {
                    tried.push((total, parts.clone()));
                }
            }
        }
        tried.sort_by_key(|(total, _)| *total);
        for (total, parts) in tried.into_iter().take(3) {
            self.improve(parts, total);
        }
        let after = self.best.as_ref().map(|best| best.cycles.total);
        after.is_some_and(|after| after < before)
    }

    /// Gives a structure boxes: grown axis by axis while a job fits and is not yet long.
    fn sized(&self, problem: &Problem, mut plan: Plan) -> Option<Plan> {
        let fits = |plan: &Plan| emit(self.config, &[(problem.clone(), plan.clone())], 1).is_ok();
        if !fits(&plan) {
            return None;
        }
        let size = |a: usize, plan: &Plan| problem.axes[a].size.div_ceil(plan.ways(a));
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
        let mut axes: Vec<usize> = (0..problem.axes.len()).collect();
        axes.sort_by_key(|&a| (!problem.axes[a].reduced, Some(a) != plan.byte));
        for &axis in &axes {
            let limit = if problem.axes[axis].reduced {
                usize::MAX
            } else {
                1
            };
            grow(&mut plan, axis, limit);
        }
        // Long enough that a job's commands are dispatched while the one before runs.
        let steps = |plan: &Plan| -> usize {
            (0..plan.lens.len())
                .filter(|&a| Some(a) != problem.half())
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

/// Refuses a mapping with so many small jobs that it could only be slow.
fn check_jobs(config: &Config, (problem, plan): &Part) -> Result<(), Reject> {
    let jobs: usize = plan.loops(problem).iter().map(|(_, n)| n).product();
    let useful = problem.macs() / (16 * config.multipliers() as u64);
    match jobs > 4096 && jobs as u64 > useful {
        true => Err(Reject::Jobs),
        false => Ok(()),
    }
}

/// What a command stream asks of each unit and of the memory port.
#[derive(Clone)]
struct Work {
    steps: [u64; 6],
    /// Cycles of the memory port.
    port: u64,
    commands: u64,
    latency: u64,
}

impl Work {
    fn of(config: &Config, memory: MemoryTiming, commands: &[Command]) -> Work {
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
        Work {
            steps,
            port: beats * (config.flit / memory.width.max(1)).max(1) as u64,
            commands: commands.len() as u64,
            latency: memory.latency as u64,
        }
    }

    /// `of` times this work, divided by `parts`.
    fn times(self, of: u64, parts: u64) -> Work {
        let scale = |n: u64| n * of / parts;
        Work {
            steps: self.steps.map(scale),
            port: scale(self.port),
            commands: scale(self.commands),
            latency: self.latency,
        }
    }

    /// This and other work, one after the other.
    fn and(&self, other: &Work) -> Work {
        Work {
            steps: std::array::from_fn(|unit| self.steps[unit] + other.steps[unit]),
            port: self.port + other.port,
            commands: self.commands + other.commands,
            latency: self.latency,
        }
    }

    /// Order of promise: the lower bound, then all that is asked for.
    fn rank(&self) -> (u64, u64) {
        (self.cycles(), self.steps.iter().sum())
    }

    /// Lower bound of the cycles: the busiest of all.
    fn cycles(&self) -> u64 {
        let units = self.steps[..Unit::Load as usize].iter().max();
        let busiest = units.copied().unwrap_or(0).max(self.port);
        busiest.max(self.commands) + self.latency
    }
}

/// Where an axis can be cut so that the larger part fills lanes, flits, slices or several of them.
fn cut_points(config: &Config, problem: &Problem) -> Vec<(usize, usize)> {
    let (s, l, f) = (config.slices, config.lanes, config.flit);
    let mut points = Vec::new();
    for (number, axis) in problem.axes.iter().enumerate() {
        if axis.role != Role::Index {
            continue;
        }
        for unit in [s * f, s * l, f, l, s] {
            let at = axis.size - axis.size % unit;
            if !axis.reduced && at > 0 && at < axis.size && !points.contains(&(number, at)) {
                points.push((number, at));
            }
        }
    }
    points
}

/// Every sensible assignment of axes to Packet, Lane and Slice, with boxes of one element.
fn structures(config: &Config, problem: &Problem, banks: [usize; 3]) -> Vec<Plan> {
    let mut plans = Vec::new();
    let axes = 0..problem.axes.len();
    let reduced = |a: usize| problem.axes[a].reduced;
    let order: Vec<usize> = output_axes(problem).collect();
    let lens: Vec<usize> = problem
        .axes
        .iter()
        .map(|axis| match axis.role {
            Role::Half => axis.size,
            Role::Index | Role::Digit => 1,
        })
        .collect();
    for swap in [false, true] {
        if problem.packed == Some(usize::from(swap)) {
            continue;
        }
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
        let pairs: Vec<_> = axes
            .clone()
            .filter(|&a| !reduced(a) && x[a] != 0 && w[a] != 0)
            .map(Some)
            .collect();
        let inner: Vec<_> = axes
            .clone()
            .filter(|&a| reduced(a) && problem.axes[a].role == Role::Index)
            .map(Some)
            .collect();
        let modes = outer
            .into_iter()
            .map(|p| (Mode::Outer, p))
            .chain(inner.into_iter().map(|p| (Mode::Inner, p)))
            .chain(pairs.into_iter().map(|p| (Mode::Pair, p)));
        for (mode, packet) in modes {
            for &lane in &lanes {
                let bytes: Vec<Option<usize>> = match mode {
                    Mode::Inner | Mode::Pair => vec![packet],
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
                            lens: lens.clone(),
                            order: order.clone(),
                            whole: [false; 2],
                            early: false,
                            spread: false,
                            banks,
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

/// Output axes that can be cut.
fn output_axes(problem: &Problem) -> impl Iterator<Item = usize> + '_ {
    (0..problem.axes.len())
        .filter(|&a| !problem.axes[a].reduced && problem.axes[a].role == Role::Index)
}

/// Ways to spread output axes over the slices.
fn slicings(config: &Config, problem: &Problem) -> Vec<Vec<(usize, usize)>> {
    let s = config.slices;
    let axes: Vec<usize> = output_axes(problem).collect();
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
fn neighbours(config: &Config, problem: &Problem, plan: &Plan, divide: bool) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut push = |change: &dyn Fn(&mut Plan)| {
        let mut next = plan.clone();
        change(&mut next);
        if next != *plan {
            plans.push(next);
        }
    };
    for axis in (0..problem.axes.len()).filter(|&a| Some(a) != problem.half()) {
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
            // Shorter jobs may want an operand that is brought in at once.
            for whole in [[false, true], [true, false], [true, true]] {
                if n < len && plan.whole != whole {
                    push(&|plan| (plan.lens[axis], plan.whole) = (n, whole));
                }
            }
        }
    }
    for i in 1..plan.order.len() {
        push(&|plan| plan.order.swap(i - 1, i));
        push(&|plan| plan.order[..=i].rotate_right(1));
    }
    for slices in slicings(config, problem) {
        push(&|plan| plan.slices.clone_from(&slices));
    }
    for operand in 0..2 {
        push(&|plan| plan.whole[operand] ^= true);
    }
    push(&|plan| plan.early ^= true);
    push(&|plan| plan.spread ^= true);
    for from in 0..3 {
        for to in 0..3 {
            if divide && from != to && plan.banks[from] > 1 {
                push(&|plan| {
                    plan.banks[from] -= 1;
                    plan.banks[to] += 1;
                });
            }
        }
    }
    plans
}
