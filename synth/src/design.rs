//! A whole design: its modules, each once, with names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rust_hdl::prelude::Block;
use serde::{Deserialize, Serialize};

use crate::error::EmitError;
use crate::module::{self, Body, Port};
use crate::scope::Scope;
use crate::table::identifier;
use crate::tools::ToolError;

/// A module of a design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    pub name: String,
    /// Its Verilog, from `module` to `endmodule`.
    pub text: String,
    pub ports: Vec<Port>,
}

/// Translates a block, connected but not yet simulated, and all that is in it. The first module is the
/// top, called `name`; the others are called `name_field`, by the field that most often holds them.
///
/// # Errors
/// The first construct that has no certain translation.
pub fn modules(block: &dyn Block, name: &str) -> Result<Vec<Module>, EmitError> {
    let scope = Scope::of(block, name);
    let mut design = Design::default();
    design.add(&scope, name)?;
    Ok(design.named(name))
}

/// Writes each module into a file of a folder; the files' names.
///
/// # Errors
/// A folder that cannot be written.
pub fn write(modules: &[Module], folder: &Path) -> Result<Vec<String>, ToolError> {
    let mut files = Vec::new();
    for module in modules {
        let name = format!("{}.v", module.name);
        let path = folder.join(&name);
        fs::write(&path, &module.text).map_err(|error| ToolError::File { path, error })?;
        files.push(name);
    }
    Ok(files)
}

/// Bodies of modules, each once; other modules in them are called by a mark and their number.
#[derive(Default)]
struct Design {
    bodies: Vec<Body>,
    /// The fields that hold a module, in the order in which they were met.
    fields: Vec<Vec<String>>,
}

/// A character that no Verilog has, before a module's number.
const MARK: char = '\u{1}';

fn marked(number: usize) -> String {
    format!("{MARK}{number}{MARK}")
}

impl Design {
    /// Adds a block and those inside it; the module's number.
    fn add(&mut self, scope: &Scope, path: &str) -> Result<usize, EmitError> {
        let mut modules = Vec::new();
        for child in scope.children.iter().filter(|c| !c.is_register()) {
            let path = format!("{path}.{}", child.name.replace('$', "."));
            modules.push(marked(self.add(child, &path)?));
        }
        let body = module::body(scope, &modules).map_err(|(source_text, reason)| EmitError {
            module: path.to_string(),
            source_text,
            reason,
        })?;
        let known = self.bodies.iter().position(|known| known.text == body.text);
        let number = known.unwrap_or(self.bodies.len());
        if known.is_none() {
            self.bodies.push(body);
            self.fields.push(Vec::new());
        }
        // An element of an array is called as the array.
        let field = scope.name.split('$').next().unwrap_or(&scope.name);
        self.fields[number].push(field.to_string());
        Ok(number)
    }

    fn named(self, top: &str) -> Vec<Module> {
        let mut names: Vec<String> = Vec::new();
        let last = self.bodies.len() - 1;
        for (number, fields) in self.fields.iter().enumerate() {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for field in fields {
                *counts.entry(field).or_default() += 1;
            }
            let most = counts.values().max().copied().unwrap_or(0);
            let field = fields.iter().find(|f| counts[f.as_str()] == most);
            let field = field.map_or("", String::as_str);
            let name = match number == last {
                true => top.to_string(),
                false => format!("{top}_{}", identifier(field).trim_end_matches('_')),
            };
            let taken = names.iter().filter(|n| **n == name).count();
            let again = |n: &usize| !names.contains(&format!("{name}_{n}"));
            names.push(match taken {
                0 => name,
                // There is a free number among one more than there are names.
                _ => match (2..=names.len() + 2).find(again) {
                    Some(n) => format!("{name}_{n}"),
                    None => name,
                },
            });
        }
        let mut modules: Vec<Module> = Vec::new();
        for (body, name) in self.bodies.iter().zip(&names).rev() {
            let mut text = format!("module {name} {}endmodule\n", body.text);
            for (number, name) in names.iter().enumerate() {
                text = text.replace(&marked(number), name);
            }
            modules.push(Module {
                name: name.clone(),
                text,
                ports: body.ports.clone(),
            });
        }
        modules
    }
}
