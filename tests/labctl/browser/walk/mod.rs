//! Every number of a page against the result that it is of, by rules of this folder's own: nothing here uses how
//! labctl writes numbers. A number that no rule knows fails the test, so that each new one gets its rule.

mod charts;
mod headlines;
mod number;
mod prose;
mod rules;
mod runs;
mod table;

use serde_json::Value;

use super::cases::{self, Case};
use super::gallery::browser;
use super::hostile;
use super::page::{Page, View};

#[test]
fn a_quant_bench_with_its_baseline() {
    walk(&cases::quant());
}

#[test]
fn a_sweep() {
    walk(&cases::sweep());
}

#[test]
fn a_run_half_of_which_failed() {
    walk(&cases::half_failed());
}

#[test]
fn a_run_of_one_request() {
    walk(&cases::one_request());
}

#[test]
fn the_evaluation_teams_bench() {
    walk(&cases::eval());
}

#[test]
fn a_run_whose_requests_were_sent_again() {
    let case = cases::retried();
    let result = case.result();
    let rows = result["rows"].as_array().unwrap();
    let again =
        |row: &&Value| row["candidate"]["exchange"]["retries"].as_array().is_some_and(|all| !all.is_empty());
    assert!(rows.iter().filter(again).count() > 5);
    walk(&case);
}

#[test]
fn hostile_text() {
    walk(&hostile::case());
}

#[test]
fn a_run_of_a_hundred_thousand_requests() {
    walk(&cases::hundred_thousand());
}

#[test]
fn a_history_of_five_runs() {
    runs::walk_history(&cases::history());
}

#[test]
fn a_history_in_which_more_changed_than_the_answers() {
    runs::walk_history(&cases::changing());
}

#[test]
fn three_models_head_to_head() {
    runs::walk_head_to_head(&cases::head_to_head());
}

fn walk(case: &Case) {
    let Some(chromium) = browser() else { return };
    let result = case.result();
    let page = Page::open(chromium, &case.html, View::DESKTOP);
    let (tables, charts) = (table::tables(&page), charts::charts(&page));
    assert!(!tables.is_empty(), "the page has no table");
    let mut wrong: Vec<String> = tables.iter().flat_map(|table| rules::check(&result, table)).collect();
    wrong.extend(headlines::headlines(&page).iter().flat_map(|headline| headlines::check(&result, headline)));
    wrong.extend(prose::check(&result, &prose::sentences(&page)));
    wrong.extend(charts.iter().flat_map(|chart| charts::check(&result, chart)));
    assert!(wrong.is_empty(), "{}: {} are wrong:\n{}", case.name, wrong.len(), wrong.join("\n"));
}
