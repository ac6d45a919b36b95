//! What a reader does with a page: pointing, clicking, the keyboard alone, and no script at all.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use super::cases;
use super::gallery::browser;
use super::page::{Page, View};

/// The chart that is looked at closely: two series that step.
const CHART: &str = "#chart-ttft-cdf";

/// What a chart says of a point.
#[derive(Debug, Deserialize)]
struct Tip {
    head: String,
    lines: Vec<String>,
}

/// What a chart says at the moment; none while it says nothing.
fn tip(page: &Page, chart: &str) -> Option<Tip> {
    page.call(
        "chart => {
            const tip = document.querySelector(chart + ' .tip');
            if (!tip || tip.hidden || !tip.getClientRects().length) return null;
            return {head: tip.querySelector('b')?.textContent ?? '',
                lines: [...tip.querySelectorAll('div')].map(line => line.textContent)};
        }",
        &json!([chart]),
    )
}

fn data(page: &Page, chart: &str) -> Value {
    let text: String = page.call(
        "chart => document.querySelector(chart + ' script[type=\"application/json\"]').textContent",
        &json!([chart]),
    );
    serde_json::from_str(&text).unwrap()
}

/// The first number in a text.
fn number(text: &str) -> f64 {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or_else(|| panic!("no number in `{text}`"));
    let digits: String =
        text[start..].chars().take_while(|c| c.is_ascii_digit() || ".,".contains(*c)).collect();
    digits.replace(',', "").trim_end_matches('.').parse().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

#[test]
fn pointing_at_a_chart_reads_its_values() {
    let Some(chromium) = browser() else { return };
    let case = cases::quant();
    let page = Page::open(chromium, &case.html, View::DESKTOP);
    let data = data(&page, CHART);
    let (left, top, width, height): (f64, f64, f64, f64) = {
        page.middle(CHART);
        page.call(
            "chart => { const at = document.querySelector(chart + ' svg').getBoundingClientRect();
                return [at.x, at.y, at.width, at.height]; }",
            &json!([CHART]),
        )
    };
    assert!(tip(&page, CHART).is_none());
    for share in [0.3, 0.5, 0.8] {
        page.point(left + width * share, top + height / 2.0);
        let said = tip(&page, CHART).expect("it says something");
        let at = number(&said.head);
        let steps = data["series"].as_array().unwrap().iter().filter(|series| series["marks"] == "steps");
        let series: Vec<&Value> = steps.collect();
        assert_eq!(said.lines.len(), series.len(), "{said:?}");
        for (line, series) in said.lines.iter().zip(series) {
            let label = series["label"].as_str().unwrap();
            let shown =
                number(line.strip_prefix(label).unwrap_or_else(|| panic!("`{line}` is of `{label}`")));
            let (x, y) = (numbers(&series["x"]), numbers(&series["y"]));
            // The place is read from a rounded number: a step beside it may be the one that is meant.
            let near = |off: f64| {
                let step = x.iter().rposition(|x| *x <= at + off);
                step.map_or(0.0, |step| y[step] * 100.0)
            };
            let (low, high) = (near(-0.005 * at.max(1.0)), near(0.005 * at.max(1.0)));
            assert!((low - 0.06..=high + 0.06).contains(&shown), "`{line}` at {at}: {low} to {high} %");
        }
    }
    page.point(left + width / 2.0, (top - 200.0).max(1.0));
    assert!(tip(&page, CHART).is_none(), "it falls silent when the pointer leaves");
    assert_eq!(page.happened(), [""; 0]);
}

#[test]
fn every_chart_answers_the_keyboard() {
    let Some(chromium) = browser() else { return };
    for case in [cases::quant(), cases::sweep(), cases::half_failed()] {
        let page = Page::open(chromium, &case.html, View::DESKTOP);
        let charts: Vec<String> =
            page.eval("[...document.querySelectorAll('figure[data-chart]')].map(figure => '#' + figure.id)");
        assert!(charts.len() > 1, "{charts:?}");
        for chart in &charts {
            page.call::<Value>(
                "chart => { document.querySelector(chart + ' .plot').focus() }",
                &json!([chart]),
            );
            let rows = &data(&page, chart)["y"]["categories"];
            let has_one_row = rows.as_array().is_some_and(|rows| rows.len() == 1);
            let mut said = BTreeSet::new();
            for _ in 0..30 {
                page.press("ArrowRight");
                said.extend(tip(&page, chart).map(|tip| format!("{tip:?}")));
            }
            page.press("ArrowLeft");
            assert!(said.len() > 1 || has_one_row, "{} {chart} says only {said:?}", case.name);
            assert!(!said.is_empty(), "{} {chart} says nothing", case.name);
            let spoken: String = page.call(
                "chart => document.querySelector(chart + ' [role=status]').textContent",
                &json!([chart]),
            );
            assert!(spoken.contains(|c: char| c.is_ascii_digit()), "{} {chart} speaks `{spoken}`", case.name);
            page.press("Escape");
            assert!(tip(&page, chart).is_none(), "{} {chart} is still open", case.name);
        }
        assert_eq!(page.happened(), [""; 0]);
    }
}

#[test]
fn a_legends_button_takes_its_series_away_and_brings_it_back() {
    let Some(chromium) = browser() else { return };
    let case = cases::quant();
    let page = Page::open(chromium, &case.html, View::DESKTOP);
    let button = format!("{CHART} .legend li[data-key=baseline] button");
    let shown = || -> (bool, String) {
        page.call(
            "(chart, button) => [
                getComputedStyle(document.querySelector(chart + ' [data-series=baseline]')).display !== 'none',
                document.querySelector(button).getAttribute('aria-pressed')]",
            &json!([CHART, button]),
        )
    };
    let lines = || {
        page.hover(&format!("{CHART} svg"));
        tip(&page, CHART).map_or(0, |tip| tip.lines.len())
    };
    assert_eq!((shown(), lines()), ((true, "true".to_owned()), 2));
    page.click(&button);
    assert_eq!((shown(), lines()), ((false, "false".to_owned()), 1));
    page.call::<Value>("button => { document.querySelector(button).focus() }", &json!([button]));
    page.press(" ");
    assert_eq!((shown(), lines()), ((true, "true".to_owned()), 2));
    assert_eq!(page.happened(), [""; 0]);
}

#[test]
fn a_chart_is_enlarged_and_escape_puts_it_back() {
    let Some(chromium) = browser() else { return };
    let case = cases::quant();
    let page = Page::open(chromium, &case.html, View::DESKTOP);
    let state = || -> Value {
        page.call(
            "chart => {
                const figure = document.querySelector(chart);
                const dialog = figure.closest('dialog');
                return {open: dialog?.open ?? false, before: figure.previousElementSibling?.id ?? '',
                    parent: figure.parentElement.className, width: Math.round(figure.getBoundingClientRect().width),
                    inside: dialog ? dialog.contains(document.activeElement) : false,
                    focus: document.activeElement.getAttribute('aria-label') ?? '', dialogs: document.querySelectorAll('dialog').length};
            }",
            &json!([CHART]),
        )
    };
    let before = state();
    assert_eq!((&before["open"], &before["dialogs"]), (&json!(false), &json!(0)));
    let enlarge = format!("{CHART} .tools button");
    page.click(&enlarge);
    let large = state();
    assert_eq!((&large["open"], &large["inside"]), (&json!(true), &json!(true)), "{large}");
    assert!(large["width"].as_i64() > before["width"].as_i64(), "{before} {large}");
    // It goes on reading its values there.
    page.hover(&format!("{CHART} svg"));
    assert!(tip(&page, CHART).is_some());
    fs::write(cases::pictures().join("enlarged-light-1280.png"), page.picture()).unwrap();
    page.press("Escape");
    page.wait_for("!document.querySelector('dialog')");
    let after = state();
    for field in ["open", "before", "parent", "width", "dialogs"] {
        assert_eq!(after[field], before[field], "{field}: {after}");
    }
    assert!(after["focus"].as_str().unwrap().starts_with("Enlarge"), "{after}");
    // The keyboard alone does the same.
    page.press("Enter");
    assert_eq!(state()["open"], true);
    page.press("Escape");
    page.wait_for("!document.querySelector('dialog')");
    assert_eq!(page.happened(), [""; 0]);
}

#[test]
fn the_tabulator_reaches_all_that_can_be_used() {
    let Some(chromium) = browser() else { return };
    for case in [cases::quant(), cases::half_failed()] {
        let page = Page::open(chromium, &case.html, View::DESKTOP);
        let wanted: Vec<String> = page.eval(
            "[...document.querySelectorAll('a[href], button, input, select, summary, figure .plot, .scroll, pre')]
                .filter(one => one.checkVisibility({visibilityProperty: true}))
                .map((one, i) => { one.dataset.wanted = i; return one.outerHTML.slice(0, 120); })",
        );
        let mut reached = BTreeSet::new();
        let mut unseen = Vec::new();
        for _ in 0..wanted.len() + 50 {
            page.press("Tab");
            let (at, outline): (Option<String>, bool) = page.eval(
                "(() => {
                    const one = document.activeElement, style = getComputedStyle(one);
                    return [one.dataset.wanted ?? null,
                        style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0];
                })()",
            );
            let Some(at) = at.and_then(|at| at.parse::<usize>().ok()) else { continue };
            if !reached.insert(at) {
                break;
            }
            if !outline {
                unseen.push(&wanted[at]);
            }
        }
        let missed: Vec<_> =
            wanted.iter().enumerate().filter(|(i, _)| !reached.contains(i)).map(|(_, one)| one).collect();
        assert!(missed.is_empty(), "{}: not reached: {missed:#?}", case.name);
        assert!(unseen.is_empty(), "{}: reached, but it can't be seen: {unseen:#?}", case.name);
        assert_eq!(page.happened(), [""; 0]);
    }
}

/// An item of the list: whether it is shown, its kind, its category and its text.
type Item = (bool, String, String, String);

#[test]
fn the_list_of_answers_can_be_narrowed() {
    let Some(chromium) = browser() else { return };
    let case = cases::quant();
    let page = Page::open(chromium, &case.html, View::DESKTOP);
    let items = || -> Vec<(bool, String, String, String)> {
        page.eval(
            "[...document.querySelectorAll('[data-filter] [data-item]')].map(item =>
                [!item.hidden, item.dataset.kind, item.dataset.category, item.textContent.toLowerCase()])",
        )
    };
    let told = || -> String { page.eval("document.querySelector('[data-filter] output').textContent") };
    let choose = |name: &str, value: &str| {
        page.call::<Value>(
            "(name, value) => {
                const field = document.querySelector(`[data-filter] [name=${name}]`);
                field.value = value;
                field.dispatchEvent(new Event('input', {bubbles: true}));
            }",
            &json!([name, value]),
        );
    };
    let all = items();
    assert!(all.len() > 10 && all.iter().all(|item| item.0), "{} items", all.len());
    let (kind, category) = (all[0].1.clone(), all[0].2.clone());
    let shown = |fits: &dyn Fn(&Item) -> bool| {
        let now = items();
        let visible = now.iter().filter(|item| item.0).count();
        assert!(visible > 0 && visible < all.len(), "{visible} of {} shown", all.len());
        assert!(now.iter().all(|item| item.0 == fits(item)));
        assert!(told().contains(&visible.to_string()), "{}", told());
    };
    choose("kind", &kind);
    shown(&|item| item.1 == kind);
    choose("category", &category);
    shown(&|item| item.1 == kind && item.2 == category);
    choose("kind", "");
    choose("category", "");
    assert!(items().iter().all(|item| item.0));
    // A word typed by hand.
    page.click("[data-filter] input");
    for letter in category.replace('_', "-").chars().take(4) {
        page.press(&letter.to_string());
    }
    let typed: String = page.eval("document.querySelector('[data-filter] input').value.toLowerCase()");
    shown(&|item| item.3.contains(&typed));
    assert_eq!(page.happened(), [""; 0]);
}

#[test]
fn without_scripts_everything_is_there_and_nothing_is_dead() {
    let Some(chromium) = browser() else { return };
    for case in [cases::quant(), cases::sweep()] {
        let page = Page::open(chromium, &case.html, View::DESKTOP.without_script());
        let (charts, tables, dead): (Vec<(String, bool)>, Vec<bool>, Vec<String>) = page.eval(
            "(() => {
                const seen = one => { const at = one.getBoundingClientRect(); return at.width > 50 && at.height > 20; };
                return [
                    [...document.querySelectorAll('figure[data-chart]')].map(figure => [figure.id, seen(figure.querySelector('svg')) &&
                        [...figure.querySelectorAll('[data-series]')].some(series => series.getBoundingClientRect().width > 1)]),
                    [...document.querySelectorAll('table')].filter(table => !table.closest('details:not([open])')).map(seen),
                    [...document.querySelectorAll('button, input, select')].filter(one => one.checkVisibility()).map(one => one.outerHTML)];
            })()",
        );
        assert!(charts.len() > 1 && charts.iter().all(|(_, drawn)| *drawn), "{charts:?}");
        assert!(!tables.is_empty() && tables.iter().all(|seen| *seen), "{}: {tables:?}", case.name);
        assert!(dead.is_empty(), "{}: these do nothing: {dead:?}", case.name);
        assert_eq!(page.happened(), [""; 0]);
    }
}

#[test]
fn a_charts_data_and_a_table_can_be_taken_away() {
    let Some(chromium) = browser() else { return };
    let case = cases::quant();
    let page = Page::open(chromium, &case.html, View::DESKTOP);
    let folder = case.html.parent().unwrap().join("downloads");
    fs::create_dir_all(&folder).unwrap();
    page.downloads_to(&folder);
    let result = case.result();
    let run = result["run_id"].as_str().unwrap();
    let taken = |button: &str, name: &str| {
        page.click(button);
        let path = folder.join(format!("{run}-{name}"));
        crate::support::wait_until("the file is there", || {
            fs::read_to_string(&path).ok().filter(|text| !text.is_empty())
        })
    };
    let json = taken(&format!("{CHART} .tools button[aria-label$=JSON]"), "ttft-cdf.json");
    let data = data(&page, CHART);
    // A script writes no `.0`.
    let same: bool =
        page.call("(a, b) => JSON.stringify(a) === JSON.stringify(JSON.parse(b))", &json!([data, json]));
    assert!(same, "{json}");
    let table = taken(&format!("{CHART} .tools button[aria-label$=CSV]"), "ttft-cdf.csv");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(
        rows.headers().unwrap().iter().take(3).collect::<Vec<_>>(),
        ["series", "x (TTFT, ms)", "y (requests up to here, share)"]
    );
    let read: Vec<(String, f64, f64)> = rows
        .records()
        .map(Result::unwrap)
        .map(|row| (row[0].to_owned(), row[1].parse().unwrap(), row[2].parse().unwrap()))
        .collect();
    let held = data["series"].as_array().unwrap().iter().flat_map(|series| {
        let label = series["label"].as_str().unwrap().to_owned();
        numbers(&series["x"]).into_iter().zip(numbers(&series["y"])).map(move |(x, y)| (label.clone(), x, y))
    });
    assert_eq!(read, held.collect::<Vec<_>>());
    let speed = taken("#speed .tools button[aria-label*='table Speed']", "table-speed.csv");
    assert!(speed.starts_with("metric,") && speed.contains("TTFT p50"), "{speed}");
    assert_eq!(page.happened(), [""; 0]);
}

/// The moment that each chart over time marks, by its id; none where it marks nothing.
fn cursors(page: &Page) -> Vec<(String, Option<f64>, Option<String>)> {
    page.eval(
        "[...document.querySelectorAll('figure[data-over-time]')].map(figure => {
            const {x, plot: [left, , right]} = JSON.parse(figure.querySelector('script[type=\"application/json\"]').textContent);
            const cursors = [...figure.querySelectorAll('svg .cursor')];
            if (cursors.length > 1) throw new Error(figure.id + ' has several cursors');
            const at = cursors[0] && Number(cursors[0].getAttribute('d').match(/^M([-\\d.e]+) /)[1]);
            const tip = figure.querySelector('.tip');
            return ['#' + figure.id, cursors[0] ? x.low + (at - left) / (right - left) * (x.high - x.low) : null,
                tip.hidden ? null : tip.querySelector('b').textContent];
        })",
    )
}

#[test]
fn charts_over_time_mark_the_same_moment() {
    let Some(chromium) = browser() else { return };
    for case in [cases::quant(), cases::sweep()] {
        let page = Page::open(chromium, &case.html, View::DESKTOP);
        let charts: Vec<String> = cursors(&page).into_iter().map(|(id, ..)| id).collect();
        let over_time: Vec<String> = page.eval(
            "[...document.querySelectorAll('figure[data-chart]')].filter(figure => {
                const {x} = JSON.parse(figure.querySelector('script[type=\"application/json\"]').textContent);
                return x.label === 'time' && x.unit === 's';
            }).map(figure => '#' + figure.id)",
        );
        assert_eq!(charts, over_time, "{}: those that are linked are those over time", case.name);
        assert!(charts.len() > 3, "{charts:?}");
        let none = || cursors(&page).into_iter().all(|(_, at, tip)| at.is_none() && tip.is_none());
        let same = |wanted: f64, how: &str| {
            let marked = cursors(&page);
            let end = data(&page, &charts[0])["x"]["high"].as_f64().unwrap();
            let first = marked[0].1.unwrap_or(f64::NAN);
            for (id, at, tip) in &marked {
                let at = at.unwrap_or_else(|| panic!("{}: {how}: {id} marks nothing", case.name));
                // Where the pointer is, the browser tells in single precision; what is marked is the same everywhere.
                assert!(
                    (at - wanted).abs() < 2e-5 * end && (at - first).abs() < 1e-9 * end,
                    "{}: {how}: {id} marks {at}, not {wanted}; the first marks {first}",
                    case.name
                );
                // What is said of it is of that moment, to the digits that are shown.
                let Some(tip) = tip else { continue };
                assert!(tip.starts_with("time ") && tip.ends_with(" s"), "{tip}");
                assert!(
                    (number(tip) - wanted).abs() <= 0.0005 + 0.005 * wanted,
                    "{id} says {tip} at {wanted}"
                );
            }
            assert!(marked.iter().filter(|(.., tip)| tip.is_some()).count() > 1, "{how}: {marked:?}");
        };
        assert!(none());
        for (chart, share) in [(&charts[0], 0.25), (&charts[charts.len() - 1], 0.6)] {
            page.middle(chart);
            let (x, y, wanted): (f64, f64, f64) = page.call(
                "(chart, share) => {
                    const figure = document.querySelector(chart);
                    const {x, size, plot: [left, top, right, bottom]} =
                        JSON.parse(figure.querySelector('script[type=\"application/json\"]').textContent);
                    const box = figure.querySelector('svg').getBoundingClientRect();
                    // Whole pixels, as pointers have them.
                    const at = Math.round(box.x + (left + share * (right - left)) / size[0] * box.width);
                    const place = (at - box.x) / box.width * size[0];
                    return [at, box.y + (top + bottom) / 2 / size[1] * box.height,
                        x.low + (place - left) / (right - left) * (x.high - x.low)];
                }",
                &json!([chart, share]),
            );
            page.point(x, y);
            same(wanted, &format!("the pointer on {chart}"));
            let other: bool =
                page.eval("!!document.querySelector('figure:not([data-over-time]) svg .cursor')");
            assert!(!other, "a chart that is not over time marks it too");
            // Away from all of them.
            page.point(1.0, 1.0);
            assert!(none(), "{}: a mark stays when the pointer leaves", case.name);
        }
        // The keyboard takes them along too.
        page.call::<Value>(
            "chart => { document.querySelector(chart + ' .plot').focus() }",
            &json!([charts[1]]),
        );
        page.press("ArrowRight");
        let end = data(&page, &charts[1])["x"]["high"].as_f64().unwrap();
        same(end * 0.52, "the keyboard");
        page.press("Escape");
        assert!(none());
        assert_eq!(page.happened(), [""; 0]);
    }
}
