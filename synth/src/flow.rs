//! The order of a kernel's assignments: which values are final where they are read, what is assigned in
//! every case, and which signals must be computed together.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Reason;
use crate::expr::{Expr, Id, Place};
use crate::kernel::Statement;
use crate::table::{Role, Table};

/// Bits of signals that are assigned: sorted runs `[from, to)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cover(BTreeMap<Id, Vec<(usize, usize)>>);

impl Cover {
    fn add(&mut self, place: &Place) {
        let run = (place.offset, place.offset + place.kind.width());
        let runs = self.0.entry(place.signal).or_default();
        runs.push(run);
        runs.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for &(from, to) in runs.iter() {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        *runs = merged;
    }

    fn has(&self, place: &Place) -> bool {
        let (from, to) = (place.offset, place.offset + place.kind.width());
        let runs = self.0.get(&place.signal);
        runs.is_some_and(|runs| runs.iter().any(|run| run.0 <= from && to <= run.1))
    }

    /// What both assign.
    fn both(&self, other: &Cover) -> Cover {
        let mut out = Cover::default();
        for (id, runs) in &self.0 {
            for &(a, b) in runs {
                for &(c, d) in other.0.get(id).into_iter().flatten() {
                    let (from, to) = (a.max(c), b.min(d));
                    if from < to {
                        out.0.entry(*id).or_default().push((from, to));
                    }
                }
            }
        }
        out
    }
}

/// Whether a kernel may read this signal only after it has assigned it.
fn assigned_here(role: &Role) -> bool {
    matches!(role, Role::Local | Role::Output)
}

/// Checks that everything is assigned before it is read, and in every case.
///
/// # Errors
/// The first signal of which that is not so.
pub fn check(statements: &[Statement], table: &Table) -> Result<(), Reason> {
    let mut cover = Cover::default();
    walk(statements, table, &mut cover)?;
    let mut targets = BTreeSet::new();
    visit(statements, &mut |place| {
        targets.insert(place.signal);
    });
    for (id, net) in table.nets.iter().enumerate() {
        let must = matches!(net.role, Role::Output | Role::ChildInput | Role::Next);
        let whole = Place {
            signal: id,
            offset: 0,
            kind: net.kind.clone(),
        };
        if must && !targets.contains(&id) {
            return Err(Reason::Undriven(net.path.clone()));
        }
        if targets.contains(&id) && !cover.has(&whole) {
            return Err(Reason::Latch(net.path.clone()));
        }
    }
    Ok(())
}

fn readable(expr: &Expr, table: &Table, cover: &Cover) -> Result<(), Reason> {
    let mut result = Ok(());
    expr.reads(&mut |place| {
        let net = &table.nets[place.signal];
        if matches!(
            net.role,
            Role::ChildInput | Role::Next | Role::RegisterClock
        ) {
            result = Err(Reason::Inside(net.path.clone()));
        } else if assigned_here(&net.role) && !cover.has(place) {
            result = Err(Reason::ReadFirst(net.path.clone()));
        }
    });
    result
}

fn walk(statements: &[Statement], table: &Table, cover: &mut Cover) -> Result<(), Reason> {
    for statement in statements {
        match statement {
            Statement::Assign(place, value) => {
                readable(value, table, cover)?;
                cover.add(place);
            }
            Statement::If(test, then, otherwise) => {
                readable(test, table, cover)?;
                let (mut a, mut b) = (cover.clone(), cover.clone());
                walk(then, table, &mut a)?;
                walk(otherwise, table, &mut b)?;
                *cover = a.both(&b);
            }
        }
    }
    Ok(())
}

/// Calls `f` with the target of each assignment.
fn visit(statements: &[Statement], f: &mut impl FnMut(&Place)) {
    for statement in statements {
        match statement {
            Statement::Assign(place, _) => f(place),
            Statement::If(_, then, otherwise) => {
                visit(then, f);
                visit(otherwise, f);
            }
        }
    }
}

/// Signals that are computed together, in the order of their first assignment, with their statements.
pub struct Group {
    pub signals: Vec<Id>,
    pub statements: Vec<Statement>,
}

/// Splits a kernel into groups: a signal joins another's group if it reads a value of it that is not the
/// last one, or if the two groups would feed each other.
pub fn groups(statements: &[Statement]) -> Vec<Group> {
    let statements = &without_dead_stores(statements);
    let mut order = Order::default();
    order.number(statements);
    let mut links = Links {
        order: &order,
        next: 0,
        joined: BTreeMap::new(),
    };
    links.walk(statements, &mut Vec::new());
    let Links { joined, .. } = links;
    let root = |mut id: Id| {
        while let Some(&up) = joined.get(&id) {
            id = up;
        }
        id
    };
    let mut groups: Vec<(Id, Vec<Id>)> = Vec::new();
    for &id in &order.first {
        let root = root(id);
        match groups.iter_mut().find(|(r, _)| *r == root) {
            Some((_, signals)) => signals.push(id),
            None => groups.push((root, vec![id])),
        }
    }
    let groups = groups.into_iter().map(|(_, signals)| Group {
        statements: only(statements, &signals),
        signals,
    });
    let groups: Vec<Group> = groups.collect();
    let reaches = reaches(&groups);
    let mut merged: Vec<Vec<Id>> = Vec::new();
    let mut done = vec![false; groups.len()];
    for i in 0..groups.len() {
        let together = |j: &usize| i == *j || (reaches[i][*j] && reaches[*j][i]);
        let ring: Vec<usize> = (i..groups.len()).filter(together).collect();
        if !done[i] {
            ring.iter().for_each(|&j| done[j] = true);
            merged.push(
                ring.iter()
                    .flat_map(|&j| groups[j].signals.clone())
                    .collect(),
            );
        }
    }
    let merged = merged.into_iter().map(|signals| Group {
        statements: only(statements, &signals),
        signals,
    });
    merged.collect()
}

/// Which groups feed which, through others too. Groups that feed each other have no order of their own, only
/// the kernel's: they become one.
fn reaches(groups: &[Group]) -> Vec<Vec<bool>> {
    let n = groups.len();
    let mut reaches = vec![vec![false; n]; n];
    for (i, from) in groups.iter().enumerate() {
        for (j, to) in groups.iter().enumerate() {
            let fed = |signal: &Id| reads(&to.statements, *signal);
            reaches[i][j] = i != j && from.signals.iter().any(fed);
        }
    }
    for k in 0..n {
        let through = reaches[k].clone();
        for row in &mut reaches {
            if row[k] {
                row.iter_mut().zip(&through).for_each(|(a, b)| *a |= b);
            }
        }
    }
    reaches
}

/// The statements that assign these signals.
fn only(statements: &[Statement], signals: &[Id]) -> Vec<Statement> {
    let keep = |statement: &Statement| match statement {
        Statement::Assign(place, _) => signals.contains(&place.signal).then(|| statement.clone()),
        Statement::If(test, then, otherwise) => {
            let (then, otherwise) = (only(then, signals), only(otherwise, signals));
            let some = !then.is_empty() || !otherwise.is_empty();
            some.then(|| Statement::If(test.clone(), then, otherwise))
        }
    };
    statements.iter().filter_map(keep).collect()
}

/// Leaves out what is assigned and, before anything reads it, assigned again as a whole.
fn without_dead_stores(statements: &[Statement]) -> Vec<Statement> {
    let mut kept: Vec<Statement> = Vec::new();
    for statement in statements {
        if let Statement::Assign(place, value) = statement {
            let mut read = reads(&kept, place.signal);
            value.reads(&mut |p| read |= p.signal == place.signal);
            if !read && place.offset == 0 && covers(place, &kept) {
                kept = without(&kept, place.signal);
            }
        }
        kept.push(statement.clone());
    }
    kept
}

/// No earlier assignment to the signal reaches beyond this one.
fn covers(place: &Place, statements: &[Statement]) -> bool {
    let mut all = true;
    visit(statements, &mut |p| {
        all &= p.signal != place.signal || p.offset + p.kind.width() <= place.kind.width();
    });
    all
}

fn reads(statements: &[Statement], signal: Id) -> bool {
    let in_expr = |expr: &Expr| {
        let mut found = false;
        expr.reads(&mut |place| found |= place.signal == signal);
        found
    };
    statements.iter().any(|statement| match statement {
        Statement::Assign(_, value) => in_expr(value),
        Statement::If(test, then, otherwise) => {
            in_expr(test) || reads(then, signal) || reads(otherwise, signal)
        }
    })
}

fn without(statements: &[Statement], signal: Id) -> Vec<Statement> {
    let mut others = Vec::new();
    visit(statements, &mut |place| {
        if place.signal != signal {
            others.push(place.signal);
        }
    });
    only(statements, &others)
}

/// The assignments, numbered.
#[derive(Default)]
struct Order {
    count: usize,
    /// Number of the last assignment of each signal.
    last: BTreeMap<Id, usize>,
    /// Signals by their first assignment.
    first: Vec<Id>,
}

impl Order {
    fn number(&mut self, statements: &[Statement]) {
        visit(statements, &mut |place| {
            if self.last.insert(place.signal, self.count).is_none() {
                self.first.push(place.signal);
            }
            self.count += 1;
        });
    }
}

struct Links<'a> {
    order: &'a Order,
    next: usize,
    /// A signal's representative, unless it is its own.
    joined: BTreeMap<Id, Id>,
}

impl Links<'_> {
    /// `conditions`: the signals of which the enclosing conditions read values that are not the last.
    fn walk(&mut self, statements: &[Statement], conditions: &mut Vec<Id>) {
        for statement in statements {
            match statement {
                Statement::Assign(place, value) => {
                    let early = self.early(value);
                    for id in conditions.iter().copied().chain(early) {
                        self.join(place.signal, id);
                    }
                    self.next += 1;
                }
                Statement::If(test, then, otherwise) => {
                    let before = conditions.len();
                    conditions.extend(self.early(test));
                    self.walk(then, conditions);
                    self.walk(otherwise, conditions);
                    conditions.truncate(before);
                }
            }
        }
    }

    /// Signals that an expression reads here and that are assigned here or later.
    fn early(&self, expr: &Expr) -> Vec<Id> {
        let mut found = Vec::new();
        expr.reads(&mut |place| {
            if self
                .order
                .last
                .get(&place.signal)
                .is_some_and(|last| *last >= self.next)
            {
                found.push(place.signal);
            }
        });
        found
    }

    fn join(&mut self, a: Id, b: Id) {
        let root = |joined: &BTreeMap<Id, Id>, mut id: Id| {
            while let Some(&up) = joined.get(&id) {
                id = up;
            }
            id
        };
        let (a, b) = (root(&self.joined, a), root(&self.joined, b));
        if a != b {
            self.joined.insert(a, b);
        }
    }
}
