//! A program's tree: whether it is without error, and what it defines and uses. The tree is walked with a cursor and
//! never by recursion, so that nesting costs no stack.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree, TreeCursor};

use super::grammar::{Grammar, grammar, tables};
use super::imports::unquoted;
use super::names::Names;
use crate::check::tokens::quote;
use crate::model::code::{CodeLanguage, Syntax};

/// How often the parser may report back, each time after a hundred of its operations. Sound code of the greatest
/// length takes under a thousand; recovering from hostile errors takes more, and is given up.
const REPORTS: u32 = 2_000;

/// What a program defines and uses.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) functions: Vec<Function<'a>>,
    pub(super) names: Names<'a>,
    /// Kinds of syntax that occur, but for recursion.
    pub(super) syntax: BTreeSet<Syntax>,
    /// Functions that call themselves by name.
    pub(super) recursive: HashSet<&'a str>,
}

/// A function with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// How many parameters it has, `self` and `cls` of a method not counted.
    pub(super) parameters: u32,
}

/// What is around a node that is being looked at.
#[derive(Debug, Clone, Copy)]
struct Frame<'a, 't> {
    kind: &'t str,
    /// Whether a name here is given to something.
    binds: bool,
    /// The name that a function here would get.
    naming: Option<&'a str>,
    /// Whether functions here are methods.
    is_class: bool,
    /// The function that this is, with a name and whether it is a method.
    function: Option<(&'a str, bool)>,
    is_function: bool,
}

/// Reads code. The error says what is wrong, and in which line, as what was found.
pub(super) fn read(language: CodeLanguage, code: &str) -> Result<Facts<'_>, String> {
    let grammar = grammar(language).ok_or("what is not a program")?;
    let tree = parse(language, code)?;
    let root = tree.root_node();
    if let Some(error) = first_error(root) {
        return Err(fault("a syntax error", error, code));
    }
    let mut cursor = root.walk();
    if root.named_children(&mut cursor).all(|child| child.is_extra()) {
        return Err("nothing but comments".to_owned());
    }
    let mut walk =
        Walk { language, grammar, code, facts: Facts::default(), active: HashMap::new(), depth: 0 };
    walk.walk(root.walk())?;
    Ok(walk.facts)
}

fn parse(language: CodeLanguage, code: &str) -> Result<Tree, String> {
    let mut parser = Parser::new();
    let tables = tables(language).ok_or("what is not a program")?;
    parser.set_language(&tables).map_err(|error| format!("a parser that doesn't fit: {error}"))?;
    let bytes = code.as_bytes();
    let mut reports = 0;
    let mut report = |_: &ParseState| {
        reports += 1;
        if reports > REPORTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut report);
    parser
        .parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
        .ok_or_else(|| "code whose errors are too many to be parsed".to_owned())
}

/// The first node that is an error or missing, where there is one.
fn first_error(root: Node<'_>) -> Option<Node<'_>> {
    if !root.has_error() {
        return None;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() || !cursor.goto_first_child() {
            return Some(node);
        }
        while !cursor.node().has_error() {
            if !cursor.goto_next_sibling() {
                return Some(node);
            }
        }
    }
}

fn fault(what: &str, node: Node<'_>, code: &str) -> String {
    let row = node.start_position().row;
    let line = code.lines().nth(row).unwrap_or_default();
    format!("{what} in line {}: {}", row + 1, quote(line.trim()))
}

/// A walk through a tree, which collects facts.
pub(super) struct Walk<'a, 'g> {
    language: CodeLanguage,
    grammar: &'g Grammar,
    code: &'a str,
    pub(super) facts: Facts<'a>,
    /// The functions around, by name: how many of them, and how many of those are methods.
    active: HashMap<&'a str, (u32, u32)>,
    /// How many functions are around, named or not.
    depth: u32,
}

impl<'a> Walk<'a, '_> {
    fn walk(&mut self, mut cursor: TreeCursor<'_>) -> Result<(), String> {
        let mut frames: Vec<Frame<'a, '_>> = Vec::new();
        loop {
            let frame =
                self.enter(cursor.node(), cursor.field_name().unwrap_or(""), frames.last().copied())?;
            if cursor.goto_first_child() {
                frames.push(frame);
                continue;
            }
            self.leave(frame);
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Ok(());
                }
                if let Some(frame) = frames.pop() {
                    self.leave(frame);
                }
            }
        }
    }

    fn enter<'t>(
        &mut self,
        node: Node<'t>,
        field: &str,
        parent: Option<Frame<'a, 't>>,
    ) -> Result<Frame<'a, 't>, String> {
        let kind = node.kind();
        let grammar = self.grammar;
        let around = parent.map_or("", |parent| parent.kind);
        let is_pattern = parent.is_some_and(|p| p.binds && grammar.patterns.contains(&p.kind));
        let mut frame = Frame {
            kind,
            binds: grammar.bindings.contains(&(around, field)) || (is_pattern && field.is_empty()),
            naming: self.naming(node, kind),
            is_class: grammar.classes.contains(&kind),
            function: None,
            is_function: grammar.functions.contains(&kind),
        };
        self.sound(node, kind)?;
        if frame.is_function {
            frame.function = self.define(node, kind, field, parent);
            self.depth += 1;
        } else if !frame.is_class {
            frame.is_class = parent.is_some_and(|parent| parent.is_class && !parent.is_function);
        }
        self.note_syntax(node, kind);
        self.note_name(node, kind, field, around, frame.binds);
        if let Some((_, called)) = grammar.calls.iter().find(|(call, _)| *call == kind) {
            self.note_call(node, called);
        }
        match kind {
            "import_statement" | "import_from_statement" => self.note_import(node),
            "use_declaration" => self.note_use(node),
            _ => {}
        }
        Ok(frame)
    }

    fn leave(&mut self, frame: Frame<'a, '_>) {
        if frame.is_function {
            self.depth -= 1;
        }
        if let Some((name, is_method)) = frame.function
            && let Some((all, methods)) = self.active.get_mut(name)
        {
            *all -= 1;
            *methods -= u32::from(is_method);
        }
    }

    pub(super) fn text(&self, node: Node<'_>) -> &'a str {
        self.code.get(node.byte_range()).unwrap_or_default()
    }

    /// What the grammar lets through and the language doesn't.
    fn sound(&self, node: Node<'_>, kind: &str) -> Result<(), String> {
        if self.grammar.foreign.contains(&kind) {
            return Err(fault("what another version of the language allows", node, self.code));
        }
        if kind == "return_statement" && self.depth == 0 {
            return Err(fault("a `return` outside a function", node, self.code));
        }
        let is_block = self.language == CodeLanguage::Python && kind == "block";
        if is_block && node.named_children(&mut node.walk()).all(|child| child.is_extra()) {
            return Err(fault("a block without a statement", node, self.code));
        }
        Ok(())
    }

    /// The name that a function within this node would get: that of the variable, key or field it is the value of.
    fn naming(&self, node: Node<'_>, kind: &str) -> Option<&'a str> {
        let (_, name, _) = self.grammar.naming.iter().find(|(named, _, _)| *named == kind)?;
        let name = node.child_by_field_name(name)?;
        match self.grammar.paths.iter().find(|(path, _, _)| *path == name.kind()) {
            Some((_, _, last)) => Some(self.text(name.child_by_field_name(last)?)),
            None => Some(self.text(name)),
        }
    }

    /// A function begins: its name where it has one.
    fn define(
        &mut self,
        node: Node<'_>,
        kind: &str,
        field: &str,
        parent: Option<Frame<'a, '_>>,
    ) -> Option<(&'a str, bool)> {
        let given = parent.and_then(|parent| {
            let is_value =
                self.grammar.naming.iter().any(|(named, _, value)| (*named, *value) == (parent.kind, field));
            parent.naming.filter(|_| is_value)
        });
        let own = node.child_by_field_name("name").map(|name| self.text(name));
        let name = given.or(own)?;
        let is_method = kind == "method_definition" || parent.is_some_and(|parent| parent.is_class);
        let parameters = self.parameters(node, is_method);
        self.facts.functions.push(Function { name, parameters });
        let (all, methods) = self.active.entry(name).or_default();
        *all += 1;
        *methods += u32::from(is_method);
        Some((name, is_method))
    }

    fn parameters(&self, function: Node<'_>, is_method: bool) -> u32 {
        if function.child_by_field_name("parameter").is_some() {
            return 1;
        }
        let Some(list) = function.child_by_field_name("parameters") else { return 0 };
        let mut count = 0;
        for (index, child) in list.named_children(&mut list.walk()).enumerate() {
            let is_none = child.is_extra() || self.grammar.no_parameters.contains(&child.kind());
            let is_receiver = index == 0
                && is_method
                && self.language == CodeLanguage::Python
                && matches!(self.text(child).split(':').next().map(str::trim), Some("self" | "cls"));
            count += u32::from(!is_none && !is_receiver);
        }
        count
    }

    fn note_syntax(&mut self, node: Node<'_>, kind: &str) {
        let grammar = self.grammar;
        // The body of an arrow function, and of a Rust function with a type to return, is a value.
        let is_value = match kind {
            "arrow_function" => {
                node.child_by_field_name("body").is_some_and(|body| body.kind() != "statement_block")
            }
            "function_item" => node.child_by_field_name("return_type").is_some(),
            "command" => node.child_by_field_name("name").is_some_and(|name| self.text(name) == "return"),
            _ => false,
        };
        for (syntax, is_there) in [
            (Syntax::Return, is_value || grammar.returns.contains(&kind)),
            (Syntax::Loop, grammar.loops.contains(&kind)),
            (Syntax::Comprehension, grammar.comprehensions.contains(&kind)),
            (Syntax::ExceptionHandler, grammar.handlers.contains(&kind)),
            (Syntax::Conditional, grammar.conditionals.contains(&kind)),
        ] {
            if is_there && node.is_named() {
                self.facts.syntax.insert(syntax);
            }
        }
    }

    fn note_name(&mut self, node: Node<'_>, kind: &str, field: &str, around: &str, binds: bool) {
        let grammar = self.grammar;
        let path = grammar.paths.iter().find(|(path, _, _)| *path == around);
        let is_last = path.is_some_and(|(_, _, last)| *last == field);
        let names = &mut self.facts.names;
        if grammar.names.contains(&kind) {
            let text = self.code.get(node.byte_range()).unwrap_or_default();
            if grammar.labels.contains(&(around, field)) {
                return;
            }
            if binds {
                names.bound.insert(text);
            } else if is_last {
                names.fixed.insert(text);
            } else {
                names.free.insert(text);
            }
            return;
        }
        if kind == "shorthand_property_identifier_pattern" || (binds && kind == "word") {
            names.bound.insert(self.code.get(node.byte_range()).unwrap_or_default());
        }
        // Keywords: their kind is how they are written.
        if node.child_count() == 0 && kind.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let text = self.code.get(node.byte_range()).unwrap_or_default();
            if text == kind {
                names.fixed.insert(text);
            }
        }
        // The whole of a path, and not its beginnings again.
        let is_beginning = path.is_some_and(|(_, before, _)| *before == field);
        if !is_beginning && grammar.paths.iter().any(|(path, _, _)| *path == kind) {
            let segments = self.segments(node);
            self.facts.names.path(segments);
        }
    }

    /// The segments of a name, from the first; what isn't a name has a segment that nothing is called.
    pub(super) fn segments(&self, node: Node<'_>) -> Vec<&'a str> {
        let mut segments = Vec::new();
        let mut at = node;
        while let Some((_, before, last)) = self.grammar.paths.iter().find(|(path, _, _)| *path == at.kind())
        {
            segments.extend(at.child_by_field_name(last).map(|last| self.text(last)));
            let Some(next) = at.child_by_field_name(before) else { break };
            at = next;
        }
        if at.kind() == "dotted_name" {
            let mut names: Vec<&'a str> =
                at.named_children(&mut at.walk()).map(|name| self.text(name)).collect();
            names.reverse();
            segments.extend(names);
        } else if at.child_count() == 0 {
            segments.push(self.text(at));
        } else if at != node {
            segments.push("");
        }
        segments.reverse();
        segments
    }

    fn note_call(&mut self, node: Node<'_>, called: &str) {
        let Some(mut target) = node.child_by_field_name(called) else { return };
        if target.kind() == "generic_function"
            && let Some(function) = target.child_by_field_name("function")
        {
            target = function;
        }
        let is_path = self.grammar.paths.iter().any(|(path, _, _)| *path == target.kind());
        let name = match self.grammar.paths.iter().find(|(path, _, _)| *path == target.kind()) {
            Some((_, _, last)) => target.child_by_field_name(last),
            None => Some(target),
        };
        let name = name.map_or("", |name| self.text(name));
        // `x.f()` calls the `f` that is around only where that is a method.
        if self.active.get(name).is_some_and(|(all, methods)| if is_path { *methods > 0 } else { *all > 0 }) {
            self.facts.recursive.insert(name);
        }
        // `require("fs")`, `import("fs")`: the module is used.
        if self.language == CodeLanguage::Javascript && matches!(name, "require" | "import") {
            let module = node.child_by_field_name("arguments").and_then(|list| list.named_child(0));
            self.facts.names.fixed.extend(module.map(|module| unquoted(self.text(module))));
        }
    }
}
