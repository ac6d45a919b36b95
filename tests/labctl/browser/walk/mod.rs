//! Every number of a page against the result that it is of, by rules of this folder's own: nothing here uses how
//! labctl writes numbers. A number that no rule knows fails the test, so that each new one gets its rule.

mod charts;
mod headlines;
mod number;
mod prose;
mod rules;
mod table;

use super::cases::{self, Case};
use super::gallery::browser;
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
