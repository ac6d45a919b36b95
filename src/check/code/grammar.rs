//! What the trees of each language's grammar call things.

use tree_sitter::Language;

use crate::model::code::CodeLanguage;

/// A kind of node and one of its fields; the empty name stands for children in no field.
pub(super) type Place = (&'static str, &'static str);

/// The kinds of nodes that are looked for. Names are those of the grammar's `node-types.json`.
#[derive(Debug)]
pub(super) struct Grammar {
    /// Single names.
    pub(super) names: &'static [&'static str],
    /// Names of several segments: the kind, the field of what goes before, the field of the last segment.
    pub(super) paths: &'static [(&'static str, &'static str, &'static str)],
    /// Where a name stands for nothing but itself: keys, names of arguments and of methods that are defined.
    pub(super) labels: &'static [Place],
    /// Where a name is given to a value or function.
    pub(super) bindings: &'static [Place],
    /// What in such a place holds more such places.
    pub(super) patterns: &'static [&'static str],
    /// Functions, named by themselves or by where they stand.
    pub(super) functions: &'static [&'static str],
    /// Where functions without a name of their own get one: the kind, the field of the name, the field of the function.
    pub(super) naming: &'static [(&'static str, &'static str, &'static str)],
    /// What makes functions within it methods.
    pub(super) classes: &'static [&'static str],
    /// Calls, and the field of what is called.
    pub(super) calls: &'static [Place],
    /// What stands among parameters and is none.
    pub(super) no_parameters: &'static [&'static str],
    pub(super) returns: &'static [&'static str],
    pub(super) loops: &'static [&'static str],
    pub(super) comprehensions: &'static [&'static str],
    pub(super) handlers: &'static [&'static str],
    pub(super) conditionals: &'static [&'static str],
    /// What the grammar knows of other versions of the language.
    pub(super) foreign: &'static [&'static str],
}

/// The parser's tables of a language; none where it isn't a program.
pub(super) fn tables(language: CodeLanguage) -> Option<Language> {
    Some(match language {
        CodeLanguage::Python => tree_sitter_python::LANGUAGE.into(),
        CodeLanguage::Javascript => tree_sitter_javascript::LANGUAGE.into(),
        CodeLanguage::Rust => tree_sitter_rust::LANGUAGE.into(),
        CodeLanguage::Bash => tree_sitter_bash::LANGUAGE.into(),
        _ => return None,
    })
}

/// The kinds of nodes of a language; none where it isn't a program.
pub(super) fn grammar(language: CodeLanguage) -> Option<&'static Grammar> {
    Some(match language {
        CodeLanguage::Python => &PYTHON,
        CodeLanguage::Javascript => &JAVASCRIPT,
        CodeLanguage::Rust => &RUST,
        CodeLanguage::Bash => &BASH,
        _ => return None,
    })
}

static PYTHON: Grammar = Grammar {
    names: &["identifier"],
    paths: &[("attribute", "object", "attribute")],
    labels: &[("keyword_argument", "name")],
    bindings: &[
        ("function_definition", "name"),
        ("class_definition", "name"),
        ("assignment", "left"),
        ("augmented_assignment", "left"),
        ("for_statement", "left"),
        ("for_in_clause", "left"),
        ("named_expression", "name"),
        ("parameters", ""),
        ("lambda_parameters", ""),
        ("default_parameter", "name"),
        ("typed_parameter", ""),
        ("typed_default_parameter", "name"),
        ("as_pattern_target", ""),
    ],
    patterns: &[
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "dictionary_splat_pattern",
    ],
    functions: &["function_definition", "lambda"],
    naming: &[("assignment", "left", "right")],
    classes: &["class_definition"],
    calls: &[("call", "function")],
    no_parameters: &["keyword_separator", "positional_separator"],
    returns: &["return_statement", "lambda"],
    loops: &["for_statement", "while_statement"],
    comprehensions: &[
        "list_comprehension",
        "set_comprehension",
        "dictionary_comprehension",
        "generator_expression",
    ],
    handlers: &["except_clause"],
    conditionals: &["if_statement", "conditional_expression", "match_statement"],
    // Both are Python 2.
    foreign: &["print_statement", "exec_statement"],
};

static JAVASCRIPT: Grammar = Grammar {
    names: &[
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
    ],
    paths: &[("member_expression", "object", "property")],
    labels: &[
        ("pair", "key"),
        ("pair_pattern", "key"),
        ("method_definition", "name"),
        ("field_definition", "property"),
    ],
    bindings: &[
        ("function_declaration", "name"),
        ("generator_function_declaration", "name"),
        ("function_expression", "name"),
        ("class_declaration", "name"),
        ("variable_declarator", "name"),
        ("formal_parameters", ""),
        ("arrow_function", "parameter"),
        ("assignment_expression", "left"),
        ("augmented_assignment_expression", "left"),
        ("assignment_pattern", "left"),
        ("object_assignment_pattern", "left"),
        ("for_in_statement", "left"),
        ("catch_clause", "parameter"),
        ("pair_pattern", "value"),
    ],
    patterns: &["array_pattern", "object_pattern", "rest_pattern"],
    functions: &[
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
    ],
    naming: &[
        ("variable_declarator", "name", "value"),
        ("assignment_expression", "left", "right"),
        ("pair", "key", "value"),
        ("field_definition", "property", "value"),
    ],
    classes: &["class_body", "object"],
    calls: &[("call_expression", "function")],
    no_parameters: &[],
    returns: &["return_statement"],
    loops: &["for_statement", "for_in_statement", "while_statement", "do_statement"],
    comprehensions: &[],
    handlers: &["catch_clause"],
    conditionals: &["if_statement", "ternary_expression", "switch_statement"],
    foreign: &[],
};

static RUST: Grammar = Grammar {
    names: &["identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"],
    paths: &[
        ("scoped_identifier", "path", "name"),
        ("scoped_type_identifier", "path", "name"),
        ("field_expression", "value", "field"),
    ],
    labels: &[("field_initializer", "field"), ("field_declaration", "name"), ("field_pattern", "name")],
    bindings: &[
        ("function_item", "name"),
        ("function_signature_item", "name"),
        ("struct_item", "name"),
        ("enum_item", "name"),
        ("trait_item", "name"),
        ("mod_item", "name"),
        ("const_item", "name"),
        ("static_item", "name"),
        ("macro_definition", "name"),
        ("let_declaration", "pattern"),
        ("let_condition", "pattern"),
        ("parameter", "pattern"),
        ("for_expression", "pattern"),
        ("closure_parameters", ""),
        ("match_pattern", ""),
        ("field_pattern", "pattern"),
    ],
    patterns: &[
        "tuple_pattern",
        "tuple_struct_pattern",
        "slice_pattern",
        "mut_pattern",
        "ref_pattern",
        "reference_pattern",
        "captured_pattern",
        "or_pattern",
    ],
    functions: &["function_item"],
    naming: &[],
    classes: &["impl_item", "trait_item"],
    calls: &[("call_expression", "function")],
    no_parameters: &["self_parameter", "attribute_item"],
    returns: &["return_expression"],
    loops: &["for_expression", "while_expression", "loop_expression"],
    comprehensions: &[],
    handlers: &[],
    conditionals: &["if_expression", "match_expression"],
    foreign: &[],
};

static BASH: Grammar = Grammar {
    names: &["variable_name", "command_name"],
    paths: &[],
    labels: &[],
    bindings: &[
        ("function_definition", "name"),
        ("variable_assignment", "name"),
        ("for_statement", "variable"),
    ],
    patterns: &[],
    functions: &["function_definition"],
    naming: &[],
    classes: &[],
    calls: &[("command", "name")],
    no_parameters: &[],
    returns: &[],
    loops: &["for_statement", "c_style_for_statement", "while_statement"],
    comprehensions: &[],
    handlers: &[],
    conditionals: &["if_statement", "case_statement", "ternary_expression"],
    foreign: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_field_is_one_of_the_grammar() {
        for language in
            [CodeLanguage::Python, CodeLanguage::Javascript, CodeLanguage::Rust, CodeLanguage::Bash]
        {
            let (tables, grammar) = (tables(language).unwrap(), grammar(language).unwrap());
            let pairs = [grammar.labels, grammar.bindings, grammar.calls].concat();
            let triples = [grammar.paths, grammar.naming].concat();
            let lists = [
                grammar.names,
                grammar.patterns,
                grammar.functions,
                grammar.classes,
                grammar.no_parameters,
                grammar.returns,
                grammar.loops,
                grammar.comprehensions,
                grammar.handlers,
                grammar.conditionals,
                grammar.foreign,
            ]
            .concat();
            let kinds = lists.into_iter().chain(pairs.iter().map(|p| p.0)).chain(triples.iter().map(|t| t.0));
            for kind in kinds {
                assert_ne!(tables.id_for_node_kind(kind, true), 0, "{language:?} has no {kind}");
            }
            let fields = pairs.iter().map(|p| p.1).chain(triples.iter().flat_map(|t| [t.1, t.2]));
            for field in fields.filter(|field| !field.is_empty()) {
                assert!(tables.field_id_for_name(field).is_some(), "{language:?} has no field {field}");
            }
        }
        assert!(tables(CodeLanguage::Sql).is_none() && grammar(CodeLanguage::Sql).is_none());
    }
}
