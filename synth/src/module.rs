//! One Verilog module from one block.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rust_hdl::prelude::Verilog;

use crate::error::Reason;
use crate::expr::{Expr, Id, Place};
use crate::flow::{self, Group};
use crate::helper::{range, Helper};
use crate::kernel::{self, Failure, Statement};
use crate::print::{literal, Printer};
use crate::scope::Scope;
use crate::table::{identifier, Net, Role, Table};

/// A port of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub name: String,
    /// Bits.
    pub width: usize,
    pub input: bool,
}

/// What a module is, but for its name.
pub struct Body {
    pub text: String,
    pub ports: Vec<Port>,
}

fn ports_of(table: &Table) -> Vec<Port> {
    let port = |net: &Net| {
        matches!(net.role, Role::Input | Role::Output).then(|| Port {
            name: net.name.clone(),
            width: net.kind.width(),
            input: net.role == Role::Input,
        })
    };
    table.nets.iter().filter_map(port).collect()
}

/// The text of a block's module between `module NAME` and `endmodule`. `modules` are the names of the
/// modules of the blocks inside it, registers left out.
///
/// # Errors
/// The first thing of the block that has no certain translation.
pub fn body(scope: &Scope, modules: &[String]) -> Result<Body, Failure> {
    let whole = |reason| (String::new(), reason);
    match &scope.hdl {
        Verilog::Combinatorial(block) => {
            let table = Table::of(scope).map_err(whole)?;
            let statements = kernel::translate(block, &table)?;
            let module = Module::new(scope, &table, modules, statements).map_err(whole)?;
            Ok(Body {
                text: module.text().map_err(whole)?,
                ports: ports_of(&table),
            })
        }
        Verilog::Custom(text) => {
            let table = Table::of(scope).map_err(whole)?;
            let mut out = ports(&table, &|_| "");
            for line in text.trim_end().lines() {
                let indent = if line.is_empty() { "" } else { "    " };
                out.push_str(&format!("{indent}{line}\n"));
            }
            Ok(Body {
                text: out,
                ports: ports_of(&table),
            })
        }
        Verilog::Blackbox(_) | Verilog::Wrapper(_) => {
            Err(whole(Reason::Construct("a foreign core")))
        }
        Verilog::Empty => Err(whole(Reason::Empty)),
    }
}

/// The port list. `reg` says what goes between `output` and the range.
fn ports(table: &Table, reg: &dyn Fn(Id) -> &'static str) -> String {
    let mut lines = Vec::new();
    for (id, net) in table.nets.iter().enumerate() {
        let range = range(net.kind.width());
        match net.role {
            Role::Input => lines.push(format!("    input {range}{}", net.name)),
            Role::Output => lines.push(format!("    output {}{range}{}", reg(id), net.name)),
            _ => {}
        }
    }
    format!("(\n{}\n);\n", lines.join(",\n"))
}

struct Module<'a> {
    scope: &'a Scope,
    table: &'a Table,
    modules: &'a [String],
    groups: Vec<Group>,
    /// Each register's clock, by the register's name.
    clocks: BTreeMap<String, Id>,
}

/// How a group is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the port list of an instance.
    Port,
    /// `assign`.
    Wire,
    /// `always @*`.
    Process,
    /// Straight into the register: `always @(posedge clock)`.
    Clocked,
}

impl<'a> Module<'a> {
    fn new(
        scope: &'a Scope,
        table: &'a Table,
        modules: &'a [String],
        statements: Vec<Statement>,
    ) -> Result<Self, Reason> {
        let (clocks, statements) = clocks(statements, table)?;
        flow::check(&statements, table)?;
        let mut module = Module {
            scope,
            table,
            modules,
            groups: Vec::new(),
            clocks,
        };
        module.groups = flow::groups(&statements);
        module
            .groups
            .iter_mut()
            .for_each(|group| without_hold(group, table));
        Ok(module)
    }

    fn form(&self, group: &Group) -> Form {
        let [signal] = group.signals[..] else {
            return Form::Process;
        };
        let net = &self.table.nets[signal];
        if net.role == Role::Next {
            return Form::Clocked;
        }
        match &group.statements[..] {
            [Statement::Assign(place, value)] if place.kind == net.kind => match value {
                Expr::Read(_) | Expr::Literal(..) if net.role == Role::ChildInput => Form::Port,
                _ => Form::Wire,
            },
            _ => Form::Process,
        }
    }

    fn text(&self) -> Result<String, Reason> {
        let mut printer = Printer::new(self.table);
        let mut logic = String::new();
        let mut processes = BTreeSet::new();
        let mut inline = BTreeMap::new();
        let mut registers = String::new();
        let mut helpers: Vec<Helper> = Vec::new();
        for group in &self.groups {
            let form = self.form(group);
            collect(&group.statements, &mut helpers);
            match (form, &group.statements[..]) {
                (Form::Port, [Statement::Assign(place, value)]) => {
                    inline.insert(place.signal, printer.expr(value));
                }
                (Form::Wire, [Statement::Assign(place, value)]) => {
                    let (target, value) = (printer.place(place), printer.expr(value));
                    logic.push_str(&format!("    assign {target} = {value};\n"));
                }
                (Form::Clocked, statements) => {
                    registers.push_str(&self.clocked(
                        group.signals[0],
                        statements,
                        &mut printer,
                    )?);
                }
                (_, statements) => {
                    if !reads_others(group) {
                        let name = &self.table.nets[group.signals[0]].path;
                        return Err(Reason::Constants(name.clone()));
                    }
                    processes.extend(&group.signals);
                    logic.push_str("    always @* begin\n");
                    printer.statements(statements, "=", 2, &mut logic);
                    logic.push_str("    end\n");
                    for &signal in &group.signals {
                        if self.table.nets[signal].role == Role::Next {
                            registers.push_str(&self.stored(signal)?);
                        }
                    }
                }
            }
        }
        let mut out = ports(self.table, &|id| match processes.contains(&id) {
            true => "reg ",
            false => "",
        });
        let instances = self.instances(&inline);
        for (name, offset) in printer.offsets() {
            out.push_str(&format!("    localparam {name} = {offset};\n"));
        }
        out.push_str(&self.declarations(&processes, &inline));
        for helper in helpers {
            out.push_str(&format!("\n{}", helper.text()));
        }
        for part in [logic, registers, instances, self.unused()] {
            if !part.is_empty() {
                out.push_str(&format!("\n{part}"));
            }
        }
        Ok(out)
    }

    /// The register whose next value this is, and its clock.
    fn register(&self, next: Id) -> Result<(Id, &str), Reason> {
        let path = &self.table.nets[next].path;
        let name = path.strip_suffix(".d").unwrap_or(path);
        let register = self.table.find(&format!("{}$q", name.replace('.', "$")));
        match (register, self.clocks.get(name)) {
            (Some(register), Some(clock)) => Ok((register, &self.table.nets[*clock].name)),
            _ => Err(Reason::Clock(name.to_string())),
        }
    }

    /// A register that takes what a process computes.
    fn stored(&self, next: Id) -> Result<String, Reason> {
        let (register, clock) = self.register(next)?;
        let (q, d) = (&self.table.nets[register].name, &self.table.nets[next].name);
        Ok(format!("    always @(posedge {clock}) {q} <= {d};\n"))
    }

    /// A register whose statements stand in its clocked process; holding its value needs none.
    fn clocked(
        &self,
        next: Id,
        statements: &[Statement],
        printer: &mut Printer,
    ) -> Result<String, Reason> {
        let (register, clock) = self.register(next)?;
        let into = |place: &Place| Place {
            signal: register,
            ..place.clone()
        };
        let statements = retarget(statements, &into);
        let mut out = format!("    always @(posedge {clock}) begin\n");
        printer.statements(&statements, "<=", 2, &mut out);
        out.push_str("    end\n");
        Ok(out)
    }

    fn declarations(&self, processes: &BTreeSet<Id>, inline: &BTreeMap<Id, String>) -> String {
        let (mut out, mut initial) = (String::new(), String::new());
        for (id, net) in self.table.nets.iter().enumerate() {
            let process = processes.contains(&id);
            let kind = match &net.role {
                Role::Local | Role::ChildInput if process => "reg",
                Role::Local | Role::ChildInput if !inline.contains_key(&id) => "wire",
                Role::ChildOutput => "wire",
                Role::Next if process => "reg",
                Role::Register(value) => {
                    let value = literal(value, net.kind.width());
                    initial.push_str(&format!("        {} = {value};\n", net.name));
                    "reg"
                }
                _ => continue,
            };
            // A local that nothing assigns is one that nothing reads.
            let assigned = self.groups.iter().any(|g| g.signals.contains(&id));
            if net.role == Role::Local && !assigned {
                continue;
            }
            out.push_str(&format!(
                "    {kind} {}{};\n",
                range(net.kind.width()),
                net.name
            ));
        }
        if !initial.is_empty() {
            out.push_str(&format!("    initial begin\n{initial}    end\n"));
        }
        out
    }

    fn instances(&self, inline: &BTreeMap<Id, String>) -> String {
        let mut out = String::new();
        let children = self.scope.children.iter().filter(|c| !c.is_register());
        for (child, module) in children.zip(self.modules) {
            let mut ports = Vec::new();
            for signal in &child.signals {
                let id = self.table.find(&format!("{}${}", child.name, signal.name));
                let Some(id) = id else {
                    continue;
                };
                let net = &self.table.nets[id];
                let value = inline.get(&id).unwrap_or(&net.name);
                let port = identifier(&signal.name);
                ports.push(format!("        .{port}({value})"));
            }
            // Linters take a signal with the name of its block's instance for a mistake.
            let mut name = identifier(&child.name);
            if child
                .signals
                .iter()
                .any(|signal| identifier(&signal.name) == name)
            {
                name.push('_');
            }
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                "    {module} {name} (\n{}\n    );\n",
                ports.join(",\n")
            );
        }
        out
    }

    /// A wire that reads all signals of which not every bit is read, so that linters need not say so.
    fn unused(&self) -> String {
        let mut read: BTreeMap<Id, BTreeSet<usize>> = BTreeMap::new();
        let mut note = |place: &Place| {
            let bits = place.offset..place.offset + place.kind.width();
            read.entry(place.signal).or_default().extend(bits);
        };
        for group in &self.groups {
            each(&group.statements, &mut |expr| expr.reads(&mut note));
        }
        let mut names = Vec::new();
        for (id, net) in self.table.nets.iter().enumerate() {
            let clock = net.clock && self.clocks.values().any(|clock| *clock == id);
            let internal = match net.role {
                Role::Input | Role::ChildOutput | Role::Register(_) => true,
                Role::Local => self.groups.iter().any(|g| g.signals.contains(&id)),
                _ => false,
            };
            let bits = read.get(&id).map_or(0, BTreeSet::len);
            if internal && !clock && bits < net.kind.width() {
                names.push(net.name.clone());
            }
        }
        match names.is_empty() {
            true => String::new(),
            false => format!(
                "    // Not every bit of these matters here.\n    wire unused_bits = &{{1'b0, {}}};\n",
                names.join(", ")
            ),
        }
    }
}

/// A register that holds its value needs no statement for it, if its statements stand in the clocked process.
fn without_hold(group: &mut Group, table: &Table) {
    let ([signal], [Statement::Assign(_, Expr::Read(place)), _, ..]) =
        (&group.signals[..], &group.statements[..])
    else {
        return;
    };
    let (next, from) = (&table.nets[*signal], &table.nets[place.signal]);
    let own = next.path.strip_suffix(".d") == from.path.strip_suffix(".q");
    let register = next.role == Role::Next && matches!(from.role, Role::Register(_));
    if own && register && place.kind == next.kind {
        group.statements.remove(0);
    }
}

/// Takes the clocks of registers out of a kernel.
fn clocks(
    statements: Vec<Statement>,
    table: &Table,
) -> Result<(BTreeMap<String, Id>, Vec<Statement>), Reason> {
    let (mut clocks, mut rest) = (BTreeMap::new(), Vec::new());
    for statement in statements {
        let target = match &statement {
            Statement::Assign(place, value) => match table.nets[place.signal].role {
                Role::RegisterClock => Some((place.signal, value)),
                _ => None,
            },
            Statement::If(..) => None,
        };
        let Some((target, value)) = target else {
            rest.push(statement);
            continue;
        };
        let path = &table.nets[target].path;
        let name = path.strip_suffix(".clock").unwrap_or(path).to_string();
        let clock = match value {
            Expr::Read(place) => Some(place.signal),
            _ => None,
        };
        let is_clock = |id: &Id| table.nets[*id].clock && table.nets[*id].role == Role::Input;
        match clock.filter(is_clock) {
            Some(clock) if clocks.insert(name.clone(), clock).is_none() => {}
            _ => return Err(Reason::Clock(name)),
        }
    }
    Ok((clocks, rest))
}

fn retarget(statements: &[Statement], into: &impl Fn(&Place) -> Place) -> Vec<Statement> {
    let one = |statement: &Statement| match statement {
        Statement::Assign(place, value) => Statement::Assign(into(place), value.clone()),
        Statement::If(test, then, otherwise) => Statement::If(
            test.clone(),
            retarget(then, into),
            retarget(otherwise, into),
        ),
    };
    statements.iter().map(one).collect()
}

/// Calls `f` with each expression.
fn each(statements: &[Statement], f: &mut impl FnMut(&Expr)) {
    for statement in statements {
        match statement {
            Statement::Assign(_, value) => f(value),
            Statement::If(test, then, otherwise) => {
                f(test);
                each(then, f);
                each(otherwise, f);
            }
        }
    }
}

/// A process reads what it does not assign itself: nothing else ever starts it.
fn reads_others(group: &Group) -> bool {
    let mut found = false;
    each(&group.statements, &mut |expr| {
        expr.reads(&mut |place| found |= !group.signals.contains(&place.signal));
    });
    found
}

fn collect(statements: &[Statement], helpers: &mut Vec<Helper>) {
    each(statements, &mut |expr| {
        expr.helpers(&mut |helper| {
            if !helpers.iter().any(|known| known.name() == helper.name()) {
                helpers.push(helper.clone());
            }
        });
    });
}
