//! What a program imports, and under which names.

use tree_sitter::Node;

use super::syntax::Walk;

impl<'a> Walk<'a, '_> {
    /// Imports of Python and JavaScript.
    pub(super) fn note_import(&mut self, node: Node<'_>) {
        let module: Vec<&'a str> = match node.child_by_field_name("source") {
            Some(source) => vec![unquoted(self.text(source))],
            None => {
                node.child_by_field_name("module_name").map(|name| self.segments(name)).unwrap_or_default()
            }
        };
        if !module.is_empty() {
            self.facts.names.import(module.clone(), None);
        }
        // The names that are imported: few levels down, each visited once.
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            for child in next.named_children(&mut next.walk()) {
                let (name, alias) = match child.kind() {
                    "aliased_import" | "import_specifier" => {
                        (child.child_by_field_name("name"), child.child_by_field_name("alias"))
                    }
                    "dotted_name" => (Some(child), None),
                    "import_clause" | "named_imports" => {
                        open.push(child);
                        continue;
                    }
                    _ => continue,
                };
                let Some(name) = name.filter(|name| Some(*name) != node.child_by_field_name("module_name"))
                else {
                    continue;
                };
                let path = [module.clone(), self.segments(name)].concat();
                self.facts.names.import(path, alias.map(|alias| self.text(alias)));
            }
        }
    }

    /// Imports of Rust.
    pub(super) fn note_use(&mut self, node: Node<'_>) {
        let mut open: Vec<(Node<'_>, Vec<&'a str>)> = Vec::new();
        open.extend(node.child_by_field_name("argument").map(|argument| (argument, Vec::new())));
        while let Some((next, mut prefix)) = open.pop() {
            // As deep as anything that is asked for; a hostile tree costs no more.
            prefix.truncate(16);
            let before = next.child_by_field_name("path").filter(|_| next.kind() != "scoped_identifier");
            let whole = [prefix, before.map(|before| self.segments(before)).unwrap_or_default()].concat();
            match next.kind() {
                "scoped_use_list" => {
                    open.extend(next.child_by_field_name("list").map(|list| (list, whole)));
                }
                "use_list" => {
                    open.extend(next.named_children(&mut next.walk()).map(|child| (child, whole.clone())));
                }
                "use_as_clause" => {
                    let alias = next.child_by_field_name("alias").map(|alias| self.text(alias));
                    self.facts.names.import(whole, alias);
                }
                "use_wildcard" => {
                    open.extend(next.named_children(&mut next.walk()).map(|child| (child, whole.clone())));
                }
                "self" => self.facts.names.import(whole, None),
                _ => {
                    let path = [whole, self.segments(next)].concat();
                    self.facts.names.import(path, None);
                }
            }
        }
    }
}

/// The name of a module without its quotation marks.
pub(super) fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', '`']).trim_start_matches("node:")
}
